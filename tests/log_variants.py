"""The same log as other runners, terminals and people would show it."""

import textwrap
from collections.abc import Callable, Mapping

_STAMP = "2026-10-02T08:14:{:02d}.{:07d}Z "
_CLIENT_OF = {"uv": "uv publish", "poetry": "poetry publish --build", "flit": "flit publish"}


def lines_with(prefix: Callable[[int], str]) -> Callable[[str], str]:
    def prefixed(log: str) -> str:
        return "".join(f"{prefix(number)}{line}\n" for number, line in enumerate(log.splitlines()))

    return prefixed


def stamp(number: int) -> str:
    return _STAMP.format(number % 60, number * 7919 % 10_000_000)


def of_gh(job: str, step: str) -> Callable[[str], str]:
    return lines_with(lambda number: f"{job}\t{step}\t{stamp(number)}")


def coloured(log: str) -> str:
    """Every line in a colour of its own, and the error words in bold."""
    painted = log.replace("ERROR", "\x1b[1;31mERROR\x1b[0m").replace(
        "error:", "\x1b[31merror\x1b[39m:"
    )
    return "".join(f"\x1b[36m{line}\x1b[0m\x1b[K\n" for line in painted.splitlines())


def wrapped(log: str) -> str:
    """As rich breaks lines at 80 columns, what follows under what was begun."""
    lines = []
    for line in log.splitlines():
        indent = " " * (len(line) - len(line.lstrip()) or 9)
        lines += textwrap.wrap(
            line, 80, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
        ) or [""]
    return "\n".join(lines) + "\n"


def after_a_build(log: str) -> str:
    """After what building and fetching print."""
    noise = [
        "Requirement already satisfied: pip in ./lib/python3.12/site-packages (26.1)",
        "Collecting build",
        "  Downloading build-1.4.0-py3-none-any.whl.metadata (6.5 kB)",
        "Installing collected packages: pyproject_hooks, packaging, build",
        "* Creating isolated environment: venv+pip...",
        "* Getting build dependencies for sdist...",
        "copying src/tidewheel/harbour.py -> build/lib/tidewheel",
        "adding 'tidewheel/harbour.py'",
        "Successfully built tidewheel-1.4.0.tar.gz and tidewheel-1.4.0-py3-none-any.whl",
        "warning: no previously-included files matching '*.py[co]' found anywhere in distribution",
    ]
    return "".join(f"{noise[number % len(noise)]}\n" for number in range(200)) + log


def then_it_ended(log: str) -> str:
    return log.rstrip("\n") + "\n##[error]Process completed with exit code 1.\n"


def as_a_step_of_github(log: str) -> str:
    """The group that a runner puts before a step, and how the job ends."""
    before = (
        "##[group]Run make release\n\x1b[36;1mmake release\x1b[0m\nshell: /usr/bin/bash -e {0}\n"
        "env:\n  FORCE_COLOR: 1\n##[endgroup]\n"
    )
    after = (
        "Post job cleanup.\n[command]/usr/bin/git version\ngit version 2.51.0\n"
        "Cleaning up orphan processes\n"
    )
    return lines_with(stamp)(before + then_it_ended(log) + after)


VARIANTS: Mapping[str, Callable[[str], str]] = {
    "stamped": lines_with(stamp),
    "gh": of_gh("publish", "Publish to PyPI"),
    "gh-unknown-step": of_gh("Release / pypi-publish", "UNKNOWN STEP"),
    "gitlab": lines_with(lambda number: stamp(number)[:-5] + "Z 01O "),
    "coloured": coloured,
    "wrapped": wrapped,
    "crlf": lambda log: log.replace("\n", "\r\n"),
    "after-a-build": after_a_build,
    "ended": then_it_ended,
    "step": as_a_step_of_github,
    "quoted-in-an-issue": lines_with(lambda _: "> "),
    "indented": lines_with(lambda _: "    "),
    "gh-after-a-build": lambda log: of_gh("publish", "Publish to PyPI")(
        after_a_build(then_it_ended(log))
    ),
    "gh-wrapped": lambda log: of_gh("publish", "Publish")(coloured(wrapped(log))),
    "other-names": lambda log: (
        log.replace("tidewheel", "zope2.event_ng")
        .replace("rookery", "q")
        .replace("tidepool", "Foo-Bar.baz")
        .replace("saltmarsh", "x9")
    ),
}


