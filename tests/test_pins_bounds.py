"""Files of the largest size that GitHub reads, made to be slow: a judgement ends all the same."""

import time

import pytest

from pypi_publish.pins.judge import Judged, Repository, judge, pins_of
from pypi_publish.workflow.reader import LARGEST, read_document

HEAD = "on: push\njobs:\n  a:\n    steps:\n      - uses: pypa/gh-action-pypi-publish@v1\n"
USES = "      - uses: a/b@v1"
IGNORE = "check-action-pins: ignore[unpinned-uses] because"
SHAPES = {
    "a block of ignore comments": (f"      # {IGNORE}\n", 12_000, f"{USES}\n"),
    "an ignore comment beside each": (f"{USES} # {IGNORE}\n", 10_000, ""),
    "ignore comments in one line": (f" # {IGNORE}", 15_000, f"\n{USES}\n"),
    "a commit of many versions": (f"      - uses: a/b@{1:040} # v%d.0.1\n", 12_000, ""),
    "many repositories": ("      - uses: a%d/b@v1\n", 20_000, ""),
    "many tools": ("      - run: pip install a%d\n", 20_000, ""),
    "many tools in one command": ("      - run: pip install", 1, " a" * 60_000 + "\n"),
}


def judged(text: str) -> Judged:
    repository = Repository([read_document("ci.yml", text.encode())])
    return judge(repository, pins_of(repository))


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_a_large_file_is_judged_in_bounded_time(shape: str) -> None:
    row, times, after = SHAPES[shape]
    rows = (row.replace("%d", str(number)) for number in range(times))
    text = HEAD + "".join(rows) + after
    assert LARGEST / 10 < len(text) < LARGEST
    begun = time.process_time()
    assert judged(text).records
    assert time.process_time() - begun < 8  # a second or two are usual, 80 were once


def test_a_tool_in_a_step_that_an_alias_repeats_is_told_once() -> None:
    text = HEAD + "      - &s {run: pip install a}\n      - *s\n"
    assert [item.check for item in judged(text).around] == ["floating-tool"]


def test_a_long_command_is_quoted_in_part() -> None:
    text = HEAD + "      - run: pip install a" + " b==1" * 1_000 + "\n"
    [told] = judged(text).around
    assert told.detail.startswith("`pip install a b==1 b==1")
    assert len(told.detail) < 300
