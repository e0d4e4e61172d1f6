"""MIME entities: header and body, multiparts and their boundaries.

A message is a tree of parts, and its octets are made as they are read, so that
memory does not depend on its size. Dot-stuffing (SMTP) and LF line ends (files) are
pure functions over chunks.

RFC 2046 §5.1 (multipart), RFC 5321 §4.5.2 (transparency).
"""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from pymail.message.byte_source import (
    Body,
    Facts,
    Octets,
    cut_lines,
    gather,
    longest_line,
)
from pymail.model import model

_CHUNK_OCTETS = 64 * 1024  # what a transport gets at once at least, but the last
_PREAMBLE = b"This is a multi-part message in MIME format.\r\n"


@model(slots=False)
class Entity:
    """A header and its body: a part, or a whole message.

    `header` is whole fields, each ended by CRLF, without the transfer encoding:
    that follows from the body.
    """

    header: bytes
    body: Body

    def _head(self) -> bytes:
        encoding = self.body.encoding.encode()
        return b"%sContent-Transfer-Encoding: %s\r\n\r\n" % (self.header, encoding)

    def chunks(self) -> Iterator[bytes]:
        """Yield the octets, CRLF line ends only."""
        return gather(self.pieces(), _CHUNK_OCTETS)

    def pieces(self) -> Iterator[bytes]:
        """Yield the octets as they come, in pieces of any size."""
        yield self._head()
        yield from self.body.chunks()

    @cached_property
    def facts(self) -> Facts:
        """Size and needs of the whole."""
        head, body = self._head(), self.body.facts
        return Facts(
            size_octets=len(head) + body.size_octets,
            eight_bit=body.eight_bit,
            needs_smtputf8=not head.isascii(),
            longest_line=max(longest_line(head), body.longest_line),
        )

    def with_fields(self, fields: bytes) -> "Entity":
        """Return the same with more fields above its own."""
        return Entity(fields + self.header, self.body)

    def seven_bit(self) -> "Entity":
        """Return the same with the body encoded to ASCII, if it can be."""
        return (
            Entity(self.header, self.body.seven_bit()) if self.facts.eight_bit else self
        )


@model(slots=False)
class EncodedBody:
    """Encoded octets in memory, as a body that nothing changes any more.

    What is signed has to be this: a file read again may be another one.
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
            longest_line=longest_line(self.octets),
        )

    def seven_bit(self) -> "EncodedBody":
        """Return the same."""
        return self


@model(slots=False)
class Multipart:
    """The parts of a message between boundaries.

    Nobody searches the parts for the boundary, as they may be larger than
    memory: `=_` is in no base64 or quoted-printable line (RFC 2045 §6.7), and
    the token after it is random, so no text holds it but by design.
    """

    parts: tuple[Entity, ...]
    boundary: str

    def chunks(self) -> Iterator[bytes]:
        """Yield preamble, parts and boundaries."""
        boundary = self.boundary.encode()
        yield _PREAMBLE
        for part in self.parts:
            yield b"\r\n--%s\r\n" % boundary
            yield from part.pieces()
        yield b"\r\n--%s--\r\n" % boundary

    @cached_property
    def facts(self) -> Facts:
        """Size and needs of the parts and what is between them."""
        frame = len(self.boundary) + len(b"\r\n--\r\n")
        frames = frame * (len(self.parts) + 1) + len(b"--")
        parts = [part.facts for part in self.parts]
        return Facts(
            size_octets=len(_PREAMBLE) + frames + sum(f.size_octets for f in parts),
            eight_bit=any(f.eight_bit for f in parts),
            longest_line=max(len(_PREAMBLE), *(f.longest_line for f in parts)),
        )

    @property
    def encoding(self) -> str:
        """The largest of its parts' domains (RFC 2045 §6.4)."""
        return "8bit" if self.facts.eight_bit else "7bit"

    def seven_bit(self) -> "Multipart":
        """Return the same with every part encoded to ASCII, if it can be."""
        parts = tuple(part.seven_bit() for part in self.parts)
        return Multipart(parts, self.boundary)


def dot_stuff(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Double the dot at the beginning of lines, also where chunks meet.

    Lines end in CRLF; the final dot is not added.
    """
    before = b"\r\n"  # the last two octets
    for chunk in chunks:
        if b"." not in chunk:  # as in all base64; found far faster than line ends
            yield chunk
        else:
            yield _stuffed(chunk, before)
        before = (before + chunk[-2:])[-2:]


def _stuffed(chunk: bytes, before: bytes) -> bytes:
    stuffed = chunk.replace(b"\r\n.", b"\r\n..")
    if before == b"\r\n" and chunk.startswith(b"."):
        return b"." + stuffed
    if before.endswith(b"\r") and chunk.startswith(b"\n."):
        return b"\n." + stuffed[1:]
    return stuffed


def to_lf(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Turn CRLF into LF, also where chunks meet."""
    held = b""
    for chunk in chunks:
        whole = held + chunk if held else chunk
        held = b"\r" if whole.endswith(b"\r") else b""
        yield whole[: len(whole) - len(held)].replace(b"\r\n", b"\n")
    if held:
        yield held


def find_parts(body: Octets, boundary: str) -> Iterator[tuple[int, int, bool]]:
    """Yield what is between the boundaries, from where to where, and if it is a part.

    Nothing when there is no boundary in it. The line end before a boundary is one
    of its own (RFC 2046 §5.1.1); without a last one the last part goes to the end.
    """
    start, is_part = 0, False
    for boundary_start, behind_it, is_last in _boundaries(body, boundary):
        yield start, max(start, boundary_start), is_part
        start, is_part = behind_it, not is_last
    if start:
        yield start, body.size_octets, is_part


def _boundaries(body: Octets, boundary: str) -> Iterator[tuple[int, int, bool]]:
    """Yield where a boundary begins and ends, and if it is the last."""
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
