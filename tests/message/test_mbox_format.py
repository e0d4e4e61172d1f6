"""The mbox entry: quoted so that it can be undone, whatever the blocks are."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.message.mbox_format import format_entry, format_from_line, quote, unquote

NOW = datetime(2026, 11, 3, 7, 5, 9, tzinfo=UTC)

# Text made of what matters here, cut into blocks anywhere.
_PIECES = st.sampled_from(
    [b"From ", b"From", b"Fro", b"F", b">", b">>", b"\n", b"\r\n", b" ", b"x", b"\r"]
)
_BLOCKS = st.lists(st.lists(_PIECES, max_size=6).map(b"".join), max_size=12)


def _entry(*chunks: bytes, sender: str = "me@example.org") -> bytes:
    return b"".join(format_entry(sender, NOW, chunks))


def test_entry_is_a_from_line_the_message_and_an_empty_line() -> None:
    assert _entry(b"Subject: s\r\n\r\nbody\r\n") == (
        b"From me@example.org Tue Nov  3 07:05:09 2026\nSubject: s\n\nbody\n\n"
    )


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        pytest.param(b"", b"\n", id="nothing"),
        pytest.param(b"no end", b"no end\n\n", id="no-last-line-end"),
        pytest.param(b"From here\r\n", b">From here\n\n", id="first-line"),
        pytest.param(b"a\r\nFrom b\r\n", b"a\n>From b\n\n", id="later-line"),
        pytest.param(b">From a\r\n", b">>From a\n\n", id="quoted-already"),
        pytest.param(b"From: a\r\n", b"From: a\n\n", id="field"),
        pytest.param(b"a From b\r\n", b"a From b\n\n", id="in-a-line"),
        pytest.param(b"From", b"From\n\n", id="unfinished"),
        pytest.param(b"a\r", b"a\r\n\n", id="bare-cr"),
    ],
)
def test_only_what_looks_like_a_from_line_is_quoted(
    message: bytes, kept: bytes
) -> None:
    assert _entry(message).partition(b"\n")[2] == kept


@pytest.mark.parametrize(
    ("sender", "word"),
    [
        pytest.param("me@example.org", "me@example.org", id="address"),
        pytest.param("", "MAILER-DAEMON", id="nobody"),
        pytest.param('"a b"@example.org', '"a_b"@example.org', id="blank"),
        pytest.param("a\nFrom b", "a_From_b", id="line-end"),
        pytest.param("用户@example.org", "用户@example.org", id="chinese"),
        pytest.param("caf\udce9", "caf_", id="no-text"),
    ],
)
def test_sender_is_one_word(sender: str, word: str) -> None:
    line = format_from_line(sender, NOW).decode()
    assert line == f"From {word} Tue Nov  3 07:05:09 2026\n"


@given(_BLOCKS)
def test_no_line_of_a_quoted_message_begins_an_entry(blocks: list[bytes]) -> None:
    assert not re.search(rb"^From ", b"".join(quote(blocks)), re.MULTILINE)


@given(_BLOCKS)
def test_quoting_does_not_depend_on_the_blocks(blocks: list[bytes]) -> None:
    assert b"".join(quote(blocks)) == b"".join(quote([b"".join(blocks)]))


@given(_BLOCKS)
def test_unquoting_gives_the_message_back(blocks: list[bytes]) -> None:
    lines = b"".join(quote(blocks)).split(b"\n")
    assert b"\n".join(map(unquote, lines)) == b"".join(blocks)


@given(_BLOCKS)
def test_entry_ends_with_an_empty_line(blocks: list[bytes]) -> None:
    assert _entry(*blocks).endswith(b"\n\n")


def test_a_long_line_of_quotes_is_not_collected() -> None:
    octets = sum(len(block) for block in quote(b">" for _ in range(100_000)))
    assert octets == 100_000
