"""Repair of foreign messages and MIME entities for the wire.

An entity that SMTP can carry stays octet for octet, except its line ends. Other
content is encoded so that it decodes to the same octets: a leaf in another transfer
encoding, a field by `header.make_field`. Nothing is removed. Signed parts are never
changed (RFC 1847 §2.1) but refused. The content isn't held in memory: the result is
the source with edits.

RFC 2045 §6, RFC 2046 §4.1, §5.1 and §5.2.1, RFC 5321 §2.3.8 and §4.5.3.1.6.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from pymail.errors import MessageError
from pymail.message import encoded_words, header, text_encoding
from pymail.message.byte_source import Body, Facts, Octets, Slice, join_facts, skip
from pymail.message.charsets import charset_name
from pymail.message.decoding import repair
from pymail.message.encoding_repair import LONGEST_LINE, RewrittenLines, is_plausible
from pymail.message.mime_entity import EncodedBody, find_parts
from pymail.message.mime_parameters import (
    ContentType,
    content_type_field,
    parse_content_type,
)
from pymail.message.raw_message import (
    Field,
    RawMessage,
    read_fields,
    read_head,
    skip_from_lines,
)
from pymail.message.transfer_encoding import (
    EncodedSource,
    TextFacts,
    canonicalize,
    scan,
    shorter_encoding,
)
from pymail.model import model, replace

_SOUND = rb"(?:[\t -~]{0,998}\r\n)+"
_DEEPEST = 30  # entities in entities
_MESSAGES = frozenset({"message/rfc822", "message/global", "message/news"})
_ENCODING = "Content-Transfer-Encoding"
_ENCODED = ("base64", "quoted-printable")
_TRUE = ("8bit", "binary", "uuencode")


@model(kw_only=True)
class Place:
    """The place of an entity in the message, and the requirements for it.

    With `has_header` the root is a message, else a body whose header pymail writes.
    """

    has_header: bool = False
    seven: bool = False  # the result must be ASCII
    named: tuple[str, ...] = ()  # charsets it may be in
    is_message: bool = True  # the entity itself is a message, not a part
    depth: int = 0


@model()
class Edit:
    """The replacement of the octets from one offset up to another."""

    start: int
    end: int
    body: Body


@model()
class Fit:
    """A repaired entity: its fields, and the edits to its body."""

    part: RawMessage
    edits: tuple[Edit, ...] = ()
    text: TextFacts | None = None  # of the body, if they are known

    def header(self) -> bytes:
        """Write the fields."""
        return b"".join(field.octets for field in self.part.fields)


@model(slots=False)
class ForeignMessage:
    """A repaired foreign message, or its body alone; `original` is the unrepaired one."""

    original: RawMessage
    fit: Fit
    place: Place

    @property
    def _head(self) -> bytes:
        return self.fit.header() + b"\r\n" if self.place.has_header else b""

    def chunks(self) -> Iterator[bytes]:
        """Yield the octets, CRLF line ends only."""
        yield self._head
        for piece in self._pieces:
            yield from piece.chunks()

    @cached_property
    def _pieces(self) -> list[Body]:
        """The body: the edits, and the octets between them."""
        source, position = self.fit.part.body, 0
        pieces: list[Body] = []
        for edit in self.fit.edits:
            if edit.start > position:
                pieces.append(_unedited(Slice(source, position, edit.start)))
            pieces.append(edit.body)
            position = edit.end
        if position < source.size_octets or not self.fit.edits:
            pieces.append(_unedited(skip(source, position), self.fit.text))
        return pieces

    @cached_property
    def facts(self) -> Facts:
        """Size and needs of the whole."""
        return join_facts(self._head, (piece.facts for piece in self._pieces))

    @property
    def encoding(self) -> str:
        """The declared Content-Transfer-Encoding; without one, 8bit or 7bit."""
        return self.fit.part.declared_encoding or (
            "8bit" if self.facts.eight_bit else "7bit"
        )

    def seven_bit(self) -> "ForeignMessage":
        """Return the same with the body in ASCII, if it can be."""
        place = replace(self.place, seven=True)
        return _repair(self.original, place) if self.facts.eight_bit else self


def finish_message(handed: RawMessage, named: tuple[str, ...] = ()) -> ForeignMessage:
    """Repair a message for sending; `named` are charsets it may be in.

    Raises:
        MessageError: a field, or a line of a signed part, is too long.
    """
    return _repair(handed, Place(has_header=True, named=named))


def finish_body(
    kind: ContentType, encoding: str, source: Octets
) -> tuple[bytes, ForeignMessage]:
    """Return the Content-Type field and the body of an entity that is already encoded.

    Raises:
        MessageError: a field, or a line of a signed part, is too long.
    """
    fields = [Field("Content-Type", content_type_field(kind))]
    if encoding:
        fields.append(Field(_ENCODING, f"{_ENCODING}: {encoding}\r\n".encode()))
    body = _repair(RawMessage(fields=tuple(fields), body=source), Place())
    return body.fit.part.fields[0].octets, body


def keep_unchanged(handed: RawMessage) -> ForeignMessage:
    """Wrap a message that can't be repaired, so that it can be kept."""
    return ForeignMessage(handed, Fit(handed), Place(has_header=True))


