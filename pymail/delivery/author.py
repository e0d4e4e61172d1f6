"""The author and envelope sender of a draft, and fields that settings add.

Some providers take mail from the account that logged in and from nobody else;
and an author such as `root` or `root@web1` is an address nowhere but here. The
account's address then takes the place of the author's, under the author's
name or else address, and answers go to the author if that is possible.
"""

from collections.abc import Iterable

from pymail.address.aliases import expand
from pymail.address.mailbox import Mailbox, parse_mailbox
from pymail.delivery.recipients import reply_addresses
from pymail.errors import AddressError
from pymail.message import fields
from pymail.message.draft import Draft
from pymail.model import replace
from pymail.settings.models import FitSender, Settings
from pymail.settings.server_models import LocalMta, SmtpServer

_NOWHERE = (".localdomain", ".localhost")

NOT_CUSTOM = frozenset(
    (
        *("from", "sender", "to", "cc", "bcc", "subject", "reply-to", "date"),
        *("message-id", "in-reply-to", "references", "mime-version"),
        *("content-type", "content-transfer-encoding", "content-disposition"),
    )
)


def with_author(draft: Draft, settings: Settings) -> Draft:
    """Fill in who writes, as far as the draft does not say it."""
    authors = draft.from_ or settings.from_
    # a local program knows better who calls it, unless somebody has a name
    if not authors and (draft.full_name or _knows_host(settings)):
        said = draft.raw or draft.reverse_path is not None
        authors = (Mailbox((said and settings.reverse_path) or settings.login_name),)
    if draft.full_name and not draft.from_:
        authors = (replace(authors[0], name=draft.full_name), *authors[1:])
    authors = tuple(
        replace(a, address=full_address(a.address, settings)) for a in authors
    )
    draft = replace(draft, from_=authors)
    return draft if draft.raw else _with_fields(draft, settings)


def _with_fields(draft: Draft, settings: Settings) -> Draft:
    """Add the fields that settings name, but for those the draft has (a dead letter)."""
    present = {name.lower() for name, _ in draft.fields}
    named = _settings_fields(settings, draft.from_)
    added = [(name, body) for name, body in named if name.lower() not in present]
    return replace(
        draft,
        sender=draft.sender or settings.sender,
        reply_to=draft.reply_to or reply_addresses(settings),
        fields=(*draft.fields, *added),
    )


def _settings_fields(
    settings: Settings, authors: tuple[Mailbox, ...]
) -> Iterable[tuple[str, str]]:
    if settings.organization:
        yield "Organization", settings.organization
    if settings.message.ask_receipt and authors:
        yield "Disposition-Notification-To", authors[0].address
    if custom := settings.message.custom_fields:
        for name, body in fields.split_custom(custom)[0]:
            if name.lower() not in NOT_CUSTOM:
                yield name, body


def _knows_host(settings: Settings) -> bool:
    """A local program knows better, unless the settings name the host."""
    return settings.hostname_is_set or not isinstance(settings.server, LocalMta)


def full_address(address: str, settings: Settings) -> str:
    """Give a local name what the settings know: alias, host, author, machine."""
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
    """Expand an alias; empty if it is none or not addresses alone."""
    if name not in settings.aliases:
        return ()
    words = expand([name], settings.aliases, login="", metoo=True).words
    try:
        return tuple(map(parse_mailbox, words))
    except AddressError:
        return ()


