import base64
import binascii
import codecs
import quopri
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pymail.message import encoding_repair, transfer_encoding
from pymail.message.byte_source import InMemory
from pymail.message.transfer_encoding import TextFacts, scan

TEXT = st.lists(
    st.one_of(
        st.sampled_from(
            [b"From ", b".", b" ", b"\t", b"=", b"\n", b"\r\n", b"\r", b"\0"]
        ),
        st.binary(max_size=6),
        st.builds(lambda n: b"x" * n, st.integers(60, 80)),
    ),
    max_size=60,
).map(b"".join)


def canonical(octets: bytes) -> bytes:
    return octets.replace(b"\r\n", b"\n")


def check_lines(encoded: bytes) -> None:
    assert b"\r" not in encoded.replace(b"\r\n", b"")
    assert b"\n" not in encoded.replace(b"\r\n", b"")
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))
    assert encoded.isascii()
    assert not encoded or encoded.endswith(b"\r\n")


@given(TEXT)
def test_quoted_printable_arrives_whole_in_short_lines(octets: bytes) -> None:
    encoded = b"".join(transfer_encoding.encode_quoted_printable([octets]))
    check_lines(encoded)
    assert not any(line.startswith(b"From ") for line in encoded.split(b"\r\n"))
    assert not any(line.endswith((b" ", b"\t")) for line in encoded.split(b"\r\n"))
    lines = encoded.replace(b"\r\n", b"\n")
    assert binascii.a2b_qp(lines) == canonical(octets)
    assert quopri.decodestring(lines) == canonical(octets)


@given(st.integers(0, 90), st.sampled_from([b"x", b"=", b"\xe9", b" ", b"From "]))
def test_a_line_longer_than_a_block_is_broken_softly(extra: int, unit: bytes) -> None:
    octets = b"y" * extra + unit * (800_000 // len(unit))
    encoded = b"".join(transfer_encoding.encode_quoted_printable([octets, b"\nend"]))
    check_lines(encoded)
    assert binascii.a2b_qp(encoded.replace(b"\r\n", b"\n")) == octets + b"\nend"


@given(
    st.integers(0, 160),
    st.integers(20, 80),
    st.sampled_from([b"\n", b"=\n", b"", b"=", b"=E"]),
)
@example(7, 23, b"")
@example(4, 23, b"=E")
def test_soft_breaks_split_no_encoded_octet(extra: int, count: int, end: bytes) -> None:
    printable = b"y" * extra + b"=E5" * count + end
    mended = b"".join(encoding_repair.mend_quoted_printable([printable]))
    check_lines(mended)
    assert binascii.a2b_qp(mended) == binascii.a2b_qp(printable).replace(b"\n", b"\r\n")


ROWS = 57 * 1024  # encoded at once


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=200),
            st.builds(bytes, st.sampled_from([1, 57, ROWS - 1, ROWS, 2 * ROWS])),
        )
    )
)
@example([])
@example([bytes(56)])
@example([bytes(58)])
@example([bytes(700_001)])
def test_base64_arrives_octet_for_octet(chunks: list[bytes]) -> None:
    octets = b"".join(chunks)
    encoded = b"".join(transfer_encoding.encode_base64(chunks))
    check_lines(encoded)
    assert base64.b64decode(encoded) == octets
    assert len(encoded) == transfer_encoding.base64_size(len(octets))


@pytest.mark.parametrize(
    ("octets", "wire"),
    [
        pytest.param(b"a\nb\r\n\n", b"a\r\nb\r\n\r\n", id="mixed-ends"),
        pytest.param(b"a", b"a\r\n", id="no-end"),
        pytest.param(b"", b"", id="empty"),
    ],
)
def test_unencoded_lines_end_in_crlf(octets: bytes, wire: bytes) -> None:
    assert b"".join(transfer_encoding.encode_lines([octets])) == wire


