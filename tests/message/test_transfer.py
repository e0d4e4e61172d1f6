import base64
import binascii
import quopri

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pymail.message import transfer_encoding

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
def test_nothing_is_torn_where_long_lines_break(
    extra: int, count: int, end: bytes
) -> None:
    printable = b"y" * extra + b"=E5" * count + end
    mended = b"".join(transfer_encoding.mend_quoted_printable([printable]))
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
def test_base64_arrives_octet_for_octet(chunks: list[bytes]) -> None:
    octets = b"".join(chunks)
    encoded = b"".join(transfer_encoding.encode_base64(chunks))
    check_lines(encoded)
    assert base64.b64decode(encoded) == octets
    assert len(encoded) == transfer_encoding.base64_size(len(octets))


@pytest.mark.parametrize("octets", [0, 1, 56, 57, 58, 57 * 5000, 700_001])
def test_the_size_in_base64_is_known_before(octets: int) -> None:
    encoded = b"".join(transfer_encoding.encode_base64([b"\xff" * octets]))
    check_lines(encoded)
    assert len(encoded) == transfer_encoding.base64_size(octets)


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


@pytest.mark.parametrize(
    ("octets", "wire"),
    [
        pytest.param(b"From me\n", b"=46rom me\r\n", id="from"),
        pytest.param(
            b"From " + b"x" * 71 + b"\n",
            b"=46rom=\r\n " + b"x" * 71 + b"\r\n",
            id="long-from",
        ),
        pytest.param(b".\n", b"=2E\r\n", id="dot"),
        pytest.param(b"a \nb\t\n", b"a=20\r\nb=09\r\n", id="blanks"),
        pytest.param(b"abc", b"abc=\r\n", id="no-newline"),
        pytest.param(b"a\rb\r\n", b"a=0Db\r\n", id="lone-cr"),
        pytest.param(b"a\r\r\n", b"a=0D\r\n", id="crcrlf"),
        pytest.param(
            b"a" * 75 + b" \n", b"a" * 75 + b"=\r\n=20\r\n", id="blank-sticks-out"
        ),
        pytest.param(
            b"a" * 76, b"a" * 72 + b"=\r\n" + b"aaaa=\r\n", id="full-last-line"
        ),
        pytest.param(
            b"a" * 71 + b"=aa",
            b"a" * 71 + b"=\r\n" + b"=3Daa=\r\n",
            id="full-last-line-not-cut-in-a-triplet",
        ),
    ],
)
def test_text_is_spelt_so(octets: bytes, wire: bytes) -> None:
    assert b"".join(transfer_encoding.encode_quoted_printable([octets])) == wire
