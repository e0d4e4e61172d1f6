"""Texts that people read: visible, as wide as they are, and spans of time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.text import cells, duration, system_message, visible

CHINESE = "登录失败，请使用授权码"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("plain text", "plain text", id="plain"),
        pytest.param(CHINESE, CHINESE, id="chinese"),
        pytest.param("a\u3000b\u00a0c", "a b c", id="blanks-of-other-scripts"),
        pytest.param("a\r\nb\tc\0", "a\\r\\nb\\tc\\x00", id="control"),
        pytest.param("\u202egnp.exe", "\\u202egnp.exe", id="direction"),
        pytest.param("caf\udce9", "caf\\xe9", id="escaped-octet"),
        pytest.param("\ud800", "\\ud800", id="lone-surrogate"),
    ],
)
def test_unprintable_becomes_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    ("error", "words"),
    [
        pytest.param(
            OSError(13, "Permission denied"), "permission denied", id="system"
        ),
        pytest.param(
            OSError("/Users/A.lock exists"), "/Users/A.lock exists", id="path"
        ),
        pytest.param(TimeoutError(), "timed out", id="timeout"),
        pytest.param(PermissionError(), "permissionerror", id="no-words"),
    ],
)
def test_only_words_of_the_system_become_lower_case(
    error: Exception, words: str
) -> None:
    assert system_message(error) == words


@given(st.text())
def test_visible_text_stays_as_it_is(text: str) -> None:
    assert visible(visible(text)) == visible(text)


@pytest.mark.parametrize(
    ("text", "columns"), [("", 0), ("ab", 2), ("磁盘", 4), ("e\u0301x", 2)]
)
def test_chinese_takes_two_columns_and_a_mark_none(text: str, columns: int) -> None:
    assert cells(text) == columns


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *((0.04, "0.0 s"), (9.94, "9.9 s"), (10.2, "10 s"), (59.4, "59 s")),
        *((59.6, "1 min 0 s"), (3599.4, "59 min 59 s"), (3599.6, "1 h 0 min")),
        (90_061.0, "25 h 1 min"),
    ],
)
def test_durations_have_two_units(seconds: float, words: str) -> None:
    assert duration(seconds, tenths=True) == words


def test_durations_are_rounded_to_seconds() -> None:
    assert duration(4.4) == "4 s"
