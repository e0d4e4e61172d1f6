"""Re-readable input: files, and streams buffered in memory or, if large, on disk."""

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
ENOUGH_OCTETS = 1 << 28  # of a stream that may never end
IN_MEMORY_OCTETS = 1 << 20  # a larger body is kept on disk


@model()
class FileOctets:
    """A file as a source of octets; each pass reads it again."""

    path: Path
    size_octets: int

    @classmethod
    def at(cls, path: Path) -> "Self | BufferedInput":
        """Check that the file can be read later.

        A pipe, or a file of /proc, whose size is unknown, is read to its end now.

        Raises:
            UnreadableInputError: it can't be read, or is neither a file nor a pipe.
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
        """Yield the octets from one offset to another in blocks."""
        try:
            with self.path.open("rb") as file:
                file.seek(start)
                while block := file.read(min(CHUNK_OCTETS, end - start)):
                    start += len(block)
                    yield block
        except OSError as error:
            raise _unreadable(self.path, error) from error


class BufferedInput:
    """A buffer for the octets of a stream, which can be read repeatedly.

    Up to IN_MEMORY_OCTETS it is in memory, then in an anonymous temporary file.
    Octets that were read before an interrupt or a failure stay readable.
    """

    def __init__(self) -> None:
        self._file: IO[bytes] = io.BytesIO()
        self._on_disk = False
        self.size_octets = 0

    def close(self) -> None:
        """Close the file; the octets can't be read any more."""
        with suppress(OSError):  # the octets are not needed any more
            self._file.close()

    def fill(self, stream: BinaryIO, patience_seconds: float | None = None) -> None:
        """Read `stream` to its end.

        With `patience_seconds`, stop also after a pause of that length, or after
        ENOUGH_OCTETS.

        Raises:
            UnreadableInputError: reading fails, or the disk is full.
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
        """Append octets."""
        if not self._on_disk and self.size_octets + len(octets) > IN_MEMORY_OCTETS:
            self._move_to_disk()
        self._file.seek(self.size_octets)
        self._file.write(octets)
        self.size_octets += len(octets)

    def replace(self, blocks: Iterable[bytes]) -> None:
        """Replace the content, once all blocks could be read.

        Raises:
            OSError: the disk is full.
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
        """Yield the content in blocks."""
        return self.between(0, self.size_octets)

    def between(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the octets from one offset to another in blocks."""
        position, end = start, min(end, self.size_octets)
        while position < end:
            self._file.seek(position)
            block = self._file.read(min(CHUNK_OCTETS, end - position))
            position += len(block)
            yield block


def _read_next(stream: BinaryIO, patience_seconds: float | None) -> bytes:
    """Return the next block, empty at the end; the stream may be non-blocking."""
    while patience_seconds is None or _wait_readable(stream, patience_seconds):
        block: bytes | None = stream.read(CHUNK_OCTETS)
        if block is not None:
            return block
        _wait_readable(stream, patience_seconds)
    return b""


def _wait_readable(stream: BinaryIO, seconds: float | None) -> bool:
    """Wait until octets or the end can be read; False after so many seconds."""
    import select

    try:
        return bool(select.select([stream], [], [], seconds)[0])
    except io.UnsupportedOperation:  # octets in memory
        return True


def check_kind(path: Path) -> None:
    """Refuse devices, sockets and directories; /dev/null counts as an empty file.

    Raises:
        OSError: it is neither a file nor a pipe, or doesn't exist.
    """
    if "\0" in str(path):  # Python's own message differs between versions
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
