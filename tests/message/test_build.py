import email
import email.message
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.address.mailbox import Mailbox
from pymail.errors import MessageError
from pymail.message.build import format_date
from pymail.message.byte_source import FinishedMessage, InMemory, Joined, Octets
from pymail.message.draft import Attachment, Draft, TextRules
from tests.message.wire import build_message, octets_of

NOW = datetime(2026, 11, 23, 11, 41, 50, tzinfo=timezone(timedelta(hours=8)))
ME = Mailbox("me@example.com")
ANN = Mailbox("ann@example.org")
EVE = Mailbox("eve@example.net")
DRAFT: dict[str, Any] = {
    "now": NOW,
    "token": "0",
    "message_id": "<1@example.com>",
    "from_": (ME,),
    "subject": "S",
}


def finish(
    *,
    rules: TextRules | None = None,
    keep_bcc: bool = False,
    text: bytes | Octets = b"body\n",
    to: tuple[Mailbox, ...] = (ANN,),
    cc: tuple[Mailbox, ...] = (),
    bcc: tuple[Mailbox, ...] = (),
    **draft: Any,
) -> FinishedMessage:
    return build_message(
        Draft(
            **{
                **DRAFT,
                "text": InMemory(text) if isinstance(text, bytes) else text,
                **draft,
            }
        ),
        {"To": to, "Cc": cc, "Bcc": bcc},
        rules=rules or TextRules(),
        keep_bcc=keep_bcc,
    )


def read(message: FinishedMessage) -> email.message.Message:
    return email.message_from_bytes(octets_of(message))


def text_of(message: email.message.Message) -> bytes:
    payload = message.get_payload(decode=True)
    assert isinstance(payload, bytes)
    if message.get_content_maintype() != "text" or b"\0" in payload:
        return payload
    return payload.replace(b"\r\n", b"\n")


def parts_of(message: email.message.Message) -> list[email.message.Message]:
    return [part for part in message.walk() if part is not message]


def test_a_plain_message_has_these_octets() -> None:
    message = finish()
    assert message.seven_bit() is message
    assert octets_of(message) == (
        b"Date: Mon, 23 Nov 2026 11:41:50 +0800\r\n"
        b"From: me@example.com\r\n"
        b"To: ann@example.org\r\n"
        b"Subject: S\r\n"
        b"Message-ID: <1@example.com>\r\n"
        b"MIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset=us-ascii\r\n"
        b"Content-Transfer-Encoding: 7bit\r\n"
        b"\r\n"
        b"body\r\n"
    )


def test_fields_are_in_order_and_further_fields_before_mime() -> None:
    message = finish(
        sender=ANN,
        cc=(EVE,),
        bcc=(EVE,),
        reply_to=(ME,),
        fields=(
            *(("X-B", "1"), ("User-Agent", "pymail"), ("Organization", "组织")),
            *(("X-A", "2"), ("X-B", "3")),
        ),
    )
    assert " ".join(read(message).keys()) == (
        "Date From Sender To Cc Subject Message-ID Reply-To Organization User-Agent"
        " X-B X-A X-B MIME-Version Content-Type Content-Transfer-Encoding"
    )


@pytest.mark.parametrize(
    ("draft", "absent"),
    [
        pytest.param({"to": (), "bcc": (EVE,)}, "To", id="to"),
        pytest.param({"subject": None}, "Subject", id="subject"),
        pytest.param({"from_": ()}, "From", id="from"),
        pytest.param({"bcc": (EVE,)}, "Bcc", id="bcc"),
        pytest.param({"fields": (("bcc", "eve@example.net"),)}, "Bcc", id="bcc-field"),
        pytest.param(
            {"fields": (("Resent-Bcc", "e@example.net"),)}, "Resent-Bcc", id="resent"
        ),
    ],
)
def test_a_field_without_a_body_is_left_out(draft: dict[str, Any], absent: str) -> None:
    assert absent not in read(finish(**draft))


def test_an_empty_subject_is_written() -> None:
    assert read(finish(subject=""))["Subject"] == ""


