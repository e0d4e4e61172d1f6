"""Re-readable sources of octets, the facts of a message, and its blocks and lines.

Blocks are cut and joined in linear time and bounded memory, whether a source yields
one octet at a time or all at once. Dot-stuffing (SMTP) and LF line ends (files) are
pure functions over blocks, too.

RFC 5321 §4.5.2 (transparency).
"""

from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Protocol, runtime_checkable

from pymail.model import model

BLOCK_OCTETS = 256 * 1024  # large enough for C to do the work, small beside 8 MB


class Octets(Protocol):
    """Octets that can be read repeatedly, in blocks, without holding them in memory."""

    @property
    def size_octets(self) -> int:
        """The number of octets."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """Yield the octets from the start."""
        ...


@runtime_checkable
class Seekable(Protocol):
    """Octets of which a part can be read without those before it."""

    def between(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the octets from one offset up to another, or up to the end."""
        ...


@model(kw_only=True)
class Facts:
    """Facts of a finished message, or of a body in it, before it is sent or stored.

    `eight_bit`: an octet over 127 is in the body (RFC 6152); `needs_smtputf8`: in the
    header (RFC 6532). `longest_line` is an upper limit, in octets without CRLF.
    """

    size_octets: int
    eight_bit: bool = False
    needs_smtputf8: bool = False
    longest_line: int = 0


def join_facts(head: bytes, bodies: Iterable[Facts]) -> Facts:
    """Add up the facts of a header, or of the lines between parts, and of bodies."""
    joined = [*bodies]
    longest = max(map(len, head.split(b"\r\n")))
    return Facts(
        size_octets=len(head) + sum(each.size_octets for each in joined),
        eight_bit=any(each.eight_bit for each in joined),
        needs_smtputf8=not head.isascii(),
        longest_line=max(longest, *(each.longest_line for each in joined)),
    )


class FinishedMessage(Protocol):
    """A message ready to send, the second argument of every transport.

    `chunks` yields CRLF line ends only, not dot-stuffed, without the final dot; the
    last octets are CRLF. It can be called repeatedly. No line is longer than 998 octets
    unless `longest_line` is.
    """

    @property
    def facts(self) -> Facts:
        """Size and needs of the message."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """Yield the octets from the start."""
        ...

    def seven_bit(self) -> "FinishedMessage":
        """Return the same message with every body encoded to ASCII, if it can be."""
        ...


class Body(FinishedMessage, Protocol):
    """The encoded content of a message or a part, without its header."""

    @property
    def encoding(self) -> str:
        """Its Content-Transfer-Encoding (RFC 2045 §6)."""
        ...

    def seven_bit(self) -> "Body":
        """Return the same content encoded to ASCII, if it can be."""
        ...


@model()
class InMemory:
    """Octets in memory."""

    octets: bytes

    @property
    def size_octets(self) -> int:
        """The number of octets."""
        return len(self.octets)

    def chunks(self) -> Iterator[bytes]:
        """Yield the octets in one block."""
        return self.between(0, len(self.octets))

    def between(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the octets from one offset up to another."""
        if part := self.octets[start:end]:
            yield part


@model()
class Joined:
    """Several sources joined in order; with `as_lines` each starts a new line."""

    parts: tuple[Octets, ...]
    as_lines: bool = False

    @property
    def size_octets(self) -> int:
        """The number of octets."""
        if self.as_lines:
            return sum(map(len, self.chunks()))
        return sum(part.size_octets for part in self.parts)

    def chunks(self) -> Iterator[bytes]:
        """Yield the octets in order; with `as_lines` add missing newlines."""
        last = b"\n"
        for part in self.parts:
            missing = self.as_lines and not last.endswith(b"\n")
            for chunk in filter(None, part.chunks()):
                if missing:
                    yield b"\n"
                yield chunk
                last, missing = chunk, False


