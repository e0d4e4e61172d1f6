"""Content-Transfer-Encodings: which one a text needs, and how each is written.

Octets come in, CRLF lines go out, in bounded memory. Base64 carries octets as
they are; text goes through `canonicalize` first, as §6.8 asks, or what arrives
would have other line ends than the same text in another encoding.

RFC 2045 §2.7–2.8, §6.7 (quoted-printable) and §6.8 (base64).
"""

import binascii
import codecs
import re
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, cached_property

from pymail.message import decoding
from pymail.message.byte_source import Facts, Octets, cut, cut_lines
from pymail.message.draft import TextRules
from pymail.model import model

ENCODINGS = ("8bit", "quoted-printable", "base64")  # that can be asked for
_UNENCODED = ("7bit", "8bit")
LINE_OCTETS = 76  # RFC 2045 §6.7 rule 5, §6.8
_ROW_OCTETS = 57  # become 76 characters of base64
_ROWS = 1024  # at once: what is made of them stays in the processor's cache
# binascii lets a blank at the end of a line, spelt =20, stick out by two.
_STICKS_OUT = rb"(?m)^([^\n]{74,75})(=20|=09)$"
_FROM_LONG = rb"(?m)^From (?=[^\n]{70})"
_FROM = rb"(?m)^From "
_CONTROLS = bytes([*range(9), 11, *range(14, 32), 127])  # but HT LF FF CR
_SPELT_OUT = _CONTROLS + b"\f=" + bytes(range(128, 256))  # as =XX (RFC 2045 §6.7)


@model(frozen=False, slots=False, kw_only=True)
class TextFacts:
    """Facts of a text on which the choice of charset and transfer encoding depends.

    `longest_line` is without line ends; `bare_lf` counts the LF without CR;
    `spelt_out` counts the octets that quoted-printable writes as three.
    `charset` is what `decoding.detect_charset` says; `ascii` tells whether no octet is
    over 127, in whatever charset.
    """

    size: int = 0
    bare_lf: int = 0
    has_cr: bool = False
    lone_cr: bool = False
    nul: bool = False
    controls: bool = False
    spelt_out: int = 0
    longest_line: int = 0
    from_line: bool = False
    ends_in_newline: bool = True
    ascii: bool = True
    charset: str = ""

    def __post_init__(self) -> None:
        self._open_line = 0
        self._utf_8: codecs.IncrementalDecoder | None
        self._utf_8 = codecs.getincrementaldecoder("utf-8")()
        self._shifted = False

    @property
    def binary(self) -> bool:
        """Whether no text has such octets (RFC 2046 §4.1.2)."""
        return self.nul and self.charset not in decoding.WIDE

    @property
    def intact_as_lines(self) -> bool:
        """Whether lines ended by CRLF can carry it unencoded (RFC 5322 §2.3)."""
        return not (self.lone_cr or self.nul)

    def add(self, block: bytes) -> None:
        """Take the next block, which tears no CR LF apart (see `cut_lines`)."""
        crlf = block.count(b"\r\n")
        self.size += len(block)
        self.bare_lf += block.count(b"\n") - crlf
        cr = block.count(b"\r")
        self.has_cr |= cr > 0
        self.lone_cr |= cr > crlf
        self.ends_in_newline = block.endswith(b"\n")
        self.from_line |= block.startswith(b"From ") or b"\nFrom " in block
        lines = block.replace(b"\r\n", b"\n") if crlf else block
        lengths = [*map(len, lines.split(b"\n"))]
        lengths[0] += self._open_line
        self._open_line = lengths[-1]
        self.longest_line = max(self.longest_line, *lengths)
        if spelt_out := len(block) - len(block.translate(None, _SPELT_OUT)):
            self.spelt_out += spelt_out
            self.nul |= b"\0" in block
            self.controls |= len(block) > len(block.translate(None, _CONTROLS))
            self._shifted |= self.controls and decoding.is_shifted(block)
        if not (self.ascii and block.isascii()):
            self.ascii = False
            self._decode(block)

    def _decode(self, block: bytes, *, final: bool = False) -> None:
        if self._utf_8:
            try:
                self._utf_8.decode(block, final)
            except UnicodeDecodeError:
                self._utf_8 = None

    def proven_charset(self) -> str:
        """Name ASCII and UTF-8, which prove themselves; empty for the others."""
        self._decode(b"", final=True)
        if self._shifted or not self._utf_8:
            return ""
        return "us-ascii" if self.ascii else "utf-8"


def scan(source: Octets, named: Sequence[str] = ()) -> TextFacts:
    """Read a source once, or twice where it is neither ASCII nor UTF-8.

    `named` are charsets it may be in.
    """
    facts = TextFacts()
    for block in cut_lines(source.chunks()):
        facts.add(block)
    proven = facts.proven_charset()
    facts.charset = proven or decoding.detect_charset(source.chunks(), named)
    return facts


def choose_encoding(facts: TextFacts, rules: TextRules) -> str:
    """Choose the transfer encoding that survives the path.

    Text that needs none goes as it is. A final newline that is missing, lines
    that begin with `From ` and controls make a text need one; with `8bit` asked
    for, `From ` does not, as in mailx.
    """
    if facts.nul:
        return "base64"
    asked = rules.encoding.lower()
    needs = (
        facts.controls
        or not facts.intact_as_lines
        or not facts.ends_in_newline
        or facts.longest_line >= rules.longest_unencoded_line
        or (facts.from_line and asked != "8bit")
    )
    if facts.size == 0 or (facts.ascii and not needs):
        return "7bit"
    if asked == "8bit" and not needs:
        return "8bit"
    return asked if asked in ("quoted-printable", "base64") else shorter_encoding(facts)


