"""Copies of a letter: for recipients that are files, and for the record."""

from codecs import iterdecode
from collections.abc import Callable

from pymail.delivery.assemble import under_fields
from pymail.delivery.letter import Letter
from pymail.delivery.parcel import Outcome, Parcel
from pymail.environment import Environment
from pymail.errors import CannotKeepError, Interrupted
from pymail.files.choose import Copy, keep
from pymail.message import mbox_format
from pymail.message.byte_source import FinishedMessage
from pymail.settings.folders import Shelf
from pymail.settings.models import Folder, Settings

STANDARD_OUTPUT = "-"  # as the name of a recipient

MakeCopy = Callable[[], Copy]  # reads the message from its start


def maker(parcel: Parcel, settings: Settings) -> MakeCopy:
    """Make the function that makes copies of a parcel's letter."""

    def copy() -> Copy:
        whole = under_fields(parcel.letter, parcel.content, settings, bcc=True)
        return copy_of(parcel.letter, whole, settings)

    return copy


def copy_of(letter: Letter, whole: FinishedMessage, settings: Settings) -> Copy:
    """Make a copy of a letter, of which `whole` is the message with its Bcc."""
    authors = letter.draft.from_
    return Copy(
        sender=authors[0].address if authors else settings.identity.login,
        now=letter.now,
        token=letter.token,
        chunks=whole.chunks(),
    )


def serve_files(
    outcome: Outcome, copy: MakeCopy, settings: Settings, environment: Environment
) -> None:
    """Write a copy to each recipient that is a file; `outcome` has the failures."""
    shelf = Shelf(path=environment.expand, folder=settings.keeping.folder)
    outcome.files_served = True
    for name in dict.fromkeys(outcome.parcel.files):
        if name == STANDARD_OUTPUT:
            error = _printed(copy(), environment)
        else:
            error = _kept(shelf.find(name), copy, settings)
        if error:
            outcome.unrecorded = error
            outcome.unwritten.append(name)


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


def record(outcome: Outcome, copy: MakeCopy, settings: Settings) -> None:
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
        outcome.unrecorded = CannotKeepError(said)


def _kept(folder: Folder, copy: MakeCopy, settings: Settings) -> CannotKeepError | None:
    try:
        keep(copy(), folder, settings.keeping.filing)
    except CannotKeepError as error:
        return error
    return None
