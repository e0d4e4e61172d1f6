"""Hand a parcel over and keep copies; keep what could not be handed over."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pymail.environment import Environment
from pymail.errors import CannotKeepError, Interrupted, UnreadableInputError
from pymail.message import mbox
from pymail.outcome.report import Fate
from pymail.settings.records import Settings
from pymail.store import dead_letter
from pymail.store import mbox as mbox_file
from pymail.submit.letter import Letter, Outcome, Parcel
from pymail.submit.prepare import message, with_author
from pymail.transport.base import Transport

ENVELOPE_TO = "X-Envelope-To"  # in a dead letter that some have got: who has not


def deliver(
    parcel: Parcel,
    transport: Transport,
    settings: Settings,
    environment: Environment,
) -> Outcome:
    """Serve the files, hand the parcel over, then keep the copy settings ask for.

    Raises:
        PymailError: the attempt ended before any recipient was asked for.
    """
    outcome = Outcome(parcel=parcel)
    for path in _files(parcel, settings, environment):
        try:
            mbox_file.append(path, _entry(parcel.letter, settings, environment))
        except CannotKeepError as error:
            outcome.unrecorded = error
    if parcel.envelope is not None:
        outcome.report = transport.send(parcel.envelope, parcel.message)
    accepted = outcome.report is None or outcome.report.with_fate(Fate.ACCEPTED)
    if settings.keeping.record and accepted:
        _record(settings.keeping.record, outcome, settings, environment)
    return outcome


def _files(
    parcel: Parcel, settings: Settings, environment: Environment
) -> Iterator[Path]:
    for name in parcel.files:
        folder = settings.keeping.folder
        if name.startswith("+") and folder:
            yield folder / name[1:]
        else:
            yield environment.expand(name)


def _record(
    path: Path, outcome: Outcome, settings: Settings, environment: Environment
) -> None:
    try:
        mbox_file.append(path, _entry(outcome.parcel.letter, settings, environment))
    except CannotKeepError as error:
        outcome.unrecorded = error
    except Interrupted:  # the mail has left: the signal can only cost the copy
        outcome.unrecorded = CannotKeepError(f"{path}: interrupted by a signal")


def _entry(
    letter: Letter, settings: Settings, environment: Environment
) -> Iterator[bytes]:
    whole = message(letter, settings, environment, bcc=True)
    authors = letter.draft.from_
    sender = authors[0].address if authors else settings.identity.login
    return mbox.entry(sender, letter.now, whole.chunks())


def keep(
    letter: Letter,
    unserved: Sequence[str],
    settings: Settings,
    environment: Environment,
) -> Path | None:
    """Keep a letter in the dead letter file; None when settings say not to.

    `unserved` are the addresses that did not get it, empty for all. The entry
    is a whole message with its recipients, blind ones too, so that
    `pymail -t` sends it again to those. Somebody may have to read it in the
    file: text alone is kept unencoded; parts must be ready for any server.

    Raises:
        CannotKeepError: it can be written nowhere.
    """
    if not letter.draft.attachments:
        readable = replace(settings.composing, encoding="8bit")
        settings = replace(settings, composing=readable)
    draft = with_author(letter.draft, settings)
    envelope = [(ENVELOPE_TO, ", ".join(unserved))] if unserved else []
    as_written = [
        (name, ", ".join(words))
        for name, words in (("To", letter.to), ("Cc", letter.cc), ("Bcc", letter.bcc))
        if words
    ]
    draft = replace(draft, fields=(*envelope, *as_written, *draft.fields))
    letter = replace(letter, draft=draft)
    try:
        return _write(letter, settings, environment)
    except UnreadableInputError:  # an attachment is gone; the text is not
        letter = replace(letter, draft=replace(draft, attachments=()))
        return _write(letter, settings, environment)


def _write(letter: Letter, settings: Settings, environment: Environment) -> Path | None:
    place = settings.keeping.dead_letter
    if place is None:
        return None
    temporary = Path(environment.variables.get("TMPDIR") or "/tmp")  # noqa: S108 - made there with mkstemp
    return dead_letter.keep(
        place,
        lambda: _entry(letter, settings, environment),
        temporary_directory=temporary,
    )
