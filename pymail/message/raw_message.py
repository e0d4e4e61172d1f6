"""Raw messages: fields as written, and the body.

`parse_message` parses a message that is sent as it is, `parse_draft` one whose fields
are instructions (`-t`). Both are lenient: lines end in CRLF, LF or, without any LF, in
CR, and the first line that isn't a field begins the body, as in sendmail(1) of
Postfix. A `From ` line above a field is not part of the message.

RFC 5322 §2.2 and §3.6.6.
"""

import re
from collections.abc import Iterable, Iterator

from pymail.address.address_list import split_list
from pymail.errors import MessageError
from pymail.message.byte_source import Filtered, Octets, skip
from pymail.message.mbox_format import unquote_body
from pymail.model import model, replace

ENVELOPE_TO = "X-Envelope-To"  # in a dead letter: the recipients without the message
BEGUN = "X-Pymail-Resend-Begun"  # in a dead letter: it may have arrived

LONGEST_HEADER_OCTETS = 4 << 20  # 10,000 recipients are a third of a megabyte

_NAME = rb"([!-9;-~]{1,255}+)[ \t]*:"  # a longer word is text, not a name
_FIELD = _NAME + rb"[^\n]*(?:\n[ \t][^\n]*)*(?:\n|\Z)"
_LINE_END = rb"(?<!\r)\r*\n"
_BLANK_LINES = rb"(?m)^[ \t]+\r\n"
_BLANKS_ABOVE = (
    rb"(?i)(?:[ \t]*\r*\n)+"
    rb"(?=(?:to|cc|bcc|from|subject|date|reply-to|mime-version|content-type)[ \t]*:)"
)
# Scripts put the broken lines of `base64` into one encoded word.
_TORN = rb"=\?[^?\s]+\?[Bb]\?[A-Za-z0-9+/=]+\r*\n\Z"
_TORN_OFF = (
    rb"(?>(?:[A-Za-z0-9+/=]+\r*\n)*)[A-Za-z0-9+/=]*\?="
    rb"[^\n]*(?:\n[ \t][^\n]*)*(?:\n|\Z)"
)
_UNFOLDED = rb"\n(?=[^ \t])"
# Without a field below them they are text (`From web1: the disk is full`).
_FROM_LINES = rb"(?>(?:>*+From (?![ \t]*:)[^\n]*\n)+)(?=[!-9;-~]++[ \t]*:)"
_ENCODED = r"base64|quoted-printable|uuencode|x-[a-z0-9-]+"
_DROPPED = frozenset({"bcc", "resent-bcc", "return-path", "content-length"})
_RECIPIENTS = ("to", "cc", "bcc")
_TRACE = frozenset({"received", "return-path"})
_SEVERAL = frozenset({"resent-to", "resent-cc", "resent-bcc"})


@model()
class Field:
    """A field; `octets` are its lines as written, each with CRLF."""

    name: str
    octets: bytes

    @property
    def body(self) -> str:
        """The body, unfolded."""
        text = self.octets.replace(b"\r\n", b"").decode("utf-8", "surrogateescape")
        return text.partition(":")[2].strip(" \t")

    @property
    def text(self) -> str:
        """The body, with one blank for every fold."""
        lines = self.octets.partition(b":")[2].splitlines()
        text = b" ".join(map(bytes.strip, lines)).decode("utf-8", "surrogateescape")
        return text.strip()


@model(kw_only=True)
class RawMessage:
    """A message as written. `is_entry`: it comes from an mbox file."""

    fields: tuple[Field, ...]
    body: Octets
    is_entry: bool = False

    def all(self, name: str) -> Iterator[str]:
        """Yield the bodies of the fields of this name."""
        return (f.body for f in self.fields if f.name.lower() == name.lower())

    def first(self, name: str) -> str | None:
        """Return the body of the first field of this name; None if there is none."""
        return next(self.all(name), None)

    @property
    def encoding(self) -> str:
        """The transfer encoding of a body that is already encoded; empty for plain text.

        Such a body stays unchanged (RFC 2045 §6).
        """
        return known_encoding(self.first("content-transfer-encoding") or "")

    @property
    def declared_encoding(self) -> str:
        """The body of Content-Transfer-Encoding in lower case; empty without one."""
        words = (self.first("content-transfer-encoding") or "").lower().split()
        return words[0].strip(";") if words else ""

    def recipients(self) -> tuple[str, ...]:
        """List the recipients that the header names (-t).

        X-Envelope-To doesn't count: a stranger may have written it. A resent message
        has the recipients of its latest Resent fields; those in To have received it
        before (RFC 5322 §3.6.6).
        """
        resent = _latest_resent(self.fields)
        if resent:
            names = {f"resent-{name}" for name in _RECIPIENTS}
            return _split_all(f.body for f in resent if f.name.lower() in names)
        return _split_all(body for name in _RECIPIENTS for body in self.all(name))

    def without(self, *names: str) -> "RawMessage":
        """Return the message without the fields of these names."""
        unwanted = {name.lower() for name in names}
        rest = tuple(f for f in self.fields if f.name.lower() not in unwanted)
        return replace(self, fields=rest)

    def public(self) -> "RawMessage":
        """Return the message without the fields that must stay on this machine."""
        entry = (ENVELOPE_TO,) if self.is_entry else ()
        return self.without(*_DROPPED, *entry)

    def put(self, name: str, octets: bytes) -> "RawMessage":
        """Replace all fields of this name by one in the first's place, else at the end."""
        fields: list[Field] = []
        fresh: Field | None = Field(name, octets)
        for each in self.fields:
            if each.name.lower() != name.lower():
                fields.append(each)
            elif fresh:
                fields.append(fresh)
                fresh = None
        return replace(self, fields=(*fields, *([fresh] if fresh else ())))


