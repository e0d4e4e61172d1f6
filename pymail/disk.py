"""Symlink-safe paths, durable writes and file locks.

Nothing here knows what the files are for. A file is locked in three ways, as its
other writers may know only one: a file FILE.lock beside it (mutt, procmail,
liblockfile), fcntl (mutt, s-nail, Postfix) and flock (Dovecot, Exim). What cannot be
had at once is given back, so that two that begin at different ends cannot wait for
ever.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from time import time as file_time  # noqa: TID251 - only the ages of files need it

LOCK_SECONDS = 30.0
_PAUSE_SECONDS = 0.02
_STALE_SECONDS = 300.0  # after which liblockfile takes a lock file away, too
_DEAD_SECONDS = 5.0  # its process may be another machine's, which shares the disk
_LINKS = 40  # as many as Linux follows
_BLOCK_OCTETS = 1 << 16

_NOT_OURS_TO_MAKE = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS}
)  # as in /var/mail
_TAKEN = frozenset({errno.EAGAIN, errno.EACCES})  # POSIX allows both
_UNKNOWN = frozenset(
    {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}
)  # the file system has no such call
_NO_LOCKS = _UNKNOWN | {
    errno.ENOLCK,
    errno.EBADF,
}  # NFS without its daemon; a directory there
_NOT_OF_DIRECTORIES = _UNKNOWN | {errno.EACCES, errno.EBADF, errno.EISDIR}
_EXCLUSIVE = "hhqqi4x"  # struct flock of Linux: l_type, l_whence, l_start, l_len, l_pid

Pause = Callable[[float], None]


def follow_links(path: Path, *, trust_root: bool = False) -> Path:
    """Follow symbolic links that are the user's own, and root's with `trust_root`.

    Raises:
        OSError: a link belongs to another user, or they run in a circle.
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


def is_at(path: Path, descriptor: int) -> bool:
    """Tell whether an open file still has this name."""
    try:
        return os.path.samestat(path.lstat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


# ── writing ─────────────────────────────────────────────────────────────────


def write_whole(descriptor: int, blocks: Iterable[bytes]) -> None:
    """Write all blocks and wait until the disk has them.

    Raises:
        OSError: a block, or the wait, failed.
    """
    held = bytearray()
    for block in blocks:
        held += block
        if len(held) >= _BLOCK_OCTETS:
            _write(descriptor, held)
            held = bytearray()
    _write(descriptor, held)
    with _tolerate(_UNKNOWN):
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
        OSError: it cannot be, or is no file, as /dev/null; the old one is there still.
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
    """Give a new file a mode, whatever the umask; some file systems have none."""
    with _tolerate(_UNKNOWN | {errno.EPERM}):
        os.fchmod(descriptor, mode)


def sweep(path: Path) -> None:
    """Remove what a process that died has left of a new file; call it under a lock."""
    for left in path.parent.iterdir():
        if left.name.startswith(_temporary_prefix(path)):
            left.unlink()


def _temporary_prefix(path: Path) -> str:
    return f".{path.name}.new-"


def sync_directory(directory: Path) -> None:
    """Wait until the disk knows the names in a directory, where that can be asked for.

    Raises:
        OSError: it does not.
    """
    with _tolerate(_NOT_OF_DIRECTORIES):
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def close(descriptor: int) -> None:
    """Close a file that is on the disk already: what NFS says then changes nothing."""
    with suppress(OSError):
        os.close(descriptor)


@contextmanager
def _tolerate(errors: frozenset[int]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in errors:
            raise


# ── locks ───────────────────────────────────────────────────────────────────


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
