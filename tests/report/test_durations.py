"""How long something took, in words."""

import pytest

from pymail.report.durations import duration


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *((0.04, "0.0 s"), (9.94, "9.9 s"), (10.2, "10 s"), (59.4, "59 s")),
        *((59.6, "1 min 0 s"), (3599.4, "59 min 59 s"), (3599.6, "1 h 0 min")),
        (90_061.0, "25 h 1 min"),
    ],
)
def test_durations_are_as_exact_as_anybody_needs(seconds: float, words: str) -> None:
    assert duration(seconds, tenths=True) == words


def test_what_is_left_is_told_in_whole_seconds() -> None:
    assert duration(4.4) == "4 s"
