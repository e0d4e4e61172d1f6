"""Message builder: header and content of a draft.

The fields come in the order of mailx. What the user wrote as a further field
takes the place of ours; only the transfer encoding is ours alone to say.

RFC 5322 §3.3 and §3.6, RFC 2045 §3–§6, RFC 2046 §5.1.3.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from pymail.errors import MessageError
from pymail.message import decoding, fields, header, text_encoding
from pymail.message.byte_source import FinishedMessage, InMemory, Joined, Octets
from pymail.message.draft import Draft, Lists, TextRules
from pymail.message.mime_entity import Entity
from pymail.message.mime_parameters import (
    ContentType,
    content_type_field,
    parse_content_type,
)
from pymail.message.transfer_encoding import scan
from pymail.model import replace

_ORDER = (
    *("Date", "From", "Sender", "To", "Cc", "Bcc", "Subject", "Message-ID"),
    *("In-Reply-To", "References", "Reply-To", "Organization", "User-Agent"),
)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_OURS = {"content-type", "content-transfer-encoding", "mime-version"}
_HIDDEN = {"bcc", "resent-bcc"}


def build_message(
    draft: Draft,
    lists: Lists,
    *,
    rules: TextRules,
    types: Mapping[str, str] | None = None,
    keep_bcc: bool = False,
) -> FinishedMessage:
    """Build the message that goes to everyone: `build_content` below `build_header`.

    Raises:
        MessageError: a field cannot be written.
    """
    entity = build_content(draft, rules=rules, types=types)
    return with_header(draft, lists, entity, rules=rules, keep_bcc=keep_bcc)


def with_header(
    draft: Draft,
    lists: Lists,
    content: Entity,
    *,
    rules: TextRules,
    keep_bcc: bool = False,
) -> FinishedMessage:
    """Put the header of a draft above a content.

    A raw message is whole already.

    Raises:
        MessageError: a field cannot be written.
    """
    if not draft.raw:
        written = build_header(draft, lists, rules=rules, keep_bcc=keep_bcc)
        return content.with_fields(written)
    from pymail.message import foreign  # most messages are our own

    if not keep_bcc:
        return foreign.finish_message(draft.raw.public(), rules.input_charsets)
    try:
        return foreign.finish_message(draft.raw, rules.input_charsets)
    except MessageError:  # kept all the same
        return foreign.keep_unchanged(draft.raw)


def build_header(
    draft: Draft,
    lists: Lists,
    *,
    rules: TextRules,
    keep_bcc: bool = False,
) -> bytes:
    """Write the fields above the content's own.

    `lists` has the mailboxes of To, Cc and Bcc. `keep_bcc` shows Bcc,
    for what is kept and not sent.

    Raises:
        MessageError: a field cannot be written.
    """
    versions = [b for name, b in draft.fields if name.lower() == "mime-version"]
    written = [
        *_standard_fields(draft, lists, rules, keep_bcc=keep_bcc),
        *_further_fields(draft, rules, keep_bcc=keep_bcc),
        header.make_field("MIME-Version", versions[-1] if versions else "1.0"),
    ]
    return b"".join(written)


def build_content(
    draft: Draft, *, rules: TextRules, types: Mapping[str, str] | None = None
) -> Entity:
    """Build the content: text and attachments with only their own fields.

    `types` is extension → type, from the user's mime.types.
    """
    written = {name.lower(): body for name, body in draft.fields}
    kind = parse_content_type(written.get("content-type", draft.content_type))
    if draft.html is not None and not draft.text.size_octets:
        draft = replace(draft, text=_render_html(draft.html))
        kind = ContentType("text/plain", "utf-8")
    source = _surround_text(draft, kind)
    if draft.transfer_encoding or kind.name.startswith(("multipart/", "message/")):
        from pymail.message import foreign  # most letters are our own

        body = Entity(*foreign.finish_body(kind, draft.transfer_encoding, source))
    else:
        body = _build_body(source, kind, rules)
    if not draft.attachments and draft.html is None:
        return body
    from pymail.message.multipart import assemble  # most letters have one body

    has_text = any(source.chunks())
    return assemble(draft, body, rules, types or {}, has_text=has_text)


def _standard_fields(
    draft: Draft,
    lists: Lists,
    rules: TextRules,
    *,
    keep_bcc: bool,
) -> Iterator[bytes]:
    sender = (draft.sender,) if draft.sender else ()
    boxes = {"From": draft.from_, "Sender": sender, **lists}
    boxes["Reply-To"] = draft.reply_to
    if not keep_bcc:
        boxes.pop("Bcc", None)
    ours = {"Date": format_date(draft.now)}
    ours |= {"Message-ID": draft.message_id} if draft.message_id else {}
    if draft.subject is not None:
        ours["Subject"] = fields.tidy_reply(draft.subject)
    theirs = {
        name.lower(): body for name, body in draft.fields if name.lower() not in _HIDDEN
    }
    for name in _ORDER:
        if name.lower() in theirs:
            yield header.make_field(name, theirs[name.lower()], rules.sendcharsets)
        elif boxes.get(name):
            yield header.make_address_field(name, boxes[name], rules.sendcharsets)
        elif name in ours:
            yield header.make_field(name, ours[name], rules.sendcharsets)


def _further_fields(
    draft: Draft, rules: TextRules, *, keep_bcc: bool
) -> Iterator[bytes]:
    known = {name.lower() for name in _ORDER} - _HIDDEN
    skipped = known | _OURS | (set() if keep_bcc else _HIDDEN)
    for name, body in draft.fields:
        if name.lower() not in skipped:
            yield header.make_field(fields.check_name(name), body, rules.sendcharsets)


def _render_html(html: Octets) -> Octets:
    """Write the text for programs that show no HTML."""
    from pymail.message.html_to_text import render_text

    page = decoding.decode(b"".join(html.chunks()))
    return InMemory(render_text(page).encode())


def _build_body(source: Octets, kind: ContentType, rules: TextRules) -> Entity:
    """Build the entity of a body that is not encoded yet."""
    if kind.is_text:
        charset, body = text_encoding.encode_text(source, rules, declared=kind.charset)
        return Entity(content_type_field(replace(kind, charset=charset)), body)
    body = text_encoding.EncodedSource(source, scan(source), "base64", exact=True)
    return Entity(content_type_field(kind), body)


def _surround_text(draft: Draft, kind: ContentType) -> Octets:
    """Put head, tail and signature around the text, unless it is no text."""
    around = (draft.head, draft.tail, draft.signature)
    if not any(around) or not kind.is_text or scan(draft.text).binary:
        return draft.text
    head, tail, signature = map(InMemory, around)
    return Joined((head, draft.text, tail, signature), as_lines=True)


def format_date(now: datetime) -> str:
    """Write a moment as `Mon, 23 Nov 2026 11:41:50 +0800`, in any locale."""
    offset = now.utcoffset()
    minutes = (offset or timedelta()) // timedelta(minutes=1)
    sign = "-" if minutes < 0 or offset is None else "+"
    hours, minutes = divmod(abs(minutes), 60)
    return (
        f"{_DAYS[now.weekday()]}, {now.day} {_MONTHS[now.month - 1]} {now.year:04}"
        f" {now:%H:%M:%S} {sign}{hours:02}{minutes:02}"
    )
