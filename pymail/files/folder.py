"""Copies of messages in folders: an mbox file, or a Maildir.

A Maildir has one file for each message, there whole or not at all: it is written to
`tmp`, synced to the disk, and moved to `new`. Unique names make locks unnecessary
(https://cr.yp.to/proto/maildir.html).
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
from pymail.text import system_message

_PLACES = ("cur", "new", "tmp")
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


@model(kw_only=True)
class Copy:
    """A message to add: `chunks` yields it with CRLF line ends, `token` is unique.

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
    """Add a copy to a folder, which is created if need be.

    `mode` is the mode of new files; `dotlock` also makes a lock file beside an mbox.

    Raises:
        CannotKeepError: it can't be written; the folder is unchanged.
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
        raise CannotKeepError(f"{folder.path}: {system_message(error)}") from error
    return is_new or all((folder.path / name).is_dir() for name in _PLACES)


def _add_to_maildir(
    path: Path, lines: Iterable[bytes], *, now: datetime, token: str, mode: int
) -> None:
    """Add a message with LF line ends; create the Maildir, but not its parents.

    Raises:
        CannotKeepError: it can't be written; nothing is left behind.
    """
    try:
        _make(path, mode)
        name = f"{int(now.timestamp())}.P{os.getpid()}R{token}.{_host()}"
        _write(path / "tmp" / name, lines, mode)
        (path / "tmp" / name).rename(path / "new" / name)
        sync_directory(path / "new")
    except OSError as error:
        raise CannotKeepError(f"{path}: {system_message(error)}") from error


def _make(path: Path, mode: int) -> None:
    """Create missing directories; readers of the files may list these, too."""
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
