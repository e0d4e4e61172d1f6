import binascii
import codecs
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.message.byte_source import InMemory
from pymail.message.decoding import MIXED, WIDE, decode, detect_charset
from pymail.message.draft import TextRules
from pymail.message.text_encoding import encode_text, encode_unchanged
from pymail.message.transfer_encoding import EncodedSource
from tests.message.wire import octets_of

PLAIN = TextRules()
LATIN = "café sure\n".encode("latin-1")
CHINESE = "磁盘满，请检查\n"


def arrived(body: EncodedSource) -> bytes:
    wire = octets_of(body)
    assert body.facts.eight_bit == (not wire.isascii())
    if body.encoding == "base64":
        octets = binascii.a2b_base64(wire)
        assert body.exact or b"\n" not in octets.replace(b"\r\n", b"")
        return octets if body.exact else octets.replace(b"\r\n", b"\n")
    lines = wire.replace(b"\r\n", b"\n")
    return binascii.a2b_qp(lines) if body.encoding == "quoted-printable" else lines


def settle(
    octets: bytes, rules: TextRules = PLAIN, declared: str = ""
) -> tuple[str, str, bytes]:
    charset, body = encode_text(InMemory(octets), rules, declared=declared)
    return charset, body.encoding, arrived(body)


@pytest.mark.parametrize(
    ("octets", "encoding"),
    [
        pytest.param(b"body\n", "7bit", id="plain"),
        pytest.param(b"", "7bit", id="empty"),
        pytest.param(b"a\f\tb \n", "7bit", id="form-feed"),
        pytest.param(b".\n", "7bit", id="dot"),
        pytest.param(b"x" * 949 + b"\n", "7bit", id="line-949"),
        pytest.param(b"x" * 950 + b"\n", "quoted-printable", id="line-950"),
        pytest.param(b"From me\n", "quoted-printable", id="from"),
        pytest.param(b"no newline", "quoted-printable", id="no-newline"),
        pytest.param(b"a\x1b[31mred\x07\n", "quoted-printable", id="escape"),
        pytest.param(b"a\x7f\n", "quoted-printable", id="delete"),
        pytest.param(b"a\rb\n", "quoted-printable", id="lone-cr"),
        pytest.param(b"a\0b\n", "base64", id="nul"),
        pytest.param(bytes(range(256)), "base64", id="binary"),
        pytest.param(
            "café, and so on\n".encode(), "quoted-printable", id="few-accents"
        ),
        pytest.param((CHINESE * 3).encode(), "base64", id="chinese"),
    ],
)
def test_text_gets_the_encoding_that_keeps_it(octets: bytes, encoding: str) -> None:
    _, chosen, received = settle(octets)
    assert chosen == encoding
    assert received == octets


@given(
    st.binary(max_size=300), st.sampled_from(["", "8bit", "base64", "quoted-printable"])
)
def test_any_octets_arrive(octets: bytes, encoding: str) -> None:
    _, chosen, received = settle(octets, TextRules(encoding=encoding))
    charset = detect_charset((octets,))
    if charset in WIDE or (charset == MIXED and b"\0" not in octets):
        octets = decode(octets).encode()
    same = octets.replace(b"\r\n", b"\n")
    assert received in ((octets, same) if chosen == "base64" else (same,))


@pytest.mark.parametrize(
    ("octets", "requested", "encoding"),
    [
        pytest.param(LATIN, "8bit", "8bit", id="eight-bit"),
        pytest.param(LATIN, "8BIT", "8bit", id="any-case"),
        pytest.param(b"From \xe9x\n", "8bit", "8bit", id="from-line-as-it-is"),
        pytest.param("é x".encode(), "8bit", "quoted-printable", id="no-newline"),
        pytest.param(b"ok\n", "8bit", "7bit", id="ascii"),
        pytest.param(b"ok\n", "quoted-printable", "7bit", id="ascii-needs-none"),
        pytest.param(
            CHINESE.encode(), "quoted-printable", "quoted-printable", id="requested-qp"
        ),
        pytest.param(LATIN, "base64", "base64", id="requested-base64"),
        pytest.param(CHINESE.encode(), "nonsense", "base64", id="unknown"),
    ],
)
def test_requested_encoding_is_used_where_possible(
    octets: bytes, requested: str, encoding: str
) -> None:
    _, chosen, received = settle(octets, TextRules(encoding=requested))
    assert chosen == encoding
    assert received == octets


def test_every_line_is_encoded_when_none_may_be_unencoded() -> None:
    assert settle(b"x\n", TextRules(longest_unencoded_line=0))[1] == "quoted-printable"


def test_eight_bit_text_can_become_seven_bit() -> None:
    _, body = encode_text(InMemory(LATIN), TextRules(encoding="8bit"))
    assert body.facts.eight_bit
    assert not body.seven_bit().facts.eight_bit
    assert arrived(body.seven_bit()) == LATIN
    assert body.seven_bit().seven_bit().encoding == body.seven_bit().encoding


RHEL = ("iso-8859-1", "utf-8")


# octets, rules, charset, and the arriving octets if they differ
# fmt: off
LABELLED = {
    "ascii": (b"a\n", {}, "us-ascii", None),
    "named-7bit": (b"a\n", {"charset_7bit": "utf-8"}, "utf-8", None),
    "bad-7bit": (b"a\n", {"charset_7bit": "utf-16"}, "us-ascii", None),
    "utf8": (CHINESE.encode(), {}, "utf-8", None),
    "utf8-in-another-locale": (CHINESE.encode(), {"locale_charset": "gb18030"}, "utf-8", None),
    "gb": (CHINESE.encode("gbk"), {}, "gb18030", None),
    "latin": (LATIN, {}, "iso-8859-1", None),
    "tty": (LATIN, {"ttycharset": "iso-8859-1"}, "utf-8", "café sure\n".encode()),
    "tty-untrue": (LATIN, {"ttycharset": "utf-8"}, "iso-8859-1", None),
    "tty-unknown": (LATIN, {"ttycharset": "nonsense"}, "iso-8859-1", None),
    "utf8-over-tty": ("é\n".encode(), {"ttycharset": "latin1", "sendcharsets": ("latin1",)}, "iso-8859-1", b"\xe9\n"),
    "converted": ("é\n".encode(), {"sendcharsets": RHEL}, "iso-8859-1", b"\xe9\n"),
    "second": (CHINESE.encode(), {"sendcharsets": RHEL}, "utf-8", None),
    "skips-unknown": (CHINESE.encode(), {"sendcharsets": ("nonsense", "gb2312")}, "gb2312", CHINESE.encode("gb2312")),
    "none-holds-it": (CHINESE.encode(), {"sendcharsets": ("us-ascii",), "charset_8bit": "latin1"}, "utf-8", None),
    "guess-stays": (LATIN, {"sendcharsets": ("utf-8",)}, "iso-8859-1", None),
    "nothing-holds-it": (CHINESE.encode(), {"sendcharsets": ("us-ascii", "nonsense"), "charset_8bit": "latin1"}, "utf-8", None),
    "charset-8bit": ("é\n".encode(), {"charset_8bit": "latin1"}, "iso-8859-1", b"\xe9\n"),
    "utf16": (b"\xff\xfea\0", {"ttycharset": "latin1"}, "utf-8", b"a"),
    "utf16-cut": (b"\xff\xfea\0b", {"sendcharsets": ("latin1",)}, "utf-8", "a\ufffd".encode()),
    "utf16-converted": ("é\n".encode("utf-16"), {"sendcharsets": ("latin1",)}, "iso-8859-1", b"\xe9\n"),
    "binary-stays": (b"a\0" + CHINESE.encode() + b"\xff", {"sendcharsets": ("utf-8",)}, "iso-8859-1", None),
    "locale": (CHINESE.encode("big5", "replace"), {"locale_charset": "big5"}, "big5", None),
    "utf8-cut": (CHINESE.encode() + b"\xe7", {"locale_charset": "iso-8859-1"}, "utf-8", f"{CHINESE}\ufffd".encode()),
    "japanese": ("テスト".encode("iso-2022-jp"), {}, "iso-2022-jp", None),
}
# fmt: on


@pytest.mark.parametrize(
    ("octets", "rules", "charset", "received"), LABELLED.values(), ids=LABELLED
)
def test_text_is_labelled_with_its_charset(
    octets: bytes, rules: dict[str, Any], charset: str, received: bytes | None
) -> None:
    found, _, arrived_octets = settle(octets, TextRules(**rules))
    assert (found, arrived_octets) == (
        charset,
        octets if received is None else received,
    )


