"""Completion of a raw message: its author, date and recipients.

Fields that are there and make sense stay as written. A local name as author
gets the domain that the settings know for it; a local name in To or Cc the
addresses of its alias. RFC 5322 §3.6.
"""

from collections.abc import Callable, Iterator, Sequence

from pymail.address.addr_spec import wire_address
from pymail.address.address_list import split_list
from pymail.address.mailbox import Mailbox, parse_list, parse_mailbox
from pymail.delivery.complete_draft import alias_addresses
from pymail.errors import AddressError
from pymail.message import build, decoding, fields, header
from pymail.message.byte_source import skip_mark
from pymail.message.draft import Draft, Lists
from pymail.message.encoded_words import decode
from pymail.message.mime_parameters import parse_content_type
from pymail.message.raw_message import (
    BEGUN,
    ENVELOPE_TO,
    RawMessage,
    parse_message,
)
from pymail.model import replace
from pymail.settings.models import Settings

_DESTINATIONS = ("to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc")
_UNDISCLOSED = b"To: undisclosed-recipients:;\r\n"  # RFC 5322 §A.1.3


def read_message(collected: Draft, settings: Settings) -> Draft:
    """Read the message that the text of a draft is; what it has stays as written.

    Its header names recipients if `from_header` is set. A message to be signed or
    encrypted can't stay as it is: it becomes a draft with fields.

    Raises:
        MessageError: the header makes no sense.
    """
    charsets = settings.message.named
    if settings.smime.wanted:
        from pymail.message.draft_header import read_header

        return read_header(collected, charsets, keep_lists=not collected.from_header)
    text = skip_mark(collected.text)
    message = parse_message(text, names_recipients=collected.from_header)
    own = parse_content_type(message.first("content-type") or "").charset
    decoded = (
        replace(each, octets=decoding.decode(each.octets, (own, *charsets)).encode())
        for each in message.fields
    )
    message = replace(message, fields=tuple(decoded))
    named = message.recipients() if collected.from_header else ()
    sender = collected.reverse_path
    draft = with_raw_author(message, collected)
    return replace(
        draft,
        raw=message,
        unread_header=False,
        full_name=collected.full_name or author_name(message, draft),
        bcc=(*collected.bcc, *named),
        reverse_path=_resent_from(message) if sender is None else sender,
    )


def _resent_from(message: RawMessage) -> str | None:
    """Return the resender (RFC 5322 §3.6.6), None if no Resent- field names one."""
    resent = read_mailboxes(message.first("resent-from"))
    return resent[0].address if resent else None


def with_raw_author(handed: RawMessage, draft: Draft) -> Draft:
    """Take from the header who writes; the text of the draft stays the whole message.

    What makes no sense counts as missing: it is no reason to hold a mail back.
    """
    authors = read_mailboxes(handed.first("from"), fields.parse_authors)
    several = authors if len(authors) > 1 else ()
    senders = read_mailboxes(handed.first("sender"), fields.parse_authors)
    return replace(
        draft,
        from_=authors,
        sender=next(iter(senders or several), None),
        reply_to=read_mailboxes(handed.first("reply-to")),
    )


def author_name(handed: RawMessage, draft: Draft) -> str:
    """The name in a From that has no address (`Log watcher`), empty for none."""
    body = "" if draft.from_ else decode(handed.first("from") or "")
    return fields.clean_tokens(body).strip('<>" ')


def with_missing_fields(draft: Draft, lists: Lists, settings: Settings) -> Draft:
    """Add to its header what the draft and the settings know.

    Raises:
        MessageError: a field fits no line.
    """
    assert draft.raw is not None  # noqa: S101 - what this module is for
    handed = _with_authors(draft.raw, draft)
    for name in ("To", "Cc"):
        handed = _with_aliases(handed, name, settings)
    if not handed.first("Date"):
        field = header.make_field("Date", build.format_date(draft.now))
        handed = handed.put("Date", field)
    if draft.message_id and not handed.first("Message-ID"):
        field = header.make_field("Message-ID", draft.message_id)
        handed = handed.put("Message-ID", field)
    if not any(handed.first(name) is not None for name in _DESTINATIONS):
        handed = handed.put("To", _to(draft, lists))
    return replace(draft, raw=handed)


def _with_authors(handed: RawMessage, draft: Draft) -> RawMessage:
    """Write who writes where that is not what the header says already."""
    if draft.from_ and draft.from_ != read_mailboxes(handed.first("from")):
        handed = handed.put("From", header.make_address_field("From", draft.from_))
    if draft.sender is None and read_mailboxes(handed.first("sender")):
        handed = handed.without("sender")
    if draft.reply_to and handed.first("reply-to") is None:
        handed = handed.put(
            "Reply-To", header.make_address_field("Reply-To", draft.reply_to)
        )
    return handed


def _with_aliases(handed: RawMessage, name: str, settings: Settings) -> RawMessage:
    words = [word for body in handed.all(name) for word in split_list(body)]
    if not any(word in settings.aliases for word in words):
        return handed
    try:
        who = tuple(_expand(words, settings))
    except AddressError:
        return handed
    return handed.put(name, header.make_address_field(name, who))


def _expand(words: list[str], settings: Settings) -> Iterator[Mailbox]:
    for word in words:
        yield from alias_addresses(word, settings) or (parse_mailbox(word),)


def complete_bcc(
    handed: RawMessage, paths: Sequence[str], settings: Settings
) -> tuple[RawMessage, tuple[Mailbox, ...]]:
    """Name in Bcc those of the recipients whom To and Cc do not, and tell these.

    Raises:
        AddressError: one of these is no mailbox.
    """
    resent = any(each.name.lower().startswith("resent-") for each in handed.fields)
    to, cc, bcc = (f"Resent-{n}" if resent else n for n in ("To", "Cc", "Bcc"))
    bodies = (*handed.all(to), *handed.all(cc))
    named = tuple(_expand([w for body in bodies for w in split_list(body)], settings))
    known = {wire_address(each.address) for each in named}
    handed = handed.without(bcc)
    if blind := ", ".join(path for path in paths if path not in known):
        handed = handed.put(bcc, header.make_field(bcc, blind))
    return handed, named


def _to(draft: Draft, lists: Lists) -> bytes:
    """Name the one who gets it; several may not know of each other."""
    who = lists.get("Bcc") or read_mailboxes(", ".join(draft.bcc))
    if len(who) == 1:
        return header.make_address_field("To", who)
    return _UNDISCLOSED


def with_undelivered(handed: RawMessage, recipients: tuple[str, ...]) -> RawMessage:
    """Note who has not got it."""
    handed = handed.without(ENVELOPE_TO, BEGUN)  # a stranger's
    if not recipients:
        return handed
    field = header.make_field(ENVELOPE_TO, ", ".join(recipients))
    return handed.put(ENVELOPE_TO, field)


def read_mailboxes(
    body: str | None, read: Callable[[str], tuple[Mailbox, ...]] = parse_list
) -> tuple[Mailbox, ...]:
    """Read the body of a field; what makes no sense names no one."""
    try:
        return read(body) if body else ()
    except AddressError:
        return ()
