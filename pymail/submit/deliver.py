"""Hand a parcel over and keep copies; keep what could not be handed over."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pymail.environment import Environment
from pymail.errors import (
    Interrupted,
    MessageError,
    PymailError,
    UnreadableInputError,
)
from pymail.message import mbox
from pymail.message.handed import ENVELOPE_TO
from pymail.message.source import FinishedMessage
from pymail.outcome.report import Report
from pymail.record import replace
from pymail.settings.records import Settings
from pymail.store import dead_letter
from pymail.store.choose import Copy
from pymail.submit import copies, handed
from pymail.submit.assemble import content, under_fields
from pymail.submit.letter import Consignment, Letter, Outcome, Parcel
from pymail.submit.prepare import authored
from pymail.transport.base import Transport


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
        whole = under_fields(parcel.letter, parcel.content, settings, bcc=True)
        return copies.copy_of(parcel.letter, whole, settings)

    copies.serve_files(outcome, copy, settings, environment)
    outcome.reports += _handed_over(parcel.consignments, transport)
    if outcome.accepted or not outcome.reports:
        copies.record(outcome, copy, settings)
    return outcome


def _handed_over(
    consignments: Sequence[Consignment], transport: Transport
) -> Iterator[Report]:
    """Send one after the other; the first that cannot even begin raises.

    Later ones report instead: some have got the letter, and what they have got
    must not be sent again. A message that cannot go stops no other message, but
    a server out of reach, and a signal, stop what is left.
    """
    alone = len(consignments) == 1
    for n, each in enumerate(consignments):
        try:
            report = transport.send(each.envelope, each.message)
        except MessageError as error:
            if alone:
                raise
            report = Report.of_failure(each.envelope.forward_paths, error)
        except PymailError as error:
            if n == 0:
                raise
            yield _not_tried(consignments[n:], error)
            return
        yield report
        if isinstance(report.failure, Interrupted) and consignments[n + 1 :]:
            yield _not_tried(consignments[n + 1 :], report.failure)
            return


def _not_tried(left: Sequence[Consignment], failure: PymailError) -> Report:
    paths = [path for each in left for path in each.envelope.forward_paths]
    return Report.of_failure(tuple(paths), failure)


def _entry(
    letter: Letter, whole: FinishedMessage, settings: Settings
) -> Iterator[bytes]:
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
    `pymail -t` sends it again to those, and seals it then. Somebody may have to
    read it in the file: text alone is kept unencoded; parts must be ready for
    any server.

    Raises:
        CannotKeepError: it can be written nowhere.
    """
    if not letter.draft.attachments:
        readable = replace(settings.composing, encoding="8bit")
        settings = replace(settings, composing=readable)
    draft = authored(letter, settings)
    if letter.handed:
        words = tuple(unserved) or letter.only or letter.bcc
        letter = replace(letter, handed=handed.kept(letter.handed, words))
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
    plain = content(letter, settings, environment)
    whole = under_fields(letter, plain, settings, bcc=True)
    return dead_letter.keep(
        place,
        lambda: _entry(letter, whole, settings),
        temporary_directory=environment.temporary_directory,
    )
