"""Message builder: header and content of a draft.

The fields are in mailx's order. A field that the user writes replaces pymail's own,
except Content-Transfer-Encoding. The parts:

    multipart/mixed            when files are attached
    └ multipart/alternative    when there is HTML, or files are forms of the text
      ├ text/plain
      └ multipart/related      when images are in the HTML
        ├ text/html            the root, which comes first (RFC 2387 §3.2)
        └ image/png

RFC 5322 §3.3 and §3.6, RFC 2045 §3–§6, RFC 2046 §5.1.3 and §5.1.4, RFC 2387
(related), RFC 2392 (`cid:`).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from pymail.errors import MessageError
from pymail.message import decoding, header, text_encoding
from pymail.message.byte_source import FinishedMessage, InMemory, Joined, Octets
from pymail.message.draft import Draft, Lists, TextRules
from pymail.message.mime_entity import Entity, Multipart
from pymail.message.mime_parameters import (
    ContentType,
    content_type_field,
    parse_content_type,
)
from pymail.message.transfer_encoding import EncodedSource, scan
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
_MIME_FIELDS = {"content-type", "content-transfer-encoding", "mime-version"}
_HIDDEN = {"bcc", "resent-bcc"}
_REPLY = r"\A[Rr][Ee]: "
_HTML = "text/html"
_BODY = rb"(?i)<body(?=[\s/>])[^>]*+(?:>|\Z)"
_AFTER_BODY = rb"(?i)</body\s*>|</html\s*>|\Z"
_AS_WRITTEN = '<div style="white-space:pre-wrap">{}</div>\n'


def with_header(
    draft: Draft,
    lists: Lists,
    content: Entity,
    *,
    rules: TextRules,
    keep_bcc: bool = False,
) -> FinishedMessage:
    """Put the header of a draft above the content; a raw message has its own.

    `lists` has the mailboxes of To, Cc and Bcc. `keep_bcc` writes Bcc, for a message
    that is kept and not sent.

    Raises:
        MessageError: a field can't be written.
    """
    if not draft.raw:
        written = (
            *_standard_fields(draft, lists, rules, keep_bcc=keep_bcc),
            *_further_fields(draft, rules, keep_bcc=keep_bcc),
        )
        return Entity(b"".join(written) + content.header, content.body)
    from pymail.message import foreign  # most messages are not foreign

    if not keep_bcc:
        return foreign.finish_message(draft.raw.public(), rules.named)
    try:
        return foreign.finish_message(draft.raw, rules.named)
    except MessageError:  # it is kept in any case
        return foreign.keep_unchanged(draft.raw)


def build_content(
    draft: Draft, *, rules: TextRules, types: Mapping[str, str] | None = None
) -> Entity:
    """Build the content: text and attachments with their own fields only.

    `types` maps extensions to types, from the user's mime.types.
    """
    written = {name.lower(): body for name, body in draft.fields}
    kind = parse_content_type(written.get("content-type", draft.content_type))
    if draft.html is not None and not draft.text.size_octets:
        draft = replace(draft, text=_render_html(draft.html))
        kind = ContentType("text/plain", "utf-8")
    source = _surround_text(draft, kind)
    if draft.transfer_encoding or kind.name.startswith(("multipart/", "message/")):
        from pymail.message import foreign  # most messages are not foreign

        body = Entity(*foreign.finish_body(kind, draft.transfer_encoding, source))
    elif kind.is_text:
        charset, text = text_encoding.encode_text(source, rules, declared=kind.charset)
        body = Entity(content_type_field(replace(kind, charset=charset)), text)
    else:
        octets = EncodedSource(source, scan(source), "base64", exact=True)
        body = Entity(content_type_field(kind), octets)
    if not draft.attachments and draft.html is None:
        return body
    has_text = any(source.chunks())
    return _assemble(draft, body, rules, types or {}, has_text=has_text)


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
    defaults = {"Date": format_date(draft.now)}
    defaults |= {"Message-ID": draft.message_id} if draft.message_id else {}
    if draft.subject is not None:
        defaults["Subject"] = re.sub(_REPLY, "Re: ", draft.subject)  # as mailx does
    written = {
        name.lower(): body for name, body in draft.fields if name.lower() not in _HIDDEN
    }
    for name in _ORDER:
        if name.lower() in written:
            yield header.make_field(name, written[name.lower()], rules.sendcharsets)
        elif boxes.get(name):
            yield header.make_address_field(name, boxes[name], rules.sendcharsets)
        elif name in defaults:
            yield header.make_field(name, defaults[name], rules.sendcharsets)


def _further_fields(
    draft: Draft, rules: TextRules, *, keep_bcc: bool
) -> Iterator[bytes]:
    known = {name.lower() for name in _ORDER} - _HIDDEN
    skipped = known | _MIME_FIELDS | (set() if keep_bcc else _HIDDEN)
    for name, body in draft.fields:
        if name.lower() not in skipped:
            yield header.make_field(name, body, rules.sendcharsets)
    versions = [b for name, b in draft.fields if name.lower() == "mime-version"]
    yield header.make_field("MIME-Version", versions[-1] if versions else "1.0")


def _render_html(html: Octets) -> Octets:
    """Render the HTML as text, for mail programs that show none."""
    from pymail.message.html_to_text import render_text

    page = decoding.decode(b"".join(html.chunks()))
    return InMemory(render_text(page).encode())


def _surround_text(draft: Draft, kind: ContentType) -> Octets:
    """Put head, tail and signature around the text, unless it is binary."""
    pieces = (draft.head, draft.tail, draft.signature)
    if not any(pieces) or not kind.is_text or scan(draft.text).binary:
        return draft.text
    head, tail, signature = map(InMemory, pieces)
    return Joined((head, draft.text, tail, signature), as_lines=True)


def _assemble(
    draft: Draft,
    body: Entity,
    rules: TextRules,
    types: Mapping[str, str],
    *,
    has_text: bool,
) -> Entity:
    """Join the body with HTML, images and attachments of the draft."""
    from pymail.message.attachments import build_part  # most drafts have no files

    disposition = "inline" if draft.alternative else "attachment"
    files = [
        build_part(each, rules=rules, types=types, disposition=disposition)
        for each in draft.attachments
    ]
    if draft.html is not None:
        forms = [body, _build_html(draft, draft.html, rules, types)]
        if draft.alternative:
            return _join(draft, "alternative", [*forms, *files])
        body = _join(draft, "alternative", forms)
    elif has_text:
        body = Entity(body.header + b"Content-Disposition: inline\r\n", body.body)
    if not files:
        return body
    parts = [body, *files] if has_text else files
    return _join(draft, "alternative" if draft.alternative else "mixed", parts)


def _build_html(
    draft: Draft, html: Octets, rules: TextRules, types: Mapping[str, str]
) -> Entity:
    """Build the HTML part, with its images if it has any."""
    source = _insert_around(draft, html, rules.named)
    charset, body = text_encoding.encode_text(source, rules, declared="utf-8")
    page = Entity(content_type_field(ContentType(_HTML, charset)), body)
    if not draft.inline:
        return page
    from pymail.message.attachments import build_part

    images = [
        build_part(each, rules=rules, types=types, disposition="inline")
        for each in draft.inline
    ]
    return _join(draft, "related", [page, *images], (("type", _HTML),))


def _join(
    draft: Draft,
    kind: str,
    parts: Sequence[Entity],
    parameters: tuple[tuple[str, str], ...] = (),
) -> Entity:
    """Join parts to a multipart; its boundary differs from those of other kinds."""
    prefix = "" if kind == "mixed" else f"{kind}-"
    boundary = f"=_{prefix}{draft.token}"
    multipart = ContentType(
        f"multipart/{kind}", parameters=(*parameters, ("boundary", boundary))
    )
    return Entity(content_type_field(multipart), Multipart(tuple(parts), boundary))


def _insert_around(draft: Draft, html: Octets, named: Sequence[str]) -> Octets:
    """Put head, tail and signature into the page, as around the text."""
    if not (draft.head or draft.tail or draft.signature):
        return html
    page = b"".join(html.chunks())
    found = re.search(_BODY, page)
    start = found.end() if found else 0
    end = next(re.compile(_AFTER_BODY).finditer(page, start)).start()
    pieces = (draft.head, draft.tail, draft.signature)
    head, tail, signature = (
        _format_block(decoding.decode(each, named)) for each in pieces
    )
    return InMemory(
        page[:start] + head + page[start:end] + tail + signature + page[end:]
    )


def _format_block(text: str) -> bytes:
    if not text:
        return b""
    from html import escape  # few drafts have HTML

    return _AS_WRITTEN.format(escape(text.rstrip("\n"), quote=False)).encode()


def format_date(now: datetime) -> str:
    """Format a time as `Mon, 23 Nov 2026 11:41:50 +0800`, in any locale."""
    offset = now.utcoffset()
    minutes = (offset or timedelta()) // timedelta(minutes=1)
    sign = "-" if minutes < 0 or offset is None else "+"
    hours, minutes = divmod(abs(minutes), 60)
    return (
        f"{_DAYS[now.weekday()]}, {now.day} {_MONTHS[now.month - 1]} {now.year:04}"
        f" {now:%H:%M:%S} {sign}{hours:02}{minutes:02}"
    )
