"""Bodies that were handed over: labels that are true, and what cannot travel."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from pymail.message import handed, whole
from pymail.message.source import InMemory

CHINESE = "数据库备份\n".encode()
LONG = b"word " * 400 + b"\n"


def finish(text: bytes) -> whole.Whole:
    return whole.finish(handed.parse(InMemory(text)).public())


def mail(message: whole.Whole) -> EmailMessage:
    parsed = message_from_bytes(b"".join(message.chunks()), policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


LABELS = {
    "none": (b"A: b\n\n" + CHINESE, "utf-8"),
    "cronie": (
        b"Content-Type: text/plain; charset=ANSI_X3.4-1968\n\n" + CHINESE,
        "utf-8",
    ),
    "true": (
        b"Content-Type: text/plain; charset=GBK\n\n" + "你好\n".encode("gbk"),
        "gbk",
    ),
    "believed": (b"Content-Type: text/plain; charset=latin1\n\n" + CHINESE, "latin1"),
    "not-known-here": (
        b"Content-Type: text/plain; charset=x-mac\n\n" + CHINESE,
        "x-mac",
    ),
    "false": (b"Content-Type: text/html; charset=utf-8\n\n\xe9t\xe9 a\n", "iso-8859-1"),
}


@pytest.mark.parametrize(("text", "charset"), LABELS.values(), ids=LABELS)
def test_text_has_the_name_of_its_charset(text: bytes, charset: str) -> None:
    message = finish(text)
    sent = b"".join(message.chunks())
    assert message.eight_bit
    assert sent.endswith(text.partition(b"\n\n")[2].replace(b"\n", b"\r\n"))
    read = mail(message)
    assert read.get_content_charset() == charset
    assert read["Content-Transfer-Encoding"] == "8bit"
    assert read["MIME-Version"] == "1.0"


def test_other_parameters_of_the_type_stay() -> None:
    text = b"Content-Type: text/plain; charset=us-ascii; format=flowed\n\n" + CHINESE
    assert mail(finish(text)).get_param("format") == "flowed"


def test_ascii_gets_no_label() -> None:
    assert mail(finish(b"A: b\n\ntext\n")).keys() == ["A"]


def test_text_is_encoded_for_servers_that_take_seven_bits() -> None:
    message = finish(b"A: b\n\n" + CHINESE).seven_bit()
    assert b"".join(message.chunks()).isascii()
    assert mail(message).get_content() == CHINESE.decode().replace("\n", "\r\n")
    assert message.seven_bit() is message


CONTENT = {
    "long-line": (LONG, b"quoted-printable"),
    "lone-cr": (b"a\rb\n", b"quoted-printable"),
    "nul": (b"a\0b\n", b"base64"),
}


@pytest.mark.parametrize(("text", "encoding"), CONTENT.values(), ids=CONTENT)
def test_text_that_cannot_travel_is_encoded(text: bytes, encoding: bytes) -> None:
    message = finish(b"Content-Transfer-Encoding: 7bit\n\n" + text)
    read = mail(message)
    assert read["Content-Transfer-Encoding"].encode() == encoding
    payload = read.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.replace(b"\r\n", b"\n") == text


def test_a_picture_as_it_is_becomes_base64() -> None:
    picture = bytes(range(256))
    header = b"Content-Type: image/png\nContent-Transfer-Encoding: binary\n\n"
    read = mail(finish(header + picture))
    assert read.get_payload(decode=True) == picture
    assert read.get_content_type() == "image/png"


PARTS = b'Content-Type: multipart/mixed; boundary="x"\n\n--x\n\n%s\n--x--\n'


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        pytest.param(LONG, (b"word " * 200)[:-6] + b"\r\n word", id="long-line"),
        pytest.param(b"x" * 1000, b"x" * 998 + b"\r\nxx\r\n", id="no-blank"),
        pytest.param(b"a\rb\r\r\nc", b"\r\na\r\nb\r\nc\r\n", id="lone-cr"),
        pytest.param(b"a\0b", b"\r\nab\r\n", id="nul"),
        pytest.param(b"\xe9\rx", b"\r\n\xe9\r\nx\r\n", id="eight-bit"),
    ],
)
def test_parts_get_lines_that_servers_take(text: bytes, sent: bytes) -> None:
    message = finish(PARTS % text)
    assert sent in b"".join(message.chunks())
    assert message.eight_bit is (b"\xe9" in text)
    assert message.seven_bit() is message
    assert message.size_octets == sum(map(len, message.chunks()))
    assert message.longest_line == 998
    assert mail(message).get_boundary() == "x"


def test_line_longer_than_a_block_is_broken_as_a_whole() -> None:
    message = finish(PARTS % (b"x" * 600_000))
    lines = b"".join(message.chunks()).split(b"\r\n")
    assert max(map(len, lines)) == 998
    assert sum(line.count(b"x") for line in lines if b"=" not in line) > 600_000


def test_parts_without_an_end_get_one() -> None:
    text = (PARTS % b"a\rb").removesuffix(b"\n")
    assert b"".join(finish(text).chunks()).endswith(b"--x--\r\n")


def test_mended_parts_say_what_they_are() -> None:
    body = finish(PARTS % b"a\rb").body
    assert body.encoding == "7bit"
    assert body.seven_bit() is body
