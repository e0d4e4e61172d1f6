"""Text and HTML in one message, with images and files."""

import email
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from typing import Any, Literal

import pytest

from pymail.address.mailbox import Mailbox
from pymail.message.byte_source import FinishedMessage, InMemory
from pymail.message.draft import Attachment, Draft, TextRules
from tests.message.wire import build_message, octets_of

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\nimage"
HTML = b"<html><body class=x><b>body</b></body></html>\n"
FILE = Attachment(name="f.txt", content=InMemory(b"f\n"))
IMAGE = Attachment(
    name="p.png", content=InMemory(PNG), content_type="image/png", content_id="i1@x"
)


def finish(
    *, rules: TextRules | None = None, text: bytes = b"body\n", **draft: Any
) -> FinishedMessage:
    return build_message(
        Draft(
            now=NOW,
            token="0123456789abcdef",
            from_=(Mailbox("me@example.com"),),
            text=InMemory(text),
            **{"html": InMemory(HTML), **draft},
        ),
        {"To": (Mailbox("ann@example.org"),)},
        rules=rules or TextRules(),
    )


def read(message: FinishedMessage) -> EmailMessage:
    found = email.message_from_bytes(octets_of(message), policy=policy.default)
    assert not any(part.defects for part in found.walk())
    return found


