"""Text of secrets: the first line of a file or descriptor, cleaned of what was pasted along.

A code that is copied from a web page comes with blanks and line ends, some of them
invisible. They go from both ends; a password may have blanks inside.
"""

import os
import re
import select
import stat
from pathlib import Path
from time import monotonic

from pymail.credentials.base import Found, Missing
from pymail.secret import Secret

LONGEST_OCTETS = 1 << 16  # more than any access token has
DESCRIPTOR_SECONDS = 60.0  # a pass phrase may have to be typed first

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC  # a FIFO has no end

# NBSP, the blanks of typography, zero width ones, the ideographic one, BOM.
_BLANKS = " \t\r\n\v\f\u0085\u00a0" + "".join(map(chr, range(0x2000, 0x2010)))
_BLANKS += "\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
_LONGEST_CHARACTERS = 16_384  # a token that fits a line of RFC 4954 §4 has 9,000
_CONTROL = r"[\x00-\x08\x0a-\x1f\x7f]"

# These show their codes so, and no password of theirs may have blanks here.
_IN_GROUPS = r"[a-z]{4}(?:[ \u00a0][a-z]{4}){3}"
_SHOW_GROUPS = (".gmail.com", ".google.com", ".googlemail.com", ".qq.com")


def read_file_line(path: Path, *, private: bool) -> str | Missing:
    """Return the first line, or why there is none.

    A `private` file is one that no other user can read or has put there: it belongs
    to the user, or to root.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except (OSError, ValueError) as error:  # ValueError: NUL in the name
        return Missing(f"{path}: {describe_error(error)}")
    try:
        wrong = _objection(os.fstat(descriptor), private=private)
        if wrong:
            return Missing(f"{path}: {wrong}")
        return first_line(os.read(descriptor, LONGEST_OCTETS))
    except OSError as error:
        return Missing(f"{path}: {describe_error(error)}")
    finally:
        os.close(descriptor)


def first_line(octets: bytes | bytearray) -> str:
    """Return the first line of octets as text; what is no UTF-8 stays as it is."""
    return octets.partition(b"\n")[0].decode("utf-8", "surrogateescape")


def _objection(status: os.stat_result, *, private: bool) -> str:
    """Return why a secret is not read from such a file; empty when it is."""
    if not stat.S_ISREG(status.st_mode):
        return "not a regular file"
    if private and status.st_uid not in {0, os.geteuid()}:
        return "it belongs to another user"
    if private and status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return "others have access to it (chmod 600)"
    return ""


def is_readable_by_others(path: Path) -> bool:
    """Tell whether others can read a file; one that is not there is not."""
    try:
        return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
    except (OSError, ValueError):
        return False


def describe_error(error: Exception) -> str:
    """Return the system's words in lower case."""
    return (getattr(error, "strerror", None) or str(error)).lower()


def read_descriptor_line(number: int, seconds: float) -> str | Missing:
    """Read the first line and no octet more: what follows may be the message."""
    octets = bytearray()
    deadline = monotonic() + seconds
    poll = select.poll()
    try:
        poll.register(number, select.POLLIN)
        while len(octets) < LONGEST_OCTETS:
            if not poll.poll(1000 * max(deadline - monotonic(), 0)):
                return Missing(f"no line within {seconds:g} seconds")
            octet = os.read(number, 1)
            if octet in (b"", b"\n"):
                break
            octets += octet
    except (OSError, ValueError, OverflowError) as error:
        return Missing(describe_error(error))
    return first_line(octets)


def clean(found: Found, host: str) -> Found | Missing:
    """Take off what was pasted along; Missing says what is wrong with the rest."""
    written = found.secret.reveal()
    text = _without_groups(written.strip(_BLANKS), host)
    if not text:
        what = "nothing but blanks" if written else "it is empty"
        return Missing(f"{found.place}: {what}")
    if len(text) > _LONGEST_CHARACTERS:
        return Missing(f"{found.place}: longer than any password")
    if re.search(_CONTROL, text):
        return Missing(f"{found.place}: a password has no control characters")
    return found if text == written else Found(Secret(text), found.place)


def _without_groups(text: str, host: str) -> str:
    """Join the four groups of four letters that some providers show a code in."""
    shows_groups = f".{host.lower().rstrip('.')}".endswith(_SHOW_GROUPS)
    if shows_groups and re.fullmatch(_IN_GROUPS, text):
        return re.sub(r"\W", "", text)
    return text
