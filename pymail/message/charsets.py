"""Charset names: those usable in mail, and the charset of the locale.

Only charsets that encode ASCII as ASCII are usable (RFC 2046 §4.1.2 requires that of
text): UTF-16, UTF-7 and Python's own codecs are not.
"""

import codecs
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache

_NAME = r"(?a)[A-Za-z0-9][A-Za-z0-9._:+-]{0,39}"
_ASCII = "\t\r\n" + "".join(map(chr, range(32, 127)))
_MIME_NAMES = (  # start of the name in Python, start of the name at IANA
    *(("utf-8", "utf-8"), ("ascii", "us-ascii"), ("iso8859", "iso-8859")),
    *(("euc_", "euc-"), ("cp125", "windows-125"), ("shift_jis", "shift_jis")),
    *(("iso2022_", "iso-2022-"), ("tis-620", "tis-620"), ("koi8", "koi8")),
    *(("big5hkscs", "big5-hkscs"), ("gb2312", "gb2312")),
)
_USUAL = frozenset({"us-ascii", "utf-8"})  # usable without a look at the codec
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030"}
_COERCED = ("C.UTF-8", "C.utf8", "UTF-8")  # Python sets these if LC_CTYPE is missing
_NOT_FOR_MAIL = {"raw-unicode-escape"}


@lru_cache(maxsize=64)
def charset_name(name: str) -> str:
    """Return the MIME name of a charset; empty if it can't be used in mail."""
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


def choose_charset(text: str, names: tuple[str, ...]) -> str:
    """Choose the first charset of `names` that can encode `text`, else UTF-8."""
    for name in filter(None, map(charset_name, names)):
        with suppress(UnicodeError):
            text.encode(name)
            return name
    return "utf-8"


def list_candidates(named: Sequence[str]) -> list[str]:
    """List the usable charsets among the named ones, and their supersets."""
    found = [name for name in map(charset_name, named) if name]
    return [*dict.fromkeys([*found, *(_WIDER[n] for n in found if n in _WIDER)])]


def locale_charset(variables: Mapping[str, str]) -> str:
    """Return the charset of the locale; empty if the locale names none.

    LC_CTYPE is ignored if Python set it itself (PEP 538).
    """
    names = (variables.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    found = next((name for name in names if name and name not in _COERCED), "")
    if found in ("", "C", "POSIX"):
        return ""
    if found.lower().replace("-", "").partition(".")[2].startswith("utf8"):
        return "utf-8"
    from locale import normalize  # knows the charset of `de_DE@euro`

    charset = charset_name(normalize(found).partition(".")[2].partition("@")[0])
    # the default for every Western locale without a charset, so no evidence
    return "" if charset == "iso-8859-1" and "." not in found else charset
