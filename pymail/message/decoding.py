"""Octets from outside become text: the one place that says which charset they are in.

In this order: UTF-8 is UTF-8, whatever is named; so is UTF-8 but for a few octets,
which become U+FFFD, and text of others between it is decoded line by line; then the
charsets that are named, each if it can be true; then the guess, GB18030 or Latin-1,
in which a private-use or unassigned character loses.
"""

import codecs
import re
from collections.abc import Mapping, Sequence

from pymail.message.charsets import usable

_MARKS = (  # the longer ones first: one begins with the other
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SHIFTS = rb"\x1b\$[@B]|\x1b\(J"  # of ISO-2022-JP (RFC 1468)
_PARTS = {
    b"HIGH": rb"[\x80-\xff]",
    b"TWO": rb"[\xc2-\xdf][\x80-\xbf]",
    b"MORE": rb"(?:[\xe1-\xef][\x80-\xbf]{2}|\xe0[\xa0-\xbf][\x80-\xbf]"
    rb"|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf4][\x80-\xbf]{3})",
    b"CUT": rb"[\xc2-\xf4][\x80-\xbf]{0,2}+",
}
# UTF-8 that no other charset is by chance, not once in 200,000 octets of it: a run
# between ASCII, three characters in a row, CJK marks; with what is cut at the ends.
_SURE = (
    rb"(?mx)((?<!%(HIGH)b)(?=(?:%(TWO)b)*+%(MORE)b)(?:%(TWO)b|%(MORE)b)++"
    rb"(?:%(CUT)b)?+(?!%(HIGH)b)"
    rb"|(?:^[\x80-\xbf]{1,2}%(MORE)b{2,}+|%(MORE)b{3,}+)(?:%(CUT)b(?!%(HIGH)b))?"
    rb"|(?:\xef\xbc|\xe3\x80)[\x80-\x9f])" % _PARTS
)
_CHARACTER = rb"%(TWO)b|%(MORE)b" % _PARTS
# One octet between ASCII, or a few between letters, are accents of Latin-1.
_ACCENTS = (
    rb"(?<!%(HIGH)b)(?:%(HIGH)b|(?<=[A-Za-z])%(HIGH)b{2,3}(?=[a-z]))(?!%(HIGH)b)"
    % _PARTS
)
_HIGH_RUN = rb"[\x80-\xff]+"
_NOT_SHOWN = r"[\s\x00-\x9f\xad\u200b-\u200f\ufeff]+"
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030"}
_COERCED = ("C.UTF-8", "C.utf8", "UTF-8")  # by Python, where the locale is missing


def decode(octets: bytes, named: Sequence[str] = ()) -> str:
    """Decode a piece of text; `named` are charsets, the likeliest one first.

    Pieces that are joined are decoded one by one before. It never fails.
    """
    if marked := _marked(octets):
        return octets.decode(marked, "replace")
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        return _not_utf_8(octets, named)
    if re.search(_SHIFTS, octets) is None:
        return text
    return _in(octets, "iso-2022-jp") or text


def repair(text: str, named: Sequence[str] = ()) -> str:
    """Decode the octets that stand as surrogates in a text (PEP 383)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        try:
            return decode(text.encode("utf-8", "surrogateescape"), named)
        except UnicodeEncodeError:  # no octets, but halves of a character
            return text.encode("utf-8", "replace").decode()
    return text


def locale_charset(variables: Mapping[str, str]) -> str:
    """Return the charset of the locale, empty when it names none.

    LC_CTYPE is passed over where Python has set it itself (PEP 538).
    """
    names = (variables.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    found = next((name for name in names if name and name not in _COERCED), "")
    if not found or found in ("C", "POSIX"):
        return ""
    from locale import normalize  # knows what `de_DE@euro` is in

    return usable(normalize(found).partition(".")[2].partition("@")[0])


def _marked(octets: bytes) -> str:
    return next((name for mark, name in _MARKS if octets.startswith(mark)), "")


def _not_utf_8(octets: bytes, named: Sequence[str]) -> str:
    chinese = _in(octets, "gb18030")
    if re.search(_SURE, octets) or (chinese is None and _mostly_utf_8(octets)):
        lines = octets.splitlines(keepends=True)
        return "".join(_line(line, named) for line in lines)
    for charset in _candidates(named):
        text = _in(octets, charset)
        if text is not None:
            return text
    if chinese is not None and looks_chinese(octets):
        return chinese
    return octets.decode(latin(octets))


def _candidates(named: Sequence[str]) -> list[str]:
    found = filter(None, map(usable, named))
    return [_WIDER.get(name, name) for name in found]


def _in(octets: bytes, charset: str) -> str | None:
    """Decode octets if they can be in a charset, and are characters there."""
    try:
        text = octets.decode(latin(octets) if charset == "iso-8859-1" else charset)
    except UnicodeError:
        return None
    return text if re.sub(_NOT_SHOWN, "", text).isprintable() else None


def _mostly_utf_8(octets: bytes) -> bool:
    """Tell whether there are more characters of UTF-8 than octets that are in none."""
    characters = re.findall(_CHARACTER, octets)
    high = sum(map(len, re.findall(_HIGH_RUN, octets)))
    return len(characters) >= max(1, high - sum(map(len, characters)))


def _line(line: bytes, named: Sequence[str]) -> str:
    """Decode a line out of a text in UTF-8 with something else in it."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        pieces = re.split(_SURE, line)
    others = pieces[::2]
    charsets = _candidates(named)
    if looks_chinese(b" ".join(others)):
        charsets.append("gb18030")
    for charset in charsets:
        texts = [text for each in others if (text := _in(each, charset)) is not None]
        if len(texts) == len(others) and _has_characters("".join(texts)):
            sure = [piece.decode("utf-8", "replace") for piece in pieces[1::2]]
            return "".join(a + b for a, b in zip(texts, [*sure, ""], strict=True))
    return line.decode("utf-8", "replace")


def _has_characters(text: str) -> bool:
    """One alone is the rest of a character that was cut."""
    return len(re.findall(r"[^\x00-\x7f]", text)) > 1


def looks_chinese(sample: bytes) -> bool:
    """Say whether octets that are valid GB18030 are probably meant so."""
    runs = len(re.findall(_HIGH_RUN, sample))
    return 2 * len(re.findall(_ACCENTS, sample)) < runs


def latin(octets: bytes) -> str:
    """Name what is called Latin-1: Windows-1252 where there are its quotes."""
    if re.search(rb"[\x80-\x9f]", octets) is None:
        return "iso-8859-1"
    return (
        "iso-8859-1"
        if re.search(rb"[\x81\x8d\x8f\x90\x9d]", octets)
        else "windows-1252"
    )
