"""What a log shows beside the messages of failures: clients, uploads, results, other tools."""

from pypi_publish.failures.catalogue import Sign


def _signal(name: str, keys: str, regex: str, near: str = "", *, wide: bool = False) -> Sign:
    return Sign(
        f"~{name}", regex, tuple(keys.split()), is_regex=True, near=tuple(near.split()), wide=wide
    )


# It begins where a word does: to try every letter of a long one takes seconds for 5,000 dashes.
_FILE = r"(?<![\w.*+!-])[\w.*+!-]+(?:\.whl|\.tar\.gz|\.tar\.bz2|\.zip|\.egg)"

CLIENTS = {
    "gh-action-pypi-publish": _signal(
        "client gh-action-pypi-publish",
        "pypa oidc attestations exchange ghcr",
        r"Run pypa/gh-action-pypi-publish|ghcr\.io/pypa/gh-action-pypi-publish"
        r"|/app/(?:attestations|oidc-exchange|twine-upload|print-hash)|Trusted publishing exchange failure"
        r"|gh-action-pypi-publish@",
    ),
    "twine": _signal(
        "client twine",
        "twine distributions Twine TWINE HTTPError",
        r"(?<!install )(?<!-m pip )(?:^|[\s/'\"\[])twine upload|-m twine upload|Uploading distributions to|"
        r"(?:site|dist)-packages[/\\]+twine|executing Twine|twine\.exceptions"
        r"|(?:bin/|Scripts\\)twine\b|from twine\.__main__|HTTPError: [45]\d\d [A-Z][\w ]{1,40} from\s+\S",
    ),
    "uv": _signal(
        "client uv",
        "uv Publishing publish",
        r"(?:^|\s)uv (?:[-\w]+ )*publish|Publishing \d+ files? (?:to )?http|Failed to publish:? `",
    ),
    "poetry": _signal(
        "client poetry",
        "poetry Poetry Publishing",
        (
            r"(?:^|\s)poetry (?:[-\w]+ )*publish|poetry/publishing/"
            r"|Publishing \S+(?: \(\S+\))? to \S+$"
        ),
    ),
    "flit": _signal(
        "client flit", "flit", r"(?:^|\s)flit (?:[-\w]+ )*publish|flit[/\\]upload\.py|I-flit"
    ),
    "hatch": _signal(
        "client hatch",
        "hatch repository failed success already",
        rf"(?:^|\s)hatch (?:[-\w]+ )*publish|hatch[/\\]publish|Error uploading to repository"
        rf"|{_FILE} \.\.\. (?:failed|success|already exists)",
    ),
    "pdm": _signal(
        "client pdm",
        "pdm PublishError Publishing",
        r"(?:^|\s)pdm (?:[-\w]+ )*publish|\[PublishError\]|pdm/cli/commands/publish",
    ),
    "maturin": _signal(
        "client maturin", "maturin", r"maturin (?:publish|upload|failed)|Run PyO3/maturin-action"
    ),
    "setuptools": _signal(
        "client setuptools",
        "setup running Submitting",
        r"setup\.py .*\bupload\b|^running upload|^Submitting \S+ to http",
    ),
    "semantic-release": _signal(
        "client semantic-release",
        "semantic semantic_release",
        r"semantic-release (?:publish|version)|python-semantic-release",
    ),
    "curl": _signal(
        "client curl",
        "curl",
        r"curl [^\n]{0,400}?(?:content=@|:action=file_upload|(?:-T|--upload-file) ?\S+\.(?:whl|tar\.gz)|_/oidc/)",
    ),
}
STATUS = (
    _signal(
        "status",
        "HTTPError",
        r"HTTPError:?\s+(?P<status>\d{3})\s+(?P<reason>[^\n]{0,300}?(?:\n[^\n]{0,300}?)?)\s+from\s+(?P<url>(?:https?:|[*/<{])\S*)",
    ),
    _signal(
        "status",
        "Client Server",
        (
            r"(?P<status>\d{3}) (?:Client"
            r"|Server) Error:\s*(?P<reason>[^\n]{0,300}?(?:\n[^\n]{0,300}?)?)\s+for\s+url:\s*(?P<url>\S+)"
        ),
    ),
    _signal(
        "status",
        "Client Server",
        (
            r"(?:Client"
            r"|Server) error\s+'(?P<status>\d{3})\s+(?P<reason>[^']{0,300}?)'\s+for\s+url\s+'(?P<url>[^'\n]+)'"
        ),
    ),
    _signal(
        "status",
        "HTTPError",
        r"^\W{0,9}HTTPError: (?P<status>\d{3}) (?:Client|Server) Error: (?P<reason>(?:(?! for url)[^\n]){0,80})(?P<url>)$",
    ),
    _signal("status", "HTTP", r"HTTP Error (?P<status>\d{3}): (?P<reason>[^|\n]*)(?P<url>\|?)"),
    _signal(
        "status",
        "status Status",
        r"[Ss]tatus(?: code)?:? (?P<status>[45]\d\d)(?: (?P<reason>[A-Z][A-Za-z ]+))?(?P<url>)",
    ),
    _signal(
        "status",
        "Response",
        r"Response code for (?P<url>\S+): (?P<status>\d{3})\s+(?P<reason>[A-Za-z ]+)",
    ),
    _signal(
        "status",
        "POST PUT",
        r"\"?(?:POST|PUT) (?P<url>\S+) HTTP/[\d.]+\"? (?P<status>[45]\d\d)(?P<reason>)",
    ),
    _signal(
        "status",
        "Upload Server",
        r"(?:Upload failed|Server response) \((?P<status>[45]\d\d)\): (?P<reason>[^\n]+)(?P<url>)",
    ),
    _signal(
        "status",
        "returned",
        r"returned error(?: code)?:? (?P<status>[45]\d\d)(?: (?P<reason>[A-Za-z ]+))?(?P<url>)",
    ),
)
UPLOADS = (
    _signal(
        "index",
        "distributions Publishing repository Uploading Submitting Using Response",
        r"(?:Uploading distributions to|Publishing \d+ files?(?: to)?|uploading to repository:|Response from"
        r"|Publishing to|Submitting \S+ to|Using repository(?: at)?|to repository) (?P<url>https?://[^\s'\"]+?):?(?=[\s'\"]|$)",
    ),
    _signal(
        "index",
        "publish repository upload",
        (
            r"--(?:repository-url|publish-url|index-url"
            r"|repository)[ =]['\"]?(?P<url>https?://[^\s'\"]+)"
        ),
    ),
    _signal(
        "repository", "Publishing", r"^Publishing \S+ \([^)\s]+\) to (?P<name>[\w.-]+)$"
    ),  # poetry names no address
    _signal("uploading", "Uploading", rf"Uploading\s+(?:\S*[/\\])?(?P<file>{_FILE})"),
    _signal(
        "result",
        "FAILED failed success",
        rf"(?P<file>{_FILE}) (?:\.\.\. )?(?P<result>FAILED|failed|success|100%)",
    ),
    _signal(
        "result",
        "Failed",
        rf"Failed to (?:publish|upload):? [`\"'](?:[^`\"'\n]*[/\\])?(?P<file>{_FILE})(?P<result>)[`\"']",
    ),
    _signal(
        "skipped",
        "Skipping already",
        rf"Skipping (?P<file>{_FILE}) because|(?P<other>{_FILE}) \.\.\. already exists"
        rf"|File (?P<uv>{_FILE}) already exists, skipping",
    ),
    _signal("announced", "Publishing", r"^Publishing (?P<count>\d+) files? "),
    _signal("listed", "KB", rf"(?P<file>{_FILE}) \([\d.]+ ?[kKMG]i?B\)"),
    _signal(
        "published",
        "View Successfully successfully Server uploaded published Published success Publish Response",
        r"^[ \t]*View at:|Response from \S+:\s+200 OK|https://(?:test\.)?pypi\.org/project/\S+/\S+/$|Server response \(200\)"
        r"|[Ss]uccessfully (?:uploaded|published|deployed)\b|(?:uploaded|published) successfully"
        rf"|Published \S+ (?:\S+ )?to (?:Test)?PyPI|{_FILE} \.\.\. success|Upload(?:ed)? complete",
    ),
    _signal(
        "refused-token",
        "exchange trusted OpenID",
        (
            r"Trusted publishing exchange failure"
            r"|Failed to obtain token for trusted publishing"
            r"|OpenID Connect token retrieval failed"
        ),
    ),
)
ENDS = (
    _signal(
        "ended-badly",
        "exit exited Exited Failure FAILURE FAILED completed returned Error Job Task Exit maturin PyPI",
        r"Process completed with exit code -?[1-9]\d*|^ERROR: Job failed|exited with (?:code |exit status )?[1-9]\d*"
        r"|[Ee]xited with (?:exit )?(?:code|status) (?:exit status )?'?[1-9]\d*|^Status Failure|^Finished: FAILURE"
        r"|[Ee]xit (?:code|status):? [1-9]\d*|returned (?:non-zero )?(?:exit|error) (?:status|code):? [1-9]\d*"
        r"|^make(?:\[\d+\])?: \*\*\* .*Error \d+|^BUILD FAILED|^Task failed|\bmaturin failed$|failed with exit code [1-9]|^PyPI upload failed",
    ),
    _signal(
        "ended-well",
        "succeeded Success SUCCESS exited SUCCESSFUL successfully",
        (
            r"^Job succeeded|^Status Success|exited with 0\b|^Finished: SUCCESS"
            r"|^BUILD SUCCESS|exited with code '?0\b"
        ),
    ),
    _signal(
        "error",
        "Error fatal FATAL Exception curl",
        (
            r"^.{0,3}(?:\w*[Ee]rror|ERROR|fatal|FATAL|error\[\w+\])\b[:! ].+|^npm ERR!.+|^curl: \(\d+\) .+"
            r"|^\w[\w.]*(?:Error|Exception)(?:: .+)?$|^[ \t]*\[[\w.\\]+(?:Error|Exception)\]|^[\w./\\-]{1,60}: (?:fatal )?error: .+"
        ),
    ),
    _signal("traceback", "Traceback", r"^[ \t]*Traceback \(most recent call last\)"),
    _signal(
        "interrupted",
        "KeyboardInterrupt canceled cancelled",
        r"^KeyboardInterrupt|The operation was cancell?ed",
    ),
    _signal("step", "Run", r"^Run (?P<command>.+)"),
)
_CLAIMS = (
    "sub|repository|repository_owner|repository_owner_id|repository_id|workflow_ref|job_workflow_ref|ref|sha"
    "|environment|event_name|aud|iss|actor|project_path|namespace_path|ci_config_ref_uri|ref_path|email"
)
CLAIMS = (
    _signal(
        "claim",
        "owner namespace sub",
        rf"^[ \t]*(?:[*-][ \t]*)?[`\"']?(?P<name>{_CLAIMS})[`\"']?\s*[:=]\s*(?:Some\()?[`\"']?(?P<value>[^`\"'\n]*?)[`\"']?\)?,?[ \t]*$",
        near="ref sub",
        wide=True,
    ),
)
# What fails in a log and has nothing to do with publishing. The first that fits names it.
OTHERS = {
    name: _signal(f"other {name}", keys, regex)
    for name, keys, regex in (
        (
            "test failures",
            "FAILURES FAILED failed ERRORS Failures failing FAIL",
            (
                r"^=+ .*\b\d+ (?:failed|errors?)\b.* in [\d.]+s|^={5,} (?:FAILURES|ERRORS) ={5,}|^FAILED \S+::|^FAILED \((?:failures|errors)="
                r"|^--- FAIL: |^\d+ failing$|Tests:\s+\d+ failed|^Tests run: \d+, Failures: [1-9]|FAILED \(\d+ failures?\)|\d+ tests? failed"
                r"|^FAIL\s+\S+\.(?:test|spec)\.|^test result: FAILED|The following tests FAILED"
            ),
        ),
        (
            "linter or formatter findings",
            (
                "Found reformat reformatted Failed linting Linting lint linter Linter "
                "rated hook problems py"
            ),
            (
                r"^Found \d+ errors?\b|^\d+ files? would be reformatted|^would reformat |\.{5,}Failed$|[Ll]int(?:ing|er)?\b.*\b(?:failed|errors?)|rated at \d|hook id: "
                r"|^\S+\.pyi?:\d+:(?:\d+:)? (?:error: |[A-Z]{1,4}\d{2,4} )|✖ \d+ problems?"
            ),
        ),
        (
            "test coverage below its limit",
            "coverage Coverage",
            (
                r"[Cc]overage (?:failure|of \S+ not reached)|Required test coverage"
                r"|total of \d+ is less than fail-under"
            ),
        ),
        (
            "npm",
            "npm ERR yarn PNPM TS Command",
            (
                r"^npm (?:ERR!|error)|^yarn run v.*|error Command failed with exit code"
                r"|^ ?ERR_PNPM|: error TS\d+:"
            ),
        ),
        (
            "cargo",
            "compile cargo crates crates registry",
            (
                r"^error(?:\[E\d+\])?: (?:could not compile|failed to (?:publish"
                r"|run custom build|select|parse|get))|^error\[E\d+\]|crates\.io.*error"
                r"|failed to publish to (?:crates\.io|registry)"
            ),
        ),
        ("Go", "FAIL go", r"^FAIL\s+\S+|^go: .*(?:error|unknown)|^\S+\.go:\d+:\d+: "),
        (
            "Java build",
            "BUILD goal Execution FAILURE",
            (
                r"^\[?(?:ERROR|INFO)?\]? ?BUILD FAILURE|Failed to execute goal"
                r"|^FAILURE: Build failed with an exception|Execution failed for task"
            ),
        ),
        (
            "container build or push",
            "solve denied executor unauthorized push PUT",
            (
                r"Error response from daemon: [^\n]{0,200}denied|unexpected status from PUT request to https://ghcr|"
                r"failed to solve|denied: (?:requested access|permission)"
                r"|ERROR: failed to build|failed to push"
                r"|unauthorized: authentication required|executor failed running"
            ),
        ),
        (
            "compiler",
            "CMake ninja fatal stopped compilation linker ld failed",
            (
                r"^CMake Error|ninja: build stopped|: fatal error: "
                r"|error: command '[^']+' failed|compilation terminated|ld returned \d"
                r"|error C\d{4}:|error CS\d{4}:|linker command failed"
            ),
        ),
        (
            "installing dependencies",
            "satisfies matching HASHES ResolutionImpossible solution UnsatisfiableError solving depends",
            (
                r"Could not find a version that satisfies|No matching distribution found"
                r"|DO NOT MATCH THE HASHES"
                r"|ResolutionImpossible|No solution found when resolving"
                r"|UnsatisfiableError|version solving failed|Because .* depends on"
            ),
        ),
        (
            "git",
            "rejected denied fatal refs fast",
            (
                r"! \[(?:remote )?rejected\]|^fatal: (?!detected dubious|No names|no tag|not a git|ambiguous arg)"
                r"|remote: Permission to|^error: failed to push some refs|non-fast-forward"
            ),
        ),
        (
            "documentation build",
            "Sphinx problems Aborted",
            (
                r"Sphinx (?:parallel build )?error|build finished with problems"
                r"|Aborted with .* (?:WARNINGS|warnings) in strict mode"
            ),
        ),
        (
            "tox or nox",
            "FAIL FAILED Session commands",
            (
                r"^[ \t]*\S+: FAIL(?: code \d+|ED| ✖)|nox > Session .* failed"
                r"|^ERROR:   \S+: commands failed"
            ),
        ),
        (
            "infrastructure",
            "provider UPGRADE INSTALLATION fatal AccessDenied logged",
            (
                r"^│? ?Error: .*(?:provider|resource|state)|^Error: (?:UPGRADE"
                r"|INSTALL)ATION? FAILED|fatal: \[[^\]]+\]: FAILED|AccessDenied"
                r"|error: You must be logged in to the server"
            ),
        ),
        ("a release tool", "please", r"release-please failed: "),
        (
            "another package registry",
            "rubygems nuget gem sonatype hex",
            r"rubygems\.org.*(?:error|push)|nuget\.org|Repushing of gem|oss\.sonatype\.org|hex\.pm",
        ),
        (
            "the runner",
            "device memory Killed hosted communication",
            (
                r"No space left on device|Out of memory|^Killed$"
                r"|lost communication with the server|The hosted runner"
            ),
        ),
        (
            "a time limit",
            "exceeded maximum longer timeout",
            r"exceeded the maximum execution time|execution took longer than|timed out after \d+ min",
        ),
        ("a cancellation", "canceled cancelled", r"The operation was cancell?ed"),
    )
}

ALL: tuple[Sign, ...] = (*CLIENTS.values(), *STATUS, *UPLOADS, *ENDS, *CLAIMS, *OTHERS.values())
