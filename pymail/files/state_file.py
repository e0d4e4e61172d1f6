"""State files, for values that one run keeps for the next.

They are private, in a directory that no other user can write to, and are replaced as a
whole under a lock. An error of a file only costs the values in it.
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

# never a link, device or pipe of another user
_OPEN = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def find_directory(environment: Environment) -> Path:
    """Return their directory; a relative XDG_STATE_HOME is ignored, as XDG demands."""
    base = Path(environment.variables.get("XDG_STATE_HOME") or "")
    if not base.is_absolute():
        base = environment.home / ".local" / "state"
    return base / "pymail"


def read(file: Path, most: int) -> bytes:
    """Read up to `most` octets of a file; empty if it belongs to another user.

    Raises:
        OSError, ValueError: it can't be read, or its name is invalid.
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
    """Create and lock the directory; yield its descriptor.

    Raises:
        OSError: it can't be created, belongs to another user, or is locked.
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
        os.unlink(new, dir_fd=directory)  # left by a run that died
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _OPEN
    descriptor = os.open(new, flags, 0o600, dir_fd=directory)
    with open(descriptor, "wb") as stream:  # noqa: PTH123 - it is open
        stream.write(content)
    os.replace(new, name, src_dir_fd=directory, dst_dir_fd=directory)


def _make(directory: Path) -> None:
    """Create the directory, but not in another user's: root writes in no user's home."""
    existing = directory
    while not existing.is_dir():
        existing = existing.parent
    if existing != directory and existing.stat().st_uid != os.geteuid():
        raise PermissionError
    make_private_directory(directory)


def _check(status: os.stat_result) -> None:
    if status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError
