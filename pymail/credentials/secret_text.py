"""Secrets as text: the first line of a file or descriptor, cleaned after a paste.

A code that is copied from a web page often has blanks and line ends around it, some
of them invisible. They are stripped from both ends; a password may have blanks inside.
"""

import os
import re
import select
import stat
from pathlib import Path
from time import monotonic

from pymail.model import model
from pymail.secret import Secret
from pymail.text import system_message

LONGEST_OCTETS = 1 << 16  # more than any access token has
DESCRIPTOR_SECONDS = 60.0  # the user may have to type a pass phrase first

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC  # a FIFO has no end

# NBSP, typographic and zero-width blanks, the ideographic blank, BOM.
_BLANKS = " \t\r\n\v\f\u0085\u00a0" + "".join(map(chr, range(0x2000, 0x2010)))
_BLANKS += "\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
_LONGEST_CHARACTERS = 16_384  # a token that fits a line of RFC 4954 §4 has 9,000
_CONTROL = r"[\x00-\x08\x0a-\x1f\x7f]"

# These providers show their codes in groups; none of their passwords has blanks there.
_IN_GROUPS = r"[a-z]{4}(?:[ \u00a0][a-z]{4}){3}"
_SHOW_GROUPS = (".gmail.com", ".google.com", ".googlemail.com", ".qq.com")


@model()
class Found:
    """A secret and its place, for messages; an `explicit` one comes before stored ones."""

    secret: Secret
    place: str
    explicit: bool = False


@model()
class Missing:
    """The reason why a source has no secret."""

    reason: str


# ── files ───────────────────────────────────────────────────────────────────


def read_file_line(path: Path, *, private: bool) -> str | Missing:
    """Return the first line of a regular file, or the reason why it can't be read.

    A `private` file must belong to the user or to root, with no access for other users.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except (OSError, ValueError) as error:  # ValueError: NUL in the name
        return Missing(f"{path}: {system_message(error)}")
    try:
        status = os.fstat(descriptor)
        if reason := objection(status, os.geteuid(), private=private):
            return Missing(f"{path}: {reason}")
        return first_line(os.read(descriptor, LONGEST_OCTETS))
    except OSError as error:
        return Missing(f"{path}: {system_message(error)}")
    finally:
        os.close(descriptor)


def first_line(octets: bytes | bytearray) -> str:
    """Decode the first line of octets; invalid UTF-8 becomes surrogate escapes."""
    return octets.partition(b"\n")[0].decode("utf-8", "surrogateescape")


def objection(
    status: os.stat_result, user_id: int, *, private: bool = True, shared: bool = False
) -> str:
    """Return the reason why `user_id` must not use a file of secrets, empty if none.

    A `private` file must belong to the user or to root, with no access for other
    users; root may open a `shared` one to a group for reading.
    """
    mode = status.st_mode
    if not stat.S_ISREG(mode):
        return "not a regular file"
    if not private:
        return ""
    if status.st_uid not in (user_id, 0):
        return f"it belongs to another user ({status.st_uid})"
    if shared and status.st_uid == 0:
        open_to_others = mode & (stat.S_IRWXO | stat.S_IWGRP | stat.S_IXGRP)
        return "other users have access to it (chmod 640)" if open_to_others else ""
    open_to_others = mode & (stat.S_IRWXO | stat.S_IRWXG)
    return "other users have access to it (chmod 600)" if open_to_others else ""


def is_readable_by_others(path: Path) -> bool:
    """Tell whether other users can read a file; False if it does not exist."""
    try:
        return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
    except (OSError, ValueError):
        return False


# ── descriptors ─────────────────────────────────────────────────────────────


def read_descriptor_line(number: int, seconds: float) -> str | Missing:
    """Read the first line and not one octet more: the message may follow it."""
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
        return Missing(system_message(error))
    return first_line(octets)


# ── cleaning ────────────────────────────────────────────────────────────────


def clean(found: Found, host: str) -> Found | Missing:
    """Strip the blanks that a paste adds; Missing if the rest is no password."""
    written = found.secret.reveal()
    text = _without_groups(written.strip(_BLANKS), host)
    if not text:
        what = "it has only blanks" if written else "it is empty"
        return Missing(f"{found.place}: {what}")
    if len(text) > _LONGEST_CHARACTERS:
        return Missing(f"{found.place}: too long for a password")
    if re.search(_CONTROL, text):
        return Missing(f"{found.place}: a password can't have control characters")
    return found if text == written else Found(Secret(text), found.place)


def _without_groups(text: str, host: str) -> str:
    """Join the four groups of four letters in which some providers show a code."""
    shows_groups = f".{host.lower().rstrip('.')}".endswith(_SHOW_GROUPS)
    if shows_groups and re.fullmatch(_IN_GROUPS, text):
        return re.sub(r"\W", "", text)
    return text
