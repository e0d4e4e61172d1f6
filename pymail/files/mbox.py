"""Appending to an mbox file, safe from torn or lost entries and from other users.

An entry is written whole under a lock and synced to the disk, or the file is unchanged.
The file must be a regular file with a single hard link; a new file has mode 0600. Only
the user's own symbolic links are followed, so that no other user can choose the file.
`/dev/null` accepts everything.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

from pymail.disk import (
    close,
    follow_links,
    is_at,
    open_to_append,
    replace_file,
    sweep,
    write_whole,
)
from pymail.errors import CannotKeepError
from pymail.locks import LOCK_SECONDS, Pause, lock, lock_file
from pymail.text import system_message

if TYPE_CHECKING:
    from pymail.message.byte_source import Octets

_NULL = Path(os.devnull)
_BLOCK_OCTETS = 1 << 16


def append(
    path: Path,
    entry: Iterable[bytes],
    *,
    mode: int = 0o600,
    dotlock: bool = False,
    lock_seconds: float = LOCK_SECONDS,
    pause: Pause = sleep,
) -> None:
    """Append one entry, which ends with an empty line.

    A new file gets `mode`. `dotlock` also makes FILE.lock, for files that other
    programs write. `pause` sleeps while another process has a lock.

    Raises:
        CannotKeepError: it can't be written; the file is unchanged.
    """
    try:
        place = follow_links(path)
        if place == _NULL:
            return
        deadline = monotonic() + lock_seconds
        with (
            lock_file(place, deadline=deadline, pause=pause, wanted=dotlock),
            _open_locked(place, mode, deadline, pause) as descriptor,
        ):
            _append(descriptor, entry)
    except OSError as error:
        raise CannotKeepError(f"{path}: {system_message(error)}") from error


def append_or_save_elsewhere(
    place: Path,
    entry: Callable[[], Iterable[bytes]],
    *,
    temporary_directory: Path,
    lock_seconds: float = LOCK_SECONDS,
) -> Path:
    """Append an mbox entry to `place`, or write it to a new temporary file.

    Each call of `entry` yields it from the start. Returns the file's path.

    Raises:
        CannotKeepError: neither is possible; the error has both reasons.
    """
    try:
        append(place, entry(), lock_seconds=lock_seconds)
    except CannotKeepError as failure:
        return _save_elsewhere(entry(), temporary_directory, failure)
    return place


def _save_elsewhere(
    entry: Iterable[bytes], directory: Path, failure: CannotKeepError
) -> Path:
    try:
        return _save_in_new_file(entry, directory)
    except OSError as error:
        reason = f"{failure.happened}; {directory}: {system_message(error)}"
        raise CannotKeepError(reason, doing="keeping the message") from error


def _save_in_new_file(entry: Iterable[bytes], directory: Path) -> Path:
    import tempfile  # rarely needed

    prefix = f"pymail-dead-{os.geteuid()}-"
    descriptor, name = tempfile.mkstemp(prefix=prefix, dir=directory)
    path = Path(name)
    try:
        write_whole(descriptor, entry)
    except BaseException:
        path.unlink()
        raise
    finally:
        close(descriptor)
    return path


def exchange(
    path: Path,
    start_octets: int,
    old: "Octets",
    new: "Octets | None",
    *,
    lock_seconds: float = LOCK_SECONDS,
) -> None:
    """Replace or remove an entry, while other programs may append to the file.

    The file is replaced as a whole, and removed with its last entry.

    Raises:
        CannotKeepError: the entry has changed or is gone, or the file can't be written.
    """
    try:
        place = follow_links(path)
        like = place.stat()
        deadline = monotonic() + lock_seconds
        with (
            lock_file(place, deadline=deadline),
            _open_locked(place, like.st_mode, deadline, sleep) as descriptor,
        ):
            end = start_octets + old.size_octets
            _check_same(_read_blocks(descriptor, start_octets, end), old.chunks())
            size = os.fstat(descriptor).st_size
            if new is None and old.size_octets == size:
                place.unlink()
                return
            sweep(place)
            parts = (
                _read_blocks(descriptor, 0, start_octets),
                new.chunks() if new else (),
                _read_blocks(descriptor, end, size),
            )
            replace_file(place, chain.from_iterable(parts), like)
    except OSError as error:
        raise CannotKeepError(f"{path}: {system_message(error)}") from error


def _check_same(there: Iterable[bytes], known: Iterable[bytes]) -> None:
    if _digest(there) != _digest(known):
        raise OSError("another program has changed it meanwhile")


def _digest(blocks: Iterable[bytes]) -> bytes:
    from hashlib import sha256  # loads OpenSSL

    found = sha256()
    for block in blocks:
        found.update(block)
    return found.digest()


def _read_blocks(descriptor: int, start: int, end: int) -> Iterator[bytes]:
    while start < end and (
        block := os.pread(descriptor, min(end - start, _BLOCK_OCTETS), start)
    ):
        start += len(block)
        yield block


@contextmanager
def _open_locked(path: Path, mode: int, deadline: float, pause: Pause) -> Iterator[int]:
    """Open and lock the file; again if it was moved away before the lock."""
    while True:
        descriptor = open_to_append(path, os.O_RDWR, mode=mode)
        try:
            lock(descriptor, deadline=deadline, pause=pause)
            if is_at(path, descriptor):
                yield descriptor
                return
        finally:
            close(descriptor)


def _append(descriptor: int, entry: Iterable[bytes]) -> None:
    size = os.fstat(descriptor).st_size
    try:
        write_whole(descriptor, _prepend(_missing_line_ends(descriptor, size), entry))
    except BaseException:
        os.ftruncate(descriptor, size)
        raise


def _missing_line_ends(descriptor: int, size: int) -> bytes:
    """Return the line ends that are missing after the last entry."""
    if not size:
        return b""
    end = os.pread(descriptor, 2, max(size - 2, 0))
    if end.endswith(b"\n"):
        return b"" if end == b"\n\n" else b"\n"
    return b"\n\n"


def _prepend(start: bytes, entry: Iterable[bytes]) -> Iterator[bytes]:
    yield start
    yield from entry
