"""Copies of a message: for recipients that are files, and for the record."""

from codecs import iterdecode
from collections.abc import Callable

from pymail.delivery.assemble import with_header
from pymail.delivery.outgoing import OutgoingMessage, Result
from pymail.environment import Environment
from pymail.errors import CannotKeepError, Interrupted
from pymail.files.folder import Copy, add_copy
from pymail.message import mbox_format
from pymail.outbox.journal import Journal
from pymail.outbox.queued_message import QueuedMessage
from pymail.report.delivery_report import Fate, Report
from pymail.settings.models import Folder, Settings
from pymail.settings.storage_options import find_folder

STANDARD_OUTPUT = "-"  # as the name of a recipient

MakeCopy = Callable[[], Copy]  # reads the message from its start


def copy_maker(outgoing: OutgoingMessage, settings: Settings) -> MakeCopy:
    """Make the function that makes copies of a message, with its Bcc."""

    def copy() -> Copy:
        draft, lists = outgoing.draft, outgoing.recipients.lists
        whole = with_header(draft, lists, outgoing.content, settings, bcc=True)
        authors = draft.from_
        return Copy(
            sender=authors[0].address if authors else settings.identity.login,
            now=draft.now,
            token=draft.token,
            chunks=whole.chunks(),
        )

    return copy


def serve_files(
    result: Result, copy: MakeCopy, settings: Settings, environment: Environment
) -> None:
    """Write a copy to each recipient that is a file; `result` has the failures."""
    result.files_served = True
    for name in result.outgoing.files:
        if name == STANDARD_OUTPUT:
            error = _print(copy(), environment)
        else:
            below = settings.keeping.folder
            place = find_folder(name, environment.expand, folder=below)
            error = _keep(place, copy, settings)
        if error:
            result.record_error = error
            result.unwritten.append(name)


def _print(copy: Copy, environment: Environment) -> CannotKeepError | None:
    entry = mbox_format.format_entry(copy.sender, copy.now, copy.chunks)
    try:
        for text in iterdecode(entry, "utf-8", "backslashreplace"):
            environment.stdout.write(text)
        environment.stdout.flush()
    except (OSError, ValueError) as error:  # ValueError: stdout is closed
        reason = getattr(error, "strerror", None) or str(error)
        return CannotKeepError(f"standard output: {reason.lower()}")
    return None


def record(result: Result, copy: MakeCopy, settings: Settings) -> None:
    """Write the record, if there is one; the mail has left, whatever happens."""
    folder = settings.keeping.record
    if folder is None:
        return
    try:
        error = _keep(folder, copy, settings)
    except Interrupted:  # the signal can only cost the copy
        error = CannotKeepError(f"{folder.path}: interrupted by a signal")
    if error:
        # without the first words one might send it again
        said = f"sent, but not recorded: {error.happened}"
        result.record_error = CannotKeepError(said)


def _keep(folder: Folder, copy: MakeCopy, settings: Settings) -> CannotKeepError | None:
    try:
        add_copy(copy(), folder, settings.keeping.filing)
    except CannotKeepError as error:
        return error
    return None


def is_first_delivery(journal: Journal, report: Report) -> bool:
    """Tell whether somebody has got a queued message now, and nobody had before."""
    had = any(fate is Fate.ACCEPTED for fate, _ in journal.fates.values())
    return bool(report.with_fate(Fate.ACCEPTED)) and not had


def record_queued(
    mail: QueuedMessage, settings: Settings, environment: Environment
) -> None:
    """Write the record of a queued message, of all but reports.

    It is the message as it went: who got it blindly is not in it.

    Raises:
        CannotKeepError: it cannot be written; the message has been sent.
    """
    folder, sender = settings.keeping.record, mail.head.envelope.reverse_path
    if folder is None or not sender:
        return
    copy = Copy(
        sender=sender,
        now=environment.now(),
        token=environment.token(),
        chunks=mail.message.chunks(),
    )
    add_copy(copy, folder, settings.keeping.filing)
