"""The outbox directory: one file for each message that waits for another attempt.

A message is there whole or not at all: it is written under another name, synced to the
disk and renamed, and the directory is synced, too. A process that works on a message
holds a lock on its file, which a crash releases. A message that is settled for all
recipients is removed.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from time import monotonic

from pymail.disk import (
    close,
    is_at,
    make_private_directory,
    sync_directory,
    write_whole,
)
from pymail.environment import Environment
from pymail.errors import CannotKeepError
from pymail.locks import LOCK_SECONDS, lock, try_lock
from pymail.model import model
from pymail.outbox import entry
from pymail.outbox.entry import Damaged, Head
from pymail.outbox.queued_message import QueuedMessage, cannot_keep, reserved_room
from pymail.outbox.retry import LONGEST_PAUSE

_NAME = r"[0-9]{8}T[0-9]{6}-[0-9a-f]{16}"
_UNFINISHED = ".new-"
_ASIDE = "damaged-"
_FLUSHING = ".flushing"
_OF_ROOT = Path("/var/spool/pymail")
_OF_USER = ".local/state/pymail/outbox"  # also in cron's environment
_FLAGS = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


@model()
class Outbox:
    """A directory of queued messages."""

    directory: Path

    def put(
        self,
        head: Head,
        message: Iterable[bytes],
        token: str,
        *,
        instead: QueuedMessage | None = None,
    ) -> QueuedMessage:
        """Add a message; return it locked, for the first attempt.

        `token` has 16 hexadecimal digits and is unique; `message` has
        `head.facts.size_octets`. The first event in its journal makes it replace the
        message `instead`.

        Raises:
            CannotKeepError: it can't be written; nothing is left behind.
        """
        name = f"{head.created:%Y%m%dT%H%M%S}-{token}"
        place = self.directory / name
        unfinished = self.directory / f"{_UNFINISHED}{name}"
        try:
            self._make()
            descriptor = _write_new(unfinished, head, message)
            try:
                if instead is not None:
                    return QueuedMessage(unfinished, descriptor, instead=instead)
                unfinished.rename(place)
                sync_directory(self.directory)
                return QueuedMessage(place, descriptor)
            except BaseException:
                _discard(descriptor, unfinished, place)
                raise
        except Damaged as error:
            raise CannotKeepError(f"{place}: {error}") from error
        except OSError as error:
            raise cannot_keep(self.directory, error) from error

    def names(self) -> list[str]:
        """Return the names of all messages, the oldest first; empty without an outbox.

        Raises:
            CannotKeepError: the directory can't be read, or belongs to another user.
        """
        return [name for name in self._files() if re.fullmatch(_NAME, name)]

    def due(self, now: datetime) -> list[str]:
        """Return the names of messages that may be due, by the times of their files.

        Raises:
            CannotKeepError: as for `names`.
        """
        found, seconds = [], now.timestamp()
        latest = seconds + LONGEST_PAUSE.total_seconds()
        for name in self.names():
            with suppress(OSError):  # removed meanwhile
                dated = (self.directory / name).lstat().st_mtime
                if dated > 0 and not seconds < dated <= latest:
                    found.append(name)
        return found

    def damaged(self) -> list[str]:
        """Return the names of the damaged files that were set aside.

        Raises:
            CannotKeepError: as for `names`.
        """
        return [name for name in self._files() if name.startswith(_ASIDE)]

    def _files(self) -> list[str]:
        try:
            self._check()
            return sorted(path.name for path in self.directory.iterdir())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise cannot_keep(self.directory, error) from error

    def claim(self, name: str) -> QueuedMessage | None:
        """Open and lock a message; None if it is gone, or locked by another process.

        Raises:
            Damaged: it can't be parsed; it is set aside, and not tried again.
            CannotKeepError: it can't be opened.
        """
        path = self.directory / name
        descriptor = _open_locked(path)
        if descriptor is None:
            return None
        try:
            return self._open_claimed(path, descriptor)
        except BaseException:
            close(descriptor)
            raise

    def _open_claimed(self, path: Path, descriptor: int) -> QueuedMessage:
        try:
            return QueuedMessage(path, descriptor)
        except Damaged as error:
            aside = path.with_name(_ASIDE + path.name)
            with suppress(OSError):
                path.rename(aside)
            raise Damaged(f"{aside}: {error}") from error
        except OSError as error:
            raise cannot_keep(path, error) from error

    def peek(self, name: str) -> QueuedMessage | None:
        """Open a message for reading, also if it is locked; None if it is gone.

        Raises:
            Damaged, CannotKeepError: it can't be read.
        """
        path = self.directory / name
        try:
            descriptor = os.open(path, _FLAGS & ~os.O_RDWR)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise cannot_keep(path, error) from error
        try:
            return QueuedMessage(path, descriptor, locked=False)
        except OSError as error:
            close(descriptor)
            raise cannot_keep(path, error) from error
        except BaseException:
            close(descriptor)
            raise

    def sweep(self) -> None:
        """Remove unfinished files of processes that died."""
        with suppress(OSError, CannotKeepError):
            for path in self.directory.glob(f"{_UNFINISHED}*"):
                descriptor = _open_locked(path)
                if descriptor is not None:
                    path.unlink()
                    close(descriptor)

    @contextmanager
    def flushing(self) -> Iterator[bool]:
        """Yield True if this process is the only one that flushes, until the end.

        Raises:
            CannotKeepError: the directory can't be written to.
        """
        path = self.directory / _FLUSHING
        try:
            descriptor = os.open(path, _FLAGS | os.O_CREAT, 0o600)
        except OSError as error:
            raise cannot_keep(path, error) from error
        try:
            yield _take_lock(path, descriptor)
        finally:
            close(descriptor)

    def _make(self) -> None:
        make_private_directory(self.directory)
        self._check()

    def _check(self) -> None:
        """Refuse a directory in which other users could change messages."""
        status = self.directory.lstat()
        if not stat.S_ISDIR(status.st_mode):
            raise OSError("not a directory")
        if status.st_uid != os.geteuid():
            raise OSError("a directory of another user")
        if status.st_mode & 0o022:
            raise OSError("other users can write to it (chmod 700)")


def _write_new(path: Path, head: Head, message: Iterable[bytes]) -> int:
    """Write a whole message to the disk; return its descriptor, locked."""
    descriptor = _create_locked(path)
    try:
        write_whole(descriptor, _blocks(head, message))
    except BaseException:
        _discard(descriptor, path)
        raise
    return descriptor


def _create_locked(path: Path) -> int:
    """Create and lock a file; again if another process sweeps it before the lock."""
    while True:
        descriptor = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
        lock(descriptor, deadline=monotonic() + LOCK_SECONDS)
        if is_at(path, descriptor):
            return descriptor
        close(descriptor)


def _blocks(head: Head, message: Iterable[bytes]) -> Iterator[bytes]:
    yield entry.head_lines(head)
    octets = 0
    for block in message:
        octets += len(block)
        yield block
    if octets != head.facts.size_octets:
        raise OSError("the size of the message has changed while it was read")
    yield reserved_room()


def _discard(descriptor: int, *paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
    close(descriptor)


def _open_locked(path: Path) -> int | None:
    """Open and lock a file; None if it is gone or locked."""
    try:
        descriptor = os.open(path, _FLAGS)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise cannot_keep(path, error) from error
    locked = False
    try:
        locked = _take_lock(path, descriptor)
    finally:
        if not locked:
            close(descriptor)
    return descriptor if locked else None


def _take_lock(path: Path, descriptor: int) -> bool:
    """Lock an open file; False if another process has locked or removed it."""
    try:
        return try_lock(descriptor) and is_at(path, descriptor)
    except OSError as error:
        raise cannot_keep(path, error) from error


def default_place(environment: Environment) -> Path:
    """Return the directory of `set outbox`: the system's for root, else the user's.

    Cron's environment has no XDG_STATE_HOME. A session that sets it shares the outbox
    with cron: by a link at cron's place, or by use of the directory that cron has made.
    """
    if os.geteuid() == 0:
        return _OF_ROOT
    of_cron = environment.home / _OF_USER
    with suppress(OSError):  # not a link
        of_cron = of_cron.parent / of_cron.readlink()
    state = environment.variables.get("XDG_STATE_HOME") or ""
    of_session = Path(state) / "pymail/outbox"
    cron_has_one = of_cron.is_dir() and not of_session.exists()
    return of_session if state.startswith("/") and not cron_has_one else of_cron


def link_for_cron(place: Path, environment: Environment) -> None:
    """Link cron's default place to that of this session, if they differ."""
    of_cron = environment.home / _OF_USER
    if place != of_cron and place == default_place(environment) and os.geteuid() != 0:
        with suppress(OSError):  # it exists, or can't be made
            make_private_directory(of_cron.parent)
            of_cron.symlink_to(place)