# fmt: off
SPELT: dict[str, tuple[Any, ...]] = {
    "from": (b"From me\n", b"=46rom me\r\n"),
    "long-from": (b"From " + b"x" * 71 + b"\n", b"=46rom=\r\n " + b"x" * 71 + b"\r\n"),
    "dot": (b".\n", b"=2E\r\n"),
    "blanks": (b"a \nb\t\n", b"a=20\r\nb=09\r\n"),
    "no-newline": (b"abc", b"abc=\r\n"),
    "lone-cr": (b"a\rb\r\n", b"a=0Db\r\n"),
    "crcrlf": (b"a\r\r\n", b"a=0D\r\n"),
    "blank-sticks-out": (b"a" * 75 + b" \n", b"a" * 75 + b"=\r\n=20\r\n"),
    "full-last-line": (b"a" * 76, b"a" * 72 + b"=\r\n" + b"aaaa=\r\n"),
    "full-last-line-not-cut-in-a-triplet": (b"a" * 71 + b"=aa", b"a" * 71 + b"=\r\n" + b"=3Daa=\r\n"),
}
# fmt: on


@pytest.mark.parametrize(("octets", "wire"), SPELT.values(), ids=SPELT)
def test_text_is_written_in_quoted_printable(octets: bytes, wire: bytes) -> None:
    assert b"".join(transfer_encoding.encode_quoted_printable([octets])) == wire


def facts_of(octets: bytes) -> TextFacts:
    return scan(InMemory(octets))


@pytest.mark.parametrize(
    ("octets", "charset"),
    [
        pytest.param(b"", "us-ascii", id="empty"),
        pytest.param(b"a\x1b\0", "us-ascii", id="controls"),
        pytest.param("磁盘满\n".encode(), "utf-8", id="utf8"),
        pytest.param(b"ok \xc3\xa9\n" + b"x" * 600_000 + b"\xe9 ", "", id="late"),
        pytest.param(
            codecs.BOM_UTF16_LE + "é".encode("utf-16-le") + b"a\0", "utf-16", id="utf16"
        ),
    ],
)
def test_the_charset_of_octets_is_found(octets: bytes, charset: str) -> None:
    assert facts_of(octets).charset == charset


def test_a_character_may_lie_across_blocks() -> None:
    text = "中".encode() * 200_000
    assert facts_of(b"x" + text).charset == "utf-8"
    assert facts_of(b"x" + text[:-1]).charset == ""


# fmt: off
DESCRIBED: dict[str, tuple[Any, ...]] = {
    "ends": (b"a\nb\r\n", {"bare_lf": 1, "has_cr": True, "lone_cr": False}),
    "crcrlf": (b"a\r\r\n", {"has_cr": True, "lone_cr": True}),
    "cr-at-end": (b"a\r", {"lone_cr": True, "ends_in_newline": False}),
    "harmless": (b"\tx\f\n", {"controls": False, "spelt_out": 1}),
    "delete": (b"\x7f\n", {"controls": True, "nul": False}),
    "nul": (b"\0", {"nul": True}),
    "line": (b"abc\nab", {"longest_line": 3, "ends_in_newline": False}),
    "crlf-line": (b"abcd\r\nab", {"longest_line": 4}),
    "long-line": (b"x" * 700_000, {"longest_line": 700_000}),
    "empty": (b"", {"ends_in_newline": True, "longest_line": 0}),
    "from-first": (b"From x\n", {"from_line": True}),
    "from-inside": (b"a\nFrom x\n", {"from_line": True}),
    "no-from": (b"a From x\nFrom\n", {"from_line": False}),
}
# fmt: on


@pytest.mark.parametrize(("octets", "expected"), DESCRIBED.values(), ids=DESCRIBED)
def test_scan_finds_the_facts(octets: bytes, expected: dict[str, object]) -> None:
    found = facts_of(octets)
    assert {name: getattr(found, name) for name in expected} == expected


class Torn:
    """Octets that come in these pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces
        self.size_octets = sum(map(len, pieces))

    def chunks(self) -> Iterator[bytes]:
        yield from self.pieces


@given(st.lists(st.binary(max_size=8)))
def test_facts_do_not_depend_on_the_blocks(pieces: list[bytes]) -> None:
    assert scan(Torn(*pieces)) == facts_of(b"".join(pieces))
