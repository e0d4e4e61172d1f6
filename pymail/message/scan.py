"""What a text is like: one pass over its octets, in bounded memory.

The charset is a guess only where it must be: ASCII and UTF-8 prove themselves,
GB18030 is taken when it decodes and looks like Chinese, the rest is Latin-1.
"""

import codecs
import re

from pymail.message.blocks import in_lines
from pymail.message.charsets import looks_like_chinese
from pymail.message.source import Octets
from pymail.record import record

_CONTROLS = bytes([*range(9), 11, *range(14, 32), 127])  # but HT LF FF CR
_SPELT_OUT = _CONTROLS + b"\f=" + bytes(range(128, 256))  # as =XX (RFC 2045 §6.7)
_HIGH = rb"[\x80-\xff]"
_SAMPLE_OCTETS = 64 * 1024


@record(kw_only=True)
class Facts:
    """What the choice of charset and transfer encoding depends on.

    `longest_line` is without line ends; `bare_lf` counts the LF without CR;
    `spelt_out` counts the octets that quoted-printable writes as three.
    `charset` is a MIME name that is true of the octets.
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
    charset: str

    @property
    def ascii(self) -> bool:
        """Whether no octet is over 127."""
        return self.charset == "us-ascii"

    @property
    def intact_as_lines(self) -> bool:
        """Whether lines ended by CRLF can carry it unencoded (RFC 5322 §2.3)."""
        return not (self.lone_cr or self.nul)


def scan(source: Octets) -> Facts:
    """Read `source` once and say what it is like."""
    scanner = _Scanner()
    for block in in_lines(source.chunks()):
        scanner.feed(block)
    return scanner.facts()


class _Scanner:
    """The facts so far. Blocks come from `in_lines`: no CR LF is torn apart."""

    def __init__(self) -> None:
        self.size = self.lf = self.cr = self.crlf = self.spelt_out = 0
        self.nul = self.controls = self.from_line = False
        self.longest = self.open_line = 0
        self.first = self.sample = b""
        self.last = b"\n"
        self.decoders: dict[str, codecs.IncrementalDecoder] | None = None

    def feed(self, block: bytes) -> None:
        self.size += len(block)
        self.lf += block.count(b"\n")
        self.cr += block.count(b"\r")
        crlf = block.count(b"\r\n")
        self.crlf += crlf
        self.first = self.first or block[:2]
        self.last = block[-1:]
        self.from_line |= block.startswith(b"From ") or b"\nFrom " in block
        self._measure(block.replace(b"\r\n", b"\n") if crlf else block)
        spelt_out = len(block) - len(block.translate(None, _SPELT_OUT))
        if spelt_out:
            self.spelt_out += spelt_out
            self.nul |= b"\0" in block
            self.controls |= len(block) > len(block.translate(None, _CONTROLS))
        if self.decoders is not None or not block.isascii():
            self._decode(block)

    def _measure(self, block: bytes) -> None:
        lengths = [*map(len, block.split(b"\n"))]
        lengths[0] += self.open_line
        self.longest = max(self.longest, *lengths)
        self.open_line = lengths[-1]

    def _decode(self, block: bytes) -> None:
        if self.decoders is None:
            self.decoders = {
                name: codecs.getincrementaldecoder(name)()
                for name in ("utf-8", "gb18030")
            }
            high = re.search(_HIGH, block)
            start = high.start() if high else 0
            self.sample = block[start : start + _SAMPLE_OCTETS]
        self._drop_those_that_fail(block, final=False)

    def _drop_those_that_fail(self, block: bytes, *, final: bool) -> None:
        for name, decoder in [*(self.decoders or {}).items()]:
            try:
                decoder.decode(block, final)
            except UnicodeDecodeError:
                del (self.decoders or {})[name]

    def _charset(self) -> str:
        if self.nul and self.first in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        if self.decoders is None:
            return "us-ascii"
        self._drop_those_that_fail(b"", final=True)
        if "utf-8" in self.decoders:
            return "utf-8"
        if "gb18030" in self.decoders and looks_like_chinese(self.sample):
            return "gb18030"
        return "iso-8859-1"

    def facts(self) -> Facts:
        return Facts(
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
            charset=self._charset(),
        )
