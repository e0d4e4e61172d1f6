"""The first line of a file, which is how secrets are kept in files."""

import os
import stat
from pathlib import Path

from pymail.credentials.base import Missing

OCTETS = 1 << 16  # more than any access token has

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC  # a FIFO has no end


def of_file(path: Path, *, private: bool) -> str | Missing:
    """Return the first line, or why there is none.

    A `private` file is one that nobody else can read, and that nobody else has
    put there: it belongs to the user, or to root.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except (OSError, ValueError) as error:  # ValueError: NUL in the name
        return Missing(f"{path}: {reason(error)}")
    try:
        wrong = unfit(os.fstat(descriptor), private=private)
        if wrong:
            return Missing(f"{path}: {wrong}")
        return line(os.read(descriptor, OCTETS))
    except OSError as error:
        return Missing(f"{path}: {reason(error)}")
    finally:
        os.close(descriptor)


def line(octets: bytes | bytearray) -> str:
    """Return the first line of octets as text; what is no UTF-8 stays as it is."""
    return octets.partition(b"\n")[0].decode("utf-8", "surrogateescape")


def unfit(status: os.stat_result, *, private: bool) -> str:
    """Say why a secret is not read from such a file; empty when it is."""
    if not stat.S_ISREG(status.st_mode):
        return "not a regular file"
    if private and status.st_uid not in {0, os.geteuid()}:
        return "it belongs to another user"
    if private and status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return "others have access to it (chmod 600)"
    return ""


def exposed(path: Path) -> bool:
    """Tell whether others can read a file; one that is not there is read by nobody."""
    try:
        return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
    except (OSError, ValueError):
        return False


def reason(error: Exception) -> str:
    """Say in a few lower-case words what the system said."""
    return (getattr(error, "strerror", None) or str(error)).lower()