def test_bcc_is_written_in_a_kept_message() -> None:
    assert read(finish(bcc=(EVE,), keep_bcc=True))["Bcc"] == "eve@example.net"
    kept = finish(fields=(("BCC", "x@example.net"),), keep_bcc=True)
    assert read(kept)["Bcc"] == "x@example.net"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        pytest.param("Date", "Mon, 1 Jan 2024 00:00:00 +0000", id="date"),
        pytest.param("From", "Ana <ana@example.com>", id="from"),
        pytest.param("message-id", "<2@example.com>", id="message-id"),
        pytest.param("SUBJECT", "T", id="subject"),
        pytest.param("User-Agent", "mine", id="user-agent"),
        pytest.param("MIME-Version", "1.0 (mine)", id="mime-version"),
    ],
)
def test_the_users_field_replaces_the_default(name: str, body: str) -> None:
    message = read(finish(fields=((name, body),)))
    assert message.get_all(name) == [body]


def test_an_invalid_field_name_is_refused() -> None:
    with pytest.raises(MessageError):
        finish(fields=(("X A", "1"),))


def test_draft_without_a_message_id_leaves_it_to_the_server() -> None:
    draft = Draft(**{**DRAFT, "message_id": ""})
    bare = build_message(draft, {}, rules=TextRules())
    assert "Message-ID" not in read(bare)


# fmt: off
TYPES: dict[str, tuple[Any, ...]] = {
    "option": ({"content_type": "text/html"}, "text/html", "utf-8"),
    "field": ({"fields": (("content-type", "text/html; charset=UTF-8"),)}, "text/html", "utf-8"),
    "no-type": ({"content_type": "nonsense"}, "text/plain", "utf-8"),
    "untrue-charset": ({"content_type": "text/html; charset=koi8-r"}, "text/html", "utf-8"),
}
# fmt: on


@pytest.mark.parametrize(("draft", "kind", "charset"), TYPES.values(), ids=TYPES)
def test_the_users_type_is_the_type_of_the_body(
    draft: dict[str, Any], kind: str, charset: str
) -> None:
    message = read(finish(text="<p>Señor</p>\n".encode(), **draft))
    assert message.get_all("Content-Type") == [f"{kind}; charset={charset}"]
    assert text_of(message) == "<p>Señor</p>\n".encode()


def test_the_users_transfer_encoding_is_ignored() -> None:
    message = read(finish(fields=(("Content-Transfer-Encoding", "base64"),)))
    assert message.get_all("Content-Transfer-Encoding") == ["7bit"]


def test_a_binary_body_arrives_octet_for_octet() -> None:
    octets = b"%PDF\r\n\r\0\xff\n"
    message = read(
        finish(text=octets, content_type="application/pdf", signature=b"no\n")
    )
    assert message["Content-Type"] == "application/pdf"
    assert text_of(message) == octets


@pytest.mark.parametrize(
    ("octets", "encoding"),
    [
        pytest.param(b"--b\n\nx\n--b--\n", "7bit", id="ascii"),
        pytest.param("--b\n\né\n--b--".encode(), "8bit", id="eight-bit"),
    ],
)
def test_a_finished_multipart_is_unchanged(octets: bytes, encoding: str) -> None:
    message = finish(text=octets, content_type="multipart/mixed; boundary=b")
    parsed = read(message)
    assert parsed["Content-Transfer-Encoding"] == encoding
    assert parsed["Content-Type"] == "multipart/mixed; boundary=b"
    assert len(parts_of(parsed)) == 1
    assert octets in octets_of(message).replace(b"\r\n", b"\n")
    [part] = parts_of(read(message.seven_bit()))
    assert part.get_payload(decode=True) in ("é".encode(), b"x")


def test_a_multipart_without_parts_becomes_text_if_unfit_for_lines() -> None:
    message = read(finish(text=b"--b\0", content_type="multipart/mixed; boundary=b"))
    assert message.get_content_type() == "text/plain"
    assert text_of(message) == b"--b\0"


# fmt: off
SURROUNDED: dict[str, tuple[Any, ...]] = {
    "signature": ({"signature": b"-- \nMe\n"}, b"body\n-- \nMe\n"),
    "no-newline": ({"text": b"body", "signature": b"Me\n"}, b"body\nMe\n"),
    "only-signature": ({"text": b"", "signature": b"Me\n"}, b"Me\n"),
    "head-and-tail": ({"head": b"Hi\n", "tail": b"Bye\n"}, b"Hi\nbody\nBye\n"),
    "both-open": ({"tail": b"Bye", "signature": b"Me"}, b"body\nBye\nMe"),
    "binary": ({"text": b"a\0", "signature": b"Me\n"}, b"a\0"),
    "head": ({"head": b"Hi\n"}, b"Hi\nbody\n"),
}
# fmt: on


@pytest.mark.parametrize(("draft", "received"), SURROUNDED.values(), ids=SURROUNDED)
def test_text_is_between_head_tail_and_signature(
    draft: dict[str, Any], received: bytes
) -> None:
    assert text_of(read(finish(**draft))) == received


def test_joined_lines_have_a_true_size() -> None:
    parts = tuple(map(InMemory, (b"a\n", b"b", b"", b"c")))
    joined = Joined(parts, as_lines=True)
    assert b"".join(joined.chunks()) == b"a\nb\nc"
    assert joined.size_octets == len(b"a\nb\nc")


@pytest.mark.parametrize(
    ("pieces", "charset"),
    [
        pytest.param({"text": "正文\n", "signature": "签名\n"}, "gb18030", id="one"),
        pytest.param({"text": "text\n", "tail": "签名\n"}, "gb18030", id="ascii"),
    ],
)
def test_pieces_in_one_charset_stay_as_they_are(
    pieces: dict[str, str], charset: str
) -> None:
    octets: dict[str, Any] = {n: text.encode("gbk") for n, text in pieces.items()}
    message = finish(**octets)
    assert read(message).get_content_charset() == charset
    assert text_of(read(message)) == "".join(pieces.values()).encode("gbk")


def test_pieces_in_two_charsets_are_both_read() -> None:
    quoted = Joined((InMemory("前言\n".encode("gbk")), InMemory("正文\n".encode())))
    message = read(finish(text=quoted, signature="签名".encode("gbk")))
    assert message.get_content_charset() == "utf-8"
    assert text_of(message).decode() == "前言\n正文\n签名"


def test_a_piece_in_utf16_is_no_binary() -> None:
    pieces = Joined((InMemory("正文\n".encode()), InMemory("日志\n".encode("utf-16"))))
    message = read(finish(text=pieces))
    assert message.get_content_charset() == "utf-8"
    assert text_of(message).decode() == "正文\n日志\n"
    signed = finish(text="日志\n".encode("utf-16"), signature=b"me\n")
    assert text_of(read(signed)).decode() == "日志\nme\n"
    binary = b"\xe6\xad\xa3\0\n"
    assert text_of(read(finish(text=Joined((InMemory(binary),) * 2)))) == binary * 2


def test_a_signature_counts_for_the_charset() -> None:
    message = read(finish(signature="-- \n张三\n".encode()))
    assert message.get_content_charset() == "utf-8"


FILE = Attachment(name="f.txt", content=InMemory(b"f\n"))


def test_the_text_comes_before_the_attachments() -> None:
    message = read(
        finish(
            text="正文\n".encode(), attachments=(FILE, FILE), content_type="text/html"
        )
    )
    assert message.get_content_type() == "multipart/mixed"
    first, *files = parts_of(message)
    assert first.get_content_type() == "text/html"
    assert first.get_content_disposition() == "inline"
    assert text_of(first) == "正文\n".encode()
    assert [file.get_filename() for file in files] == ["f.txt", "f.txt"]


@pytest.mark.parametrize(
    ("draft", "parts"),
    [
        pytest.param({}, 1, id="nothing"),
        pytest.param({"signature": b"Me\n"}, 2, id="signature"),
    ],
)
def test_an_empty_text_is_no_part(draft: dict[str, Any], parts: int) -> None:
    message = read(finish(text=b"", attachments=(FILE,), **draft))
    assert len(parts_of(message)) == parts


