import email
import email.message
import email.utils
from collections.abc import Iterator
from typing import Any

import pytest

from pymail.message.attachments import (
    HELD_OCTETS,
    build_part,
    guess_type,
    image_type,
    parse_mime_types,
)
from pymail.message.byte_source import InMemory, Octets
from pymail.message.draft import Attachment, TextRules
from pymail.message.mime_entity import Entity
from tests.message.wire import octets_of

TYPES = {"Log": "text/x-log", "csv": "application/x-csv"}


def part_of(
    content: Octets | bytes,
    name: str = "blob",
    content_type: str = "",
    charset: str = "",
) -> Entity:
    octets = InMemory(content) if isinstance(content, bytes) else content
    attachment = Attachment(
        name=name, content=octets, content_type=content_type, charset=charset
    )
    return build_part(attachment, rules=TextRules(), types=TYPES)


def read(part: Entity) -> email.message.Message:
    assert part.facts.longest_line <= 998
    return email.message_from_bytes(octets_of(part))


def content_of(message: email.message.Message) -> bytes:
    payload = message.get_payload(decode=True)
    assert isinstance(payload, bytes)
    if message["Content-Transfer-Encoding"] == "base64":
        return payload
    return payload.replace(b"\r\n", b"\n")


# fmt: off
FILES: dict[str, tuple[Any, ...]] = {
    "text": ("a.txt", b"x\n", "text/plain", "7bit"),
    "empty": ("a.txt", b"", "text/plain", "7bit"),
    "crlf": ("a.txt", b"a\r\nb\r\n", "text/plain", "base64"),
    "mixed-ends": ("a.txt", b"a\r\nb\n", "text/plain", "base64"),
    "nul-in-text": ("a.log", b"a\0", "application/octet-stream", "base64"),
    "users-type": ("a.csv", b"a;b\n", "application/x-csv", "base64"),
    "built-in-any-case": ("A.PDF", b"%PDF", "application/pdf", "base64"),
    "unknown-binary": ("blob", b"\0\1\2\xff", "application/octet-stream", "base64"),
    "unknown-high": ("x.zzz", b"\xff\xfe\xfdab", "application/octet-stream", "base64"),
    "unknown-text": ("README", "é and text\n".encode(), "text/plain", "quoted-printable"),
    "utf16-is-no-text-of-mail": ("x.txt", b"\xff\xfea\0", "application/octet-stream", "base64"),
    "unknown-controls": ("x.zzz", b"\x1b\x07", "application/octet-stream", "base64"),
}
# fmt: on


@pytest.mark.parametrize(
    ("name", "content", "kind", "encoding"), FILES.values(), ids=FILES
)
def test_a_file_gets_its_type_and_arrives_octet_for_octet(
    name: str, content: bytes, kind: str, encoding: str
) -> None:
    message = read(part_of(content, name))
    assert message.get_content_type() == kind
    assert message["Content-Transfer-Encoding"] == encoding
    assert message.get_content_disposition() == "attachment"
    assert content_of(message) == content


# fmt: off
NAMED: dict[str, tuple[Any, ...]] = {
    "type": (b"<b>\n", {"content_type": "text/html; charset=utf-8"}, "text/html", "utf-8"),
    "no-type": (b"x", {"content_type": "nonsense"}, "application/octet-stream", None),
    "charset": ("é\n".encode("latin-1"), {"charset": "iso-8859-15"}, "text/plain", "iso-8859-15"),
}
# fmt: on


