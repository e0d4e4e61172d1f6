"""What every writer of files asks the system for, and Python has not.

Nothing here knows what the files are for.
"""

import os
import stat
from pathlib import Path

_LINKS = 40  # as many as Linux follows


def followed(path: Path, *, trust_root: bool = False) -> Path:
    """Follow symbolic links that are the user's own, and root's with `trust_root`.

    Raises:
        OSError: a link belongs to somebody else, or they run in a circle.
    """
    owners = {os.geteuid(), 0} if trust_root else {os.geteuid()}
    for _ in range(_LINKS):
        try:
            status = path.lstat()
        except FileNotFoundError:
            return path
        if not stat.S_ISLNK(status.st_mode):
            return path
        if status.st_uid not in owners:
            raise OSError("a symbolic link of another user")
        path = path.parent / path.readlink()
    raise OSError("too many symbolic links")


def make_private(directory: Path) -> None:
    """Make a directory and those above it, for their owner alone whatever the umask.

    Raises:
        OSError: it cannot be made.
    """
    missing = []
    while not directory.is_dir():
        missing.append(directory)
        directory = directory.parent
    for each in reversed(missing):
        each.mkdir(0o700, exist_ok=True)  # another writer may be here
        each.chmod(0o700)


def sync_directory(directory: Path) -> None:
    """Wait until the disk knows the names in a directory.

    Raises:
        OSError: it does not, or the file system cannot be asked.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