def test_lines_like_a_boundary_stay_text() -> None:
    message = read(finish(text=b"--\n--=_x\n", attachments=(FILE,)))
    assert [text_of(part) for part in parts_of(message)] == [b"--\n--=_x\n", b"f\n"]


def test_an_address_that_is_not_ascii_needs_smtputf8() -> None:
    assert not finish().facts.needs_smtputf8
    assert finish(to=(Mailbox("用户@example.org"),)).facts.needs_smtputf8


@given(st.binary(max_size=200), st.text(max_size=80), st.text(max_size=80))
def test_any_input_becomes_a_valid_message(
    text: bytes, subject: str, name: str
) -> None:
    file = Attachment(name=name, content=InMemory(text))
    message = finish(
        text=text,
        subject=subject,
        to=(Mailbox("a@example.com", name),),
        attachments=(file,),
    )
    parsed = read(message)
    assert parsed.get_content_type() == "multipart/mixed"
    assert "Bcc" not in parsed
    parts = parts_of(parsed)
    assert len(parts) == (2 if text else 1)
    received = parts[-1].get_payload(decode=True)
    assert isinstance(received, bytes)
    assert text in (received, received.replace(b"\r\n", b"\n"))
    assert octets_of(message).isascii()


class Endless:
    """A source that repeats a block up to a size."""

    def __init__(self, size: int, block: bytes) -> None:
        self.block = block
        self.size_octets = size // len(block) * len(block)

    def chunks(self) -> Iterator[bytes]:
        for _ in range(self.size_octets // len(self.block)):
            yield self.block


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(b"a line of the log\n" * 3000, id="ascii"),
        pytest.param("日志 log\n".encode() * 3000, id="chinese"),
        pytest.param(b"\x1b[1mred\n" * 3000, id="printable"),
        pytest.param(b"x" * 65536, id="one-line"),
        pytest.param(b"\r" * 65536, id="carriage-returns"),
    ],
)
def test_a_large_text_needs_no_more_memory_than_a_small_one(block: bytes) -> None:
    draft = Draft(**DRAFT, text=Endless(9_000_000, block))
    tracemalloc.start()
    try:
        message = build_message(draft, {}, rules=TextRules())
        sizes = [len(chunk) for chunk in message.chunks()]
        assert sum(sizes) == message.facts.size_octets
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8_000_000
    assert all(size >= 65536 for size in sizes[:-1])


# fmt: off
DATES: dict[str, tuple[Any, ...]] = {
    "east": (NOW, "Mon, 23 Nov 2026 11:41:50 +0800"),
    "west": (datetime(2024, 2, 1, 0, 0, 0, tzinfo=timezone(-timedelta(hours=3, minutes=30))), "Thu, 1 Feb 2024 00:00:00 -0330"),
    "utc": (datetime(2024, 2, 1, tzinfo=UTC), "Thu, 1 Feb 2024 00:00:00 +0000"),
    "no-zone": (NOW.replace(tzinfo=None), "Mon, 23 Nov 2026 11:41:50 -0000"),
}
# fmt: on


@pytest.mark.parametrize(("now", "written"), DATES.values(), ids=DATES)
def test_the_date_is_written_in_english(now: datetime, written: str) -> None:
    assert format_date(now) == written


def test_encoded_body_is_unchanged() -> None:
    message = finish(text=b"ZGVhZCBsZXR0ZXI=\n", transfer_encoding="base64")
    assert octets_of(message).endswith(b"base64\r\n\r\nZGVhZCBsZXR0ZXI=\r\n")
    assert not message.facts.eight_bit
    assert octets_of(message.seven_bit()) == octets_of(message)


def test_body_not_in_its_declared_encoding_is_encoded() -> None:
    octets = "中文\n".encode()
    message = finish(text=octets, transfer_encoding="quoted-printable")
    assert octets_of(message).isascii()
    assert text_of(read(message)) == octets
