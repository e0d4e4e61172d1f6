"""How streams of octets are cut and joined into blocks of a good size.

Memory is bounded by a few blocks whatever the source yields: one octet at a
time, or everything at once. Every function is linear.
"""

from collections.abc import Iterable, Iterator

BLOCK_OCTETS = 256 * 1024  # large enough for C to do the work, small beside 8 MB


def gather(chunks: Iterable[bytes], at_least: int = BLOCK_OCTETS) -> Iterator[bytes]:
    """Join small chunks until `at_least` octets are together."""
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


def even(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut large chunks and join small ones to blocks of one size."""
    return cut(chunks, BLOCK_OCTETS)


def in_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield blocks that end after a LF, or where a line is too long for that.

    A CR is never the last octet of a block while a LF may follow it.
    """
    held = b""
    for block in even(chunks):
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


def up_to(chunks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    """Yield the first `limit` octets."""
    left = limit
    for chunk in chunks:
        if len(chunk) >= left:
            yield chunk[:left]
            return
        left -= len(chunk)
        yield chunk
