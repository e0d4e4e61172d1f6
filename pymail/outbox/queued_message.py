"""Queued message, open and locked: head, message and journal."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pymail.disk import close, sync_directory
from pymail.errors import CannotKeepError
from pymail.model import model
from pymail.outbox import entry, journal
from pymail.outbox.entry import Damaged, Head
from pymail.outbox.journal import Event, Journal, RemainingRecipients
from pymail.text import system_message

if TYPE_CHECKING:
    from pymail.message.byte_source import Facts, FinishedMessage

_BLOCK_OCTETS = 1 << 16
_END = b"\r\n"  # ends every message


@model()
class StoredMessage:
    """The message in an open file of the outbox."""

    descriptor: int
    start_octets: int
    facts: "Facts"

    @property
    def size_octets(self) -> int:
        """The size of the message."""
        return self.facts.size_octets

    def chunks(self) -> Iterator[bytes]:
        """Yield it in blocks."""
        return self.between(0, self.size_octets)

    def between(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the octets between two offsets in blocks."""
        position, end = self.start_octets + start, self.start_octets + end
        while position < end:
            wanted = min(end - position, _BLOCK_OCTETS)
            try:
                block = os.pread(self.descriptor, wanted, position)
            except OSError as error:
                raise _unreadable(system_message(error)) from error
            if not block:
                raise _unreadable("its file is too short")
            position += len(block)
            yield block

    def seven_bit(self) -> "FinishedMessage":
        """Return the same in ASCII if possible."""
        from pymail.message import foreign, raw_message  # few servers need that

        return foreign.finish_message(raw_message.parse_message(self)).seven_bit()


@model()
class NotifyingMessage:
    """A message that calls `on_read` each time it has been read to its end.

    That is right before the server, or a local program, can accept it.
    """

    message: "FinishedMessage"
    on_read: Callable[[], None]

    @property
    def facts(self) -> "Facts":
        """Size and needs of the message."""
        return self.message.facts

    def chunks(self) -> Iterator[bytes]:
        """Yield the message in blocks, then call `on_read`."""
        yield from self.message.chunks()
        self.on_read()

    def seven_bit(self) -> "FinishedMessage":
        """Return the same in ASCII if possible."""
        return NotifyingMessage(self.message.seven_bit(), self.on_read)


class QueuedMessage:
    """A message in the outbox, open and locked; `descriptor` has the lock.

    Unless it is `locked`, it is open for reading only, and another process may have the
    lock. With `instead` it is hidden until its first event, and then replaces that
    message under its name.
    """

    def __init__(
        self,
        path: Path,
        descriptor: int,
        *,
        locked: bool = True,
        instead: "QueuedMessage | None" = None,
    ) -> None:
        self.path = path
        self._instead = instead
        self.gone = False  # removed from the outbox
        self._descriptor = descriptor
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Damaged("not a regular file")
        with os.fdopen(os.dup(descriptor), "rb") as file:
            file.seek(0)
            self.head: Head = entry.parse_head(file)
            self._message_start = file.tell()
            self._start = self._message_start + self.head.facts.size_octets
            self._size = os.fstat(descriptor).st_size
            if self._size < self._start:
                raise Damaged("it is shorter than its head says")
            file.seek(self._start - len(_END))
            if file.read(len(_END)) != _END:  # such as after a change with an editor
                raise Damaged("the message doesn't end where its head says")
            octets = file.read()
        self._lines = _complete_lines(octets)
        if locked and octets[len(self._lines) :].strip(b" \n"):
            self._blank_out()
        self._read_journal()

    def _read_journal(self) -> None:
        paths = self.head.envelope.forward_paths
        self.journal: Journal = journal.parse(self._lines, paths)

    @property
    def name(self) -> str:
        """The name that --queue lists."""
        return self.path.name

    @property
    def remaining(self) -> RemainingRecipients:
        """Recipients who have yet to get it."""
        return journal.remaining(self.head.envelope, self.journal)

    @property
    def due(self) -> datetime | None:
        """The time of the next attempt; None if the message is held."""
        return self.journal.due if self.remaining.due else None

    @property
    def message(self) -> StoredMessage:
        """The message as sent."""
        return StoredMessage(self._descriptor, self._message_start, self.head.facts)

    def append(self, *events: Event, on_disk: bool = False) -> None:
        """Append lines to the journal, all of them or none.

        Raises:
            CannotKeepError: the disk has no room for them.
        """
        octets = b"".join(event.line() for event in events)
        try:
            self._write(octets)
            if on_disk:
                os.fdatasync(self._descriptor)
            self._replace_other()
        except OSError as error:
            with suppress(OSError):
                self._blank_out()
            raise cannot_keep(self.path, error) from error
        self._lines += octets
        self._size = max(self._size, self._end)
        self._read_journal()
        self._set_file_time()

    def _set_file_time(self) -> None:
        """Set the file's time to the next attempt, for `Outbox.due`; 1970 if held.

        It is a hint, so that a flush need not open the file; the journal decides.
        """
        due, held = self.journal.due, self.remaining.held
        if held or due:
            seconds = due.timestamp() if due and not held else 0
            with suppress(OSError):
                os.utime(self._descriptor, (seconds, seconds))

    def _replace_other(self) -> None:
        """Replace the message `instead` in one step: there is always exactly one."""
        if self._instead is None:
            return
        self.path.rename(self._instead.path)
        sync_directory(self.path.parent)
        self.path, self._instead.gone, self._instead = self._instead.path, True, None

    @property
    def _end(self) -> int:
        return self._start + len(self._lines)

    def _write(self, octets: bytes) -> None:
        """Write after the last line, first into the reserved room."""
        written = os.pwrite(self._descriptor, octets, self._end)
        if written < len(octets):
            raise OSError("no space left on device")

    def _blank_out(self) -> None:
        """Overwrite incomplete lines that a crash or a full disk left."""
        left = self._size - self._end
        os.pwrite(self._descriptor, _blanks(left), self._end)
        os.ftruncate(self._descriptor, self._size)

    def remove(self) -> None:
        """Remove the message from the outbox.

        Raises:
            CannotKeepError: it can't be removed.
        """
        if self.gone:
            return
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise cannot_keep(self.path, error) from error
        self.gone = True

    def close(self) -> None:
        """Unlock the message for other processes."""
        close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _unreadable(reason: str) -> CannotKeepError:
    """Make the transient error of a message that can't be read; others can be sent."""
    error = CannotKeepError(f"the outbox: can't read the message: {reason}")
    error.transient = True
    return error


def cannot_keep(path: Path, error: OSError) -> CannotKeepError:
    """Make the error of a path in the outbox that can't be read or written."""
    return CannotKeepError(f"{path}: {system_message(error)}")


def reserved_room() -> bytes:
    """Return the blanks after a new message."""
    return _blanks(entry.RESERVED_OCTETS)


def _blanks(octets: int) -> bytes:
    return b" " * (octets - 1) + b"\n" if octets > 0 else b""


def _complete_lines(octets: bytes) -> bytes:
    """Return the complete lines, without the blanks or a torn line after them."""
    end = octets.rstrip(b" \n")
    whole = len(end) if octets[len(end) : len(end) + 1] == b"\n" else end.rfind(b"\n")
    return octets[: whole + 1]
