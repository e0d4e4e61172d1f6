"""Copies of a message, in recipients that are files and in the record."""

from codecs import iterdecode
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from pymail.delivery.outgoing import OutgoingMessage, Result
from pymail.environment import Environment
from pymail.errors import CannotKeepError, Interrupted
from pymail.files.folder import Copy, add_copy
from pymail.message import mbox_format
from pymail.report.delivery_report import Fate, Report
from pymail.settings.models import Folder, Settings, find_folder
from pymail.text import system_message

if TYPE_CHECKING:
    from pymail.outbox.journal import Journal
    from pymail.outbox.queued_message import QueuedMessage

STANDARD_OUTPUT = "-"  # as a recipient

MakeCopy = Callable[[], Copy]  # reads the message from its start


def serve_files(result: Result, environment: Environment) -> None:
    """Write a copy to each recipient that is a file; later calls do nothing."""
    outgoing, settings = result.outgoing, result.outgoing.settings
    if result.files_served:
        return
    result.files_served = True
    for name in outgoing.files:
        if name == STANDARD_OUTPUT:
            error = _print(_copy(outgoing), environment)
        else:
            place = find_folder(name, environment.expand, folder=settings.folder)
            error = _keep(place, partial(_copy, outgoing), settings)
        if error:
            result.record_error = error
            result.unwritten.append(name)


def _copy(outgoing: OutgoingMessage) -> Copy:
    """Make a copy to keep, with Bcc."""
    draft, settings = outgoing.draft, outgoing.settings
    return Copy(
        sender=draft.from_[0].address if draft.from_ else settings.login_name,
        now=draft.now,
        token=draft.token,
        chunks=outgoing.whole().chunks(),
    )


def _print(copy: Copy, environment: Environment) -> CannotKeepError | None:
    entry = mbox_format.format_entry(copy.sender, copy.now, copy.chunks)
    try:
        for text in iterdecode(entry, "utf-8", "backslashreplace"):
            environment.stdout.write(text)
        environment.stdout.flush()
    except (OSError, ValueError) as error:  # ValueError: stdout is closed
        return CannotKeepError(f"standard output: {system_message(error)}")
    return None


def record(outgoing: OutgoingMessage, folder: Folder) -> CannotKeepError | None:
    """Write the record of a sent message; an error doesn't change that it was sent."""
    settings = outgoing.settings
    try:
        return _unrecorded(_keep(folder, partial(_copy, outgoing), settings))
    except Interrupted:  # costs only the copy
        return _unrecorded(CannotKeepError(f"{folder.path}: interrupted by a signal"))


def _keep(folder: Folder, copy: MakeCopy, settings: Settings) -> CannotKeepError | None:
    try:
        add_copy(
            copy(),
            folder,
            mode=settings.file_mode,
            dotlock=settings.dotlock,
            new_maildirs=settings.new_maildirs,
        )
    except CannotKeepError as error:
        return error
    return None


def _unrecorded(error: CannotKeepError | None) -> CannotKeepError | None:
    """Say first that the message was sent, or the user may send it again."""
    if error is None:
        return None
    return CannotKeepError(f"sent, but not recorded: {error.happened}")


def is_first_delivery(journal: "Journal", report: Report) -> bool:
    """Tell whether a queued message has its first accepted recipient now."""
    had = any(fate is Fate.ACCEPTED for fate, _ in journal.fates.values())
    return bool(report.with_fate(Fate.ACCEPTED)) and not had


def record_queued(
    mail: "QueuedMessage", settings: Settings, environment: Environment
) -> CannotKeepError | None:
    """Write the record of a queued message, unless it is a report to the sender.

    The outbox has the message as sent, so the copy has no Bcc.
    """
    folder = settings.record
    if folder is None or not mail.head.envelope.reverse_path:
        return None
    copy = Copy(
        sender=mail.head.envelope.reverse_path,
        now=environment.now(),
        token=environment.token(),
        chunks=mail.message.chunks(),
    )
    return _unrecorded(_keep(folder, lambda: copy, settings))
