"""No sign takes long for a line that is made to be slow: a log is read while a release waits."""

import time

import pytest

from pypi_publish.failures.catalogue import load
from pypi_publish.failures.match import _pattern
from pypi_publish.failures.signals import ALL

LENGTH = 3_000
LINES = [
    "-", ".", "9", "a", " ", "\t", "'", '"', "/", "*", "#", "=", "[", "(", "<", "`", "\n", " \n",
    "ab ", ": ", "x-1.0-", "/a/b.c", "a@b.", "error: ", "ab\n", "<a", "'a", '"a', "10% ", "{a",
]  # fmt: skip


@pytest.mark.parametrize("unit", LINES)
def test_a_line_of_one_thing_is_passed_over_quickly(unit: str) -> None:
    text = unit * (LENGTH // len(unit))
    began = time.process_time()
    for sign in (*load().signs, *ALL):
        for count, _ in enumerate(_pattern(sign).finditer(text)):
            if count > 60:
                break
    # Measured: 0.01 to 0.2 s for all 900 signs; a single quadratic one took 1 s and more.
    assert time.process_time() - began < 1.0
