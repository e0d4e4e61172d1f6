"""Locks on files that other programs may write, too: an mbox, credentials, the outbox.

A file is locked in three ways, because another program may know only one of them:
FILE.lock beside it (mutt, procmail, liblockfile), fcntl (mutt, s-nail, Postfix) and flock
(Dovecot, Exim). If one of fcntl and flock is taken, the other is released, so that two
programs that start with different ones can't wait for each other for ever.
"""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from time import time as file_time  # noqa: TID251 - only the ages of files need it

from pymail.disk import UNKNOWN, close, is_at

LOCK_SECONDS = 30.0
_PAUSE_SECONDS = 0.02
_STALE_SECONDS = 300.0  # liblockfile removes a lock file after the same time
_DEAD_SECONDS = 5.0  # on a shared disk its process may run on another machine

# no right to create a lock file, as in /var/mail
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_TAKEN = frozenset({errno.EAGAIN, errno.EACCES})  # POSIX allows both
# NFS without its lock daemon; a directory on NFS
_NO_LOCKS = UNKNOWN | {errno.ENOLCK, errno.EBADF}
_EXCLUSIVE = "hhqqi4x"  # struct flock of Linux: l_type, l_whence, l_start, l_len, l_pid

Pause = Callable[[float], None]


@contextmanager
def lock_file(
    path: Path, *, deadline: float, pause: Pause = sleep, wanted: bool = True
) -> Iterator[None]:
    """Hold the lock file `path`.lock, if it is `wanted` and may be created there.

    It contains the process ID, as liblockfile's.

    Raises:
        OSError: another program's still exists at `deadline`, or it can't be created.
    """
    place = path.with_name(f"{path.name}.lock")
    made = wanted and _make_lock_file(place, deadline, pause)
    try:
        yield
    finally:
        if made:
            with suppress(FileNotFoundError):
                place.unlink()


def _make_lock_file(place: Path, deadline: float, pause: Pause) -> bool:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    while True:
        try:
            descriptor = os.open(place, flags, 0o644)
        except FileExistsError:
            if not _remove_stale(place):
                reason = f"{place} exists: another program is writing, or has died"
                _wait(deadline, pause, reason)
        except OSError as error:
            if error.errno in _FORBIDDEN:
                return False
            raise
        else:
            with suppress(OSError):  # without the process ID it is still a lock
                os.write(descriptor, b"%d\n" % os.getpid())
            close(descriptor)
            return True


def _remove_stale(place: Path) -> bool:
    """Remove the lock file of a dead process, under a lock of its own.

    Without that lock two processes could do so at once, and remove a new lock file.
    """
    with suppress(OSError):
        descriptor = os.open(place, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            if not (_is_stale(descriptor) and try_lock(descriptor)):
                return False
            if is_at(place, descriptor):
                place.unlink()
            return True
        finally:
            close(descriptor)
    return False


def _is_stale(descriptor: int) -> bool:
    age = file_time() - os.fstat(descriptor).st_mtime
    dead = age > _DEAD_SECONDS and _is_dead(os.read(descriptor, 32).split())
    return age > _STALE_SECONDS or dead


def _is_dead(words: list[bytes]) -> bool:
    """Tell whether the first word is the ID of a process that has ended."""
    try:
        number = int(words[0])
        if number > 0:  # procmail writes 0
            os.kill(number, 0)
    except ProcessLookupError:
        return True
    except (OSError, ValueError, IndexError, OverflowError):
        return False
    return False


def lock(descriptor: int, *, deadline: float, pause: Pause = sleep) -> None:
    """Lock an open file with fcntl and flock, until it is closed.

    Raises:
        OSError: another program still has a lock at `deadline`.
    """
    while not try_lock(descriptor):
        _wait(deadline, pause, "locked by another program")


def try_lock(descriptor: int) -> bool:
    """Lock an open file with fcntl and flock; False if another program has a lock.

    NFS maps both to one lock: so both must belong to the open file, as flock does, and
    not to the process, or they exclude each other. A lock that the file system doesn't
    support is left out.
    """
    import fcntl

    if not _succeeds(lambda: _lock_record(descriptor, fcntl.F_WRLCK)):
        return False
    if _succeeds(lambda: fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)):
        return True
    with suppress(OSError):
        _lock_record(descriptor, fcntl.F_UNLCK)
    return False


def _lock_record(descriptor: int, kind: int) -> None:
    """Lock the whole file with fcntl, as owned by the open file where possible."""
    import fcntl
    import struct
    import sys

    if sys.platform == "linux":
        wanted = struct.pack(_EXCLUSIVE, kind, os.SEEK_SET, 0, 0, 0)
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, wanted)
    else:  # pragma: no cover - the tests run on Linux
        how = fcntl.LOCK_UN if kind == fcntl.F_UNLCK else fcntl.LOCK_EX | fcntl.LOCK_NB
        fcntl.lockf(descriptor, how)


def _succeeds(take: Callable[[], None]) -> bool:
    try:
        take()
    except OSError as error:
        if error.errno in _TAKEN:
            return False
        if error.errno not in _NO_LOCKS:
            raise
    return True


def _wait(deadline: float, pause: Pause, reason: str) -> None:
    if monotonic() >= deadline:
        raise OSError(reason)
    pause(_PAUSE_SECONDS)
