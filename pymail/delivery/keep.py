"""Keep a letter that could not be handed over."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from pymail.delivery import raw, raw_letter
from pymail.delivery.assemble import content, under_fields
from pymail.delivery.author import authored
from pymail.delivery.letter import Letter
from pymail.delivery.prepare import legible, with_surroundings
from pymail.environment import Environment
from pymail.errors import CannotKeepError, MessageError, UnreadableInputError
from pymail.files import dead_letter
from pymail.message import mbox_format
from pymail.message.byte_source import FinishedMessage
from pymail.message.draft import Attachment
from pymail.message.raw_message import BEGUN, ENVELOPE_TO, parse_message
from pymail.model import replace
from pymail.settings.models import Settings

_OURS = frozenset({ENVELOPE_TO.lower(), BEGUN.lower()})  # a stranger's would count


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
    A letter of which no message can be made is kept as it was written.

    Raises:
        CannotKeepError: it can be written nowhere.
    """
    place = settings.keeping.dead_letter
    if place is None:
        return None

    def write(chunks: Callable[[], Iterable[bytes]]) -> Path:
        authors = letter.draft.from_ or settings.identity.from_
        sender = authors[0].address if authors else settings.identity.login
        return dead_letter.keep(
            place,
            lambda: mbox_format.format_entry(sender, letter.now, chunks()),
            temporary_directory=environment.temporary_directory,
        )

    if letter.unread_header:
        letter = _with_header_read(letter)
    try:
        with suppress(UnreadableInputError):
            return write(_message(letter, unserved, settings, environment).chunks)
        letter = _without_what_is_gone(letter)
        return write(_message(letter, unserved, settings, environment).chunks)
    except CannotKeepError:
        raise
    except Exception:  # noqa: BLE001 - why it cannot be sent is no reason not to keep it
        return write(lambda: raw.chunks(letter, unserved))


def _with_header_read(letter: Letter) -> Letter:
    """Take the text for the message that it is; one without a header is none."""
    with suppress(MessageError):
        message = parse_message(letter.draft.text)
        named = (*letter.to, *letter.cc, *letter.bcc)
        if named and letter.from_header:
            named += message.recipients()
        if message.fields:
            return replace(letter, handed=message, bcc=named)
    return letter


def _without_what_is_gone(letter: Letter) -> Letter:
    attachments = tuple(filter(_is_there, letter.draft.attachments))
    inline = tuple(filter(_is_there, letter.draft.inline))
    draft = replace(letter.draft, attachments=attachments, inline=inline)
    return replace(letter, draft=draft)


def _is_there(file: Attachment) -> bool:
    with suppress(UnreadableInputError):
        return sum(map(len, file.content.chunks())) >= 0
    return False


def _message(
    letter: Letter,
    unserved: Sequence[str],
    settings: Settings,
    environment: Environment,
) -> FinishedMessage:
    draft = authored(letter, settings)
    if draft.attachments or draft.html is not None:
        draft, _ = with_surroundings(draft, settings.composing, environment)
    else:
        readable = replace(settings.composing, encoding="8bit")
        settings = replace(settings, composing=readable)
    only = tuple(unserved) or letter.only
    if letter.handed:
        kept = raw_letter.kept(letter.handed, only or letter.bcc)
        letter = replace(letter, handed=kept)
    envelope = [(ENVELOPE_TO, ", ".join(only))] if only else []
    as_written = [
        (name, ", ".join(words))
        for name, words in (("To", letter.to), ("Cc", letter.cc), ("Bcc", letter.bcc))
        if words
    ]
    as_written += [("Fcc", name) for name in letter.fcc]
    others = [field for field in draft.fields if field[0].lower() not in _OURS]
    draft = replace(draft, fields=(*envelope, *as_written, *others))
    draft = legible(draft, settings.composing.named)
    letter = replace(letter, draft=draft)
    plain = content(letter, settings, environment)
    return under_fields(letter, plain, settings, bcc=True)
