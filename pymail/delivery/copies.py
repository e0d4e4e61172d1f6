"""Copies of a message: for recipients that are files, and for the record."""

from codecs import iterdecode
from collections.abc import Callable

from pymail.delivery.assemble import with_header
from pymail.delivery.outgoing import OutgoingMessage, Result
from pymail.environment import Environment
from pymail.errors import CannotKeepError, Interrupted
from pymail.files.choose import Copy, keep
from pymail.message import mbox_format
from pymail.settings.models import Folder, Settings
from pymail.settings.storage_options import find_folder

STANDARD_OUTPUT = "-"  # as the name of a recipient

MakeCopy = Callable[[], Copy]  # reads the message from its start


def maker(outgoing: OutgoingMessage, settings: Settings) -> MakeCopy:
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
            error = _printed(copy(), environment)
        else:
            below = settings.keeping.folder
            place = find_folder(name, environment.expand, folder=below)
            error = _kept(place, copy, settings)
        if error:
            result.record_error = error
            result.unwritten.append(name)


def _printed(copy: Copy, environment: Environment) -> CannotKeepError | None:
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
        error = _kept(folder, copy, settings)
    except Interrupted:  # the signal can only cost the copy
        error = CannotKeepError(f"{folder.path}: interrupted by a signal")
    if error:
        # without the first words one might send it again
        said = f"sent, but not recorded: {error.happened}"
        result.record_error = CannotKeepError(said)


def _kept(folder: Folder, copy: MakeCopy, settings: Settings) -> CannotKeepError | None:
    try:
        keep(copy(), folder, settings.keeping.filing)
    except CannotKeepError as error:
        return error
    return None