def text_of(found: EmailMessage, form: Literal["plain", "html"]) -> str:
    """Return the text of a form, with LF line ends."""
    part = found.get_body((form,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).replace("\r\n", "\n")


def shape(part: Any) -> Any:
    """Return a tree as nested lists of types."""
    kind = part.get_content_type()
    return [kind, *map(shape, part.iter_parts())] if part.is_multipart() else kind


ALTERNATIVE = ["multipart/alternative", "text/plain", "text/html"]
RELATED = ["multipart/related", "text/html", "image/png"]
# fmt: off
SHAPES: dict[str, tuple[dict[str, Any], Any]] = {
    "both forms": ({}, ALTERNATIVE),
    "an image": ({"inline": (IMAGE,)}, ["multipart/alternative", "text/plain", RELATED]),
    "a file": ({"attachments": (FILE,)}, ["multipart/mixed", ALTERNATIVE, "text/plain"]),
    "image and file": ({"inline": (IMAGE,), "attachments": (FILE,)}, ["multipart/mixed", ["multipart/alternative", "text/plain", RELATED], "text/plain"]),
    "a file as one more form": ({"attachments": (FILE,), "alternative": True}, [*ALTERNATIVE, "text/plain"]),
    "images without HTML are nothing": ({"html": None, "inline": (IMAGE,)}, "text/plain"),
}
# fmt: on


@pytest.mark.parametrize("name", SHAPES)
def test_parts_are_nested(name: str) -> None:
    draft, expected = SHAPES[name]
    assert shape(read(finish(**draft))) == expected


def test_a_reader_finds_body_files_and_images() -> None:
    found = read(finish(inline=(IMAGE,), attachments=(FILE,)))
    assert text_of(found, "plain") == "body\n"
    assert text_of(found, "html") == HTML.decode()
    assert [each.get_filename() for each in found.iter_attachments()] == ["f.txt"]
    images = [part for part in found.walk() if part["Content-ID"]]
    assert [image["Content-ID"] for image in images] == ["<i1@x>"]
    assert images[0].get_content() == PNG
    assert images[0].get_content_disposition() == "inline"
    related = next(p for p in found.walk() if p.get_content_subtype() == "related")
    assert related.get_param("type") == "text/html"


def test_no_boundary_begins_with_another() -> None:
    found = read(finish(inline=(IMAGE,), attachments=(FILE,)))
    boundaries = [part.get_boundary() for part in found.walk() if part.is_multipart()]
    assert len(set(boundaries)) == 3
    assert not any(
        a != b and str(a).startswith(str(b)) for a in boundaries for b in boundaries
    )


def test_a_server_without_8bitmime_gets_every_part_in_ascii() -> None:
    message = finish(
        text="磁盘\n".encode(),
        html=InMemory("<p>磁盘</p>\n".encode()),
        inline=(IMAGE,),
        attachments=(FILE,),
        rules=TextRules(encoding="8bit"),
    )
    assert message.facts.eight_bit
    assert b"\xe7" in octets_of(message)
    ascii_only = message.seven_bit()
    assert octets_of(ascii_only).isascii()
    assert not ascii_only.facts.eight_bit
    for each in (message, ascii_only):
        found = read(each)
        assert text_of(found, "plain") == "磁盘\n"
        assert text_of(found, "html") == "<p>磁盘</p>\n"


def test_text_is_converted_to_sendcharsets_and_html_stays_utf_8() -> None:
    message = finish(
        text="磁盘\n".encode(),
        html=InMemory("<p>磁盘</p>\n".encode()),
        rules=TextRules(sendcharsets=("gb2312",)),
    )
    charsets = [part.get_content_charset() for part in read(message).iter_parts()]
    assert charsets == ["gb2312", "utf-8"]


AROUND = {
    "a page": (HTML, "<html><body class=x>{}<b>body</b>{}</body></html>\n"),
    "a piece": (b"<b>x</b>", "{}<b>x</b>{}"),
    "no end": (b"<BODY>\n<b>x</b>", "<BODY>{}\n<b>x</b>{}"),
    "no body": (b"<html><b>x</b></html>", "{}<html><b>x</b>{}</html>"),
    "a body that never begins": (b"<body x", "<body x{}{}"),
}


@pytest.mark.parametrize("name", AROUND)
def test_head_tail_and_signature_are_in_both_forms(name: str) -> None:
    html, expected = AROUND[name]
    message = finish(
        html=InMemory(html),
        head=b"Dear <all>,\n",
        tail=b"Bye\n",
        signature="-- \n磁盘 & Co\n".encode(),
    )
    found = read(message)
    assert text_of(found, "plain") == "Dear <all>,\nbody\nBye\n-- \n磁盘 & Co\n"
    block = '<div style="white-space:pre-wrap">{}</div>\n'.format
    head = block("Dear &lt;all&gt;,")
    tail = block("Bye") + block("-- \n磁盘 &amp; Co")
    assert text_of(found, "html").rstrip("\n") == expected.format(head, tail).rstrip(
        "\n"
    )


def test_signature_in_another_charset_is_read_in_the_page() -> None:
    message = finish(signature="磁盘\n".encode("gb18030"), text="磁盘\n".encode())
    assert "磁盘" in text_of(read(message), "html")


@pytest.mark.parametrize("ttycharset", ["", "gbk"])
def test_html_alone_gets_a_text_alternative(ttycharset: str) -> None:
    html = InMemory("<p>One <b>word</b> 磁盘".encode())
    found = read(finish(text=b"", html=html, rules=TextRules(ttycharset=ttycharset)))
    assert text_of(found, "plain") == "One word 磁盘\n"


@pytest.mark.parametrize(
    ("content_id", "field"),
    [
        pytest.param("a@b", "Content-ID: <a@b>\r\n", id="plain"),
        pytest.param("<a@b>", "Content-ID: <a@b>\r\n", id="brackets"),
        pytest.param("a\r\nX: y", "Content-ID: <aX:y>\r\n", id="lines"),
        pytest.param("ü", "", id="nothing left"),
    ],
)
def test_content_id_is_one_word(content_id: str, field: str) -> None:
    image = Attachment(name="p", content=InMemory(PNG), content_id=content_id)
    octets = octets_of(finish(inline=(image,))).decode()
    assert field in octets
    assert octets.count("Content-ID") == bool(field)
    assert "\r\nX:" not in octets


class Large:
    """An image that is made as it is read."""

    size_octets = 64 * 1024 * 1024

    def chunks(self) -> Iterator[bytes]:
        yield PNG.ljust(1024, b"\0")
        for _ in range(self.size_octets // 1024 - 1):
            yield bytes(1024)


def test_large_images_are_not_held() -> None:
    image = Attachment(
        name="p.png", content=Large(), content_type="image/png", content_id="i"
    )
    message = finish(inline=(image,))
    tracemalloc.start()
    size = sum(map(len, message.chunks()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size == message.facts.size_octets > Large.size_octets
    assert peak < 8 * 1024 * 1024
