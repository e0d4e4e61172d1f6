"""A whole message on standard input (`-t`): header fields, then the body.

Lenient as mailx is: CRLF or LF, `#` lines are remarks, a header without a body
is fine, and the first line that is no field begins the body. An mbox entry, such
as a dead letter, is taken without its From_ line and its `>` quoting.
RFC 5322 §2.2.
"""

import re
from collections.abc import Iterator

from pymail.errors import MessageError
from pymail.message.blocks import in_lines
from pymail.message.fields import known_encoding
from pymail.message.mbox import unquoted
from pymail.message.source import Octets, Slice, behind
from pymail.record import record

LONGEST_HEADER_OCTETS = 1 << 20  # 10,000 recipients are a third of it

_FIELD = rb"([!-9;-~]+)[ \t]*:[ \t]*(.*)"
_NEXT_ENTRY = rb"\n\nFrom [^\n]* \d\d:\d\d:\d\d [^\n]*\d{4}"


@record(kw_only=True)
class Template:
    """Fields in order, folding undone, bodies as text; then the rest as octets."""

    fields: tuple[tuple[str, str], ...]
    body: Octets
    is_entry: bool = False

    def first(self, name: str) -> str:
        """Return the body of the first field of this name, empty if there is none."""
        wanted = name.lower()
        return next((body for n, body in self.fields if n.lower() == wanted), "")

    @property
    def encoding(self) -> str:
        """The transfer encoding that the body is in already, empty for plain text.

        Such a body is left as it is (RFC 2045 §6).
        """
        return known_encoding(self.first("content-transfer-encoding"))


@record()
class Unquoted:
    """The body of an mbox entry, without its quoting and the empty line behind it."""

    quoted: Octets

    @property
    def size_octets(self) -> int:
        """How many octets are left."""
        return sum(map(len, self.chunks()))

    def chunks(self) -> Iterator[bytes]:
        """Yield the body as it was before it became an entry."""
        held = b""
        for block in in_lines(self.quoted.chunks()):
            if held:
                yield held
            held = unquoted(block)
        yield held.removesuffix(b"\n") if held.endswith(b"\n\n") else held


def entries(source: Octets, *, mixed: bool = False) -> list[Octets]:
    """Take an mbox apart; a text that is none is its own only entry.

    A `mixed` one may begin with a text: old mailx kept that without a From_ line.
    """
    starts, before, position = [0], b"", 0
    for block in in_lines(source.chunks()):
        if not (position or mixed or block.startswith(b"From ")):
            return [source]
        shift = position - len(before) + len(b"\n\n")
        starts += [
            shift + found.start() for found in re.finditer(_NEXT_ENTRY, before + block)
        ]
        before = block[-2:]  # the empty line, when the entry begins the next block
        position += len(block)
    ends = [*starts[1:], source.size_octets]
    return [Slice(source, start, end) for start, end in zip(starts, ends, strict=True)]


def parse(source: Octets) -> Template:
    """Read the header of a message; the body stays where it is.

    Raises:
        MessageError: the header does not end.
    """
    start = head(source)
    position = 0
    is_entry = start.startswith(b"From ")
    if is_entry:
        position = start.find(b"\n") + 1 or len(start)
    fields: list[tuple[bytes, bytes]] = []
    while position < len(start):
        end = start.find(b"\n", position) + 1 or len(start)
        line = start[position:end].rstrip(b"\r\n")
        if line[:1] in (b" ", b"\t") and fields:
            name, body = fields[-1]
            fields[-1] = name, body + b" " + line.strip()
        elif found := re.fullmatch(_FIELD, line):
            fields.append((found[1], found[2].strip()))
        elif not line.startswith(b"#"):
            position = end if not line.strip() else position
            break
        position = end
    rest = behind(source, position)
    return Template(
        fields=tuple((n.decode("ascii"), _text(b)) for n, b in fields),
        body=Unquoted(rest) if is_entry else rest,
        is_entry=is_entry,
    )


def head(source: Octets) -> bytes:
    """Return the beginning of the message, whole lines, the header among them."""
    start = b""
    for block in source.chunks():
        start += block
        if b"\n\n" in start or b"\n\r\n" in start:
            return start
        if len(start) > LONGEST_HEADER_OCTETS:
            break
    if len(start) > LONGEST_HEADER_OCTETS:
        line = start[:LONGEST_HEADER_OCTETS].rpartition(b"\n")[2]
        if re.match(_FIELD, line) or line[:1] in (b" ", b"\t"):
            raise MessageError("the header of the message does not end")
    return start


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")
