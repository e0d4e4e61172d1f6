"""Completion of a draft from the settings: author, fields, signature, Message-ID."""

from collections.abc import Iterable, Iterator

from pymail.address.aliases import Aliases, Entry, expand
from pymail.address.mailbox import Mailbox, format_mailbox, parse_mailbox
from pymail.environment import Environment
from pymail.errors import AddressError
from pymail.message import fields
from pymail.message.decoding import repair
from pymail.message.draft import Draft
from pymail.message.message_id import make_message_id, written_message_id
from pymail.model import replace
from pymail.settings.models import Settings
from pymail.settings.server_models import LocalMta, SmtpServer
from pymail.text import system_message

_NOT_CUSTOM = frozenset(
    (
        *("from", "sender", "to", "cc", "bcc", "subject", "reply-to", "date"),
        *("message-id", "in-reply-to", "references", "mime-version"),
        *("content-type", "content-transfer-encoding", "content-disposition"),
    )
)


def complete_draft(
    draft: Draft,
    settings: Settings,
    environment: Environment,
    warnings: list[str],
    remarks: list[str],
) -> tuple[Draft, Settings]:
    """Fill in the missing author, fields, signature and Message-ID.

    Returns also the settings, in which the envelope sender may have changed.
    """
    written = () if draft.raw else draft.from_
    draft = with_author(draft, settings)
    if isinstance(settings.server, SmtpServer) and settings.server.login:
        from pymail.delivery.rewrite_from import rewrite_sender  # only with a login

        draft, settings, more = rewrite_sender(draft, settings, written)
        remarks += more
    message = settings.message
    if not draft.raw and (message.head or message.tail or message.signature):
        draft = with_signature(draft, settings, environment, warnings)
    if message.custom_fields:
        warnings += _custom_warnings(message.custom_fields)
    return with_message_id(with_legible_text(draft, settings), settings), settings


def with_sender(draft: Draft, settings: Settings) -> Settings:
    """Return the settings with the draft's envelope sender, or its author as sender.

    A local name gets a domain, unless a local program takes the message, which adds it.

    Raises:
        AddressError: the envelope sender is not a mailbox.
    """
    server = settings.server
    if draft.reverse_path is None:
        # a local program gets the draft's author as its options -f and -F
        if (
            isinstance(server, LocalMta)
            and server.sender_option is not None
            and draft.from_
            and settings.reverse_path is None
        ):
            author = draft.from_[0]
            server = replace(
                server, sender_option=author.address, sender_name=author.name
            )
        return replace(settings, server=server)
    path = draft.reverse_path.strip()
    path = parse_mailbox(path).address if path not in ("", "<>") else ""
    if isinstance(server, LocalMta):
        server = replace(server, sender_option=path)
    elif path and "@" not in path:
        path = settings.reverse_path or full_address(path, settings)
    return replace(settings, server=server, reverse_path=path)


def with_author(draft: Draft, settings: Settings) -> Draft:
    """Fill in the author if the draft has none."""
    authors = draft.from_ or settings.from_
    # a local program fills in its caller, but without a display name
    if not authors and (draft.full_name or _knows_host(settings)):
        has_sender = draft.raw or draft.reverse_path is not None
        path = settings.reverse_path if has_sender else None
        authors = (Mailbox(path or settings.login_name),)
    if draft.full_name and not draft.from_:
        authors = (replace(authors[0], name=draft.full_name), *authors[1:])
    authors = tuple(
        replace(a, address=full_address(a.address, settings)) for a in authors
    )
    draft = replace(draft, from_=authors)
    return draft if draft.raw else _with_fields(draft, settings)


def _with_fields(draft: Draft, settings: Settings) -> Draft:
    """Add the fields of the settings, except those that a dead letter already has."""
    present = {name.lower() for name, _ in draft.fields}
    named = _settings_fields(settings, draft.from_)
    added = [(name, body) for name, body in named if name.lower() not in present]
    return replace(
        draft,
        sender=draft.sender or settings.sender,
        reply_to=draft.reply_to or _reply_addresses(settings),
        fields=(*draft.fields, *added),
    )