@pytest.mark.parametrize(
    ("content", "named", "kind", "charset"), NAMED.values(), ids=NAMED
)
def test_type_and_charset_that_the_user_names_are_the_label(
    content: bytes, named: dict[str, str], kind: str, charset: str | None
) -> None:
    message = read(part_of(content, "a.txt", **named))
    assert (message.get_content_type(), message.get_content_charset()) == (
        kind,
        charset,
    )


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("my file.txt", "my file.txt", id="blank"),
        pytest.param("dir/a.txt", "a.txt", id="last-component"),
        pytest.param('c"; name="evil.exe', 'c"; name="evil.exe', id="quotes"),
        pytest.param("a\\b.txt", "a\\b.txt", id="backslash"),
        pytest.param("a\nX-Evil: 1.txt", "a X-Evil: 1.txt", id="newline"),
        pytest.param("b\r\nBcc: evil\r\n\r\n.txt", "b Bcc: evil  .txt", id="crlf"),
        pytest.param("d\x1b]0;x\x07.txt", "d_]0;x_.txt", id="escape"),
        pytest.param("e\u2028X-Evil: 2.txt", "e X-Evil: 2.txt", id="separator"),
        pytest.param("年度总结.pdf", "年度总结.pdf", id="chinese"),
        pytest.param("caf\udce9.txt", "café.txt", id="latin-octets"),
        pytest.param(
            "很长的名字" * 20 + ".txt", "很长的名字" * 20 + ".txt", id="long-chinese"
        ),
        pytest.param("n" * 200 + ".txt", "n" * 200 + ".txt", id="long"),
        pytest.param("100%'s.txt", "100%'s.txt", id="percent"),
        pytest.param("", "attachment", id="none"),
        pytest.param("d/", "attachment", id="only-folders"),
    ],
)
def test_a_name_is_read_back_and_adds_no_field(name: str, shown: str) -> None:
    message = read(part_of(b"x\n", name))
    assert {key.lower() for key in message} == {
        "content-type",
        "content-disposition",
        "content-transfer-encoding",
    }
    value = message.get_param("filename", header="Content-Disposition")
    assert value is not None
    assert email.utils.collapse_rfc2231_value(value) == shown
    assert message.get_param("name") is not None


def test_an_attached_message_is_sent_as_lines() -> None:
    message = read(part_of(b"Subject: x\n\nFrom here\n", "m.eml"))
    assert message.get_content_type() == "message/rfc822"
    assert message["Content-Transfer-Encoding"] == "7bit"
    *_, inner = message.walk()
    assert inner["Subject"] == "x"


def test_an_attached_message_in_8bit_stays_in_8bit() -> None:
    content = "Subject: x\n\né\n".encode()
    part = part_of(content, "m.eml")
    message = read(part)
    assert message.get_content_type() == "message/rfc822"
    assert message["Content-Transfer-Encoding"] == "8bit"
    assert b"".join(part.body.chunks()) == content.replace(b"\n", b"\r\n")
    assert b"".join(part.body.seven_bit().chunks()).isascii()


def test_an_attached_message_with_a_long_line_is_encoded() -> None:
    message = read(part_of(b"Subject: x\n\n" + b"x" * 999 + b"\n", "m.eml"))
    assert message.get_content_type() == "message/rfc822"
    *_, inner = message.walk()
    assert inner["Subject"] == "x"
    assert inner.get_payload(decode=True) == b"x" * 999 + b"\r\n"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"a\rb\n", id="lone-cr"),
        pytest.param(b"x" * 999, id="long-line"),
        pytest.param(b"Date: " + b"x" * 999 + b"\n\ny\n", id="long-field"),
        pytest.param(b"x\n" * HELD_OCTETS, id="large"),
    ],
)
def test_an_attached_message_unfit_for_lines_becomes_a_file(content: bytes) -> None:
    message = read(part_of(content, "m.eml"))
    assert message.get_content_type() == "application/octet-stream"
    assert content_of(message) == content


def test_a_large_text_is_in_base64_with_its_charset() -> None:
    content = "中文\n".encode() * HELD_OCTETS
    message = read(part_of(content, "a.log"))
    assert message["Content-Transfer-Encoding"] == "base64"
    assert message.get_content_charset() == "utf-8"
    assert content_of(message) == content


