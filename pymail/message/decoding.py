"""Charset detection and decoding of octets from outside.

In this order: valid UTF-8 is UTF-8, whatever charset is named. UTF-8 with a few
invalid octets is UTF-8, too; the octets become U+FFFD, and lines in other charsets are
decoded one by one. Then come the named charsets, each if the text is valid in it, and
then the guess: GB18030 (also with a few invalid octets) or Latin-1. A charset in which
the text has private-use or unassigned characters is ruled out.
"""

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from pymail.message.byte_source import Octets, Slice, cut_lines
from pymail.message.charsets import list_candidates

MIXED = ""  # several charsets, or UTF-8 with a few invalid octets
LATIN = frozenset({"iso-8859-1", "windows-1252"})  # the guess if nothing else fits
WIDE = frozenset({"utf-16", "utf-32"})  # not allowed for text in MIME (RFC 2781 §4)
_MARKS = (  # the longer first: the mark of UTF-32-LE begins with that of UTF-16-LE
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_JAPANESE = "iso-2022-jp"
_SHIFTS = rb"\x1b(?:\$[@B]|\(J)"  # RFC 1468
_PARTS = {
    b"HIGH": rb"[\x80-\xff]",
    b"TWO": rb"[\xc2-\xdf][\x80-\xbf]",
    b"MORE": rb"(?:[\xe1-\xec][\x80-\xbf]{2}|\xe0[\xa0-\xbf][\x80-\xbf]"
    rb"|\xed[\x80-\x9f][\x80-\xbf]|\xef[\xa4-\xbf][\x80-\xbf]"
    rb"|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3})",
    b"CUT": rb"[\xc2-\xf4][\x80-\xbf]{0,2}+",
}
# UTF-8 that text in another charset has by chance less than once in 200,000 octets: a
# run between ASCII, three characters in a row, CJK marks; with characters cut off at
# the ends. With six octets or more, less than once in a million.
_SURE = (
    rb"(?mx)((?<!%(HIGH)b)(?=(?>(?:%(TWO)b)*)%(MORE)b)(?>(?:%(TWO)b|%(MORE)b)+)"
    rb"(?>(?:%(CUT)b)?)(?!%(HIGH)b)"
    rb"|(?:^[\x80-\xbf]{1,2}(?>%(MORE)b{2,})|(?>%(MORE)b{3,}))(?:%(CUT)b(?!%(HIGH)b))?"
    rb"|(?:\xef\xbc|\xe3\x80)[\x80-\x9f])" % _PARTS
)
_CHARACTER = rb"%(TWO)b|%(MORE)b" % _PARTS
# One octet between ASCII, or a few between letters, are accented letters of Latin-1.
_ACCENTS = (
    rb"(?<!%(HIGH)b)(?:%(HIGH)b"
    rb"|(?<=[A-Za-z])(?:%(HIGH)b{2,3}|(?:%(TWO)b){2})(?=[a-z]))(?!%(HIGH)b)" % _PARTS
)
_HIGH_RUN = rb"%(HIGH)b+" % _PARTS
_HIGH_OCTETS = bytes(range(0x80, 0x100))
_QUOTES = bytes(range(0x80, 0xA0))  # of Windows-1252; controls in ISO-8859-1
_NOT_SHOWN = r"[\s\x00-\x9f\xad\u200b-\u200f\ufeff]+"
_IN_WORDS = bytes(range(0x30, 256))  # octets that can be part of a character
_SAMPLE_OCTETS = 64 * 1024
_ENOUGH_OCTETS = 1024 * 1024
_LONGEST_WORD = 1000


def decode(octets: bytes, named: Sequence[str] = ()) -> str:
    """Decode a piece of text; `named` are charsets, the likeliest first.

    Decode pieces before they are joined. It never fails.
    """
    with suppress(UnicodeDecodeError):
        text = octets.decode()
        if not is_shifted(octets):
            return text
    return "".join(decode_blocks((octets,), detect_charset((octets,), named), named))


def repair(text: str, named: Sequence[str] = ()) -> str:
    """Decode the octets in a text that are surrogates (PEP 383), and ISO-2022-JP."""
    try:
        octets = text.encode()
    except UnicodeEncodeError:
        try:
            return decode(text.encode("utf-8", "surrogateescape"), named)
        except UnicodeEncodeError:  # other surrogates, which stand for no octets
            return text.encode("utf-8", "replace").decode()
    return decode(octets, named) if "\x1b" in text else text


def is_shifted(octets: bytes) -> bool:
    """Tell whether ASCII may be Japanese in ISO-2022-JP."""
    return b"\x1b" in octets and re.search(_SHIFTS, octets) is not None


def detect_charset(chunks: Iterable[bytes], named: Sequence[str] = ()) -> str:
    """Detect the charset of a text; `MIXED` if none fits all of it.

    The text is read once, in bounded memory.
    """
    detector = _Detector(named)
    for block in cut_lines(chunks):
        detector.feed(block)
    return detector.result()


def nearest_charset(source: Octets, named: Sequence[str]) -> str:
    """Return the charset of most of a text that is `MIXED`."""
    octets = b"".join(Slice(source, 0, _ENOUGH_OCTETS).chunks())
    guess = "gb18030" if _looks_chinese(octets) else "utf-8"
    names = ("utf-8", *list_candidates(named))
    return next((n for n in names if _is_whole(octets.decode(n, "replace"))), guess)


def decode_blocks(
    chunks: Iterable[bytes],
    charset: str,
    named: Sequence[str] = (),
    errors: str = "replace",
) -> Iterator[str]:
    """Decode a text block by block; `charset` is from `detect_charset`, or any name.

    `errors` is Python's error handler for octets of a `MIXED` text that fit no charset.

    Raises:
        UnicodeError: the text is not valid in that charset.
    """
    if charset == MIXED:
        charsets = list_candidates(named)
        for block in _cut_between_words(chunks):
            lines = block.splitlines(keepends=True)
            yield "".join([_decode_line(line, charsets, errors) for line in lines])
        return
    strict = "replace" if charset in WIDE else "strict"
    decoder = codecs.getincrementaldecoder(charset)(strict)
    for block in cut_lines(chunks):
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def decode_source(source: Octets, named: Sequence[str] = ()) -> Iterator[str]:
    """Detect the charset of a source, and decode it block by block."""
    return decode_blocks(source.chunks(), detect_charset(source.chunks(), named), named)


class _Detector:
    """Evidence for each charset in the blocks so far."""

    def __init__(self, named: Sequence[str]) -> None:
        self.named = list_candidates(named)
        self.mark = ""
        names = ("utf-8", _JAPANESE, *self.named, "gb18030", "windows-1252")
        self.valid = {name: codecs.getincrementaldecoder(name)() for name in names}
        self.started = self.shifted = self.nul = self.quotes = False
        self.weighed = self.characters = self.strays = self.longest_sure = 0
        self.sample = b""

    def feed(self, block: bytes) -> None:
        if not self.started:
            self.started = True
            self.mark = next((n for mark, n in _MARKS if block.startswith(mark)), "")
            if self.mark:
                self.valid[self.mark] = codecs.getincrementaldecoder(self.mark)()
        self.shifted |= is_shifted(block)
        self.nul |= b"\0" in block
        self._rule_out(block)
        if not block.isascii():
            self.quotes |= len(block) > len(block.translate(None, _QUOTES))
            if self.weighed < _ENOUGH_OCTETS:
                self._weigh(block)

    def _rule_out(self, block: bytes, *, final: bool = False) -> None:
        """Remove the charsets in which the block is not valid, readable text."""
        for name, decoder in [*self.valid.items()]:
            try:
                text = decoder.decode(block, final)
            except UnicodeError:
                del self.valid[name]
            else:
                if name != "utf-8" and not _is_readable(text):
                    del self.valid[name]

    def _weigh(self, block: bytes) -> None:
        if not self.sample:
            found = re.search(_HIGH_RUN, block)
            start = max(0, found.start() - 1 if found else 0)
            self.sample = block[start : start + _SAMPLE_OCTETS]
        self.weighed += len(block)
        characters = re.findall(_CHARACTER, block)
        self.characters += len(characters)
        self.strays += _count_high(block) - sum(map(len, characters))
        sure = map(len, re.findall(_SURE, block))
        self.longest_sure = max(self.longest_sure, *sure, 0)

    def result(self) -> str:
        self._rule_out(b"", final=True)
        if self.mark and (self.nul or self.mark in self.valid):
            return self.mark
        if not self.sample:
            return _JAPANESE if self.shifted and _JAPANESE in self.valid else "us-ascii"
        if "utf-8" in self.valid:
            return "utf-8"
        looks_chinese = _looks_chinese(self.sample)
        chinese = looks_chinese and "gb18030" in self.valid
        if self._has_utf_8(certainly=chinese):
            return MIXED
        possible = [name for name in self.named if name in self.valid]
        possible += ["gb18030"] * chinese
        if looks_chinese and not possible and _is_mostly_read(self.sample, self.named):
            return MIXED  # a few octets are in no character
        name = next(iter(possible), "iso-8859-1")
        return self._latin() if name == "iso-8859-1" else name

    def _has_utf_8(self, *, certainly: bool) -> bool:
        if self.longest_sure >= (3 if self.weighed < _SAMPLE_OCTETS else 6):
            return True
        return not certainly and self.characters >= max(1, self.strays)

    def _latin(self) -> str:
        """Return the charset of Latin-1 text: Windows-1252 if it has its quotes."""
        windows = self.quotes and "windows-1252" in self.valid
        return "windows-1252" if windows else "iso-8859-1"


def _is_readable(text: str) -> bool:
    shown = "".join(text.split())
    return shown.isprintable() or re.sub(_NOT_SHOWN, "", shown).isprintable()


def _looks_chinese(sample: bytes) -> bool:
    """Tell whether octets that may be GB18030 are probably Chinese, not accents."""
    runs = len(re.findall(_HIGH_RUN, sample))
    return 2 * len(re.findall(_ACCENTS, sample)) < runs


def _cut_between_words(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield blocks of lines; a line too long for a block is cut between words."""
    held = b""
    for lines in cut_lines(chunks):
        block = held + lines
        last = block[-_LONGEST_WORD:]
        held = last[len(last.rstrip(_IN_WORDS)) :]
        yield block[: len(block) - len(held)]
    if held:
        yield held


def _decode_line(line: bytes, charsets: Sequence[str], errors: str) -> str:
    """Decode a line of a text in several charsets."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        pieces = re.split(_SURE, line)
    others = pieces[::2]
    is_cut = len(others) == 1 and not _is_mostly_utf_8(line)
    for charset in (*charsets, *_guess_charsets(line, others)):
        decoded = [_transcode_piece(each, charset, is_cut=is_cut) for each in others]
        if None not in decoded and _has_characters(b"".join(filter(None, decoded))):
            pieces[::2] = [text or b"" for text in decoded]
            break
    return b"".join(pieces).decode("utf-8", errors)


def _is_mostly_utf_8(line: bytes) -> bool:
    strays = re.sub(_CHARACTER, b"", line)
    return 4 * _count_high(strays) <= _count_high(line)


def _count_high(octets: bytes) -> int:
    return len(octets) - len(octets.translate(None, _HIGH_OCTETS))


def _guess_charsets(line: bytes, others: Sequence[bytes]) -> tuple[str, ...]:
    if _looks_chinese(b" ".join(others)):
        return ("gb18030",)
    several = len(re.findall(_ACCENTS, line)) > 1
    is_latin = several and not re.search(_CHARACTER, line)
    return ("windows-1252",) if is_latin else ()


def _transcode_piece(octets: bytes, charset: str, *, is_cut: bool) -> bytes | None:
    """Convert octets to UTF-8; half a character, cut off at an end, stays unchanged."""
    whole = octets.rstrip(b"\r\n")
    cut = ((0, 1), (1, 0)) if whole == octets else ((1, 0), (0, 1))
    for start, end in ((0, 0), *(cut if is_cut else ())):
        stop = len(whole) - end
        if (whole[:start] + whole[stop:]).isascii() and start + end:
            continue
        try:
            text = whole[start:stop].decode(charset)
        except UnicodeError:
            continue
        if _is_readable(text):
            return octets[:start] + text.encode() + octets[stop:]
    return None


def _is_mostly_read(sample: bytes, charsets: Sequence[str]) -> bool:
    lines = sample.splitlines(keepends=True)
    return _is_whole(
        "".join([_decode_line(line, charsets, "replace") for line in lines])
    )


def _is_whole(text: str) -> bool:
    """Tell whether only a few octets of a text were invalid."""
    return 4 * text.count("\ufffd") <= len(re.findall(r"[^\x00-\x7f]", text))


def _has_characters(text: bytes) -> bool:
    """Tell whether a text has several characters: a single one may be a cut-off rest."""
    return len(re.findall(r"[^\x00-\x7f]", text.decode("utf-8", "ignore"))) > 1
