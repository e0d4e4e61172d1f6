"""Content-Transfer-Encodings: the choice for a text, and the encoders.

Encoders take octets and yield CRLF lines, in bounded memory. Base64 keeps octets
unchanged, so text is canonicalized first, as §6.8 requires: otherwise it would arrive
with other line ends than the same text in another encoding.

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

ENCODINGS = ("8bit", "quoted-printable", "base64")  # that a user can request
_UNENCODED = ("7bit", "8bit")
LINE_OCTETS = 76  # RFC 2045 §6.7 rule 5, §6.8
_ROW_OCTETS = 57  # make 76 characters of base64
_ROWS = 1024  # encoded at once: their base64 fits into the processor's cache
# binascii exceeds 76 by two when a line ends in a blank, which it writes as =20.
_TOO_LONG = rb"(?m)^([^\n]{74,75})(=20|=09)$"
_FROM_LONG = rb"(?m)^From (?=[^\n]{70})"
_FROM = rb"(?m)^From "
_CONTROLS = bytes([*range(9), 11, *range(14, 32), 127])  # all but HT LF FF CR
_SPELT_OUT = _CONTROLS + b"\f=" + bytes(range(128, 256))  # as =XX (RFC 2045 §6.7)


@model(frozen=False, slots=False, kw_only=True)
class TextFacts:
    """Facts of a text on which the choice of charset and transfer encoding depends.

    `longest_line` doesn't count line ends; `bare_lf` counts the LF without CR;
    `spelt_out` counts the octets that quoted-printable writes as three. `charset` is
    the result of `decoding.detect_charset`; `ascii` tells whether no octet is over 127,
    whatever the charset.
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
        """Whether it contains octets that no text has (RFC 2046 §4.1.2)."""
        return self.nul and self.charset not in decoding.WIDE

    @property
    def intact_as_lines(self) -> bool:
        """Whether it can be sent unencoded as CRLF lines (RFC 5322 §2.3)."""
        return not (self.lone_cr or self.nul)

    def add(self, block: bytes) -> None:
        """Add the next block, which doesn't end between CR and LF (see `cut_lines`)."""
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
        """Return us-ascii or utf-8 if the octets prove it, else an empty name."""
        self._decode(b"", final=True)
        if self._shifted or not self._utf_8:
            return ""
        return "us-ascii" if self.ascii else "utf-8"


def scan(source: Octets, named: Sequence[str] = ()) -> TextFacts:
    """Collect the facts of a text; read it twice if it is neither ASCII nor UTF-8.

    `named` are charsets it may be in.
    """
    facts = TextFacts()
    for block in cut_lines(source.chunks()):
        facts.add(block)
    proven = facts.proven_charset()
    facts.charset = proven or decoding.detect_charset(source.chunks(), named)
    return facts


def choose_encoding(facts: TextFacts, rules: TextRules) -> str:
    """Choose the transfer encoding in which a text arrives unchanged.

    A text needs one if it contains controls or lines that begin with `From `, or if its
    final newline is missing; if the user requests `8bit`, `From ` doesn't count, as in
    mailx.
    """
    if facts.nul:
        return "base64"
    requested = rules.encoding.lower()
    needs = (
        facts.controls
        or not facts.intact_as_lines
        or not facts.ends_in_newline
        or facts.longest_line >= rules.longest_unencoded_line
        or (facts.from_line and requested != "8bit")
    )
    if facts.size == 0 or (facts.ascii and not needs):
        return "7bit"
    if requested == "8bit" and not needs:
        return "8bit"
    return (
        requested
        if requested in ("quoted-printable", "base64")
        else shorter_encoding(facts)
    )


def shorter_encoding(facts: TextFacts) -> str:
    """Return the encoding of smaller size; soft line breaks are 3 octets in about 76."""
    printable = (facts.size + 2 * facts.spelt_out) * 79 // 76
    printable_is_shorter = printable <= base64_size(facts.size)
    return "quoted-printable" if printable_is_shorter else "base64"


@model(slots=False)
class EncodedSource:
    """A source in a transfer encoding; it is encoded as it is read.

    `exact` keeps the line ends of the source in base64; they become CRLF otherwise. The
    size follows from the facts of the text, but for quoted-printable the text is
    encoded once to count the octets.
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
    """Write text unencoded, with CRLF at the end of every line: 7bit and 8bit."""
    block = b"\n"
    for block in canonicalize(chunks):
        yield block
    if not block.endswith(b"\n"):
        yield b"\r\n"


def encode_base64(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Encode octets in base64, in lines of 76 characters."""
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
    """Return a struct that cuts many lines at once, the fastest way in the library."""
    return struct.Struct(f"{LINE_OCTETS}s" * _ROWS)


def base64_size(octets: int) -> int:
    """Return the size in base64, line ends included, of so many octets."""
    return -(-octets // 3) * 4 + -(-octets // _ROW_OCTETS) * 2


def encode_quoted_printable(chunks: Iterable[bytes]) -> Iterator[bytes]:
    r"""Encode text in lines of at most 76 characters.

    LF and CRLF are line ends; a bare CR is written as =0D. A text without a final
    newline ends in a soft line break. Lines that begin with `From `, also after a soft
    line break, begin with `=46rom `, because mbox writers change `From ` (RFC 4155).
    """
    for block in cut_lines(chunks):
        yield _encode_block(block).replace(b"\n", b"\r\n")


def _encode_block(block: bytes) -> bytes:
    lone_cr = block.count(b"\r") > block.count(b"\r\n")
    text = block.replace(b"\r\n", b"\n")
    if lone_cr:  # binascii treats any CR as part of a line end, so encode each line
        lines = [binascii.b2a_qp(line, istext=False) for line in text.split(b"\n")]
        text = b"\n".join(lines)
    else:
        text = binascii.b2a_qp(text, istext=True)
    if b"=20\n" in text or b"=09\n" in text or text.endswith((b"=20", b"=09")):
        text = re.sub(_TOO_LONG, rb"\1=\n\2", text)
    if b"From " in text:
        text = re.sub(_FROM, b"=46rom ", re.sub(_FROM_LONG, b"=46rom=\n ", text))
    return text if text.endswith(b"\n") else _end_softly(text)


def _end_softly(text: bytes) -> bytes:
    start = text.rfind(b"\n") + 1
    if len(text) - start < LINE_OCTETS:
        return text + b"=\n"
    cut = start + LINE_OCTETS - 4
    while b"=" in text[cut - 2 : cut]:  # don't cut inside an =XX
        cut -= 1
    return text[:cut] + b"=\n" + text[cut:] + b"=\n"


ENCODERS: dict[str, Callable[[Iterable[bytes]], Iterator[bytes]]] = {
    "7bit": encode_lines,
    "8bit": encode_lines,
    "quoted-printable": encode_quoted_printable,
    "base64": encode_base64,
}


def decode(octets: bytes, encoding: str) -> bytes:
    """Decode quoted-printable or base64.

    Raises:
        ValueError: the octets are not in that encoding.
    """
    if encoding == "base64":
        return binascii.a2b_base64(octets)
    return binascii.a2b_qp(octets)
