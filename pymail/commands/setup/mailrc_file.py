"""The user's mail.rc as a file, replaced as a whole or not at all.

The old text stays in a backup that no later backup overwrites; the new text is on disk
before it replaces the old one. The user's own symbolic link is followed, because many
users keep their settings files elsewhere.
"""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pymail.disk import close, follow_links, replace_file, write_whole
from pymail.environment import Environment
from pymail.errors import CannotKeepError
from pymail.settings.loader import shown_path, user_file
from pymail.text import system_message

_BACKUPS = 10_000


class RcFile:
    """The file at the place where pymail looks for it."""

    def __init__(self, environment: Environment) -> None:
        self.path = user_file(environment)
        self.shown = shown_path(self.path, environment)
        self._environment = environment

    def text(self) -> str:
        """Return the text of the file; empty if there is none.

        Raises:
            CannotKeepError: it can't be read, and therefore not be changed.
        """
        with self._translate_errors():
            try:
                octets = self._environment.read_file(self.path)
            except FileNotFoundError:
                return ""
            return octets.decode("utf-8", "surrogateescape")

    @contextmanager
    def changed(
        self, text: str, warn: Callable[[list[str]], None]
    ) -> Iterator[str | None]:
        """Write the file, and restore the old text if the block fails.

        Yields the name of the backup, empty for a new file; None if the file has this
        text already. `warn` gets the reason if the old text can't be restored.

        Raises:
            CannotKeepError: the file can't be written; it is unchanged.
        """
        new = text.encode("utf-8", "surrogateescape")
        with self._translate_errors():
            target = follow_links(self.path, trust_root=True)
            status = _status(target)
            old = None if status is None else target.read_bytes()
            backup = None if old in (None, new) else _back_up(target, old or b"")
            if new != old:
                with _deleted_on_failure(backup):
                    replace_file(target, [new], status)
        if new == old:
            yield None
            return
        try:
            yield shown_path(backup, self._environment) if backup else ""
        except BaseException:
            try:
                with self._translate_errors():
                    _restore(target, old, status, backup)
            except CannotKeepError as error:
                warn([f"{error}: the new settings stay, but no password is stored"])
            raise

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise CannotKeepError(f"{self.shown}: {system_message(error)}") from error


def _status(target: Path) -> os.stat_result | None:
    """Return the status of the file; None if there is none.

    Raises:
        OSError: it is no regular file, or the user may not write it.
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


def _restore(
    target: Path, old: bytes | None, status: os.stat_result | None, backup: Path | None
) -> None:
    if old is None:
        target.unlink()
    else:
        replace_file(target, [old], status)
    if backup is not None:
        backup.unlink()


def _back_up(target: Path, octets: bytes) -> Path:
    """Write octets beside the file, under a new name."""
    for number in range(1, _BACKUPS):
        backup = target.with_name(f"{target.name}.~{number}~")
        with suppress(FileExistsError):
            descriptor = os.open(backup, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with _deleted_on_failure(backup):
                    write_whole(descriptor, [octets])
            finally:
                close(descriptor)
            return backup
    raise OSError("too many backups in its directory")


@contextmanager
def _deleted_on_failure(path: Path | None) -> Iterator[None]:
    try:
        yield
    except BaseException:
        if path:
            path.unlink()
        raise
