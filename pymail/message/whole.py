"""A message that was handed over becomes one that can travel, body untouched.

Text that is not ASCII gets the label that is true of it. Only what no server
takes is written anew: text with NUL, CR alone or lines over 998 octets in
another transfer encoding; parts, which must not be encoded (RFC 2045 §6.4),
with line ends in their place.

RFC 5321 §2.3.8 and §4.5.3.1.6, RFC 5322 §2.1.1, RFC 2045 §6.
"""

import re
from collections.abc import Iterator
from functools import cached_property

from pymail.message import text
from pymail.message.blocks import in_lines
from pymail.message.charsets import usable
from pymail.message.handed import Handed
from pymail.message.parameters import (
    ContentType,
    content_type_field,
    parse_content_type,
)
from pymail.message.scan import Facts, scan
from pymail.message.source import Body, Octets
from pymail.record import record, replace

LONGEST_LINE = 998
_AS_LINES = ("", "7bit", "8bit", "binary")
_LINE_END = rb"\r*\n|\r"


@record()
class Whole:
    """A header as it is written, and a body; `plain` is the same in ASCII."""

    header: bytes
    body: Body
    plain: "Whole | None" = None

    def chunks(self) -> Iterator[bytes]:
        """Yield the octets, CRLF line ends only."""
        yield self.header + b"\r\n"
        yield from self.body.chunks()

    @property
    def size_octets(self) -> int:
        """How many octets there are."""
        return len(self.header) + len(b"\r\n") + self.body.size_octets

    @property
    def eight_bit(self) -> bool:
        """Whether an octet over 127 is in the body."""
        return self.body.eight_bit

    @property
    def needs_smtputf8(self) -> bool:
        """Whether an octet over 127 is in the header."""
        return not self.header.isascii()

    @property
    def longest_line(self) -> int:
        """Octets of the longest line at most, without CRLF."""
        lines = self.header.split(b"\r\n")
        return max(self.body.longest_line, *map(len, lines))

    def seven_bit(self) -> "Whole":
        """Return the same with the body encoded to ASCII, if it can be."""
        return self.plain or self


@record(slots=False)
class Mended:
    """Parts in lines that a server takes: no CR alone, no NUL, none too long."""

    source: Octets
    facts: Facts

    def chunks(self) -> Iterator[bytes]:
        """Yield the octets, CRLF line ends only."""
        held = b""  # a line without its end
        for block in in_lines(self.source.chunks()):
            lines = held + re.sub(_LINE_END, b"\n", block.replace(b"\0", b""))
            mended = b"\n".join(map(_broken, lines.split(b"\n")))
            whole, end, held = mended.rpartition(b"\n")
            yield (whole + end).replace(b"\n", b"\r\n")
        if held:
            yield held + b"\r\n"

    @cached_property
    def size_octets(self) -> int:
        """How many there are."""
        return sum(map(len, self.chunks()))

    @property
    def encoding(self) -> str:
        """What its octets are."""
        return "8bit" if self.eight_bit else "7bit"

    @property
    def eight_bit(self) -> bool:
        """Whether an octet over 127 is among them."""
        return not self.facts.ascii

    @property
    def longest_line(self) -> int:
        """Octets of the longest line at most."""
        return LONGEST_LINE

    def seven_bit(self) -> "Mended":
        """Return the same: parts cannot be encoded."""
        return self


def _broken(line: bytes) -> bytes:
    """Break a line that is too long, before a blank where there is one."""
    if len(line) <= LONGEST_LINE:
        return line
    pieces, start = [], 0
    while len(line) - start > LONGEST_LINE:
        end = start + LONGEST_LINE
        cut = max(line.rfind(b" ", start + 1, end), line.rfind(b"\t", start + 1, end))
        cut = end if cut < 0 else cut
        pieces.append(line[start:cut])
        start = cut
    return b"\n".join([*pieces, line[start:]])


def finish(handed: Handed) -> Whole:
    """Make the message that goes out.

    Raises:
        MessageError: a field fits no line.
    """
    facts = scan(handed.body)
    kind = parse_content_type(handed.first("content-type") or "")
    encoding = (handed.first("content-transfer-encoding") or "").strip().lower()
    as_lines = encoding in _AS_LINES and not kind.name.startswith(
        ("multipart/", "message/")
    )
    intact = facts.intact_as_lines and facts.longest_line <= LONGEST_LINE
    if as_lines and not (facts.ascii and intact and not facts.nul):
        return _labelled(handed, kind, facts, intact=intact)
    body: Body = Mended(handed.body, facts)
    if intact:
        body = text.Encoded(handed.body, facts, "7bit" if facts.ascii else "8bit")
    return Whole(_header(handed), body)


def _labelled(
    handed: Handed, kind: ContentType, facts: Facts, *, intact: bool
) -> Whole:
    """Say what the body is in: its charset, and the transfer encoding."""
    if kind.is_text:
        handed = _with_charset(handed, kind, facts)
    exact = not facts.intact_as_lines or not kind.is_text
    encoding = "base64" if facts.nul or not kind.is_text else text.shorter(facts)
    plain = _encoded(handed, text.Encoded(handed.body, facts, encoding, exact=exact))
    if not intact:
        return plain
    whole = _encoded(handed, text.Encoded(handed.body, facts, "8bit"))
    return replace(whole, plain=plain)


def _with_charset(handed: Handed, kind: ContentType, facts: Facts) -> Handed:
    """Keep a label that can be true; one that nobody here knows, too."""
    declared = kind.charset
    true = text.label(handed.body, facts, declared)
    unknown = bool(declared) and not usable(declared)
    if unknown or (declared and true == usable(declared)):
        return handed
    return handed.put("Content-Type", content_type_field(replace(kind, charset=true)))


def _encoded(handed: Handed, body: text.Encoded) -> Whole:
    if handed.first("mime-version") is None:
        handed = handed.put("MIME-Version", b"MIME-Version: 1.0\r\n")
    name, written = "Content-Transfer-Encoding", body.encoding
    if (handed.first(name) or "").strip().lower() != written:
        handed = handed.put(name, f"{name}: {written}\r\n".encode())
    return Whole(_header(handed), body)


def _header(handed: Handed) -> bytes:
    return b"".join(each.sound().octets for each in handed.fields)