_RETRYING = (
    "WARNING: Retrying (Retry(total=4, connect=None, read=None, redirect=None, status=None)) after"
    " connection broken by 'ReadTimeoutError(\"HTTPSConnectionPool(host='pypi.org', port=443): Read"
    " timed out. (read timeout=15)\")': /simple/build/\nSuccessfully installed build-1.4.0\n"
)
_PASSED = (
    "============================= test session starts ==============================\n"
    "tests/test_errors.py::test_failed PASSED\n"
    "============================== 31 passed, 2 xfailed in 3.12s ===================\n"
)
_OF_GIT = (
    "hint: Using 'master' as the name for the initial branch.\n"
    "fatal: No names found, cannot describe anything.\n"
    "fatal: not a git repository (or any of the parent directories): .git\n"
)
_OF_PIP = (
    "ERROR: pip's dependency resolver does not currently take into account all the packages that"
    " are installed. This behaviour is the source of the following dependency conflicts.\n"
    "weir 1.0 requires sluice<2, but you have sluice 2.0 which is incompatible.\n"
)
_WARNED = (
    "##[warning]Node.js 20 actions are deprecated. Please update the following actions.\n"
    "SetuptoolsDeprecationWarning: License classifiers are deprecated.\n"
    "##[notice]Generating and uploading digital attestations\n"
)
_TRACED = (
    'Traceback (most recent call last):\n  File "/usr/bin/x", line 8, in <module>\n'
    "    sys.exit(main())\nSystemExit: 1\n"
)
_NOT_NOTIFIED = (
    "##[error]Process completed with exit code 1.\n"
    "curl: (22) The requested URL returned error: 404\n"
    "##[error]Process completed with exit code 22.\n"
)
_CACHE = "##[warning]Failed to save: Unable to reserve cache with key x, another job creates it.\n"

# The same failure beside what other programs of the same log complain of.
BESIDE: Mapping[str, Callable[[str], str]] = {
    "after-retries-of-pip": lambda log: _RETRYING + log,
    "after-passing-tests": lambda log: _PASSED + log,
    "after-complaints-of-git": lambda log: _OF_GIT + log,
    "after-complaints-of-pip": lambda log: _OF_PIP + log,
    "after-warnings": lambda log: _WARNED + log,
    "before-a-traceback": lambda log: then_it_ended(log + _TRACED),
    "before-a-notification-that-fails": lambda log: log + _NOT_NOTIFIED,
    "before-a-cache-that-is-not-saved": lambda log: then_it_ended(log + _CACHE),
    "before-make-ends": lambda log: log + "make: *** [Makefile:5: release] Error 1\n",
}

# A message that is spoken of: no program of these logs gave it.
SPOKEN_OF: Mapping[str, Callable[[str], str]] = {
    "in-the-list-of-commits": lambda said: (
        f'$ git log --oneline -3\n1a2b3c4 Handle "{said}" better\n5d6e7f8 Fix: {said}\n'
        "9a8b7c6 Bump version\n"
    ),
    "found-in-files": lambda said: (
        f'$ grep -rn exists src\nsrc/errors.py:12:    raise UploadError("{said}")\n'
        f"src/errors.py:30:    # {said}\n"
    ),
    "expected-by-a-test": lambda said: (
        "=================================== FAILURES ===================================\n"
        "_______________ test_refusal _______________\n\n    def test_refusal():\n"
        '>       assert reason == "other"\n'
        f"E       AssertionError: assert '{said}' == 'other'\nE         + {said}\n\n"
        "tests/test_x.py:12: AssertionError\n"
        "========================= 1 failed, 20 passed in 0.31s =========================\n"
        "##[error]Process completed with exit code 1.\n"
    ),
    "captured-by-a-test": lambda said: (
        "------------------------------ Captured log call -------------------------------\n"
        f"ERROR    tool:upload.py:12 {said}\n"
        "FAILED tests/test_x.py::test_refusal\n"
        "========================= 1 failed, 20 passed in 0.31s =========================\n"
    ),
    "named-by-a-test": lambda said: (
        f"tests/test_x.py::test_refusal[{said}] PASSED [ 50%]\n===== 2 passed in 0.10s =====\n"
    ),
    "in-the-notes-of-a-release": lambda said: (
        f"## 1.4.0\n\n- Explain `{said}`\n- Fixed: {said}\n"
        "Successfully built tidewheel-1.4.0.tar.gz\n"
    ),
    "in-a-program": lambda said: (
        f'$ cat explain.py\n    if "{said}" in text:\n        print("{said}")\n'
        f'        return "{said}"\nOK\n'
    ),
    "in-a-diff": lambda said: (
        "diff --git a/docs/faq.md b/docs/faq.md\n@@ -1,3 +1,4 @@\n ## Errors\n"
        f"+{said}\n+- {said}\n-old\n"
    ),
}