@model(slots=False)
class Filtered:
    """A source whose octets are changed as they are read."""

    source: Octets
    change: Callable[[Iterable[bytes]], Iterator[bytes]]

    @cached_property
    def size_octets(self) -> int:
        """The number of octets after the change."""
        return sum(map(len, self.chunks()))

    def chunks(self) -> Iterator[bytes]:
        """Yield the octets after the change."""
        return self.change(self.source.chunks())


def flatten(source: Octets) -> Iterator[Octets]:
    """Yield the sources that a source is joined from, or itself."""
    if not isinstance(source, Joined):
        yield source
        return
    for part in source.parts:
        yield from flatten(part)


@model()
class Slice:
    """The octets of a source from one offset up to another."""

    source: Octets
    start_octets: int
    end_octets: int

    @property
    def size_octets(self) -> int:
        """The number of octets."""
        return max(0, self.end_octets - self.start_octets)

    def chunks(self) -> Iterator[bytes]:
        """Yield the octets in order."""
        return self.between(0, self.size_octets)

    def between(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the octets from one offset up to another."""
        first = self.start_octets + start
        last = min(self.start_octets + end, self.end_octets)
        if isinstance(self.source, Seekable):
            return self.source.between(first, last)
        return _passing_over(self.source.chunks(), first, last)


def _passing_over(blocks: Iterator[bytes], start: int, end: int) -> Iterator[bytes]:
    position = 0
    for block in blocks:
        if position >= end:
            return
        part = block[max(0, start - position) : end - position]
        if part:
            yield part
        position += len(block)


def skip(source: Octets, offset_octets: int) -> Slice:
    """Return the rest of a source from an offset on."""
    return Slice(source, offset_octets, source.size_octets)


def skip_mark(source: Octets) -> Octets:
    """Remove a UTF-8 byte order mark, which would spoil the first field of a header."""
    start = b"".join(Slice(source, 0, len(BOM_UTF8)).chunks())
    return skip(source, len(BOM_UTF8)) if start == BOM_UTF8 else source


def gather(chunks: Iterable[bytes], at_least: int = BLOCK_OCTETS) -> Iterator[bytes]:
    """Join small chunks to blocks of `at_least` octets; the last may be smaller."""
    held: list[bytes] = []
    size = 0
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size >= at_least:
            yield chunk if len(held) == 1 else b"".join(held)
            held, size = [], 0
    if size:
        yield b"".join(held)


def cut_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield blocks that end after a LF, or anywhere if a line is too long.

    A block doesn't end in CR if a LF may follow.
    """
    held = b""
    for block in cut(chunks, BLOCK_OCTETS):
        held += block
        end = held.rfind(b"\n") + 1
        if not end:
            end = len(held) - held.endswith(b"\r")
        yield held[:end]
        held = held[end:]
    if held:
        yield held


def cut(chunks: Iterable[bytes], octets: int) -> Iterator[bytes]:
    """Yield blocks of exactly so many octets; the last may be short."""
    held = b""
    for chunk in gather(chunks, octets):
        held = held + chunk if held else chunk
        end = len(held) - len(held) % octets
        for start in range(0, end, octets):
            yield held[start : start + octets]
        held = held[end:]
    if held:
        yield held


def dot_stuff(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Double the dot at the beginning of lines, also where chunks meet.

    Lines end in CRLF; the final dot is not added.
    """
    before = b"\r\n"  # the last two octets
    for chunk in chunks:
        stuffed = chunk
        if b"." in chunk:  # far faster than to search line ends, and never in base64
            stuffed = chunk.replace(b"\r\n.", b"\r\n..")
            if before == b"\r\n" and chunk.startswith(b"."):
                stuffed = b"." + stuffed
            elif before.endswith(b"\r") and chunk.startswith(b"\n."):
                stuffed = b"\n." + stuffed[1:]
        yield stuffed
        before = (before + chunk[-2:])[-2:]


def to_lf(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Turn CRLF into LF, also where chunks meet."""
    held = b""
    for chunk in chunks:
        whole = held + chunk if held else chunk
        held = b"\r" if whole.endswith(b"\r") else b""
        yield whole[: len(whole) - len(held)].replace(b"\r\n", b"\n")
    if held:
        yield held
