import base64
import email.header
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.message.encoded_words import decode, encode, is_encoded

CHARACTERS = st.characters(exclude_categories=["Cs"])


@pytest.mark.parametrize(
    ("written", "text"),
    [
        pytest.param("=?utf-8?B?5Lit5paH?=", "中文", id="base64"),
        pytest.param("=?UTF-8?q?caf=C3=A9_x?=", "café x", id="quoted"),
        pytest.param("=?iso-8859-1*fr?Q?=E9?=", "é", id="language"),
        pytest.param("a =?utf-8?q?=C3=A9?=\tb", "a é\tb", id="between-plain"),
        pytest.param("=?utf-8?q?a?= =?utf-8?q?b?=", "ab", id="neighbours"),
        pytest.param("=?utf-8?q?a?=  =?latin1?q?=E9?=", "aé", id="two-charsets"),
        pytest.param("=?utf-8?B?5A==?= =?utf-8?B?uK0=?=", "中", id="torn"),
        pytest.param("=?utf-8?q?=0A?=", "\n", id="control"),
        pytest.param("", "", id="empty"),
    ],
)
def test_valid_words_are_decoded(written: str, text: str) -> None:
    assert decode(written) == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("=?nonsense?q?a?=", id="unknown-charset"),
        pytest.param("=?utf-16?B?ADE=?=", id="not-for-mail"),
        pytest.param("=?utf-8?B?5Lit5paH", id="open"),
        pytest.param("=?utf-8?B?*?=", id="no-base64"),
        pytest.param("=?utf-8?q?=FF?=", id="not-utf8"),
        pytest.param("=?utf-8?x?a?=", id="no-encoding"),
        pytest.param("a=?utf-8?q?a?=", id="glued-before"),
        pytest.param("=?utf-8?q?a?=b", id="glued-behind"),
        pytest.param("=?utf-8?q?a?= =?", id="rest"),
    ],
)
def test_invalid_words_stay_as_written(text: str) -> None:
    assert decode(text) == text.replace("=?utf-8?q?a?= ", "a ")


def test_a_bad_word_keeps_the_blank_before_a_good_one() -> None:
    assert decode("=?utf-8?B?*?= =?utf-8?q?a?=") == "=?utf-8?B?*?= a"
    assert decode("=?utf-8?q?a?= =?utf-8?B?*?=") == "a =?utf-8?B?*?="


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        pytest.param("mostly ascii é", "Q", id="short-as-quoted"),
        pytest.param("中文告警", "B", id="short-as-base64"),
    ],
)
def test_the_shorter_encoding_is_chosen(text: str, letter: str) -> None:
    assert encode(text, "utf-8")[0].startswith(f"=?utf-8?{letter}?")


@given(st.text(CHARACTERS, min_size=1), st.integers(20, 75))
def test_words_are_short_and_decode_to_the_text(text: str, room: int) -> None:
    words = encode(text, "utf-8", room)
    assert all(len(word) <= 75 for word in words)
    assert decode(" ".join(words)) == text
    pairs = email.header.decode_header("\n ".join(words))
    assert pairs == [(text.encode(), "utf-8")]


@given(st.text(CHARACTERS))
def test_no_word_holds_part_of_a_character(text: str) -> None:
    for word in encode(text, "utf-8"):
        _, _, letter, payload, _ = word.split("?")
        if letter == "B":
            base64.b64decode(payload).decode()
        else:
            assert not re.search(r"=[89A-F].$", decode(word))
            decode(word).encode()


@given(st.text())
def test_decoding_never_fails(text: str) -> None:
    decode(text)
    decode("=?utf-8?q?" + text + "?=")


def test_every_word_of_a_stateful_charset_is_complete() -> None:
    words = encode("日本語" * 20, "iso-2022-jp")
    assert len(words) > 1
    assert decode(" ".join(words)) == "日本語" * 20


def test_only_valid_words_count_as_encoded() -> None:
    assert is_encoded("=?utf-8?B?5Lit5paH?=")
    assert not is_encoded("=?x?=")
    assert not is_encoded("=?nonsense?q?a?=")
