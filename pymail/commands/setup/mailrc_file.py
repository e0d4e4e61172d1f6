"""The user's mail.rc as a file, changed as a whole or not at all.

The old text stays in a backup that no later one overwrites; the new one is on
the disk before it takes the place of the old. A symbolic link of the user's own
is followed: files of settings are often kept elsewhere.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from pymail.disk import close, follow_links, replace_file, write_whole
from pymail.environment import Environment
from pymail.errors import CannotKeepError
from pymail.model import model
from pymail.settings.loader import shown_path, user_file

_BACKUPS = 10_000


@model()
class Written:
    """A change that can be undone; `backup` is None for a new file."""

    target: Path
    old: bytes | None
    status: os.stat_result | None
    backup: Path | None


class RcFile:
    """The file at the place where pymail looks for it."""

    def __init__(self, environment: Environment) -> None:
        self.path = user_file(environment)
        self.shown = shown_path(self.path, environment)
        self._environment = environment

    def text(self) -> str:
        """Return what it says; empty when there is none.

        Raises:
            CannotKeepError: it cannot be read, and so not be changed either.
        """
        with self._translate_errors():
            try:
                octets = self._environment.read_file(self.path)
            except FileNotFoundError:
                return ""
            return octets.decode("utf-8", "surrogateescape")

    def write(self, text: str) -> Written | None:
        """Let the file say this; None when it does already.

        Raises:
            CannotKeepError: it cannot be written; it is as it was.
        """
        new = text.encode("utf-8", "surrogateescape")
        with self._translate_errors():
            target = follow_links(self.path, trust_root=True)
            status = _status(target)
            old = None if status is None else target.read_bytes()
            if new == old:
                return None
            backup = None if old is None else _backed_up(target, old)
            with _gone_on_failure(backup) if backup else nullcontext():
                replace_file(target, [new], status)
        return Written(target, old, status, backup)

    def undo(self, written: Written | None) -> None:
        """Let the file be as it was before.

        Raises:
            CannotKeepError: it cannot be written any more.
        """
        if written is None:
            return
        with self._translate_errors():
            if written.old is None:
                written.target.unlink()
            else:
                replace_file(written.target, [written.old], written.status)
            if written.backup is not None:
                written.backup.unlink()

    def backup_name(self, written: Written | None) -> str:
        """Name the backup; empty when there is none."""
        if written is None or written.backup is None:
            return ""
        return shown_path(written.backup, self._environment)

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror.lower() if error.strerror else str(error)
            raise CannotKeepError(f"{self.shown}: {reason}") from error


def _status(target: Path) -> os.stat_result | None:
    """Look at the file; None when there is none.

    Raises:
        OSError: it is none, or one that is not to be written.
    """
    try:
        status = target.stat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode):
        raise OSError("not a regular file")
    if not os.access(target, os.W_OK):
        raise PermissionError(None, "permission denied")
    return status


def _backed_up(target: Path, octets: bytes) -> Path:
    """Keep octets beside the file, under a name that nobody has."""
    for number in range(1, _BACKUPS):
        backup = target.with_name(f"{target.name}.~{number}~")
        with suppress(FileExistsError):
            descriptor = os.open(backup, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with _gone_on_failure(backup):
                    write_whole(descriptor, [octets])
            finally:
                close(descriptor)
            return backup
    raise OSError("too many backups beside it")


@contextmanager
def _gone_on_failure(path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        path.unlink()
        raise
