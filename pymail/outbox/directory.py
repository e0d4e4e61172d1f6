"""The outbox directory: messages that wait for another attempt, a file each.

A message is there whole or not at all: written under another name, on the disk,
then renamed, and the directory is on the disk, too. A process that works on one
holds a lock of its file, which a crash releases. When nothing is left to be done for
any recipient, the file goes.
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
_OF_USER = ".local/state/pymail/outbox"  # where cron looks, too
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
        """Keep a message; returns it locked, for the first attempt.

        `token` has 16 hexadecimal digits and is unlike every other; `message` has
        `head.facts.size_octets`. It takes the place of the message `instead` at its first note.

        Raises:
            CannotKeepError: it cannot be kept; nothing is left behind.
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
        """The names of all messages, the oldest first; empty without an outbox.

        Raises:
            CannotKeepError: the directory cannot be read, or is of another user.
        """
        return [name for name in self._files() if re.fullmatch(_NAME, name)]

    def due(self, now: datetime) -> list[str]:
        """The names of those whose time has come perhaps; no file is opened.

        Raises:
            CannotKeepError: as `names` has it.
        """
        found, seconds = [], now.timestamp()
        latest = seconds + LONGEST_PAUSE.total_seconds()
        for name in self.names():
            with suppress(OSError):  # gone meanwhile
                dated = (self.directory / name).lstat().st_mtime
                if dated > 0 and not seconds < dated <= latest:
                    found.append(name)
        return found

    def damaged(self) -> list[str]:
        """The names of the files that were set aside.

        Raises:
            CannotKeepError: as `names` has it.
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
        """Lock a message; None when it is gone, or another process works on it.

        Raises:
            Damaged: it cannot be read; it is set aside, and not tried again.
            CannotKeepError: it cannot be opened.
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
        """Look at a message that another process may work on; None when it is gone.

        Raises:
            Damaged, CannotKeepError: it cannot be read.
        """
        path = self.directory / name
        try:
            descriptor = os.open(path, _FLAGS & ~os.O_RDWR)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise cannot_keep(path, error) from error
        try:
            return QueuedMessage(path, descriptor, ours=False)
        except OSError as error:
            close(descriptor)
            raise cannot_keep(path, error) from error
        except BaseException:
            close(descriptor)
            raise

    def sweep(self) -> None:
        """Remove what processes that died have not finished, and never reported."""
        with suppress(OSError, CannotKeepError):
            for path in self.directory.glob(f"{_UNFINISHED}*"):
                descriptor = _open_locked(path)
                if descriptor is not None:
                    path.unlink()
                    close(descriptor)

    @contextmanager
    def flushing(self) -> Iterator[bool]:
        """Tell whether no other process sends what waits here; now we do.

        Raises:
            CannotKeepError: the directory cannot be written to.
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
        """Refuse a directory in which others could change what is sent."""
        status = self.directory.lstat()
        if not stat.S_ISDIR(status.st_mode):
            raise OSError("not a directory")
        if status.st_uid != os.geteuid():
            raise OSError("a directory of another user")
        if status.st_mode & 0o022:
            raise OSError("others can write to it (chmod 700)")


def _write_new(path: Path, head: Head, message: Iterable[bytes]) -> int:
    """Write a whole message, which reaches the disk; returns it open and locked."""
    descriptor = _create_locked(path)
    try:
        write_whole(descriptor, _blocks(head, message))
    except BaseException:
        _discard(descriptor, path)
        raise
    return descriptor


def _create_locked(path: Path) -> int:
    """Make a file that is ours alone; again when it was swept before it was."""
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
        raise OSError("the message is not as long as it was said to be")
    yield reserved_room()


def _discard(descriptor: int, *paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
    close(descriptor)


def _open_locked(path: Path) -> int | None:
    """Open a file of ours and lock it; None when it is gone or locked."""
    try:
        descriptor = os.open(path, _FLAGS)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise cannot_keep(path, error) from error
    ours = False
    try:
        ours = _take_lock(path, descriptor)
    finally:
        if not ours:
            close(descriptor)
    return descriptor if ours else None


def _take_lock(path: Path, descriptor: int) -> bool:
    """Lock an open file; False when another process has it, or took it away."""
    try:
        return try_lock(descriptor) and is_at(path, descriptor)
    except OSError as error:
        raise cannot_keep(path, error) from error


def default_place(environment: Environment) -> Path:
    """Return the directory of `set outbox`: root's, or a user's own.

    Cron's environment has no XDG_STATE_HOME: a session that has one links the
    directory to where cron looks, and uses what cron has made before.
    """
    if os.geteuid() == 0:
        return _OF_ROOT
    of_cron = environment.home / _OF_USER
    with suppress(OSError):  # it is no link
        of_cron = of_cron.parent / of_cron.readlink()
    state = environment.variables.get("XDG_STATE_HOME") or ""
    of_session = Path(state) / "pymail/outbox"
    cron_has_one = of_cron.is_dir() and not of_session.exists()
    return of_session if state.startswith("/") and not cron_has_one else of_cron


def link_for_cron(place: Path, environment: Environment) -> None:
    """Link the default place of cron to that of this session, if they differ."""
    of_cron = environment.home / _OF_USER
    if place != of_cron and place == default_place(environment) and os.geteuid() != 0:
        with suppress(OSError):  # there is one, or no right to make it
            make_private_directory(of_cron.parent)
            of_cron.symlink_to(place)
