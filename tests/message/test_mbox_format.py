"""Mbox entries: written and quoted, split and read back."""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pymail.message.byte_source import InMemory, Octets
from pymail.message.mbox_format import (
    format_entry,
    format_from_line,
    quote,
    split_entries,
    unquote,
)
from pymail.message.raw_message import RawMessage, parse_draft
from pymail.octets import BufferedInput

NOW = datetime(2026, 11, 3, 7, 5, 9, tzinfo=UTC)

# Text of the relevant pieces, cut into blocks anywhere.
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
def test_only_lines_like_a_from_line_are_quoted(message: bytes, kept: bytes) -> None:
    assert _entry(message).partition(b"\n")[2] == kept


@pytest.mark.parametrize(
    ("sender", "word"),
    [
        pytest.param("me@example.org", "me@example.org", id="address"),
        pytest.param("", "MAILER-DAEMON", id="null-sender"),
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
def test_unquoting_restores_the_message(blocks: list[bytes]) -> None:
    lines = b"".join(quote(blocks)).split(b"\n")
    assert b"\n".join(map(unquote, lines)) == b"".join(blocks)


@given(_BLOCKS)
def test_entry_ends_with_an_empty_line(blocks: list[bytes]) -> None:
    assert _entry(*blocks).endswith(b"\n\n")


def test_a_long_line_of_quotes_is_not_held_back() -> None:
    octets = sum(len(block) for block in quote(b">" for _ in range(100_000)))
    assert octets == 100_000


def mbox(*bodies: bytes) -> bytes:
    return b"".join(_entry(b"To: a@x.org\n\n" + body) for body in bodies)


def entries(source: Octets) -> list[RawMessage]:
    return [parse_draft(entry) for entry in split_entries(source)]


def bodies_of(messages: list[RawMessage]) -> list[bytes]:
    return [b"".join(each.body.chunks()) for each in messages]


@given(body=st.binary(max_size=300).map(lambda b: b.replace(b"\r", b"")))
@example(body=b">From here\nFrom there\n" * 50_000)
def test_entry_of_an_mbox_is_read_back(body: bytes) -> None:
    body = body.rstrip(b"\n") + b"\n"
    found = parse_draft(InMemory(mbox(body)))
    assert found.is_entry
    assert bodies_of([found]) == [body]
    assert found.body.size_octets == len(body)


@pytest.mark.parametrize("size", [1, 300_000], ids=["small", "large"])
def test_mbox_is_split_into_its_entries(size: int) -> None:
    bodies = [letter * size + b"\n" for letter in (b"a", b"b", b"c")]
    assert bodies_of(entries(InMemory(mbox(*bodies)))) == bodies


@pytest.mark.parametrize("text", [b"", b"To: a@x.org\n\nFrom x\n"])
def test_text_that_is_no_mbox_stays_whole(text: bytes) -> None:
    [entry] = split_entries(InMemory(text))
    assert b"".join(entry.chunks()) == text


@pytest.mark.parametrize("piece", [b" 00:00:00", b" 00:00:00 20x", b"\n\nFrom "])
def test_line_that_is_nearly_a_from_line_is_scanned_once(piece: bytes) -> None:
    """A scan for each time of day in it would take hours."""
    source = InMemory(b"From a\n\n\nFrom b" + piece * 100_000)
    assert len(split_entries(source)) == 1


def test_from_line_has_a_time_and_a_year_at_its_end() -> None:
    text = b"From a\n\n\nFrom b 00:00:00 1:00:00 2026\n\n\nFrom 2026 00:00:00 x\n"
    assert len(split_entries(InMemory(text))) == 2


def test_mbox_from_windows_is_split() -> None:
    text = b"From a Mon Jan  5 10:00:00 2026\nSubject: %d\n\n.\n\n"
    octets = b"".join(text % n for n in range(3)).replace(b"\n", b"\r\n")
    found = entries(InMemory(octets))
    assert [each.first("Subject") for each in found] == ["0", "1", "2"]


class Counted(BufferedInput):
    """Buffered input that counts the octets read from it."""

    read_octets = 0

    def between(self, start: int, end: int) -> Iterator[bytes]:
        for block in super().between(start, end):
            self.read_octets += len(block)
            yield block


def test_entries_of_an_mbox_are_read_without_those_before_them() -> None:
    bodies = [b"%d\n" % number for number in range(500)]
    source = Counted()
    source.fill(io.BytesIO(mbox(*bodies)))
    assert bodies_of(entries(source)) == bodies
    # to split them, for the header, and for the body
    assert source.read_octets <= 3 * source.size_octets
