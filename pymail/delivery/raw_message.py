"""Completion of a raw message: its author, date, Message-ID and recipients.

Valid fields stay as written. A local name as author gets the domain from the settings;
a local name in To or Cc becomes the addresses of its alias. RFC 5322 §3.6.
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
    """Read the text of a draft as a raw message, whose fields stay as written.

    Its header names recipients if `from_header` is set. S/MIME can't leave the message
    unchanged: then it becomes a draft with fields.

    Raises:
        MessageError: the header is invalid.
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
    """Return the address in Resent-From (RFC 5322 §3.6.6), or None."""
    resent = read_mailboxes(message.first("resent-from"))
    return resent[0].address if resent else None


def with_raw_author(raw: RawMessage, draft: Draft) -> Draft:
    """Take author, sender and reply addresses of the draft from the header.

    An invalid field counts as missing: it is no reason not to send the message.
    """
    authors = read_mailboxes(raw.first("from"), fields.parse_authors)
    several = authors if len(authors) > 1 else ()
    senders = read_mailboxes(raw.first("sender"), fields.parse_authors)
    return replace(
        draft,
        from_=authors,
        sender=next(iter(senders or several), None),
        reply_to=read_mailboxes(raw.first("reply-to")),
    )


def author_name(raw: RawMessage, draft: Draft) -> str:
    """Return the name in a From that has no address (`Log watcher`), empty if none."""
    body = "" if draft.from_ else decode(raw.first("from") or "")
    return fields.clean_tokens(body).strip('<>" ')


def with_missing_fields(draft: Draft, lists: Lists, settings: Settings) -> Draft:
    """Add the missing fields from the draft and the settings.

    Raises:
        MessageError: a field has a line that is too long (RFC 5322 §2.1.1).
    """
    assert draft.raw is not None  # noqa: S101 - the caller checks it
    raw = _with_authors(draft.raw, draft)
    for name in ("To", "Cc"):
        raw = _with_aliases(raw, name, settings)
    if not raw.first("Date"):
        field = header.make_field("Date", build.format_date(draft.now))
        raw = raw.put("Date", field)
    if draft.message_id and not raw.first("Message-ID"):
        field = header.make_field("Message-ID", draft.message_id)
        raw = raw.put("Message-ID", field)
    if not any(raw.first(name) is not None for name in _DESTINATIONS):
        raw = raw.put("To", _to(draft, lists))
    return replace(draft, raw=raw)


def _with_authors(raw: RawMessage, draft: Draft) -> RawMessage:
    """Write From, Sender and Reply-To where they differ from the header's."""
    if draft.from_ and draft.from_ != read_mailboxes(raw.first("from")):
        raw = raw.put("From", header.make_address_field("From", draft.from_))
    if draft.sender is None and read_mailboxes(raw.first("sender")):
        raw = raw.without("sender")
    if draft.reply_to and raw.first("reply-to") is None:
        raw = raw.put("Reply-To", header.make_address_field("Reply-To", draft.reply_to))
    return raw


def _with_aliases(raw: RawMessage, name: str, settings: Settings) -> RawMessage:
    words = [word for body in raw.all(name) for word in split_list(body)]
    if not any(word in settings.aliases for word in words):
        return raw
    try:
        mailboxes = tuple(_expand(words, settings))
    except AddressError:
        return raw
    return raw.put(name, header.make_address_field(name, mailboxes))


def _expand(words: list[str], settings: Settings) -> Iterator[Mailbox]:
    for word in words:
        yield from alias_addresses(word, settings) or (parse_mailbox(word),)


def complete_bcc(
    raw: RawMessage, paths: Sequence[str], settings: Settings
) -> tuple[RawMessage, tuple[Mailbox, ...]]:
    """Write Bcc with the recipients that are not in To or Cc; return also those that are.

    Raises:
        AddressError: a word in To or Cc is not a mailbox.
    """
    resent = any(each.name.lower().startswith("resent-") for each in raw.fields)
    to, cc, bcc = (f"Resent-{n}" if resent else n for n in ("To", "Cc", "Bcc"))
    bodies = (*raw.all(to), *raw.all(cc))
    named = tuple(_expand([w for body in bodies for w in split_list(body)], settings))
    known = {wire_address(each.address) for each in named}
    raw = raw.without(bcc)
    if blind := ", ".join(path for path in paths if path not in known):
        raw = raw.put(bcc, header.make_field(bcc, blind))
    return raw, named


def _to(draft: Draft, lists: Lists) -> bytes:
    """Name a single recipient in To; several may be hidden from each other."""
    mailboxes = lists.get("Bcc") or read_mailboxes(", ".join(draft.bcc))
    if len(mailboxes) == 1:
        return header.make_address_field("To", mailboxes)
    return _UNDISCLOSED


def with_undelivered(raw: RawMessage, recipients: tuple[str, ...]) -> RawMessage:
    """Write the recipients who didn't get it into X-Envelope-To."""
    raw = raw.without(ENVELOPE_TO, BEGUN)  # written by a stranger
    if not recipients:
        return raw
    field = header.make_field(ENVELOPE_TO, ", ".join(recipients))
    return raw.put(ENVELOPE_TO, field)


def read_mailboxes(
    body: str | None, read: Callable[[str], tuple[Mailbox, ...]] = parse_list
) -> tuple[Mailbox, ...]:
    """Parse the body of an address field; an invalid one is empty."""
    try:
        return read(body) if body else ()
    except AddressError:
        return ()