def parse_message(source: Octets, *, names_recipients: bool = False) -> RawMessage:
    """Parse a message; if it `names_recipients`, blank lines may be above its header.

    Raises:
        MessageError: the header does not end.
    """
    source, start = _open_source(source)
    position = from_lines = skip_from_lines(start)
    if names_recipients:
        position = _skip_blank_lines(start, position)
    fields, position = read_fields(start, position)
    rest = skip(source, position)
    is_dead_letter = any(f.name.lower() == ENVELOPE_TO.lower() for f in fields)
    is_entry = is_dead_letter and from_lines > 0
    body = Filtered(rest, unquote_body) if is_entry else rest
    return RawMessage(fields=fields, body=body, is_entry=is_entry)


def parse_draft(source: Octets) -> RawMessage:
    """Parse a message whose fields are instructions; `#` lines in them are comments.

    The From_ line and the `>` quoting of an mbox entry, such as a dead letter, are
    removed.

    Raises:
        MessageError: the header does not end.
    """
    source, start = _open_source(source)
    is_entry = start.startswith(b"From ")
    position = start.find(b"\n") + 1 or len(start) if is_entry else 0
    position = _skip_blank_lines(start, position)
    fields, position = read_fields(start, position, comment=b"#")
    rest = skip(source, position)
    body = Filtered(rest, unquote_body) if is_entry else rest
    return RawMessage(fields=fields, body=body, is_entry=is_entry)


def read_fields(
    start: bytes, position: int, comment: bytes = b""
) -> tuple[tuple[Field, ...], int]:
    """Parse the fields from a position on; return them, and where the body begins.

    Lines that begin with `comment` are skipped, and so are folds with blanks only.
    """
    fields: list[Field] = []
    while position < len(start):
        if found := re.compile(_FIELD).match(start, position):
            position = found.end()
            lines = found[0]
            torn = re.search(_TORN, lines) and re.compile(_TORN_OFF).match(
                start, position
            )
            if torn:
                lines += b" " + re.sub(_UNFOLDED, b"\n ", torn[0])
                position = torn.end()
            fields.append(Field(found[1].decode("ascii"), _normalize_lines(lines)))
            continue
        end = start.find(b"\n", position) + 1 or len(start)
        line = start[position:end]
        if not (comment and line.startswith(comment)):
            return tuple(fields), position if line.strip() else end
        position = end
    return tuple(fields), position


def _normalize_lines(octets: bytes) -> bytes:
    """End every line in CRLF, and remove lines with blanks only."""
    lines = re.sub(_LINE_END, b"\r\n", octets)
    if not lines.endswith(b"\n"):
        lines = lines.rstrip(b"\r") + b"\r\n"
    return re.sub(_BLANK_LINES, b"", lines)


def _skip_blank_lines(start: bytes, position: int) -> int:
    """Skip blank lines above a header, which strings in shell scripts often have."""
    found = re.compile(_BLANKS_ABOVE).match(start, position)
    return found.end() if found else position


def read_head(source: Octets) -> bytes:
    """Return the start of a message, at least its header.

    Raises:
        MessageError: the header does not end.
    """
    start = bytearray()
    for block in source.chunks():
        seen = max(0, len(start) - 2)
        start += block
        if start.find(b"\n\n", seen) >= 0 or start.find(b"\n\r\n", seen) >= 0:
            return bytes(start)
        if len(start) > LONGEST_HEADER_OCTETS:
            break
    if len(start) > LONGEST_HEADER_OCTETS:
        lines = bytes(start[:LONGEST_HEADER_OCTETS])
        line = lines[lines.rfind(b"\n", 0, -256) + 1 :]  # enough of a line to judge
        if re.match(_NAME, line) or line[:1] in (b" ", b"\t"):
            raise MessageError("the header of the message does not end")
    return bytes(start)


def _open_source(source: Octets) -> tuple[Octets, bytes]:
    """Return a message with lines that end in LF, and its start.

    Raises:
        MessageError: the header does not end.
    """
    start = read_head(source)
    if b"\r" in start and b"\n" not in start:
        source = Filtered(source, _end_lines_in_lf)
        start = read_head(source)
    return source, start


def _end_lines_in_lf(chunks: Iterable[bytes]) -> Iterator[bytes]:
    return (chunk.replace(b"\r", b"\n") for chunk in chunks)


def skip_from_lines(start: bytes) -> int:
    """Return the position behind the From_ lines above a header."""
    found = re.match(_FROM_LINES, start)
    return found.end() if found else 0


def _latest_resent(fields: Iterable[Field]) -> list[Field]:
    """Return the first block of Resent fields: each resending adds one at the top."""
    block: list[Field] = []
    names: set[str] = set()
    for each in fields:
        name = each.name.lower()
        if name.startswith("resent-"):
            if name in names - _SEVERAL:
                break
            names.add(name)
            block.append(each)
        elif block and name in _TRACE:
            break
    return block


def _split_all(bodies: Iterable[str]) -> tuple[str, ...]:
    return tuple(word for body in bodies for word in split_list(body))


def known_encoding(body: str) -> str:
    """Return the transfer encoding that a field names; empty for plain text."""
    encoding = body.strip().lower()
    return encoding if encoding and re.fullmatch(_ENCODED, encoding) else ""
