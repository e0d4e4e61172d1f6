"""Lines of a log: appended to a file, or sent to the system log (syslog(3)).

A line is written whole, in one write to a file open for appending, under a lock with
a short timeout. A new file is private to its owner. An existing file keeps its mode, and
may belong to root or to the owner of its directory, so that all users can share it.
Symbolic links of other users are not followed. The system log prepends time and host,
and reports no errors.
"""

import os
import syslog
from pathlib import Path
from time import monotonic
from typing import Protocol

from pymail.disk import follow_links, open_to_append
from pymail.errors import CannotKeepError
from pymail.locks import lock
from pymail.text import system_message

LOCK_SECONDS = 2.0
SYSTEM_LINE_OCTETS = 900  # RFC 3164 §4.1: 1024 with time, host and program
_PROGRAM = "pymail"
_NULL = Path(os.devnull)


def append(path: Path, line: str, *, lock_seconds: float = LOCK_SECONDS) -> None:
    """Append one line.

    Raises:
        CannotKeepError: it can't be written; no part of it is left in the file.
    """
    octets = line.encode("utf-8", "backslashreplace") + b"\n"
    try:
        place = follow_links(path)
        if place == _NULL:
            return
        descriptor = open_to_append(place, os.O_WRONLY, root_may_own=True)
        try:
            _append(descriptor, octets, lock_seconds)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise CannotKeepError(f"{path}: {system_message(error)}") from error


def _append(descriptor: int, octets: bytes, lock_seconds: float) -> None:
    """Write a line, or nothing: half a line would also spoil the next."""
    locked = _lock(descriptor, lock_seconds)
    before = os.fstat(descriptor).st_size
    written = os.write(descriptor, octets)
    if written == len(octets):
        return
    if locked:  # else another process may have written since
        os.ftruncate(descriptor, before)
    raise OSError("no room for a whole line")


def _lock(descriptor: int, seconds: float) -> bool:
    """Lock the file; without the lock a line is still appended in one piece."""
    try:
        lock(descriptor, deadline=monotonic() + seconds)
    except OSError:
        return False
    return True


class SystemLog(Protocol):
    """The functions of the `syslog` module that are used."""

    def openlog(self, ident: str, logoption: int, facility: int) -> None:
        """Set the program's name and the facility."""
        ...

    def syslog(self, priority: int, message: str, /) -> None:
        """Send a line."""
        ...


def send_to_system(
    line: str, facility: str, *, failed: bool, system: SystemLog = syslog
) -> None:
    """Send one line; `facility` is a word such as "mail"."""
    number: int = getattr(syslog, f"LOG_{facility.upper()}")
    system.openlog(_PROGRAM, syslog.LOG_PID, number)
    system.syslog(syslog.LOG_ERR if failed else syslog.LOG_INFO, line)
