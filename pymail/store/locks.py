"""Locks that keep other writers of the same file away.

Whoever may write an mbox locks it in one of three ways, so all of them are
taken: a file FILE.lock beside it (mutt, procmail, liblockfile), fcntl (mutt,
s-nail, Postfix) and flock (Dovecot, Exim). One that is not to be had at once
gives all back, so that two that begin at different ends cannot wait for ever.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from errno import EACCES, EPERM, EROFS
from pathlib import Path
from time import monotonic, sleep

LOCK_SECONDS = 30.0
_PAUSE_SECONDS = 0.02
_NOT_OURS_TO_MAKE = frozenset({EACCES, EPERM, EROFS})  # as in /var/mail

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
    made = wanted and _made(place, deadline, pause)
    try:
        yield
    finally:
        if made:
            with suppress(FileNotFoundError):
                place.unlink()


def _made(place: Path, deadline: float, pause: Pause) -> bool:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    while True:
        try:
            descriptor = os.open(place, flags, 0o644)
        except FileExistsError:
            _wait(deadline, pause, f"{place} is there: another program writes, or died")
        except OSError as error:
            if error.errno in _NOT_OURS_TO_MAKE:
                return False
            raise
        else:
            with suppress(OSError):  # it is a lock without the number, too
                os.write(descriptor, b"%d\n" % os.getpid())
            os.close(descriptor)
            return True


def lock(descriptor: int, *, deadline: float, pause: Pause = sleep) -> None:
    """Lock an open file in both of the kernel's ways, until it is closed.

    Raises:
        OSError: another program holds it still at `deadline`.
    """
    while not _lock(descriptor):
        _wait(deadline, pause, "locked by another program")


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # POSIX allows both for fcntl
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        return False
    return True


def _wait(deadline: float, pause: Pause, reason: str) -> None:
    if monotonic() >= deadline:
        raise OSError(reason)
    pause(_PAUSE_SECONDS)