def _repair(original: RawMessage, place: Place) -> ForeignMessage:
    return ForeignMessage(original, _repair_entity(original, place), place)


def _unedited(source: Octets, facts: TextFacts | None = None) -> Body:
    facts = facts or scan(source)
    return EncodedSource(source, facts, "7bit" if facts.ascii else "8bit")


def _repair_field(field: Field, named: tuple[str, ...]) -> Field:
    """Return a field in ASCII, in lines of 998 octets at most."""
    is_fit = re.fullmatch(_SOUND, field.octets)
    if is_fit and not encoded_words.is_torn(field.body):
        return field
    return Field(field.name, header.make_field(field.name, repair(field.body, named)))


def _repair_entity(part: RawMessage, place: Place, default: str = "text/plain") -> Fit:
    """Repair an entity and the entities in it.

    Raises:
        MessageError: a field, or a line of a signed part, is too long.
    """
    kind = parse_content_type(part.first("content-type") or "", default)
    named = (kind.charset, *place.named)
    part = replace(
        part, fields=tuple(_repair_field(each, named) for each in part.fields)
    )
    spans = [*_find_entities(part, kind)]
    if not any(is_entity for _, _, is_entity in spans):
        return _repair_leaf(part, kind, place)
    if kind.name == "multipart/signed" or place.depth >= _DEEPEST:
        return _require_fit(part, kind)
    within = replace(place, depth=place.depth + 1, is_message=kind.name in _MESSAGES)
    default = "message/rfc822" if kind.name == "multipart/digest" else "text/plain"
    edits: list[Edit] = []
    for start, end, is_entity in spans:
        inner = Slice(part.body, start, end)
        found = (
            _repair_nested(inner, within, default)
            if is_entity
            else _repair_frame(inner, place)
        )
        edits += (Edit(start + e.start, start + e.end, e.body) for e in found)
    labelled = _label_container(part, place, changes=bool(edits))
    return Fit(labelled, tuple(edits))


def _find_entities(
    part: RawMessage, kind: ContentType
) -> Iterable[tuple[int, int, bool]]:
    if kind.name.startswith("multipart/"):
        return find_parts(part.body, dict(kind.parameters).get("boundary", ""))
    if kind.name in _MESSAGES and part.declared_encoding not in _ENCODED:
        return ((0, part.body.size_octets, True),)
    return ()


def _label_container(part: RawMessage, place: Place, *, changes: bool) -> RawMessage:
    """Correct the encoding of a container, which must not be encoded as a whole.

    Git does encode it: such a body stays unchanged if it is ASCII.
    """
    declared = part.declared_encoding
    if declared not in ("7bit", *_ENCODED):
        return part
    is_ascii = place.seven or all(map(bytes.isascii, part.body.chunks()))
    if declared in _ENCODED and is_ascii and not changes:
        return part
    true = "7bit" if is_ascii else "8bit"
    return part if declared == true else _label_encoding(part, true, place)


