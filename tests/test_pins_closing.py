"""The last line of check-action-pins: it is what a person reads first."""

from dataclasses import replace
from typing import Any

import pytest

from pypi_publish.pins.closing import Tally, closing

QUIET = Tally(
    files=2,
    references=16,
    wrong=0,
    warned=0,
    silent=0,
    incomplete=False,
    rewritten=0,
    fixing=False,
    dry_run=False,
)
LOOKED = "16 references in 2 files"
AGAIN = "run it again when the server answers."
SHOW = "check-action-pins --fix --dry-run shows the commit and version for each."
WRITE = "run it without --dry-run to write the change."
BY_HAND = "mend what is left by hand; beside each stands why it was not rewritten."
COMMIT = "look at the change (git diff) and commit it."


@pytest.mark.parametrize(
    ("tally", "verdict", "after"),
    [
        pytest.param({}, f"Pinned: {LOOKED}.", None, id="all-is-well"),
        pytest.param(
            {"references": 1, "files": 1}, "Pinned: 1 reference in 1 file.", None, id="one-of-each"
        ),
        pytest.param({"warned": 1}, f"Pinned, with 1 warning: {LOOKED}.", None, id="a-warning"),
        pytest.param(
            {"wrong": 3, "warned": 1},
            f"Not pinned: 3 findings among {LOOKED}.",
            SHOW,
            id="findings",
        ),
        pytest.param(
            {"wrong": 1, "silent": 2, "incomplete": True},
            f"Not pinned: 1 finding among {LOOKED}.",
            SHOW,
            id="findings-beside-silence",
        ),
        pytest.param(
            {"silent": 2, "incomplete": True},
            f"Incomplete: 2 of {LOOKED} could not be looked up.",
            AGAIN,
            id="silence",
        ),
        pytest.param(
            {"incomplete": True},
            f"Incomplete: {LOOKED} are pinned, but the GitHub API did not answer.",
            AGAIN,
            id="silence-of-the-api",
        ),
        pytest.param(
            {"rewritten": 4, "fixing": True},
            f"Rewrote 4 references. Pinned: {LOOKED}.",
            COMMIT,
            id="all-mended",
        ),
        pytest.param({"fixing": True}, f"Pinned: {LOOKED}.", None, id="none-to-mend"),
        pytest.param(
            {"rewritten": 1, "wrong": 2, "fixing": True},
            f"Rewrote 1 reference. Not pinned: 2 findings among {LOOKED}.",
            BY_HAND,
            id="some-mended",
        ),
        pytest.param(
            {"rewritten": 1, "silent": 1, "incomplete": True, "fixing": True},
            f"Rewrote 1 reference. Incomplete: 1 of {LOOKED} could not be looked up.",
            AGAIN,
            id="some-mended-and-some-not-looked-up",
        ),
        pytest.param(
            {"rewritten": 4, "wrong": 4, "fixing": True, "dry_run": True},
            f"Would rewrite 4 references. Not pinned: 4 findings among {LOOKED}.",
            WRITE,
            id="would-mend",
        ),
        pytest.param(
            {"wrong": 4, "fixing": True, "dry_run": True},
            f"Not pinned: 4 findings among {LOOKED}.",
            BY_HAND,
            id="would-mend-nothing",
        ),
        pytest.param(
            {"rewritten": 4, "fixing": True, "dry_run": True},
            f"Would rewrite 4 references. Pinned: {LOOKED}.",
            WRITE,
            id="would-update",
        ),
    ],
)
def test_the_last_line_says_what_came_of_it_and_what_is_next(
    tally: dict[str, Any], verdict: str, after: str | None
) -> None:
    line = closing(replace(QUIET, **tally))
    assert (line.verdict, line.next) == (verdict, after)