@pytest.mark.parametrize(
    ("octets", "declared", "charset"),
    [
        pytest.param(b"a\n", "UTF-8", "utf-8", id="ascii"),
        pytest.param(b"a\n", "utf-16", "us-ascii", id="unusable"),
        pytest.param("é\n".encode(), "UTF-8", "utf-8", id="true"),
        pytest.param("é\n".encode(), "iso-8859-1", "utf-8", id="single-octet-lie"),
        pytest.param(LATIN, "utf-8", "iso-8859-1", id="lie"),
        pytest.param(LATIN, "windows-1252", "windows-1252", id="possible"),
        pytest.param(CHINESE.encode("gbk"), "gbk", "gbk", id="subset"),
    ],
)
def test_a_declared_charset_is_kept_when_it_is_true(
    octets: bytes, declared: str, charset: str
) -> None:
    found, _, received = settle(octets, PLAIN, declared)
    assert (found, received) == (charset, octets)


# fmt: off
LINE_ENDS: dict[str, tuple[Any, ...]] = {
    "guess": (LATIN, PLAIN, "", LATIN),
    "mixed-ends": (b"\xff\r\n\xfe\n", PLAIN, "", b"\xff\r\n\xfe\n"),
    "binary": (b"a\0\n", PLAIN, "", b"a\0\n"),
    "text": (CHINESE.encode(), PLAIN, "", CHINESE.replace("\n", "\r\n").encode()),
    "guess-confirmed": (b"\xe9\n", TextRules(sendcharsets=RHEL, encoding="base64"), "", b"\xe9\r\n"),
    "declared": (b"\xe9\n", TextRules(encoding="base64"), "latin1", b"\xe9\r\n"),
}
# fmt: on


@pytest.mark.parametrize(
    ("octets", "rules", "declared", "received"), LINE_ENDS.values(), ids=LINE_ENDS
)
def test_line_ends_in_base64_are_crlf_if_it_is_surely_text(
    octets: bytes, rules: TextRules, declared: str, received: bytes
) -> None:
    _, body = encode_text(InMemory(octets), rules, declared=declared)
    assert body.encoding == "base64"
    assert binascii.a2b_base64(b"".join(body.chunks())) == received


def test_long_text_is_converted_block_by_block() -> None:
    text = "é中\n" * 300_000
    rules = TextRules(sendcharsets=("gb18030",))
    charset, body = encode_text(InMemory(text.encode()), rules)
    assert charset == "gb18030"
    assert body.source.size_octets == len(text.encode("gb18030"))
    assert arrived(body).decode("gb18030") == text


# fmt: off
FILES: dict[str, tuple[Any, ...]] = {
    "ascii": (b"a\n", "", PLAIN, "us-ascii", "7bit"),
    "crlf": (b"a\r\nb\r\n", "", PLAIN, "us-ascii", "base64"),
    "cr": (b"a\rb", "", PLAIN, "us-ascii", "base64"),
    "tty-labels": (LATIN, "", TextRules(sendcharsets=("utf-8",), ttycharset="latin2"), "iso-8859-2", "quoted-printable"),
    "declared": ("é and so on\n".encode(), "latin1", PLAIN, "iso-8859-1", "quoted-printable"),
    "utf16": (codecs.BOM_UTF16_LE + b"a\0", "", PLAIN, "utf-16", "base64"),
    "utf8-cut": (CHINESE.encode() + b"\xe7", "", PLAIN, "utf-8", "base64"),
    "gbk-cut": (CHINESE.encode("gbk") * 9 + b"\xca", "", PLAIN, "gb18030", "base64"),
    "big5-and-utf8": ("繁體中文的內容\n".encode("big5") * 9 + "完整的内容".encode(), "", TextRules(locale_charset="big5"), "big5", "base64"),
    "latin-of-a-locale-and-utf8": (LATIN * 9 + "数据库\n".encode(), "", TextRules(locale_charset="iso-8859-1"), "iso-8859-1", "base64"),
    "latin-and-utf8": (LATIN * 9 + "数据库\n".encode(), "", PLAIN, "utf-8", "base64"),
    "7bit": (b"a\n", "", TextRules(charset_7bit="utf-8"), "utf-8", "7bit"),
}
# fmt: on


@pytest.mark.parametrize(
    ("octets", "declared", "rules", "charset", "encoding"), FILES.values(), ids=FILES
)
def test_a_file_of_text_arrives_octet_for_octet(
    octets: bytes, declared: str, rules: TextRules, charset: str, encoding: str
) -> None:
    found, body = encode_unchanged(InMemory(octets), rules, declared=declared)
    assert (found, body.encoding, arrived(body)) == (charset, encoding, octets)
