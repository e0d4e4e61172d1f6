"""From rewriting: the account as author and envelope sender (`smtp-fit-sender`).

Some providers accept only the account that logged in as author, and no other machine
can reply to an author such as `root` or `root@web1`. The account's address then
replaces the author's. The author's name, or else address, becomes its display name, and
a routable author becomes the Reply-To.
"""

from pymail.address.mailbox import Mailbox
from pymail.message.draft import Draft
from pymail.model import replace
from pymail.settings.models import FitSender, Settings
from pymail.settings.server_models import SmtpServer

_NOWHERE = (".localdomain", ".localhost")


def rewrite_sender(
    draft: Draft, settings: Settings, written: tuple[Mailbox, ...] = ()
) -> tuple[Draft, Settings, tuple[str, ...]]:
    """Make the account the author as `smtp-fit-sender` demands.

    `written` are the authors as the user wrote them, before they were completed.
    Returns the draft, the settings with the envelope sender, and remarks.
    """
    server = settings.server
    account = account_address(settings)
    if not account or settings.fit_sender is FitSender.OFF:
        return draft, settings, ()
    if _is_only(account, draft.from_) and settings.reverse_path in {None, account}:
        return draft, settings, ()  # every provider accepts that
    assert isinstance(server, SmtpServer)  # noqa: S101 - no other has accounts
    path = settings.reverse_path
    word = _bare_word(draft, settings, written or settings.from_)
    real = () if word else tuple(a for a in draft.from_ if is_routable(a.address))
    path_fits = path is not None and (not path or is_routable(path))
    always = (real == draft.from_ or path_fits) and (
        settings.fit_sender is FitSender.ON or requires_login_as_sender(server.host)
    )
    fitted = _as_account(draft, account, word, real, always=always)
    unfit = fitted is not draft if path is None else always or not path_fits
    if fitted is draft and (not unfit or path == account):
        return draft, settings, ()
    if unfit:
        settings = replace(settings, reverse_path=account)
    return fitted, settings, (_remark(draft, account, server.host),)


def account_address(settings: Settings) -> str:
    """Return the login if it is an address; else empty."""
    server = settings.server
    login = server.login if isinstance(server, SmtpServer) else None
    return login.user if login and is_routable(login.user) else ""


def requires_login_as_sender(host: str) -> bool:
    """Tell whether a server is known to accept no sender but the account."""
    from pymail.report.providers import find_by_host  # only with a login

    provider = find_by_host(host)
    return provider is not None and provider.insists


def is_routable(address: str) -> bool:
    """Tell whether other machines can reply to an address: its domain has a dot."""
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
    """Return the bare word that became the author's address: a name, not a mailbox."""
    host = "" if settings.hostname_is_set else f"@{settings.hostname}"
    made = draft.from_[0].address if host and draft.from_ else ""
    return next((m.address for m in written if made == m.address + host), "")


def _is_only(account: str, authors: tuple[Mailbox, ...]) -> bool:
    return [a.address.lower() for a in authors] == [account.lower()]


def _remark(draft: Draft, account: str, host: str) -> str:
    authors = ", ".join(author.address for author in draft.from_) or "no address"
    return f"smtp-fit-sender: sent from {account} instead of {authors}, through {host}"
