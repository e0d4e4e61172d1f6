"""Charsets: which names can be used.

Only charsets that write ASCII as ASCII are used (RFC 2046 §4.1.2 asks that of
text), so UTF-16, UTF-7 and Python's own codecs are not.
"""

import codecs
import re
from functools import lru_cache

_NAME = r"(?a)[A-Za-z0-9][A-Za-z0-9._:+-]{0,39}"
_ASCII = "\t\r\n" + "".join(map(chr, range(32, 127)))
_MIME_NAMES = (  # as IANA has them, by how those of Python begin
    *(("utf-8", "utf-8"), ("ascii", "us-ascii"), ("iso8859", "iso-8859")),
    *(("euc_", "euc-"), ("cp125", "windows-125"), ("shift_jis", "shift_jis")),
    *(("iso2022_", "iso-2022-"), ("tis-620", "tis-620"), ("koi8", "koi8")),
    *(("big5hkscs", "big5-hkscs"), ("gb2312", "gb2312")),
)
_USUAL = frozenset({"us-ascii", "utf-8"})  # known without a look at the codec
_NOT_FOR_MAIL = {"raw-unicode-escape"}


@lru_cache(maxsize=64)
def usable(name: str) -> str:
    """Return the name to write for a charset, empty when it cannot be used."""
    if name in _USUAL:
        return name
    if not re.fullmatch(_NAME, name):
        return ""
    try:
        codec = codecs.lookup(name).name
        if codec in _NOT_FOR_MAIL or _ASCII.encode(codec) != _ASCII.encode():
            return ""
    except (LookupError, UnicodeError):
        return ""
    for python_name, mime_name in _MIME_NAMES:
        if codec.startswith(python_name):
            return codec.replace(python_name, mime_name)
    return name.lower()


def first_that_holds(text: str, names: tuple[str, ...]) -> str:
    """Choose the first charset of `names` that can hold `text`, else UTF-8."""
    for name in names:
        charset = usable(name)
        if charset and can_encode(text, charset):
            return charset
    return "utf-8"


def can_encode(text: str, charset: str) -> bool:
    """Say whether `charset` has every character of `text`."""
    try:
        text.encode(charset)
    except UnicodeError:
        return False
    return True
