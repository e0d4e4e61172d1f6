"""A whole message on standard input."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.errors import MessageError
from pymail.message import mbox_format, raw_message
from pymail.message.byte_source import InMemory, Octets, Slice
from pymail.octets import BufferedInput

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class InPieces:
    """Octets that come one at a time."""

    octets: bytes

    @property
    def size_octets(self) -> int:
        return len(self.octets)

    def chunks(self) -> Iterator[bytes]:
        for number in range(len(self.octets)):
            yield self.octets[number : number + 1]


def parsed(text: bytes) -> tuple[list[tuple[str, str]], bytes]:
    found = raw_message.parse_draft(InPieces(text))
    return [(f.name, f.text) for f in found.fields], b"".join(found.body.chunks())


@pytest.mark.parametrize(
    ("text", "fields", "body"),
    [
        pytest.param(
            b"To: a@x.org\nSubject: s\n\nbody\n",
            [("To", "a@x.org"), ("Subject", "s")],
            b"body\n",
            id="plain",
        ),
        pytest.param(
            b"To:a@x.org\r\nSubject: s\r\n\r\nbody\r\n",
            [("To", "a@x.org"), ("Subject", "s")],
            b"body\r\n",
            id="crlf",
        ),
        pytest.param(
            b"To: a@x.org,\n b@x.org\n\tc@x.org\n\nx",
            [("To", "a@x.org, b@x.org c@x.org")],
            b"x",
            id="folded",
        ),
        pytest.param(b"To: a@x.org\n", [("To", "a@x.org")], b"", id="no-body"),
        pytest.param(b"To: a@x.org", [("To", "a@x.org")], b"", id="no-newline"),
        pytest.param(
            b"# remark\nTo: a@x.org\n\n# text\n",
            [("To", "a@x.org")],
            b"# text\n",
            id="remark",
        ),
        pytest.param(
            b"To: a@x.org\nno field at all\nmore\n",
            [("To", "a@x.org")],
            b"no field at all\nmore\n",
            id="no-empty-line",
        ),
        pytest.param(b"just text\n", [], b"just text\n", id="text"),
        pytest.param(b"", [], b"", id="nothing"),
        pytest.param(
            b"Subject: \xe4\xb8\xad\n\n", [("Subject", "中")], b"", id="utf-8"
        ),
        pytest.param(
            b"Subject: \xff\n\n", [("Subject", "\udcff")], b"", id="not-utf-8"
        ),
    ],
)
def test_header_and_body_are_told_apart(
    text: bytes, fields: list[tuple[str, str]], body: bytes
) -> None:
    assert parsed(text) == (fields, body)


@given(body=st.binary(max_size=300).map(lambda b: b.replace(b"\r", b"")))
def test_entry_of_an_mbox_gives_the_message_back(body: bytes) -> None:
    body = body.rstrip(b"\n") + b"\n"
    message = b"To: a@x.org\n\n" + body
    octets = b"".join(mbox_format.format_entry("me@x.org", NOON, [message]))
    found = raw_message.parse_draft(InMemory(octets))
    assert found.is_entry
    assert b"".join(found.body.chunks()) == body
    assert found.body.size_octets == len(body)


@pytest.mark.parametrize("size", [1, 300_000], ids=["small", "large"])
def test_mbox_is_taken_apart(size: int) -> None:
    bodies = [letter * size + b"\n" for letter in (b"a", b"b", b"c")]
    octets = b"".join(
        block
        for body in bodies
        for block in mbox_format.format_entry(
            "me@x.org", NOON, [b"To: a@x.org\n\n" + body]
        )
    )
    found = [
        raw_message.parse_draft(each)
        for each in mbox_format.split_entries(InMemory(octets))
    ]
    assert [b"".join(each.body.chunks()) for each in found] == bodies


@pytest.mark.parametrize("text", [b"", b"To: a@x.org\n\nFrom x\n"])
def test_text_that_is_no_mbox_stays_whole(text: bytes) -> None:
    source = InMemory(text)
    [entry] = mbox_format.split_entries(source)
    assert b"".join(entry.chunks()) == text


@pytest.mark.parametrize("piece", [b" 00:00:00", b" 00:00:00 20x", b"\n\nFrom "])
def test_line_that_is_nearly_a_from_line_is_looked_at_once(piece: bytes) -> None:
    """Looked at as often as it has times of day, it would take hours."""
    source = InMemory(b"From a\n\n\nFrom b" + piece * 100_000)
    assert len(mbox_format.split_entries(source)) == 1


def test_from_line_has_a_time_and_a_year_behind_it() -> None:
    text = b"From a\n\n\nFrom b 00:00:00 1:00:00 2026\n\n\nFrom 2026 00:00:00 x\n"
    assert len(mbox_format.split_entries(InMemory(text))) == 2


@pytest.mark.parametrize("line", [b"X: 1\n", b" folded\n"], ids=["fields", "folds"])
def test_header_without_end_is_refused(line: bytes) -> None:
    endless = b"To: a@x.org\n" + line * (raw_message.LONGEST_HEADER_OCTETS // len(line))
    with pytest.raises(MessageError, match="does not end"):
        raw_message.parse_draft(InMemory(endless * 2))


def test_long_text_without_a_header_is_a_body() -> None:
    text = b"word\n" * raw_message.LONGEST_HEADER_OCTETS
    found = raw_message.parse_draft(InMemory(text))
    assert found.fields == ()
    assert found.body.size_octets == len(text)


@pytest.mark.parametrize(
    ("field", "encoding"),
    [
        pytest.param(b"base64", "base64", id="base64"),
        pytest.param(b"Quoted-Printable", "quoted-printable", id="any-case"),
        pytest.param(b"8bit", "", id="plain"),
    ],
)
def test_body_that_is_encoded_says_so(field: bytes, encoding: str) -> None:
    text = b"Content-Transfer-Encoding: " + field + b"\n\nx\n"
    assert raw_message.parse_draft(InMemory(text)).encoding == encoding
    assert raw_message.parse_draft(InMemory(b"To: a\n\n")).first("subject") is None


def test_long_entry_comes_back_block_by_block() -> None:
    body = b">From here\nFrom there\n" * 50_000
    octets = b"".join(
        mbox_format.format_entry("me@x.org", NOON, [b"To: a@x.org\n\n" + body])
    )
    found = raw_message.parse_draft(InMemory(octets))
    assert b"".join(found.body.chunks()) == body


class Counted(BufferedInput):
    """A spool that counts what is read of it."""

    read_octets = 0

    def between(self, start: int, end: int) -> Iterator[bytes]:
        for block in super().between(start, end):
            self.read_octets += len(block)
            yield block


def test_entries_from_windows_are_entries() -> None:
    text = b"From a Mon Jan  5 10:00:00 2026\nSubject: %d\n\n.\n\n"
    octets = b"".join(text % n for n in range(3)).replace(b"\n", b"\r\n")
    found = [
        raw_message.parse_draft(each)
        for each in mbox_format.split_entries(InMemory(octets))
    ]
    assert [each.first("Subject") for each in found] == ["0", "1", "2"]


def test_entries_of_an_mbox_are_read_without_those_before_them() -> None:
    source = Counted()
    source.fill(
        io.BytesIO(
            b"".join(
                block
                for number in range(500)
                for block in mbox_format.format_entry(
                    "me@x.org", NOON, [b"To: a@x.org\n\n%d\n" % number]
                )
            )
        )
    )
    found = [
        raw_message.parse_draft(each) for each in mbox_format.split_entries(source)
    ]
    texts = [b"".join(each.body.chunks()) for each in found]
    assert texts == [b"%d\n" % number for number in range(500)]
    # to take them apart, for the header, and for the body
    assert source.read_octets <= 3 * source.size_octets


@given(
    octets=st.binary(max_size=9),
    start=st.integers(min_value=0, max_value=9),
    end=st.integers(min_value=0, max_value=9),
    other=st.integers(min_value=0, max_value=9),
    source=st.sampled_from([InPieces, InMemory]),
)
def test_slice_of_a_slice_is_what_slicing_twice_gives(
    octets: bytes,
    start: int,
    end: int,
    other: int,
    source: Callable[[bytes], Octets],
) -> None:
    end = min(end, len(octets))
    outer = Slice(source(octets), start, end)
    expected = octets[start:end][other:]
    assert b"".join(Slice(outer, other, outer.size_octets).chunks()) == expected
    assert b"".join(outer.between(other, 99)) == expected


@given(
    octets=st.binary(max_size=9),
    start=st.integers(min_value=0, max_value=9),
    end=st.integers(min_value=0, max_value=9),
)
def test_slice_is_what_slicing_gives(octets: bytes, start: int, end: int) -> None:
    end = min(end, len(octets))
    found = Slice(InPieces(octets), start, end)
    assert b"".join(found.chunks()) == octets[start:end]
    assert found.size_octets == len(octets[start:end])
