"""--login and --logout: store and remove the secret of an account.

A login that the server refuses is not stored; one that cannot be tried is, with
a warning: the network may be what fails.
"""

from pymail.commands.invocation import Invocation
from pymail.commands.setup import new_secret
from pymail.commands.setup.account import needs_starttls
from pymail.commands.setup.new_secret import FILE, KEYRING, Kept, SecretStores
from pymail.commands.setup.prompt import Prompt
from pymail.commands.setup.questions import one_mailbox
from pymail.delivery.context import RunContext
from pymail.delivery.settings import resolve_settings
from pymail.errors import (
    AuthenticationError,
    CannotKeepError,
    Interrupted,
    PymailError,
    SettingsError,
)
from pymail.model import model, replace
from pymail.report.providers import Provider, SecretKind, find_by_address, find_by_host
from pymail.secret import Secret
from pymail.settings.loader import Loaded, LoadRequest, load
from pymail.settings.models import Lookup, Settings
from pymail.settings.server_models import Login, SmtpServer

_NAMES = {KEYRING: "the keyring", FILE: "the credentials file"}


def log_in(invocation: Invocation, loaded: Loaded, context: RunContext) -> int:
    """Store a secret; returns the exit status.

    Raises:
        AuthenticationError: there is none, or the server does not accept it.
        CannotKeepError: it cannot be stored.
        SettingsError: no server is known for the account.
    """
    account = _account(invocation, loaded, context)
    context.verbose = bool(invocation.verbose)
    prompt = Prompt(context.environment)
    secret = _read_secret(invocation, account, prompt, context)
    untried = _try(secret, account, context, debug=invocation.debug)
    _keep(secret, account, invocation, prompt, context)
    context.warn([f"stored without a try: {untried}"] if untried else [])
    return 0


def log_out(invocation: Invocation, loaded: Loaded, context: RunContext) -> int:
    """Remove a secret from both stores, or the one that is named; nothing there is 0.

    Raises:
        CannotKeepError: it cannot be removed.
        SettingsError: no server is known for the account.
    """
    account = _account(invocation, loaded, context)
    names = (invocation.store,) if invocation.store else new_secret.NAMES
    removed = {name: _remove(name, account, invocation, context) for name in names}
    for name in filter(removed.get, names):
        context.print(f"{account.shown}: removed from {_NAMES[name]}\n")
    if not any(removed.values()):
        seen = None not in removed.values()
        what = "nothing was stored" if seen else "nothing was removed"
        context.print(f"{account.shown}: {what}\n")
    return 0


# ── which account ───────────────────────────────────────────────────────────


@model(kw_only=True)
class _Account:
    """An account of --login: its server and login."""

    server: SmtpServer
    login: Login
    lookup: Lookup | None

    @property
    def shown(self) -> str:
        return f"{self.login.user} at {self.server.host}"

    @property
    def kind(self) -> SecretKind:
        provider = find_by_host(self.server.host)
        return provider.secret if provider else SecretKind.PASSWORD

    def stores(self, context: RunContext) -> SecretStores:
        host = self.server.host
        return SecretStores(context.environment, self.lookup, self.login.user, host)


def _account(invocation: Invocation, loaded: Loaded, context: RunContext) -> _Account:
    """Find the account: that of the settings, unless another is named.

    Raises:
        SettingsError: the settings name none, or no server is known for it.
    """
    settings = resolve_settings(loaded, context.environment)
    context.settings = settings
    address = _named_login(invocation)
    server = settings.server if isinstance(settings.server, SmtpServer) else None
    login = server.login if server else None
    if not address and not (login and login.user):
        raise SettingsError("the settings name no login", advice="pymail --setup")
    if server and (not login or address in ("", login.user)):
        return _make_account(settings, server, address)
    provider = find_by_address(address)
    if provider is None:
        raise SettingsError(
            f"no server is known for {address}", advice=f"pymail --setup {address}"
        )
    return _account_at(provider, address, loaded.request, context)


def _named_login(invocation: Invocation) -> str:
    """Return the login that is named; not every one is an address."""
    words = (*invocation.recipients, *invocation.after_dashes)
    if len(words) == 1 and "@" not in words[0]:
        return words[0]
    mailbox = one_mailbox(invocation, invocation.tasks[0])
    return mailbox.address if mailbox else ""


