"""Hand a parcel over and keep copies; keep what could not be handed over."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pymail.environment import Environment
from pymail.errors import UnreadableInputError
from pymail.message import mbox
from pymail.outcome.report import Fate
from pymail.settings.records import Settings
from pymail.store import dead_letter
from pymail.store.choose import Copy
from pymail.submit import copies
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

    def copy() -> Copy:
        whole = message(parcel.letter, settings, environment, bcc=True)
        return copies.copy_of(parcel.letter, whole, settings)

    copies.serve_files(outcome, copy, settings, environment)
    if parcel.envelope is not None:
        outcome.report = transport.send(parcel.envelope, parcel.message)
    if outcome.report is None or outcome.report.with_fate(Fate.ACCEPTED):
        copies.record(outcome, copy, settings)
    return outcome


def _entry(
    letter: Letter, settings: Settings, environment: Environment
) -> Iterator[bytes]:
    whole = message(letter, settings, environment, bcc=True)
    copy = copies.copy_of(letter, whole, settings)
    return mbox.entry(copy.sender, copy.now, copy.chunks)


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
    as_written += [("Fcc", name) for name in letter.fcc]
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
