"""Who writes: the author of a letter, and its fields that settings add."""

from collections.abc import Iterable

from pymail.address.aliases import expand
from pymail.address.mailbox import Mailbox, parse_mailbox
from pymail.delivery.letter import Letter
from pymail.delivery.recipients import reply_addresses
from pymail.errors import AddressError
from pymail.message import fields
from pymail.message.draft import Draft
from pymail.model import replace
from pymail.settings.models import Settings
from pymail.settings.server_models import LocalMta

NOT_CUSTOM = frozenset(
    (
        *("from", "sender", "to", "cc", "bcc", "subject", "reply-to", "date"),
        *("message-id", "in-reply-to", "references", "mime-version"),
        *("content-type", "content-transfer-encoding", "content-disposition"),
    )
)


def authored(letter: Letter, settings: Settings) -> Draft:
    """Fill in who writes, as far as the letter does not say it."""
    draft, identity = letter.draft, settings.identity
    authors = draft.from_ or identity.from_
    # a local program knows better who calls it, unless somebody has a name
    if not authors and (letter.full_name or _knows_host(settings)):
        said = letter.handed or letter.reverse_path is not None
        authors = (Mailbox((said and identity.reverse_path) or identity.login),)
    if letter.full_name and not draft.from_:
        authors = (replace(authors[0], name=letter.full_name), *authors[1:])
    authors = tuple(replace(a, address=full(a.address, settings)) for a in authors)
    draft = replace(draft, from_=authors)
    return draft if letter.handed else _with_fields(draft, settings)


def _with_fields(draft: Draft, settings: Settings) -> Draft:
    """Add the fields that settings name, as far as the draft does not."""
    return replace(
        draft,
        sender=draft.sender or settings.identity.sender,
        reply_to=draft.reply_to or reply_addresses(settings),
        fields=(*draft.fields, *_missing_fields(draft, settings)),
    )


def _missing_fields(draft: Draft, settings: Settings) -> Iterable[tuple[str, str]]:
    """The fields that settings add, but for those the draft has (a dead letter)."""
    present = {name.lower() for name, _ in draft.fields}
    for name, body in _settings_fields(settings, draft.from_):
        if name.lower() not in present:
            yield name, body


def _settings_fields(
    settings: Settings, authors: tuple[Mailbox, ...]
) -> Iterable[tuple[str, str]]:
    if settings.identity.organization:
        yield "Organization", settings.identity.organization
    if settings.composing.ask_receipt and authors:
        yield "Disposition-Notification-To", authors[0].address
    for name, body in fields.split_custom(settings.composing.custom_fields)[0]:
        if name.lower() not in NOT_CUSTOM:
            yield name, body


def _knows_host(settings: Settings) -> bool:
    """A local program knows better, unless the settings name the host."""
    identity = settings.identity
    return identity.hostname_is_set or not isinstance(settings.server, LocalMta)


def full(address: str, settings: Settings) -> str:
    """Give a local name what the settings know: alias, host, author, machine."""
    if "@" in address or not address:
        return address
    identity = settings.identity
    addresses = of_alias(address, settings)
    if len(addresses) == 1 and "@" in addresses[0].address:
        return addresses[0].address
    if not _knows_host(settings):
        return address
    if not identity.hostname_is_set and identity.from_:
        author = identity.from_[0].address
        address = author if "@" in author else address
    if "@" in address:
        return address
    return f"{address}@{identity.hostname}"


def of_alias(name: str, settings: Settings) -> tuple[Mailbox, ...]:
    """What an alias stands for, empty if it is none or not addresses alone."""
    if name not in settings.aliases:
        return ()
    words = expand([name], settings.aliases, login="", metoo=True).words
    try:
        return tuple(map(parse_mailbox, words))
    except AddressError:
        return ()