def _repair_nested(entity: Octets, place: Place, default: str) -> Iterator[Edit]:
    """Yield the edits to an entity inside another."""
    start = read_head(entity)
    header_start = skip_from_lines(start) if place.is_message else 0
    fields, body_start = read_fields(start, header_start)
    fit = _repair_entity(
        RawMessage(fields=fields, body=skip(entity, body_start)), place, default
    )
    if header_start and not _is_fit(scan(Slice(entity, 0, header_start)), place):
        header_start = 0  # remove the From_ line, which is not part of the message
    header = fit.header()
    written = b"".join(canonicalize([start[header_start:body_start]]))
    alike = (header, header.removesuffix(b"\r\n")) if not fit.edits else ()
    if written not in (header + b"\r\n", *alike):
        yield Edit(header_start, body_start, EncodedBody(header + b"\r\n", "7bit"))
    for edit in fit.edits:
        yield Edit(body_start + edit.start, body_start + edit.end, edit.body)


def _repair_frame(frame: Octets, place: Place) -> Iterator[Edit]:
    """Yield the edits to a preamble or an epilogue, which readers don't show."""
    if not _is_fit(scan(frame), place):
        yield Edit(0, frame.size_octets, RewrittenLines(frame, "7bit"))


def _require_fit(part: RawMessage, kind: ContentType) -> Fit:
    if _is_fit(scan(part.body), Place()):
        return Fit(part)
    raise MessageError(
        f"{kind.name}: contains a line over {LONGEST_LINE} octets, a NUL or a bare CR,"
        " and pymail must not change it"
    )


def _is_fit(facts: TextFacts, place: Place) -> bool:
    is_lines = facts.intact_as_lines and facts.longest_line <= LONGEST_LINE
    return is_lines and (facts.ascii or not place.seven)


def _repair_leaf(part: RawMessage, kind: ContentType, place: Place) -> Fit:
    """Encode content that SMTP can't carry; correct the labels of other content."""
    facts, declared = scan(part.body, place.named), part.declared_encoding
    if declared in _ENCODED and is_plausible(declared, part.body.chunks()):
        if _is_fit(facts, place) and (facts.ascii or declared == "base64"):
            return Fit(part, text=facts)
        return _replace_body(part, RewrittenLines(part.body, declared))
    if not _is_fit(facts, place):
        return _encode_leaf(part, kind, facts, place)
    true = "7bit" if facts.ascii else "8bit"
    is_true = declared in (true, *_TRUE) or declared.startswith("x-")
    is_silent = not declared and (facts.ascii or place.depth > 0)  # needs no label
    if place.depth == 0 or not (is_true or is_silent):
        part = _label_charset(part, kind, facts, place)
    if not (is_true or is_silent):
        part = _label_encoding(part, true, place)
    return Fit(part, text=facts)


def _encode_leaf(
    part: RawMessage, kind: ContentType, facts: TextFacts, place: Place
) -> Fit:
    if kind.name.startswith(("multipart/", "message/")):  # these must not be encoded
        kind = ContentType("text/plain")
        part = part.put("Content-Type", content_type_field(kind))
    part = _label_charset(part, kind, facts, place)
    exact = not facts.intact_as_lines or not kind.is_text
    encoding = "base64" if facts.nul or not kind.is_text else shorter_encoding(facts)
    body = EncodedSource(part.body, facts, encoding, exact=exact)
    return _replace_body(_label_encoding(part, encoding, place), body)


def _replace_body(part: RawMessage, body: Body) -> Fit:
    return Fit(part, (Edit(0, part.body.size_octets, body),))


def _label_charset(
    part: RawMessage, kind: ContentType, facts: TextFacts, place: Place
) -> RawMessage:
    """Correct the charset, unless the declared one is possible or unknown.

    A part without a charset gets none that is only a guess.
    """
    declared = kind.charset
    is_guess = place.depth > 0 and not declared and facts.charset != "utf-8"
    if not kind.is_text or facts.ascii or is_guess:
        return part
    true = text_encoding.label_charset(part.body, facts, declared, place.named)
    unknown = bool(declared) and not charset_name(declared)
    if unknown or (declared and true == charset_name(declared)):
        return part
    kind = replace(kind, charset=true)
    return _add_mime_version(part, place).put("Content-Type", content_type_field(kind))


def _label_encoding(part: RawMessage, encoding: str, place: Place) -> RawMessage:
    field = f"{_ENCODING}: {encoding}\r\n".encode()
    return _add_mime_version(part, place).put(_ENCODING, field)


def _add_mime_version(part: RawMessage, place: Place) -> RawMessage:
    if place.is_message and part.first("mime-version") is None:
        return part.put("MIME-Version", b"MIME-Version: 1.0\r\n")
    return part