class Fickle:
    """A file whose size differs from the stated size."""

    def __init__(self, stated: int, had: int) -> None:
        self.size_octets = stated
        self.had = had

    def chunks(self) -> Iterator[bytes]:
        block = b"A" * 65536
        for _ in range(self.had // len(block)):
            yield block
        yield block[: self.had % len(block)]


@pytest.mark.parametrize(
    ("stated", "had", "sent"),
    [
        pytest.param(3_000_000, 9_000_000, 3_000_000, id="grows"),
        pytest.param(3_000_000, 1_000, 1_000, id="shrinks"),
        pytest.param(3_000_000, 0, 0, id="emptied"),
        pytest.param(0, 5_000, 5_000, id="says-nothing"),
        pytest.param(10, 9_000_000, HELD_OCTETS, id="grows-from-small"),
    ],
)
def test_a_file_that_changes_its_size_breaks_nothing(
    stated: int, had: int, sent: int
) -> None:
    part = part_of(Fickle(stated, had), "moving.dat")
    wire = b"".join(part.chunks())
    assert content_of(email.message_from_bytes(wire)) == b"A" * sent
    if sent == stated:
        assert len(wire) == part.facts.size_octets


def test_mime_types_are_parsed() -> None:
    table = (
        "# comment\n"
        "text/plain txt log # more\n"
        "application/x-none\n"
        "\n"
        "@ text/x-at at\n"
        "?t application/x-marked marked\n"
        "@text/x-glued glued\n"
        "nonsense here\n"
        "? \n"
        "Text/CSV txt\n"
    )
    assert parse_mime_types(table) == {
        "txt": "text/csv",
        "log": "text/plain",
        "at": "text/x-at",
        "marked": "application/x-marked",
        "glued": "text/x-glued",
    }


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        pytest.param("a.Log", "text/x-log", id="as-written"),
        pytest.param("a.LOG", "text/x-log", id="any-case"),
        pytest.param("a.csv", "application/x-csv", id="before-built-in"),
        pytest.param("a.tar.gz", "application/gzip", id="last-extension"),
        pytest.param("txt", "", id="no-extension"),
        pytest.param("a.zzz", "", id="unknown"),
    ],
)
def test_a_type_is_guessed_by_extension(name: str, kind: str) -> None:
    assert guess_type(name, TYPES) == kind


def test_the_built_in_types_need_no_table() -> None:
    assert guess_type("page.html") == "text/html"


@pytest.mark.parametrize("requested", ["quoted-printable", "base64", "8bit"])
def test_requested_encoding_is_used(requested: str) -> None:
    attachment = Attachment(name="a.txt", content=InMemory(b"x\n"), encoding=requested)
    message = read(build_part(attachment, rules=TextRules(), types=TYPES))
    expected = "7bit" if requested == "8bit" else requested
    assert message["Content-Transfer-Encoding"] == expected


IMAGES = {
    "image/png": b"\x89PNG\r\n\x1a\n\0",
    "image/jpeg": b"\xff\xd8\xff\xe0\0",
    "image/gif": b"GIF89a",
    "image/webp": b"RIFF\0\0\n\0WEBPVP8",
    "image/avif": b"\0\0\0\x20ftypavif",
    "image/heic": b"\0\0\0\x20ftypheic",
    "image/bmp": b"BM\0\n\0\0\0\0\0\0",
    "image/tiff": b"MM\0*",
    "image/vnd.microsoft.icon": b"\0\0\1\0",
    "image/svg+xml": b"<?xml version='1.0'?>\n<!-- x -->\n<svg xmlns='x'>",
}


@pytest.mark.parametrize("kind", IMAGES)
def test_images_are_known_by_their_content(kind: str) -> None:
    assert image_type(IMAGES[kind]) == kind
    assert image_type(b" x" + IMAGES[kind]) == ""


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"root:x:0:0:root:/root:/bin/bash\n", id="passwd"),
        pytest.param(b"BM is no image\n", id="text with its letters"),
        pytest.param(b"-----BEGIN PRIVATE KEY-----\n", id="key"),
        pytest.param(b"%PDF-1.7", id="pdf"),
        pytest.param(b"<html><svg>", id="svg in a page"),
        pytest.param(b"<!-- " * 1000 + b"<svg>", id="svg too late"),
        pytest.param(b"<!--" * 2000, id="comments without end"),
    ],
)
def test_other_content_is_no_image(start: bytes) -> None:
    assert image_type(start) == ""
