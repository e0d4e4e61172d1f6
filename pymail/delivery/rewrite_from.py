"""The sender that the server can accept, when that of the letter is not one.

Some providers take mail from the account that logged in and from nobody else;
and an author such as `root` or `root@web1` is an address nowhere but here. The
account's address then takes the place of the author's, under the author's
name or else address, and answers go to the author if that is possible.
"""

from pymail.address.mailbox import Mailbox, parse_mailbox
from pymail.delivery.author import full
from pymail.delivery.letter import Letter
from pymail.message.draft import Draft
from pymail.model import model, replace
from pymail.settings.models import FitSender, Identity, Settings
from pymail.settings.server_models import LocalMta, SmtpServer

_NOWHERE = (".localdomain", ".localhost")


@model()
class Fitted:
    """A draft whose author the server takes, its envelope sender, and what to say."""

    draft: Draft
    settings: Settings
    remarks: tuple[str, ...] = ()


def fit(draft: Draft, settings: Settings, written: tuple[Mailbox, ...] = ()) -> Fitted:
    """Let the account be the author where `smtp-fit-sender` says so.

    `written` are the authors as the user wrote them, before they were completed.
    """
    server, identity = settings.server, settings.identity
    account = account_of(settings)
    if not account or identity.fit_sender is FitSender.OFF:
        return Fitted(draft, settings)
    if _is_only(account, draft.from_) and identity.reverse_path in {None, account}:
        return Fitted(draft, settings)  # nobody insists on more
    assert isinstance(server, SmtpServer)  # noqa: S101 - only these have accounts
    always = identity.fit_sender is FitSender.ON or insists(server.host)
    word = _word(draft, identity, written or identity.from_)
    fitted = _with_author(draft, account, word, always=always)
    path = identity.reverse_path
    if path is None:
        unfit = fitted is not draft
    else:
        unfit = always or bool(path and not answerable(path))
    if fitted is draft and (not unfit or path == account):
        return Fitted(draft, settings)
    path = account if unfit else path
    settings = replace(settings, identity=replace(identity, reverse_path=path))
    return Fitted(fitted, settings, (_remark(draft, account, server.host),))


def sending(letter: Letter, settings: Settings) -> Settings:
    """Take in who sends, as the letter says it: its envelope sender, or its author.

    A name that has no domain gets what is known for it; a local program knows best.

    Raises:
        AddressError: the envelope sender is no mailbox.
    """
    if letter.reverse_path is None:
        return _naming_author(letter.draft, settings)
    identity, server = settings.identity, settings.server
    path = letter.reverse_path.strip()
    path = parse_mailbox(path).address if path not in ("", "<>") else ""
    if isinstance(server, LocalMta):
        server = replace(server, sender_option=path)
    elif path and "@" not in path:
        path = identity.reverse_path or full(path, settings)
    identity = replace(identity, reverse_path=path)
    return replace(settings, server=server, identity=identity)


def _naming_author(draft: Draft, settings: Settings) -> Settings:
    """Tell the local program, if anybody, the author that the letter itself has."""
    server, authors = settings.server, draft.from_
    if not isinstance(server, LocalMta) or server.sender_option is None:
        return settings
    if not authors or settings.identity.reverse_path is not None:
        return settings
    author = authors[0]
    server = replace(server, sender_option=author.address, sender_name=author.name)
    return replace(settings, server=server)


def account_of(settings: Settings) -> str:
    """The address that logs in; empty when there is none, or no address."""
    server = settings.server
    login = server.login if isinstance(server, SmtpServer) else None
    return login.user if login and answerable(login.user) else ""


def insists(host: str) -> bool:
    """Tell whether a server is known to take no sender but the account."""
    from pymail.report.providers import of_host  # only a login asks

    provider = of_host(host)
    return provider is not None and provider.insists


def answerable(address: str) -> bool:
    """Tell whether an address can mean anything elsewhere: its domain has a dot."""
    domain = Mailbox(address).domain.lower().rstrip(".")
    if domain.startswith("["):
        return True
    return "." in domain and not domain.endswith(_NOWHERE)


def _with_author(draft: Draft, account: str, word: str, *, always: bool) -> Draft:
    authors = draft.from_
    real = () if word else tuple(a for a in authors if answerable(a.address))
    if _is_only(account, authors) or (real == authors and not always):
        return draft
    name = authors[0].name or word or authors[0].address if authors else ""
    return replace(
        draft,
        from_=(Mailbox(account, name),),
        sender=None,
        reply_to=draft.reply_to or real,
    )


def _word(draft: Draft, identity: Identity, written: tuple[Mailbox, ...]) -> str:
    """The bare word that the author was made of: a name, and not a mailbox."""
    host = "" if identity.hostname_is_set else f"@{identity.hostname}"
    made = draft.from_[0].address if host and draft.from_ else ""
    return next((m.address for m in written if made == m.address + host), "")


def _is_only(account: str, authors: tuple[Mailbox, ...]) -> bool:
    return [a.address.lower() for a in authors] == [account.lower()]


def _remark(draft: Draft, account: str, host: str) -> str:
    was = ", ".join(author.address for author in draft.from_) or "nobody"
    return f"smtp-fit-sender: sent from {account}, not {was}, for {host}"
