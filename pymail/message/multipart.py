"""Multipart assembly: text, HTML, inline images and attachments.

    multipart/mixed            when files are attached
    └ multipart/alternative    when there is HTML, or files are forms of the text
      ├ text/plain
      └ multipart/related      when images are in the HTML
        ├ text/html            the root, which comes first (RFC 2387 §3.2)
        └ image/png

RFC 2046 §5.1.3 and §5.1.4, RFC 2387 (related), RFC 2392 (`cid:`).
"""

import re
from collections.abc import Mapping, Sequence
from html import escape

from pymail.message import decoding, text_encoding
from pymail.message.attachments import build_part
from pymail.message.byte_source import InMemory, Octets
from pymail.message.draft import Draft, TextRules
from pymail.message.mime_entity import Entity, Multipart
from pymail.message.mime_parameters import ContentType, content_type_field

_HTML = "text/html"
_BODY = rb"(?i)<body(?=[\s/>])[^>]*+(?:>|\Z)"
_AFTER_BODY = rb"(?i)</body\s*>|</html\s*>|\Z"
_AS_WRITTEN = '<div style="white-space:pre-wrap">{}</div>\n'


def assemble(
    draft: Draft,
    body: Entity,
    rules: TextRules,
    types: Mapping[str, str],
    *,
    has_text: bool,
) -> Entity:
    """Join a body with everything that the draft has besides it."""
    shown = "inline" if draft.alternative else "attachment"
    files = [
        build_part(each, rules=rules, types=types, shown=shown)
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
    """Build the HTML, with the images in it if there are any."""
    source = _insert_around(draft, html, rules.input_charsets)
    charset, body = text_encoding.encode_text(source, rules, declared="utf-8")
    page = Entity(content_type_field(ContentType(_HTML, charset)), body)
    if not draft.inline:
        return page
    images = [
        build_part(each, rules=rules, types=types, shown="inline")
        for each in draft.inline
    ]
    return _join(draft, "related", [page, *images], (("type", _HTML),))


def _join(
    draft: Draft,
    kind: str,
    parts: Sequence[Entity],
    parameters: tuple[tuple[str, str], ...] = (),
) -> Entity:
    """Join parts between boundaries that no other multipart here has."""
    prefix = "" if kind == "mixed" else f"{kind}-"
    boundary = f"=_{prefix}{draft.token}"
    multipart = ContentType(
        f"multipart/{kind}", parameters=(*parameters, ("boundary", boundary))
    )
    return Entity(content_type_field(multipart), Multipart(tuple(parts), boundary))


def _insert_around(draft: Draft, html: Octets, named: Sequence[str]) -> Octets:
    """Put head, tail and signature into the page, as they are in the text."""
    if not (draft.head or draft.tail or draft.signature):
        return html
    page = b"".join(html.chunks())
    found = re.search(_BODY, page)
    start = found.end() if found else 0
    end = next(re.compile(_AFTER_BODY).finditer(page, start)).start()
    around = (draft.head, draft.tail, draft.signature)
    head, tail, signature = (
        _format_block(decoding.decode(each, named)) for each in around
    )
    return InMemory(
        page[:start] + head + page[start:end] + tail + signature + page[end:]
    )


def _format_block(text: str) -> bytes:
    if not text:
        return b""
    return _AS_WRITTEN.format(escape(text.rstrip("\n"), quote=False)).encode()
