"""Re-readable input: files, and streams buffered in memory or on disk.

What is large is never held in memory.
"""

import errno
import io
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, BinaryIO, Self

from pymail.errors import UnreadableInputError
from pymail.model import model

CHUNK_OCTETS = 1 << 16
ENOUGH_OCTETS = 1 << 28  # of what may never end
IN_MEMORY_OCTETS = 1 << 20  # a body up to here is kept in memory, a larger one on disk


@model()
class FileOctets:
    """A file as a re-readable source of octets; read anew at every pass."""

    path: Path
    size_octets: int

    @classmethod
    def at(cls, path: Path) -> "Self | BufferedInput":
        """Open the file once, to know now that it can be read later.

        What has no size before it is read, a pipe or a file of /proc, is read to
        its end, once.

        Raises:
            UnreadableInputError: it is missing or unreadable, neither file nor pipe.
        """
        try:
            check_kind(path)
            with path.open("rb", buffering=0) as file:
                start = file.read(1)
                status = os.fstat(file.fileno())
                if stat.S_ISREG(status.st_mode) and (status.st_size or not start):
                    return cls(path, status.st_size)
                spool = BufferedInput()
                spool.write(start)
                while block := file.read(CHUNK_OCTETS):
                    spool.write(block)
                return spool
        except (OSError, ValueError) as error:
            raise _unreadable(path, error) from error

    def chunks(self) -> Iterator[bytes]:
        """Yield the content in blocks."""
        return self.between(0, sys.maxsize)

    def between(self, start: int, end: int) -> Iterator[bytes]:
        """Yield in blocks what is from one offset up to another."""
        try:
            with self.path.open("rb") as file:
                file.seek(start)
                while block := file.read(min(CHUNK_OCTETS, end - start)):
                    start += len(block)
                    yield block
        except OSError as error:
            raise _unreadable(self.path, error) from error


class BufferedInput:
    """Octets read from a stream, kept where they can be read again.

    In memory up to a size, in an anonymous temporary file beyond it. What was
    read before an interrupt or a failure stays readable.
    """

    def __init__(self) -> None:
        self._file: IO[bytes] = io.BytesIO()
        self._on_disk = False
        self.size_octets = 0

    def close(self) -> None:
        """Give the file back; nothing can be read any more."""
        with suppress(OSError):  # which changes nothing
            self._file.close()

    def fill(self, stream: BinaryIO, patience_seconds: float | None = None) -> None:
        """Read `stream` to its end.

        With a patience also to a silence of so many seconds, and not for ever.

        Raises:
            UnreadableInputError: reading fails, or there is no room to keep it.
        """
        try:
            while block := _read_next(stream, patience_seconds):
                self.write(block)
                if patience_seconds is not None and self.size_octets > ENOUGH_OCTETS:
                    return
        except (OSError, ValueError) as error:
            raise UnreadableInputError(
                f"standard input: {_reason(error)}", doing="reading the text"
            ) from error

    def write(self, octets: bytes) -> None:
        """Add octets at the end."""
        if not self._on_disk and self.size_octets + len(octets) > IN_MEMORY_OCTETS:
            self._move_to_disk()
        self._file.seek(self.size_octets)
        self._file.write(octets)
        self.size_octets += len(octets)

    def replace(self, blocks: Iterable[bytes]) -> None:
        """Hold these octets instead; until all are read the old ones stay.

        Raises:
            OSError: there is no room to keep them.
        """
        other = BufferedInput()
        for block in blocks:
            other.write(block)
        old = self._file
        self._file, self._on_disk = other._file, other._on_disk
        self.size_octets = other.size_octets
        old.close()

    def _move_to_disk(self) -> None:
        import tempfile

        file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the message
        for block in self.chunks():
            file.write(block)
        self._file, self._on_disk = file, True

    def chunks(self) -> Iterator[bytes]:
        """Yield the content in blocks, from the start."""
        return self.between(0, self.size_octets)

    def between(self, start: int, end: int) -> Iterator[bytes]:
        """Yield in blocks what is from one offset up to another."""
        position, end = start, min(end, self.size_octets)
        while position < end:
            self._file.seek(position)
            block = self._file.read(min(CHUNK_OCTETS, end - position))
            position += len(block)
            yield block


def _read_next(stream: BinaryIO, patience_seconds: float | None) -> bytes:
    """Return what comes next, empty at the end; the pipe may be one that never waits."""
    while patience_seconds is None or _has_come(stream, patience_seconds):
        block: bytes | None = stream.read(CHUNK_OCTETS)
        if block is not None:
            return block
        _has_come(stream, patience_seconds)
    return b""


def _has_come(stream: BinaryIO, seconds: float | None) -> bool:
    """Wait until there is something to read, or the end."""
    import select

    try:
        return bool(select.select([stream], [], [], seconds)[0])
    except io.UnsupportedOperation:  # octets in memory
        return True


def check_kind(path: Path) -> None:
    """Refuse what would never end or is nothing to read; /dev/null is an empty file.

    Raises:
        OSError: it is neither a file nor a pipe, or is not there.
    """
    if "\0" in str(path):  # each Python says that otherwise
        raise OSError("no file can have this name")
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode) or path.samefile(os.devnull)):
        raise OSError("neither a file nor a pipe")


def _unreadable(path: Path, error: Exception) -> UnreadableInputError:
    return UnreadableInputError(f"{path}: {_reason(error)}")


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)