def rewrite_sender(
    draft: Draft, settings: Settings, written: tuple[Mailbox, ...] = ()
) -> tuple[Draft, Settings, tuple[str, ...]]:
    """Let the account be the author where `smtp-fit-sender` says so.

    `written` are the authors as the user wrote them, before they were completed.
    Returns the draft, the settings with its envelope sender, and remarks.
    """
    server = settings.server
    account = account_address(settings)
    if not account or settings.fit_sender is FitSender.OFF:
        return draft, settings, ()
    if _is_only(account, draft.from_) and settings.reverse_path in {None, account}:
        return draft, settings, ()  # nobody insists on more
    assert isinstance(server, SmtpServer)  # noqa: S101 - only these have accounts
    path = settings.reverse_path
    word = _bare_word(draft, settings, written or settings.from_)
    real = () if word else tuple(a for a in draft.from_ if is_routable(a.address))
    needs_mending = path is None or bool(path and not is_routable(path))
    always = (real == draft.from_ or not needs_mending) and (
        settings.fit_sender is FitSender.ON or requires_login_as_sender(server.host)
    )
    fitted = _as_account(draft, account, word, real, always=always)
    if path is None:
        unfit = fitted is not draft
    else:
        unfit = always or bool(path and not is_routable(path))
    if fitted is draft and (not unfit or path == account):
        return draft, settings, ()
    path = account if unfit else path
    settings = replace(settings, reverse_path=path)
    return fitted, settings, (_remark(draft, account, server.host),)


def with_sender(draft: Draft, settings: Settings) -> Settings:
    """Take in who sends, as the draft says it: its envelope sender, or its author.

    A name that has no domain gets what is known for it; a local program knows best.

    Raises:
        AddressError: the envelope sender is no mailbox.
    """
    server = settings.server
    if draft.reverse_path is None:
        if (
            isinstance(server, LocalMta)  # it is told the author of the draft itself
            and server.sender_option is not None
            and draft.from_
            and settings.reverse_path is None
        ):
            who = draft.from_[0]
            server = replace(server, sender_option=who.address, sender_name=who.name)
        return replace(settings, server=server)
    path = draft.reverse_path.strip()
    path = parse_mailbox(path).address if path not in ("", "<>") else ""
    if isinstance(server, LocalMta):
        server = replace(server, sender_option=path)
    elif path and "@" not in path:
        path = settings.reverse_path or full_address(path, settings)
    return replace(settings, server=server, reverse_path=path)


def account_address(settings: Settings) -> str:
    """Return the address that logs in; empty when there is none, or no address."""
    server = settings.server
    login = server.login if isinstance(server, SmtpServer) else None
    return login.user if login and is_routable(login.user) else ""


def requires_login_as_sender(host: str) -> bool:
    """Tell whether a server is known to take no sender but the account."""
    from pymail.report.providers import find_by_host  # only a login asks

    provider = find_by_host(host)
    return provider is not None and provider.insists


def is_routable(address: str) -> bool:
    """Tell whether an address can mean anything elsewhere: its domain has a dot."""
    domain = Mailbox(address).domain.lower().rstrip(".")
    if domain.startswith("["):
        return True
    return "." in domain and not domain.endswith(_NOWHERE)


def _as_account(
    draft: Draft, account: str, word: str, real: tuple[Mailbox, ...], *, always: bool
) -> Draft:
    authors = draft.from_
    if _is_only(account, authors) or (real == authors and not always):
        return draft
    name = authors[0].name or word or authors[0].address if authors else ""
    return replace(
        draft,
        from_=(Mailbox(account, name),),
        sender=None,
        reply_to=draft.reply_to or real,
    )


def _bare_word(draft: Draft, settings: Settings, written: tuple[Mailbox, ...]) -> str:
    """The bare word that the author was made of: a name, and not a mailbox."""
    host = "" if settings.hostname_is_set else f"@{settings.hostname}"
    made = draft.from_[0].address if host and draft.from_ else ""
    return next((m.address for m in written if made == m.address + host), "")


def _is_only(account: str, authors: tuple[Mailbox, ...]) -> bool:
    return [a.address.lower() for a in authors] == [account.lower()]


def _remark(draft: Draft, account: str, host: str) -> str:
    was = ", ".join(author.address for author in draft.from_) or "nobody"
    return f"smtp-fit-sender: sent from {account}, not {was}, for {host}"
