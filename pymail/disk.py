"""Symlink-safe paths and durable writes, whatever the purpose of a file."""

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_LINKS = 40  # the limit of Linux
_BLOCK_OCTETS = 1 << 16

# the file system doesn't support the call
UNKNOWN = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
_NOT_OF_DIRECTORIES = UNKNOWN | {errno.EACCES, errno.EBADF, errno.EISDIR}


def follow_links(path: Path, *, trust_root: bool = False) -> Path:
    """Follow symbolic links that belong to the user, or with `trust_root` to root.

    Raises:
        OSError: a link belongs to another user, or the links form a loop.
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


def make_private_directory(directory: Path) -> None:
    """Create a directory and its missing parents with mode 0700, whatever the umask.

    Raises:
        OSError: it can't be created.
    """
    missing = []
    while not directory.is_dir():
        missing.append(directory)
        directory = directory.parent
    for each in reversed(missing):
        each.mkdir(0o700, exist_ok=True)  # another process may create it, too
        each.chmod(0o700)


def is_at(path: Path, descriptor: int) -> bool:
    """Tell whether an open file still has this name."""
    try:
        return os.path.samestat(path.lstat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def open_to_append(
    path: Path, flags: int, *, mode: int = 0o600, root_may_own: bool = False
) -> int:
    """Open a file to append to, or create it with this mode; return its descriptor.

    Refuses anything but a regular file, and files that another user may have placed
    there. The owner of the directory may own the file, which lets root write to it; with
    `root_may_own` all users may write to a file of root.

    Raises:
        OSError: it is refused, or can't be opened.
    """
    # a FIFO must not block, and a device must not become the controlling terminal
    flags |= os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
    try:
        descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        descriptor = os.open(path, flags)
    else:
        set_mode(descriptor, mode)
        return descriptor
    try:
        owners = {os.geteuid(), 0} if root_may_own else {os.geteuid()}
        _check(os.fstat(descriptor), path, owners)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _check(status: os.stat_result, path: Path, owners: set[int]) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError("not a regular file")
    if status.st_nlink > 1:
        raise OSError("a file with more than one hard link")
    if status.st_uid not in owners | {path.parent.stat().st_uid}:
        raise OSError("a file of another user")


# ── writing ─────────────────────────────────────────────────────────────────


def write_whole(descriptor: int, blocks: Iterable[bytes]) -> None:
    """Write all blocks, and sync the file to the disk.

    Raises:
        OSError: either failed.
    """
    held = bytearray()
    for block in blocks:
        held += block
        if len(held) >= _BLOCK_OCTETS:
            _write(descriptor, held)
            held = bytearray()
    _write(descriptor, held)
    with _tolerate(UNKNOWN):
        os.fsync(descriptor)


def _write(descriptor: int, octets: bytearray) -> None:
    view = memoryview(octets)
    while view:
        view = view[os.write(descriptor, view) :]


def replace_file(
    path: Path, blocks: Iterable[bytes], like: os.stat_result | None = None
) -> None:
    """Replace a file as a whole, with the mode and owner of `like`, or 0600.

    Raises:
        OSError: that failed, or it is not a regular file; the old file is unchanged.
    """
    import tempfile

    if path.exists() and not path.is_file():
        raise OSError("not a regular file")
    descriptor, name = tempfile.mkstemp(prefix=_temporary_prefix(path), dir=path.parent)
    new = Path(name)
    try:
        if like is not None:
            if (like.st_uid, like.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(descriptor, like.st_uid, like.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(like.st_mode))
        write_whole(descriptor, blocks)
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    finally:
        close(descriptor)
    sync_directory(path.parent)


def set_mode(descriptor: int, mode: int) -> None:
    """Set the mode of a new file, whatever the umask, if the file system has modes."""
    with _tolerate(UNKNOWN | {errno.EPERM}):
        os.fchmod(descriptor, mode)


def sweep(path: Path) -> None:
    """Remove unfinished replacements by processes that died; call it under a lock."""
    for left in path.parent.iterdir():
        if left.name.startswith(_temporary_prefix(path)):
            left.unlink()


def _temporary_prefix(path: Path) -> str:
    return f".{path.name}.new-"


def sync_directory(directory: Path) -> None:
    """Sync the names in a directory to the disk, if the file system supports that.

    Raises:
        OSError: the sync failed.
    """
    with _tolerate(_NOT_OF_DIRECTORIES):
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def close(descriptor: int) -> None:
    """Close a file that is synced already; an error of NFS changes nothing then."""
    with suppress(OSError):
        os.close(descriptor)


@contextmanager
def _tolerate(errors: frozenset[int]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in errors:
            raise
