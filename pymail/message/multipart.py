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
from pymail.model import model

_HTML = ContentType("text/html")
_BODY = rb"(?i)<body(?=[\s/>])[^>]*+(?:>|\Z)"
_AFTER_BODY = rb"(?i)</body\s*>|</html\s*>|\Z"
_AS_WRITTEN = '<div style="white-space:pre-wrap">{}</div>\n'


@model()
class Assembly:
    """How the parts of one message are made; `token` makes its boundaries."""

    rules: TextRules
    types: Mapping[str, str]
    token: str

    def whole(self, draft: Draft, body: Entity, *, has_text: bool) -> Entity:
        """Put everything together that the draft has besides its text."""
        shown = "inline" if draft.alternative else "attachment"
        files = [
            build_part(each, rules=self.rules, types=self.types, shown=shown)
            for each in draft.attachments
        ]
        if draft.html is not None:
            forms = [body, self._html(draft, draft.html)]
            if draft.alternative:
                return self._joined("alternative", [*forms, *files])
            body = self._joined("alternative", forms)
        elif has_text:
            body = Entity(body.header + b"Content-Disposition: inline\r\n", body.body)
        if not files:
            return body
        whole = [body, *files] if has_text else files
        return self._joined("alternative" if draft.alternative else "mixed", whole)

    def _html(self, draft: Draft, html: Octets) -> Entity:
        """Build the HTML, with the images in it if there are any."""
        source = _surrounded(draft, html, self.rules.named)
        charset, body = text_encoding.encode_text(source, self.rules, declared="utf-8")
        page = Entity(content_type_field(ContentType(_HTML.name, charset)), body)
        if not draft.inline:
            return page
        images = [
            build_part(each, rules=self.rules, types=self.types, shown="inline")
            for each in draft.inline
        ]
        return self._joined("related", [page, *images], (("type", _HTML.name),))

    def _joined(
        self,
        how: str,
        parts: Sequence[Entity],
        parameters: tuple[tuple[str, str], ...] = (),
    ) -> Entity:
        """Join parts between boundaries that no other multipart here has."""
        boundary = f"=_{self.token}" if how == "mixed" else f"=_{how}-{self.token}"
        whole = ContentType(
            f"multipart/{how}", parameters=(*parameters, ("boundary", boundary))
        )
        return Entity(content_type_field(whole), Multipart(tuple(parts), boundary))


def _surrounded(draft: Draft, html: Octets, named: Sequence[str]) -> Octets:
    """Put head, tail and signature into the page, as they are in the text."""
    if not (draft.head or draft.tail or draft.signature):
        return html
    page = b"".join(html.chunks())
    found = re.search(_BODY, page)
    start = found.end() if found else 0
    end = next(re.compile(_AFTER_BODY).finditer(page, start)).start()
    around = (draft.head, draft.tail, draft.signature)
    head, tail, signature = (_block(decoding.decode(each, named)) for each in around)
    return InMemory(
        page[:start] + head + page[start:end] + tail + signature + page[end:]
    )


def _block(text: str) -> bytes:
    if not text:
        return b""
    return _AS_WRITTEN.format(escape(text.rstrip("\n"), quote=False)).encode()