def shorter_encoding(facts: TextFacts) -> str:
    """Compare the sizes of both; soft line breaks are 3 octets in about 76."""
    printable = (facts.size + 2 * facts.spelt_out) * 79 // 76
    printable_is_shorter = printable <= base64_size(facts.size)
    return "quoted-printable" if printable_is_shorter else "base64"


@model(slots=False)
class EncodedSource:
    """A source under a transfer encoding; it is encoded as it is read.

    `exact` keeps the line ends of the source in base64, where they are CRLF otherwise.
    Sizes follow from those of the text, except for quoted-printable, where the text is
    encoded once to be counted.
    """

    source: Octets
    text: TextFacts
    encoding: str
    exact: bool = False

    def chunks(self) -> Iterator[bytes]:
        """Yield the encoded octets, CRLF line ends only."""
        octets = self.source.chunks()
        if self.encoding == "base64" and not self.exact:
            octets = canonicalize(octets)
        return ENCODERS[self.encoding](octets)

    @cached_property
    def facts(self) -> Facts:
        """Size and needs of the encoded octets."""
        text, longest = self.text, LINE_OCTETS
        if self.encoding in _UNENCODED:
            last_end = 0 if text.ends_in_newline else len(b"\r\n")
            size, longest = text.size + text.bare_lf + last_end, text.longest_line
        elif self.encoding == "base64":
            size = base64_size(text.size + (0 if self.exact else text.bare_lf))
        else:
            size = sum(map(len, self.chunks()))
        return Facts(
            size_octets=size,
            eight_bit=self.encoding == "8bit",
            longest_line=longest,
        )

    def seven_bit(self) -> "EncodedSource":
        """Return the same text encoded to ASCII."""
        if self.encoding != "8bit":
            return self
        return EncodedSource(
            self.source, self.text, shorter_encoding(self.text), exact=self.exact
        )


def canonicalize(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Write every line end, LF or CRLF, as CRLF."""
    for block in cut_lines(chunks):
        yield block.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def encode_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Write text as it is, with a CRLF at the end of every line: 7bit and 8bit."""
    block = b"\n"
    for block in canonicalize(chunks):
        yield block
    if not block.endswith(b"\n"):
        yield b"\r\n"


def encode_base64(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Encode octets in lines of 76 characters."""
    for block in cut(chunks, _ROWS * _ROW_OCTETS):
        text = binascii.b2a_base64(block, newline=False)
        if len(block) == _ROWS * _ROW_OCTETS:
            rows = [*_rows().unpack(text), b""]
        else:
            starts = range(0, len(text), LINE_OCTETS)
            rows = [*(text[start : start + LINE_OCTETS] for start in starts), b""]
        yield b"\r\n".join(rows)


@cache
def _rows() -> struct.Struct:
    """Cut text into lines at once: nothing in the standard library is faster."""
    return struct.Struct(f"{LINE_OCTETS}s" * _ROWS)


def base64_size(octets: int) -> int:
    """Count the octets that `base64` makes of so many."""
    return -(-octets // 3) * 4 + -(-octets // _ROW_OCTETS) * 2


def encode_quoted_printable(chunks: Iterable[bytes]) -> Iterator[bytes]:
    r"""Encode text in lines of at most 76 characters.

    LF and CRLF are line ends, a CR alone is spelt out. A text that does not end
    in a newline ends in a soft line break. Lines that begin with `From `, also
    after a soft line break, are spelt `=46rom ` (RFC 4155 writers alter them).
    """
    for block in cut_lines(chunks):
        yield _encode_block(block).replace(b"\n", b"\r\n")


def _encode_block(block: bytes) -> bytes:
    lone_cr = block.count(b"\r") > block.count(b"\r\n")
    text = block.replace(b"\r\n", b"\n")
    if lone_cr:  # binascii takes CR for part of a line end, unless there are none
        lines = [binascii.b2a_qp(line, istext=False) for line in text.split(b"\n")]
        text = b"\n".join(lines)
    else:
        text = binascii.b2a_qp(text, istext=True)
    if b"=20\n" in text or b"=09\n" in text or text.endswith((b"=20", b"=09")):
        text = re.sub(_STICKS_OUT, rb"\1=\n\2", text)
    if b"From " in text:
        text = re.sub(_FROM, b"=46rom ", re.sub(_FROM_LONG, b"=46rom=\n ", text))
    return text if text.endswith(b"\n") else _end_softly(text)


def _end_softly(text: bytes) -> bytes:
    start = text.rfind(b"\n") + 1
    if len(text) - start < LINE_OCTETS:
        return text + b"=\n"
    cut = start + LINE_OCTETS - 4
    while b"=" in text[cut - 2 : cut]:  # never inside an =XX
        cut -= 1
    return text[:cut] + b"=\n" + text[cut:] + b"=\n"


ENCODERS: dict[str, Callable[[Iterable[bytes]], Iterator[bytes]]] = {
    "7bit": encode_lines,
    "8bit": encode_lines,
    "quoted-printable": encode_quoted_printable,
    "base64": encode_base64,
}


def decode(octets: bytes, encoding: str) -> bytes:
    """Undo quoted-printable or base64.

    Raises:
        ValueError: it is not in that encoding.
    """
    if encoding == "base64":
        return binascii.a2b_base64(octets)
    return binascii.a2b_qp(octets)
