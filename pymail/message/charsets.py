"""Charsets: which names can be used, and what octets without a label are in.

Only charsets that write ASCII as ASCII are used (RFC 2046 §4.1.2 asks that of
text), so UTF-16, UTF-7 and Python's own codecs are not.
"""

import codecs
import re
from functools import lru_cache

_NAME = r"(?a)[A-Za-z0-9][A-Za-z0-9._:+-]{0,39}"
_ASCII = "\t\r\n" + "".join(map(chr, range(32, 127)))
_MIME_NAMES = (("utf-8", "utf-8"), ("ascii", "us-ascii"), ("iso8859", "iso-8859"))
_USUAL = frozenset({"us-ascii", "utf-8"})  # known without a look at the codec
_NOT_FOR_MAIL = {"raw-unicode-escape"}
_HIGH_RUN = rb"[\x80-\xff]+"


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


def looks_like_chinese(sample: bytes) -> bool:
    """Say whether octets that are valid GB18030 are probably meant so.

    Two octets over 127 in a row are a Chinese character; a single one between
    ASCII letters is an accent of Latin-1, although it is valid GB18030 too.
    """
    runs = re.findall(_HIGH_RUN, sample)
    return 2 * sum(len(run) == 1 for run in runs) < len(runs)


def decode(octets: bytes) -> str:
    """Decode octets of unknown charset; Latin-1 takes what nothing else does."""
    charsets = ["utf-8", "gb18030"] if looks_like_chinese(octets) else ["utf-8"]
    for charset in charsets:
        try:
            return octets.decode(charset)
        except UnicodeDecodeError:
            continue
    return octets.decode("iso-8859-1")


def repair(text: str) -> str:
    """Turn octets that the shell handed over as surrogates into characters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        try:
            return decode(text.encode("utf-8", "surrogateescape"))
        except UnicodeEncodeError:
            return text.encode("utf-8", "replace").decode()
    return text
