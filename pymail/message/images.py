"""Images by their content: what a file is, whatever its name says.

What is no image never goes along because a text names it: the text may hold
words of strangers, and a file with secrets is no image.
"""

import re
from collections.abc import Callable

# Where an image of a text comes from, and its line; returns what to write for it.
Images = Callable[[str, int], str]

SNIFFED_OCTETS = 4096

_TYPES: tuple[tuple[str, bytes], ...] = (
    ("image/png", rb"\x89PNG\r\n\x1a\n"),
    ("image/jpeg", rb"\xff\xd8\xff"),
    ("image/gif", rb"GIF8[79]a"),
    ("image/webp", rb"RIFF....WEBP"),
    ("image/avif", rb"....ftypavi[fs]"),
    ("image/heic", rb"....ftyphei[cx]"),
    ("image/bmp", rb"BM....\x00{4}"),
    ("image/tiff", rb"II\*\x00|MM\x00\*"),
    ("image/vnd.microsoft.icon", rb"\x00\x00\x01\x00"),
    (
        "image/svg+xml",
        rb"(?:\xef\xbb\xbf)?(?>(?:\s|<\?xml[^>]*>|<!--.*?-->|<!DOCTYPE[^>\[]*>)*)<svg[\s>]",
    ),
)


def image_type(start: bytes) -> str:
    """Return the type of an image by how its file begins, empty for no image."""
    sniffed = start[:SNIFFED_OCTETS]
    found = (kind for kind, how in _TYPES if re.match(how, sniffed, re.DOTALL))
    return next(found, "")
