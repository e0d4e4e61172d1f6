"""Adding a message to a Maildir: a file of its own, there whole or not at all.

It is written below `tmp`, reaches the disk, and is moved to `new`. No locks:
no two messages have one name (https://cr.yp.to/proto/maildir.html).
"""

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from pymail.disk import close, set_mode, sync_directory, write_whole
from pymail.errors import CannotKeepError

_PLACES = ("cur", "new", "tmp")
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


def is_maildir(path: Path) -> bool:
    """Tell a directory that is one by what is in it."""
    return all((path / name).is_dir() for name in _PLACES)


def add(
    path: Path, lines: Iterable[bytes], *, now: datetime, token: str, mode: int
) -> None:
    """Add a message, whose lines end in LF; a Maildir that is not there is made.

    `token` is unlike every other; directories above are not made.

    Raises:
        CannotKeepError: it cannot be written; nothing is left behind.
    """
    try:
        _make(path, mode)
        name = f"{int(now.timestamp())}.P{os.getpid()}R{token}.{_host()}"
        _write(path / "tmp" / name, lines, mode)
        (path / "tmp" / name).rename(path / "new" / name)
        sync_directory(path / "new")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CannotKeepError(f"{path}: {reason}") from error


def _make(path: Path, mode: int) -> None:
    """Make what is missing; who may read the messages may look for them."""
    for directory in (path, *(path / name for name in _PLACES)):
        if not directory.is_dir():
            directory.mkdir(0o700)
            directory.chmod(mode | (mode & 0o444) >> 2)


def _host() -> str:
    return os.uname().nodename.replace("/", "\\057").replace(":", "\\072")


def _write(place: Path, lines: Iterable[bytes], mode: int) -> None:
    descriptor = os.open(place, _FLAGS, 0o600)
    try:
        set_mode(descriptor, mode)
        write_whole(descriptor, lines)
    except BaseException:
        place.unlink()
        raise
    finally:
        close(descriptor)
