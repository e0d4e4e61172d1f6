"""Keep a letter that could not be handed over."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pymail.environment import Environment
from pymail.errors import UnreadableInputError
from pymail.message import mbox
from pymail.message.handed import ENVELOPE_TO
from pymail.message.source import FinishedMessage
from pymail.record import replace
from pymail.settings.records import Settings
from pymail.store import dead_letter
from pymail.submit import copies, handed
from pymail.submit.assemble import content, under_fields
from pymail.submit.author import authored
from pymail.submit.letter import Letter
from pymail.submit.prepare import legible, with_surroundings


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
    any server, and have their signature, which nobody puts into parts later.

    Raises:
        CannotKeepError: it can be written nowhere.
    """
    draft = authored(letter, settings)
    if draft.attachments or draft.html is not None:
        draft, _ = with_surroundings(draft, settings.composing, environment)
    else:
        readable = replace(settings.composing, encoding="8bit")
        settings = replace(settings, composing=readable)
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
    draft = legible(draft, settings.composing.named)
    letter = replace(letter, draft=draft)
    try:
        return _write(letter, settings, environment)
    except UnreadableInputError:  # an attachment is gone; the text is not
        letter = replace(letter, draft=replace(draft, attachments=(), inline=()))
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


def _entry(
    letter: Letter, whole: FinishedMessage, settings: Settings
) -> Iterator[bytes]:
    copy = copies.copy_of(letter, whole, settings)
    return mbox.entry(copy.sender, copy.now, copy.chunks)
