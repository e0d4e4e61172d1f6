"""MIME entities: header and body, multiparts and their boundaries.

A message is a tree of parts. Its octets are made as they are read, so that memory use
does not depend on its size.

RFC 2046 §5.1 (multipart).
"""

import re
from collections.abc import Iterator
from functools import cached_property
from itertools import chain

from pymail.message.byte_source import (
    Body,
    Facts,
    Octets,
    cut_lines,
    gather,
    join_facts,
)
from pymail.model import model

_CHUNK_OCTETS = 64 * 1024  # least size of the chunks for a transport, but the last
_PREAMBLE = b"This is a multi-part message in MIME format.\r\n"


@model(slots=False)
class Entity:
    """A header and its body: a part, or a whole message.

    `header` consists of whole fields, each ended by CRLF, without
    Content-Transfer-Encoding, which follows from the body.
    """

    header: bytes
    body: Body

    def _head(self) -> bytes:
        encoding = self.body.encoding.encode()
        return b"%sContent-Transfer-Encoding: %s\r\n\r\n" % (self.header, encoding)

    def chunks(self) -> Iterator[bytes]:
        """Yield the octets, CRLF line ends only."""
        return gather(chain([self._head()], self.body.chunks()), _CHUNK_OCTETS)

    @cached_property
    def facts(self) -> Facts:
        """Size and needs of the whole."""
        return join_facts(self._head(), [self.body.facts])

    def seven_bit(self) -> "Entity":
        """Return the same with the body encoded to ASCII, if it can be."""
        if not self.facts.eight_bit:
            return self
        return Entity(self.header, self.body.seven_bit())


@model(slots=False)
class EncodedBody:
    """Encoded octets in memory, as a body that never changes.

    Signed content must be in memory: a file may change before it is read again.
    """

    octets: bytes
    encoding: str

    def chunks(self) -> Iterator[bytes]:
        """Yield them at once."""
        yield self.octets

    @cached_property
    def facts(self) -> Facts:
        """Size and needs of the octets."""
        return Facts(
            size_octets=len(self.octets),
            eight_bit=not self.octets.isascii(),
            longest_line=max(map(len, self.octets.split(b"\r\n"))),
        )

    def seven_bit(self) -> "EncodedBody":
        """Return the same body."""
        return self


@model(slots=False)
class Multipart:
    """The parts of a message between boundaries.

    The parts may be larger than memory, so they are not searched for the boundary:
    `=_` is in no base64 or quoted-printable line (RFC 2045 §6.7), and the token after
    it is random, so that no text contains it by chance.
    """

    parts: tuple[Entity, ...]
    boundary: str

    def chunks(self) -> Iterator[bytes]:
        """Yield preamble, parts and boundaries."""
        preamble, *lines, last_line = self._frame
        yield preamble
        for line, part in zip(lines, self.parts, strict=True):
            yield line
            yield from part.chunks()
        yield last_line

    @property
    def _frame(self) -> tuple[bytes, ...]:
        """The octets before, between and after the parts."""
        boundary = self.boundary.encode()
        before_each = b"\r\n--%s\r\n" % boundary
        return _PREAMBLE, *[before_each] * len(self.parts), b"\r\n--%s--\r\n" % boundary

    @cached_property
    def facts(self) -> Facts:
        """Size and needs of the parts and the lines between them."""
        return join_facts(b"".join(self._frame), (part.facts for part in self.parts))

    @property
    def encoding(self) -> str:
        """The larger domain of its parts (RFC 2045 §6.4)."""
        return "8bit" if self.facts.eight_bit else "7bit"

    def seven_bit(self) -> "Multipart":
        """Return the same with every part encoded to ASCII, if it can be."""
        parts = tuple(part.seven_bit() for part in self.parts)
        return Multipart(parts, self.boundary)


def find_parts(body: Octets, boundary: str) -> Iterator[tuple[int, int, bool]]:
    """Yield start and end of each section between boundaries, and whether it is a part.

    Yield nothing if there is no boundary. The line end before a boundary belongs to the
    boundary (RFC 2046 §5.1.1); without a final boundary the last part extends to the
    end.
    """
    start, is_part = 0, False
    for boundary_start, behind_it, is_last in _boundaries(body, boundary):
        yield start, max(start, boundary_start), is_part
        start, is_part = behind_it, not is_last
    if start:
        yield start, body.size_octets, is_part


def _boundaries(body: Octets, boundary: str) -> Iterator[tuple[int, int, bool]]:
    """Yield start and end of each boundary, and whether it is the final one."""
    boundary = boundary.rstrip()
    if not boundary:
        return
    delimiter = re.escape(boundary.encode("utf-8", "surrogateescape"))
    line = re.compile(rb"(?m)^--" + delimiter + rb"(--)?[ \t]*\r?(?:\n|\Z)")
    position, before = 0, b"\n"
    for block in cut_lines(body.chunks()):
        for found in line.finditer(block):
            start = found.start()
            last_two = block[start - 2 : start] if start > 1 else before + block[:start]
            if last_two.endswith(b"\n"):
                line_end = 2 if last_two.endswith(b"\r\n") else 1
                at = max(0, position + start - line_end)
                yield at, position + found.end(), found[1] is not None
                if found[1] is not None:
                    return
        position += len(block)
        before = (before + block[-2:])[-2:]