def _settings_fields(
    settings: Settings, authors: tuple[Mailbox, ...]
) -> Iterable[tuple[str, str]]:
    if settings.message.user_agent:
        yield "User-Agent", "pymail"
    if settings.organization:
        yield "Organization", settings.organization
    if settings.message.ask_receipt and authors:
        yield "Disposition-Notification-To", authors[0].address
    if custom := settings.message.custom_fields:
        for name, body in fields.split_custom(custom)[0]:
            if name.lower() not in _NOT_CUSTOM:
                yield name, body


def _knows_host(settings: Settings) -> bool:
    """Tell whether pymail adds the domain: a local program does, if no host is set."""
    return settings.hostname_is_set or not isinstance(settings.server, LocalMta)


def full_address(address: str, settings: Settings) -> str:
    """Complete a local name from the settings: its alias, the host, or the author."""
    if "@" in address or not address:
        return address
    addresses = alias_addresses(address, settings)
    if len(addresses) == 1 and "@" in addresses[0].address:
        return addresses[0].address
    if not _knows_host(settings):
        return address
    if not settings.hostname_is_set and settings.from_:
        author = settings.from_[0].address
        address = author if "@" in author else address
    if "@" in address:
        return address
    return f"{address}@{settings.hostname}"


def alias_addresses(name: str, settings: Settings) -> tuple[Mailbox, ...]:
    """Expand an alias; empty if there is none, or it has other words than addresses."""
    return _addresses([name], settings) if name in settings.aliases else ()


def _reply_addresses(settings: Settings) -> tuple[Mailbox, ...]:
    """Return the addresses of `replyto`, with aliases expanded."""
    written = settings.reply_to
    if not any(mailbox.address in settings.aliases for mailbox in written):
        return written
    return _addresses(map(format_mailbox, written), settings) or written


def _addresses(words: Iterable[str], settings: Settings) -> tuple[Mailbox, ...]:
    entries = expand(map(Entry.parse, words), Aliases(settings.aliases))
    try:
        return tuple(parse_mailbox(entry.word) for entry in entries)
    except AddressError:
        return ()


def _custom_warnings(custom_fields: str) -> Iterator[str]:
    """Yield a warning for each invalid field of `customhdr`."""
    found, problems = fields.split_custom(custom_fields)
    for name, _ in found:
        if name.lower() in _NOT_CUSTOM:
            yield f"customhdr: {name} can't be set there; sent without"
    for problem in problems:
        yield f"customhdr: {problem}; sent without"


def with_signature(
    draft: Draft, settings: Settings, environment: Environment, warnings: list[str]
) -> Draft:
    """Add head, tail and signature; an unreadable signature is only a warning."""
    message, signature = settings.message, b""
    if message.signature:
        try:
            signature = environment.read_file(message.signature)
            if signature and not signature.endswith(b"\n"):
                signature += b"\n"
        except OSError as error:
            reason = f"{message.signature}: {system_message(error)}"
            warnings.append(f"signature: {reason}; sent without")
    return replace(
        draft,
        head=message.head.encode("utf-8", "surrogateescape"),
        tail=message.tail.encode("utf-8", "surrogateescape"),
        signature=signature,
    )


def with_legible_text(draft: Draft, settings: Settings) -> Draft:
    """Decode header text that was not valid UTF-8, kept as surrogates (PEP 383)."""
    charsets = settings.message.named

    def legible(mailbox: Mailbox) -> Mailbox:
        return replace(mailbox, name=repair(mailbox.name, charsets))

    return replace(
        draft,
        from_=tuple(map(legible, draft.from_)),
        sender=draft.sender and legible(draft.sender),
        reply_to=tuple(map(legible, draft.reply_to)),
        subject=draft.subject and repair(draft.subject, charsets),
        fields=tuple((name, repair(body, charsets)) for name, body in draft.fields),
        attachments=tuple(
            replace(each, name=repair(each.name, charsets))
            for each in draft.attachments
        ),
    )


def with_message_id(draft: Draft, settings: Settings) -> Draft:
    """Set the Message-ID: that of the header, else a new one.

    Its domain is the host if that is set, else the author's domain. Empty if the
    settings leave the Message-ID to the server.
    """
    message_id = written_message_id(draft)
    if not message_id and settings.message.message_id:
        domain = draft.from_[0].domain if draft.from_ else ""
        host = settings.hostname if settings.hostname_is_set else domain
        host = host or settings.hostname
        message_id = make_message_id(draft.now, draft.token, host)
    return replace(draft, message_id=message_id)
