"""Undeliverable queued messages: the dead letter, and the report to the sender."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from pymail.address.address_list import split_list
from pymail.address.envelope import Envelope
from pymail.address.mailbox import Mailbox
from pymail.environment import Environment
from pymail.errors import CannotKeepError, MessageError, UnreadableInputError
from pymail.files import mbox
from pymail.message import build, mbox_format, raw_message
from pymail.message.byte_source import InMemory
from pymail.message.draft import Draft, TextRules
from pymail.message.header import make_field
from pymail.message.message_id import make_message_id
from pymail.message.raw_message import ENVELOPE_TO
from pymail.octets import FileOctets
from pymail.outbox.directory import Outbox
from pymail.outbox.entry import Head
from pymail.outbox.queued_message import QueuedMessage
from pymail.settings.models import Settings

MAYBE = "it may have arrived (possible duplicate if sent again)"
NOWHERE = "not kept: save is unset"
_RULES = TextRules()
_SHOWN_FIELDS = ("Date", "Subject", "Message-ID")


def give_up(
    mail: QueuedMessage,
    addresses: Sequence[str],
    settings: Settings,
    environment: Environment,
) -> str:
    """Keep a message as a dead letter for these recipients; return where, as a phrase.

    Raises:
        CannotKeepError: it can be written neither there nor to a temporary file.
    """
    place = settings.dead_letter
    if place is None:
        return NOWHERE
    if mail.journal.giving_up and _is_there(place, mail, addresses):
        return f"kept in {place}"
    kept = mbox.append_or_save_elsewhere(
        place,
        lambda: _entry(mail, addresses, environment.now()),
        temporary_directory=environment.temporary_directory,
    )
    return f"kept in {kept}"


def _is_there(place: Path, mail: QueuedMessage, addresses: Sequence[str]) -> bool:
    """Tell whether a process wrote the dead letter, and died before it noted that."""
    try:
        entries = mbox_format.split_entries(FileOctets.at(place))
        heads = list(map(raw_message.parse_draft, entries))
    except (UnreadableInputError, MessageError):
        return False
    name = _field(mail, "Message-ID")
    same = (each for each in heads if name and each.first("Message-ID") == name)
    lists = (split_list(each.first(ENVELOPE_TO) or "") or addresses for each in same)
    return any({*addresses} <= {*kept_for} for kept_for in lists)


def _entry(
    mail: QueuedMessage, addresses: Sequence[str], now: datetime
) -> Iterator[bytes]:
    def chunks() -> Iterator[bytes]:
        yield make_field(ENVELOPE_TO, ", ".join(addresses))
        yield from mail.message.chunks()

    return mbox_format.format_entry(mail.head.envelope.reverse_path, now, chunks())


def report_to_sender(
    mail: QueuedMessage,
    addresses: Sequence[str],
    kept: str,
    outbox: Outbox,
    environment: Environment,
) -> None:
    """Queue a report to the sender, unless the message is a report itself.

    Raises:
        CannotKeepError: the outbox has no room for it.
    """
    sender = mail.head.envelope.reverse_path
    if not sender:
        return
    now, token = environment.now(), environment.token()
    draft = Draft(
        now=now,
        token=token,
        message_id=make_message_id(now, token, environment.hostname()),
        from_=(Mailbox(sender, "pymail"),),
        subject=f"Not delivered: {_field(mail, 'Subject') or 'a message'}"[:200],
        fields=(("Auto-Submitted", "auto-replied"),),  # RFC 3834 §5
        text=InMemory(_text(mail, addresses, kept).encode("utf-8", "replace")),
    )
    content = build.build_content(draft, rules=_RULES)
    lists = {"To": (Mailbox(sender),)}
    message = build.with_header(draft, lists, content, rules=_RULES)
    head = Head(
        created=mail.journal.times[-1],
        envelope=Envelope(reverse_path="", forward_paths=(sender,)),
        facts=message.facts,
        saved_options=mail.head.saved_options,
    )
    outbox.put(head, message.chunks(), token).close()


def _text(mail: QueuedMessage, addresses: Sequence[str], kept: str) -> str:
    lines = ["This message was not delivered to:", ""]
    unknown = mail.remaining.unknown
    for address in addresses:
        _, words = mail.journal.fates.get(address, (None, ""))
        words = MAYBE if address in unknown else words
        lines += [f"  {address}", f"    {words}"] if words else [f"  {address}"]
    lines += [
        "",
        f"pymail queued it at {mail.head.created:%Y-%m-%d %H:%M %Z}, and won't try again to",
        f"send it. The message is {kept}.",
        "",
    ]
    for name in _SHOWN_FIELDS:
        if body := _field(mail, name):
            lines.append(f"  {name}: {body}")
    return "\n".join(lines) + "\n"


def _field(mail: QueuedMessage, name: str) -> str:
    from pymail.message.encoded_words import decode

    try:
        return decode(raw_message.parse_message(mail.message).first(name) or "")
    except (MessageError, CannotKeepError):
        return ""
