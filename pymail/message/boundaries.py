"""Where the parts of a multipart are in its octets (RFC 2046 §5.1)."""

import re
from collections.abc import Iterator

from pymail.message.blocks import in_lines
from pymail.message.byte_source import Octets


def spans_of(body: Octets, boundary: str) -> Iterator[tuple[int, int, bool]]:
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
    for block in in_lines(body.chunks()):
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
