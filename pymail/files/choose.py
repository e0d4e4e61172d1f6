"""A copy of a message, into whatever kind of folder it is for."""

from collections.abc import Iterable
from datetime import datetime

from pymail.disk import LOCK_SECONDS
from pymail.errors import CannotKeepError
from pymail.files import maildir, mbox
from pymail.message.mbox_format import format_entry
from pymail.message.mime_entity import to_lf
from pymail.model import model
from pymail.settings.models import Filing, Folder, Format


@model(kw_only=True)
class Copy:
    """A message to keep: `chunks` yields it as on the wire, `token` is its own.

    `sender` is for the From_ line of an mbox.
    """

    sender: str
    now: datetime
    token: str
    chunks: Iterable[bytes]


def keep(
    copy: Copy, folder: Folder, filing: Filing, *, lock_seconds: float = LOCK_SECONDS
) -> None:
    """Add a copy to a folder, which is made unless it is there.

    Raises:
        CannotKeepError: it cannot be written; the folder is as it was.
    """
    if _is_for_maildir(folder, filing):
        maildir.add(
            folder.path,
            to_lf(copy.chunks),
            now=copy.now,
            token=copy.token,
            mode=filing.mode,
        )
        return
    mbox.append(
        folder.path,
        format_entry(copy.sender, copy.now, copy.chunks),
        mode=filing.mode,
        dotlock=filing.dotlock,
        lock_seconds=lock_seconds,
    )


def _is_for_maildir(folder: Folder, filing: Filing) -> bool:
    if folder.format is not Format.AS_FOUND:
        return folder.format is Format.MAILDIR
    try:
        is_new = filing.new_maildirs and not folder.path.exists()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CannotKeepError(f"{folder.path}: {reason}") from error
    return is_new or maildir.is_maildir(folder.path)
