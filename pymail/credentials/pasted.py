"""A secret as it is meant, from one as it was pasted.

Whoever copies a code from a web page copies blanks and line ends with it, and
some that nobody sees. They go from both ends; a password may have blanks inside.
"""

import re

from pymail.credentials.base import Found, Missing
from pymail.secret import Secret

# NBSP, the blanks of typography, zero width ones, the ideographic one, BOM.
_BLANKS = " \t\r\n\v\f\u0085\u00a0" + "".join(map(chr, range(0x2000, 0x2010)))
_BLANKS += "\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
_LONGEST_CHARACTERS = 16_384  # a token that fits a line of RFC 4954 §4 has 9,000
_CONTROL = r"[\x00-\x08\x0a-\x1f\x7f]"

# These show their codes so, and no password of theirs may have blanks here.
_IN_GROUPS = r"[a-z]{4}(?:[ \u00a0][a-z]{4}){3}"
_SHOW_GROUPS = (".gmail.com", ".google.com", ".googlemail.com", ".qq.com")


def cleaned(found: Found, host: str) -> Found | Missing:
    """Take off what was pasted along; Missing says what is wrong with the rest."""
    written = found.secret.reveal()
    text = without_groups(written.strip(_BLANKS), host)
    if not text:
        what = "nothing but blanks" if written else "it is empty"
        return Missing(f"{found.place}: {what}")
    if len(text) > _LONGEST_CHARACTERS:
        return Missing(f"{found.place}: longer than any password")
    if re.search(_CONTROL, text):
        return Missing(f"{found.place}: a password has no control characters")
    return found if text == written else Found(Secret(text), found.place)


def without_groups(text: str, host: str) -> str:
    """Join the four groups of four letters that some providers show a code in."""
    shows_groups = f".{host.lower().rstrip('.')}".endswith(_SHOW_GROUPS)
    if shows_groups and re.fullmatch(_IN_GROUPS, text):
        return re.sub(r"\W", "", text)
    return text
