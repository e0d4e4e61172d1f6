"""Copies of messages in folders: an mbox file, or a Maildir.

In a Maildir a message is a file of its own, there whole or not at all: it is written
below `tmp`, reaches the disk, and is moved to `new`. No locks: no two messages have one
name (https://cr.yp.to/proto/maildir.html).
"""

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from pymail.disk import close, set_mode, sync_directory, write_whole
from pymail.errors import CannotKeepError
from pymail.files import mbox
from pymail.locks import LOCK_SECONDS
from pymail.message.byte_source import to_lf
from pymail.message.mbox_format import format_entry
from pymail.model import model
from pymail.settings.models import Folder, Format

_PLACES = ("cur", "new", "tmp")
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


@model(kw_only=True)
class Copy:
    """A message to add: `chunks` yields it as on the wire, `token` is its own.

    `sender` is for the From_ line of an mbox.
    """

    sender: str
    now: datetime
    token: str
    chunks: Iterable[bytes]


def add_copy(
    copy: Copy,
    folder: Folder,
    *,
    mode: int = 0o600,
    dotlock: bool = True,
    new_maildirs: bool = False,
    lock_seconds: float = LOCK_SECONDS,
) -> None:
    """Add a copy to a folder, which is made unless it is there.

    `mode` is that of new files; `dotlock` makes a lock file beside an mbox, too.

    Raises:
        CannotKeepError: it cannot be written; the folder is as it was.
    """
    if _takes_maildir(folder, new_maildirs=new_maildirs):
        _add_to_maildir(
            folder.path,
            to_lf(copy.chunks),
            now=copy.now,
            token=copy.token,
            mode=mode,
        )
        return
    mbox.append(
        folder.path,
        format_entry(copy.sender, copy.now, copy.chunks),
        mode=mode,
        dotlock=dotlock,
        lock_seconds=lock_seconds,
    )


def _takes_maildir(folder: Folder, *, new_maildirs: bool) -> bool:
    if folder.format is not Format.AS_FOUND:
        return folder.format is Format.MAILDIR
    try:
        is_new = new_maildirs and not folder.path.exists()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CannotKeepError(f"{folder.path}: {reason}") from error
    return is_new or is_maildir(folder.path)


def is_maildir(path: Path) -> bool:
    """Tell whether a directory is a Maildir, by what is in it."""
    return all((path / name).is_dir() for name in _PLACES)


def _add_to_maildir(
    path: Path, lines: Iterable[bytes], *, now: datetime, token: str, mode: int
) -> None:
    """Add a message, whose lines end in LF; a Maildir that is not there is made.

    `token` is unlike every other; directories above are not made.

    Raises:
        CannotKeepError: it cannot be written; nothing is left behind.
    """
    try:
        _make(path, mode)
        name = f"{int(now.timestamp())}.P{os.getpid()}R{token}.{_host()}"
        _write(path / "tmp" / name, lines, mode)
        (path / "tmp" / name).rename(path / "new" / name)
        sync_directory(path / "new")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CannotKeepError(f"{path}: {reason}") from error


def _make(path: Path, mode: int) -> None:
    """Make what is missing; who may read the messages may look for them."""
    for directory in (path, *(path / name for name in _PLACES)):
        if not directory.is_dir():
            directory.mkdir(0o700)
            directory.chmod(mode | (mode & 0o444) >> 2)


def _host() -> str:
    return os.uname().nodename.replace("/", "\\057").replace(":", "\\072")


def _write(place: Path, lines: Iterable[bytes], mode: int) -> None:
    descriptor = os.open(place, _FLAGS, 0o600)
    try:
        set_mode(descriptor, mode)
        write_whole(descriptor, lines)
    except BaseException:
        place.unlink()
        raise
    finally:
        close(descriptor)
