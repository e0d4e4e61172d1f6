"""What a text is like: one pass over its octets, in bounded memory.

The charset of what is not ASCII or UTF-8 takes a second one (see `decoding`).
"""

import codecs
from collections.abc import Sequence

from pymail.message import decoding
from pymail.message.blocks import in_lines
from pymail.message.byte_source import Octets
from pymail.model import model

_CONTROLS = bytes([*range(9), 11, *range(14, 32), 127])  # but HT LF FF CR
_SPELT_OUT = _CONTROLS + b"\f=" + bytes(range(128, 256))  # as =XX (RFC 2045 §6.7)


@model(kw_only=True)
class TextFacts:
    """What the choice of charset and transfer encoding depends on.

    `longest_line` is without line ends; `bare_lf` counts the LF without CR;
    `spelt_out` counts the octets that quoted-printable writes as three.
    `charset` is what `decoding.charset_of` says; `ascii` tells whether no octet is
    over 127, in whatever charset.
    """

    size: int
    bare_lf: int
    crlf: int
    lone_cr: bool
    nul: bool
    controls: bool
    spelt_out: int
    longest_line: int
    from_line: bool
    ends_in_newline: bool
    ascii: bool
    charset: str

    @property
    def binary(self) -> bool:
        """Whether no text has such octets (RFC 2046 §4.1.2)."""
        return self.nul and self.charset not in decoding.WIDE

    @property
    def intact_as_lines(self) -> bool:
        """Whether lines ended by CRLF can carry it unencoded (RFC 5322 §2.3)."""
        return not (self.lone_cr or self.nul)


def scan(source: Octets, named: Sequence[str] = ()) -> TextFacts:
    """Read `source` and say what it is like; `named` are charsets it may be in."""
    scanner = _Scanner()
    for block in in_lines(source.chunks()):
        scanner.feed(block)
    charset = scanner.charset() or decoding.charset_of(source.chunks(), named)
    return scanner.facts(charset)


class _Scanner:
    """The facts so far. Blocks come from `in_lines`: no CR LF is torn apart."""

    def __init__(self) -> None:
        self.size = self.lf = self.cr = self.crlf = self.spelt_out = 0
        self.nul = self.controls = self.from_line = False
        self.longest = self.open_line = 0
        self.last = b"\n"
        self.ascii = self.utf_8 = True
        self.shifted = False
        self.decoder = codecs.getincrementaldecoder("utf-8")()

    def feed(self, block: bytes) -> None:
        self.size += len(block)
        self.lf += block.count(b"\n")
        self.cr += block.count(b"\r")
        crlf = block.count(b"\r\n")
        self.crlf += crlf
        self.last = block[-1:]
        self.from_line |= block.startswith(b"From ") or b"\nFrom " in block
        self._measure(block.replace(b"\r\n", b"\n") if crlf else block)
        spelt_out = len(block) - len(block.translate(None, _SPELT_OUT))
        if spelt_out:
            self.spelt_out += spelt_out
            self.nul |= b"\0" in block
            self.controls |= len(block) > len(block.translate(None, _CONTROLS))
            self.shifted |= self.controls and decoding.is_shifted(block)
        if not (self.ascii and block.isascii()):
            self.ascii = False
            self._decode(block)

    def _measure(self, block: bytes) -> None:
        lengths = [*map(len, block.split(b"\n"))]
        lengths[0] += self.open_line
        self.longest = max(self.longest, *lengths)
        self.open_line = lengths[-1]

    def _decode(self, block: bytes, *, final: bool = False) -> None:
        if self.utf_8:
            try:
                self.decoder.decode(block, final)
            except UnicodeDecodeError:
                self.utf_8 = False

    def charset(self) -> str:
        """Name what proves itself: ASCII and UTF-8; empty for the others."""
        self._decode(b"", final=True)
        if self.shifted or not self.utf_8:
            return ""
        return "us-ascii" if self.ascii else "utf-8"

    def facts(self, charset: str) -> TextFacts:
        return TextFacts(
            size=self.size,
            bare_lf=self.lf - self.crlf,
            crlf=self.crlf,
            lone_cr=self.cr > self.crlf,
            nul=self.nul,
            controls=self.controls,
            spelt_out=self.spelt_out,
            longest_line=self.longest,
            from_line=self.from_line,
            ends_in_newline=self.last == b"\n",
            ascii=self.ascii,
            charset=charset,
        )