def _make_account(settings: Settings, server: SmtpServer, user: str) -> _Account:
    login = server.login or Login(user=user)
    return _Account(
        server=replace(server, login=login), login=login, lookup=settings.lookup
    )


def _account_at(
    provider: Provider, address: str, request: LoadRequest, context: RunContext
) -> _Account:
    """Make the account that --setup would make, at the provider of an address."""
    user = provider.user(address)
    starttls = ("smtp-use-starttls",) if needs_starttls(provider.url) else ()
    said = (f"smtp={provider.url}", f"smtp-auth-user={user}", *starttls)
    request = replace(request, assignments=(*request.assignments, *said))
    settings = resolve_settings(load(request, context.environment), context.environment)
    server = settings.server
    assert isinstance(server, SmtpServer)  # noqa: S101 - -S says so
    context.settings = settings
    return _make_account(settings, replace(server, login=Login(user=user)), user)


# ── --login ─────────────────────────────────────────────────────────────────


def _read_secret(
    invocation: Invocation,
    account: _Account,
    prompt: Prompt,
    context: RunContext,
) -> Secret:
    secret = new_secret.read_given(invocation, context.environment)
    if secret is None:
        secret = prompt.secret(new_secret.question(account.kind, account.login.user))
    in_groups = new_secret.shown_in_groups(account.kind)
    return new_secret.clean_secret(secret, account.server.host, in_groups=in_groups)


def _try(secret: Secret, account: _Account, context: RunContext, *, debug: bool) -> str:
    """Log in with it, if the server can be reached; says why it was not to be tried.

    Raises:
        AuthenticationError: the server refuses it for good.
    """
    verifier = new_secret.LoginVerifier(account.server, context, debug=debug)
    try:
        verifier.verify(new_secret.answer_with(secret))
    except Interrupted:
        raise
    except PymailError as error:
        if isinstance(error, AuthenticationError) and new_secret.is_final(error):
            raise
        return new_secret.describe(error)
    return ""


def _keep(
    secret: Secret,
    account: _Account,
    invocation: Invocation,
    prompt: Prompt,
    context: RunContext,
) -> None:
    context.signals.hold()
    stores = account.stores(context)
    kept = stores.keep(secret, invocation.store)
    context.signals.catch()
    if kept.store == KEYRING and not stores.cron_finds():
        kept = _keep_for_cron(secret, kept, account, prompt, context)
    context.print(f"{account.shown}: the password is in {kept.place}\n")
    if other := stores.shadow(account.login, secret):
        context.warn([new_secret.warn_of_shadow(other)])
    if invocation.verbose:
        context.print(_describe_other_ways(account))


def _keep_for_cron(
    secret: Secret, kept: Kept, account: _Account, prompt: Prompt, context: RunContext
) -> Kept:
    """Offer the file for what cron could not get."""
    context.warn([f"cron cannot get the password from {kept.place}"])
    question = "Keep it in a file instead, for you alone to read?"
    if prompt.at_terminal and prompt.agrees(question, default=True, missing=False):
        stores = account.stores(context)
        in_file = stores.keep(secret, FILE)
        try:
            stores.remove(KEYRING)
        except CannotKeepError as error:
            context.warn([f"it stays in the keyring, too: {error}"])
        return in_file
    context.warn([f"for cron: pymail --login {account.login.user} --store file"])
    return kept


def _describe_other_ways(account: _Account) -> str:
    """Say how other programs would store the same."""
    host, user = account.server.host, account.login.user
    return (
        f"the same in a keyring: secret-tool store --label=pymail"
        f" service {host} username {user}\n"
        f"the same in ~/.netrc: machine {host} login {user} password …\n"
    )


# ── --logout ────────────────────────────────────────────────────────────────


def _remove(
    name: str, account: _Account, invocation: Invocation, context: RunContext
) -> bool | None:
    """Remove it from one store; None: one that nobody named is out of reach."""
    try:
        return account.stores(context).remove(name)
    except CannotKeepError as error:
        if invocation.store:
            raise
        context.warn([f"not looked at: {error}"])
        return None
