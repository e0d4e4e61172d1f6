"""State files, which remember something from one run to the next.

They are for their owner alone, in a directory that no other user can write, and
replaced as a whole under a lock. Whatever is wrong with them costs what they remember,
and nothing else.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic

from pymail.disk import make_private_directory
from pymail.environment import Environment
from pymail.locks import lock

_OPEN = (
    os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
)  # not another user's choice of file


def find_directory(environment: Environment) -> Path:
    """Find their directory; the XDG specification ignores names that are not absolute."""
    base = Path(environment.variables.get("XDG_STATE_HOME") or "")
    if not base.is_absolute():
        base = environment.home / ".local" / "state"
    return base / "pymail"


def read(file: Path, most: int) -> bytes:
    """Read a file of ours, empty if it is another user's.

    Raises:
        OSError, ValueError: it cannot be read, or cannot be the name of a file.
    """
    descriptor = os.open(file, os.O_RDONLY | _OPEN)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
            return b""
        return os.read(descriptor, most)
    finally:
        os.close(descriptor)


@contextmanager
def lock_directory(directory: Path, lock_seconds: float) -> Iterator[int]:
    """Open our own directory, alone.

    Raises:
        OSError: it cannot be made, is not ours, or others are at it.
    """
    _make(directory)
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | _OPEN)
    try:
        _check(os.fstat(descriptor))
        lock(descriptor, deadline=monotonic() + lock_seconds)
        yield descriptor
    finally:
        os.close(descriptor)


def write(directory: int, name: str, content: bytes) -> None:
    """Replace a file in a locked directory.

    Raises:
        OSError: there is no room for it.
    """
    new = f"{name}.new"
    with suppress(FileNotFoundError):
        os.unlink(new, dir_fd=directory)  # of a run that died
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _OPEN
    descriptor = os.open(new, flags, 0o600, dir_fd=directory)
    with open(descriptor, "wb") as stream:  # noqa: PTH123 - it is open
        stream.write(content)
    os.replace(new, name, src_dir_fd=directory, dst_dir_fd=directory)


def _make(directory: Path) -> None:
    """Make what is missing, in what is ours: root leaves nothing in another's home."""
    there = directory
    while not there.is_dir():
        there = there.parent
    if there != directory and there.stat().st_uid != os.geteuid():
        raise PermissionError
    make_private_directory(directory)


def _check(status: os.stat_result) -> None:
    if status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError
