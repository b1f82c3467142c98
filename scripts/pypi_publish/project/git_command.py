"""git, asked without running anything of the repository that is asked about.

What is switched off: hooks, the file system monitor, the filters that the repository's own
configuration names (`clean` runs when a file's content is compared), looking into submodules,
every protocol (a partial clone would fetch what it lacks), optional locks, the pager. Only
commands that read are asked, and none that shows a diff, so no `textconv` and no external diff.
"""

import os
import signal
import subprocess
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from pypi_publish.errors import PrerequisiteMissing

_LARGEST = 24 << 20  # of one answer
_SECONDS = 20.0
_SWITCHED_OFF = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "protocol.allow": "never",
    "core.untrackedCache": "keep",
    "core.quotePath": "false",
    "status.submoduleSummary": "false",
    "diff.ignoreSubmodules": "dirty",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What git printed."""

    code: int
    output: bytes
    complaint: str
    cut: bool = False  # it would have said more

    @property
    def rows(self) -> list[str]:
        """The answer of a command with `-z`, as names of files are decoded."""
        return [os.fsdecode(row) for row in self.output.split(b"\0") if row]


@dataclass(frozen=True, slots=True)
class Git:
    """git in one folder."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    def ask(self, *arguments: str, given: bytes = b"", also: Sequence[str] = ()) -> Said:
        """Run one command that reads."""
        command = ["git", "--no-pager", "--no-optional-locks", *also, *arguments]
        try:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=_environment({**self.settings, **_SWITCHED_OFF}),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            raise PrerequisiteMissing(
                "no-git", "git is not installed, so the repository was not read", "Install git."
            ) from error
        except OSError as error:
            raise PrerequisiteMissing(
                "no-git", f"git does not start: {error}", "Mend it."
            ) from error
        return _bounded(process, given)


def settings_of(git: Git) -> list[tuple[str, str, str]]:
    """Return scope, name and value of every setting."""
    rows = git.ask("config", "--list", "--show-scope", "-z").rows
    pairs = zip(rows[::2], rows[1::2], strict=False)
    return [(scope, *_name_and_value(pair)) for scope, pair in pairs]


def without_filters(git: Git, settings: Iterable[tuple[str, str, str]]) -> Git:
    """Switch off the filters that the repository itself configures, not those of the user."""
    own = {
        name.rpartition(".")[0]
        for scope, name, _ in settings
        if scope in ("local", "worktree") and name.startswith("filter.")
    }
    off = {f"{name}.{key}": "" for name in own for key in ("clean", "smudge", "process")}
    return replace(git, settings=off | {f"{name}.required": "false" for name in own})


def _name_and_value(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("\n")
    return name, value


def _bounded(process: "subprocess.Popen[bytes]", given: bytes) -> Said:
    """Read an answer up to a bound of time and size."""
    late = threading.Event()

    def too_late() -> None:
        late.set()
        _stop(process)

    clock = threading.Timer(_SECONDS, too_late)
    clock.start()
    complaints: list[bytes] = []
    assert process.stdin is not None  # noqa: S101 - all three are pipes
    assert process.stdout is not None  # noqa: S101
    assert process.stderr is not None  # noqa: S101
    stderr = process.stderr
    listener = threading.Thread(target=lambda: complaints.append(stderr.read(1 << 16)))
    listener.start()
    try:
        with suppress(BrokenPipeError):
            process.stdin.write(given)
            process.stdin.close()
        output = process.stdout.read(_LARGEST + 1)
        cut = len(output) > _LARGEST
        if cut:
            _stop(process)
        code = process.wait()
    finally:
        clock.cancel()
        _stop(process)
        listener.join()
        for pipe in (process.stdin, process.stdout, process.stderr):
            with suppress(OSError):
                pipe.close()
    if late.is_set():
        raise PrerequisiteMissing(
            "git-too-slow", f"git did not answer within {_SECONDS:.0f} s", "Try again."
        )
    return Said(
        0 if cut else code, output[:_LARGEST], b"".join(complaints).decode("utf-8", "replace"), cut
    )


def _stop(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
        process.wait()


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Leave out GIT_DIR and its like, and pass settings where `-c` cannot spell their names."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_")
        or name.startswith(("GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM"))
    }
    numbered = {}
    for number, (name, value) in enumerate(settings.items()):
        numbered[f"GIT_CONFIG_KEY_{number}"] = name
        numbered[f"GIT_CONFIG_VALUE_{number}"] = value
    return {
        **kept,
        **numbered,
        "GIT_CONFIG_COUNT": str(len(settings)),
        "GIT_ALLOW_PROTOCOL": "none",  # overrides what the repository allows by itself
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "LC_ALL": "C",
    }
