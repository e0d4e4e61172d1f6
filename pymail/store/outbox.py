"""The outbox: mails that wait for another attempt, a file each.

A mail is there whole or not at all: written under another name, on the disk,
then renamed, and the directory is on the disk, too. Whoever works on one holds
a lock of its file, which a crash releases. What became of it is appended; when
everybody has it or nobody ever will, the file goes.
"""

import fcntl
import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

from pymail.errors import CannotKeepError
from pymail.record import record
from pymail.store import entry
from pymail.store.entry import Damaged, Head, Journal, Note
from pymail.store.mbox import write_whole

_NAME = r"[0-9]{8}T[0-9]{6}-[0-9a-f]{16}"
_UNFINISHED = ".new-"
_ASIDE = "damaged-"
_BLOCK_OCTETS = 1 << 16
_FLAGS = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


@record()
class Stored:
    """The message of a mail, a re-readable source of octets."""

    path: Path
    start_octets: int
    size_octets: int

    def chunks(self) -> Iterator[bytes]:
        """Yield it in blocks."""
        left = self.size_octets
        with self.path.open("rb") as file:
            file.seek(self.start_octets)
            while left and (block := file.read(min(left, _BLOCK_OCTETS))):
                left -= len(block)
                yield block


class Mail:
    """One mail, of which nobody else has the lock."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        with os.fdopen(os.dup(descriptor), "rb") as file:
            file.seek(0)
            self.head: Head = entry.parse_head(file)
            start = file.tell()
            end = start + self.head.size_octets
            if os.fstat(descriptor).st_size < end:
                raise Damaged("the message is shorter than it says")
            self.message = Stored(path, start, self.head.size_octets)
            file.seek(end)
            octets = file.read()
        self._journal_start = end
        self._cut_torn_line(octets)
        self.journal: Journal = entry.parse_journal(
            octets, self.head.envelope.forward_paths
        )

    def _cut_torn_line(self, octets: bytes) -> None:
        """Take back what a crash left of a line."""
        whole = octets.rfind(b"\n") + 1
        if whole < len(octets):
            os.ftruncate(self._descriptor, self._journal_start + whole)

    @property
    def name(self) -> str:
        """By what people name it."""
        return self.path.name

    def note(self, *notes: Note) -> None:
        """Append to the journal, in one write.

        Raises:
            CannotKeepError: there is no room for it.
        """
        octets = b"".join(note.line() for note in notes)
        size = os.fstat(self._descriptor).st_size
        try:
            written = os.pwrite(self._descriptor, octets, size)
        except OSError as error:
            raise _cannot(self.path, error) from error
        if written < len(octets):
            os.ftruncate(self._descriptor, size)
            raise CannotKeepError(f"{self.path}: no room")

    def remove(self) -> None:
        """Take the mail out of the outbox.

        Raises:
            CannotKeepError: it cannot be removed; it would be sent again.
        """
        try:
            self.path.unlink()
        except FileNotFoundError:
            return
        except OSError as error:
            raise _cannot(self.path, error) from error

    def close(self) -> None:
        """Let others have it."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@record()
class Outbox:
    """A directory of mails."""

    directory: Path

    def put(self, head: Head, message: Iterable[bytes], token: str) -> Mail:
        """Keep a mail; returns it locked, for whoever tries it first.

        `token` is unlike every other; `message` has `head.size_octets`.

        Raises:
            CannotKeepError: it cannot be kept; nothing is left behind.
        """
        name = f"{head.created:%Y%m%dT%H%M%S}-{token}"
        place = self.directory / name
        try:
            self._make()
            descriptor = _written(
                self.directory / f"{_UNFINISHED}{name}", head, message
            )
            try:
                (self.directory / f"{_UNFINISHED}{name}").rename(place)
                self._sync()
                return Mail(place, descriptor)
            except BaseException:
                os.close(descriptor)
                raise
        except OSError as error:
            raise _cannot(self.directory, error) from error

    def names(self) -> list[str]:
        """The names of all mails, the oldest first; empty without an outbox.

        Raises:
            CannotKeepError: the directory cannot be read, or is somebody else's.
        """
        try:
            self._check()
            found = [path.name for path in self.directory.iterdir()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _cannot(self.directory, error) from error
        return sorted(name for name in found if re.fullmatch(_NAME, name))

    def claim(self, name: str) -> Mail | None:
        """Lock a mail; None when it is gone, or somebody else works on it.

        Raises:
            Damaged: it cannot be read; it is set aside, and not tried again.
            CannotKeepError: it cannot be opened.
        """
        path = self.directory / name
        descriptor = _locked(path)
        if descriptor is None:
            return None
        try:
            return Mail(path, descriptor)
        except Damaged as error:
            os.close(descriptor)
            aside = path.with_name(_ASIDE + name)
            path.rename(aside)
            raise Damaged(f"{aside}: {error}") from error
        except BaseException:
            os.close(descriptor)
            raise

    def sweep(self) -> None:
        """Remove what processes that died have not finished: nobody was told."""
        with suppress(OSError):
            for path in self.directory.glob(f"{_UNFINISHED}*"):
                descriptor = _locked(path)
                if descriptor is not None:
                    path.unlink()
                    os.close(descriptor)

    def _make(self) -> None:
        self.directory.mkdir(0o700, parents=True, exist_ok=True)
        self._check()

    def _check(self) -> None:
        """Refuse a directory in which others could change what is sent."""
        status = self.directory.lstat()
        if not stat.S_ISDIR(status.st_mode):
            raise OSError("not a directory")
        if status.st_uid != os.geteuid():
            raise OSError("a directory of another user")
        if status.st_mode & 0o022:
            raise OSError("others can write to it (chmod 700)")

    def _sync(self) -> None:
        descriptor = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _written(path: Path, head: Head, message: Iterable[bytes]) -> int:
    """Write a whole mail, which reaches the disk; returns it open and locked."""
    descriptor = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        write_whole(descriptor, _after(entry.head_lines(head), message))
    except BaseException:
        path.unlink()
        os.close(descriptor)
        raise
    return descriptor


def _after(head: bytes, message: Iterable[bytes]) -> Iterator[bytes]:
    yield head
    yield from message


def _locked(path: Path) -> int | None:
    """Open a file of ours and lock it; None when it is gone or locked."""
    try:
        descriptor = os.open(path, _FLAGS)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _cannot(path, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(path.lstat(), os.fstat(descriptor)):
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(descriptor)
    return None


def _cannot(path: Path, error: OSError) -> CannotKeepError:
    return CannotKeepError(f"{path}: {(error.strerror or str(error)).lower()}")
