"""Locks of files that other programs write, too: an mbox, credentials, the outbox.

A file is locked in three ways, as its other writers may know only one: a file FILE.lock
beside it (mutt, procmail, liblockfile), fcntl (mutt, s-nail, Postfix) and flock (Dovecot,
Exim). What cannot be had at once is given back, so that two that begin at different
ends cannot wait for ever.
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
_STALE_SECONDS = 300.0  # after which liblockfile takes a lock file away, too
_DEAD_SECONDS = 5.0  # its process may be another machine's, which shares the disk

_NOT_OURS_TO_MAKE = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS}
)  # as in /var/mail
_TAKEN = frozenset({errno.EAGAIN, errno.EACCES})  # POSIX allows both
_NO_LOCKS = UNKNOWN | {
    errno.ENOLCK,
    errno.EBADF,
}  # NFS without its daemon; a directory there
_EXCLUSIVE = "hhqqi4x"  # struct flock of Linux: l_type, l_whence, l_start, l_len, l_pid

Pause = Callable[[float], None]


@contextmanager
def lock_file(
    path: Path, *, deadline: float, pause: Pause = sleep, wanted: bool = True
) -> Iterator[None]:
    """Hold `path`.lock; without it where files cannot be made, or are not `wanted`.

    It holds our process number, as liblockfile has it.

    Raises:
        OSError: it is there still at `deadline`, or cannot be made.
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
                _wait(
                    deadline,
                    pause,
                    f"{place} is there: another program writes, or died",
                )
        except OSError as error:
            if error.errno in _NOT_OURS_TO_MAKE:
                return False
            raise
        else:
            with suppress(OSError):  # it is a lock without the number, too
                os.write(descriptor, b"%d\n" % os.getpid())
            close(descriptor)
            return True


def _remove_stale(place: Path) -> bool:
    """Remove a lock file whose process died; no two at once, or one removes a new one."""
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
    """Tell whether the first word is the number of a process that is gone."""
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
    """Lock an open file in both of the kernel's ways, until it is closed.

    Raises:
        OSError: another program holds it still at `deadline`.
    """
    while not try_lock(descriptor):
        _wait(deadline, pause, "locked by another program")


def try_lock(descriptor: int) -> bool:
    """Lock an open file in both of the kernel's ways; False when another has a lock.

    NFS makes one lock of both ways: each must belong to the open file, not one of
    them to the process, or they shut each other out. A way that the file system
    does not know is done without.
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
    """Lock the whole file by fcntl, for the open file where the system has that."""
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
