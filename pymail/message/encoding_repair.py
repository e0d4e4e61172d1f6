"""Repair of base64 and quoted-printable in foreign messages, for the wire.

The result decodes to the same octets; long lines that can't be encoded are broken.

RFC 2045 §6.7 and §6.8, RFC 5322 §2.1.1.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from pymail.message.byte_source import Facts, Octets, cut_lines
from pymail.message.transfer_encoding import LINE_OCTETS
from pymail.model import model

LONGEST_LINE = 998  # RFC 5322 §2.1.1, RFC 5321 §4.5.3.1.6
_LINE_OF_BASE64 = 60  # no word of a text is so long
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/ \t\r\n\0"
_IN_LINES = rb"\r\n?|\0"
_NO_LINE_END = rb"[\r\0]"
_LONG_LINE = rb"(?m)^[^\n]{999,}"
_OVER_LINE = rb"(?m)^[^\n]{77,}|^[^\n]{74,}\Z"  # a =X and a = may follow it
# 70 octets that don't end the line, extended to the end of an =XX
_SOFTLY = rb"[^\n]{70}(?>(?:(?<==)[^\n]{2}|(?<==.)[^\n])?)(?=[^\n])"
_RAW = rb"[\0\r\x80-\xff]"
_CUT = rb"=[0-9A-Fa-f]?\Z"


def is_plausible(encoding: str, chunks: Iterable[bytes]) -> bool:
    """Tell whether text can be in an encoding; a footer may follow base64."""
    if encoding != "base64":
        return True
    is_first = True
    for chunk in chunks:
        line = chunk.lstrip().partition(b"\n")[0].rstrip() if is_first else b""
        if len(line) >= _LINE_OF_BASE64 and not line.translate(None, _BASE64 + b"="):
            return True
        digits, padding, _ = chunk.partition(b"=")
        if padding or digits.translate(None, _BASE64):
            return not digits.translate(None, _BASE64)
        is_first = False
    return True


def wrap_base64(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Break the lines of base64 that are too long; other lines stay."""
    for block in cut_lines(chunks):
        lines = re.sub(_IN_LINES, b"\n", _to_ascii(block))
        lines = re.sub(_LONG_LINE, _wrap_line, lines)
        lines += b"" if lines.endswith(b"\n") else b"\n"
        yield lines.replace(b"\n", b"\r\n")


def _wrap_line(line: re.Match[bytes]) -> bytes:
    starts = range(0, len(line[0]), LINE_OCTETS)
    return b"\n".join([line[0][start : start + LINE_OCTETS] for start in starts])


def mend_quoted_printable(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Encode octets that quoted-printable can't contain; break long lines softly."""
    held, is_open = b"", False
    for block in cut_lines(chunks):
        if is_open:
            yield b"=\r\n"
        cut = re.search(_CUT, block)
        held, lines = cut[0] if cut else b"", held + block
        lines = lines[: len(lines) - len(held)].replace(b"\r\n", b"\n")
        lines = re.sub(_RAW, lambda raw: b"=%02X" % raw[0][0], lines)
        lines = re.sub(_OVER_LINE, _break_softly, lines)
        is_open = not lines.endswith(b"\n")
        yield lines.replace(b"\n", b"\r\n")
    if held or is_open:
        yield held.removesuffix(b"=") + b"=\r\n"


def _break_softly(line: re.Match[bytes]) -> bytes:
    return re.sub(_SOFTLY, rb"\g<0>=\n", line[0])


def wrap_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Break long lines that can't be encoded; no new line can be a boundary."""
    for block in cut_lines(chunks):
        lines = re.sub(_NO_LINE_END, b"\n ", _to_ascii(block).replace(b"\r\n", b"\n"))
        lines = re.sub(_LONG_LINE, _continue_line, lines)
        yield lines.replace(b"\n", b"\r\n")


def _continue_line(line: re.Match[bytes]) -> bytes:
    return _wrap_line(line).replace(b"\n", b"\n ")


def _to_ascii(block: bytes) -> bytes:
    return block.decode("ascii", "replace").replace("\ufffd", "?").encode("ascii")


_REPAIRS: dict[str, Callable[[Iterable[bytes]], Iterator[bytes]]] = {
    "7bit": wrap_lines,
    "quoted-printable": mend_quoted_printable,
    "base64": wrap_base64,
}


@model(slots=False)
class RewrittenLines:
    """A body with its lines repaired; it decodes to the same octets."""

    source: Octets
    encoding: str

    def chunks(self) -> Iterator[bytes]:
        """Yield the octets, CRLF line ends only."""
        return _REPAIRS[self.encoding](self.source.chunks())

    @cached_property
    def facts(self) -> Facts:
        """Size and needs of the lines."""
        size = sum(map(len, self.chunks()))
        return Facts(size_octets=size, longest_line=LONGEST_LINE)

    def seven_bit(self) -> "RewrittenLines":
        """Return the same body: it is ASCII."""
        return self
