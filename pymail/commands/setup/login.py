"""--login and --logout: store and remove the secret of an account.

A login that the server refuses is not stored; one that cannot be tried is, with
a warning: the network may be what fails.
"""

from pymail.commands.invocation import Invocation
from pymail.commands.setup.account import needs_starttls, read_mailbox, secret_kind
from pymail.commands.setup.new_secret import (
    FILE,
    KEYRING,
    NAMES,
    Kept,
    SecretStores,
    ask_secret,
    clean_secret,
    is_final,
    read_given,
    try_login,
)
from pymail.commands.setup.prompt import Prompt
from pymail.delivery.context import RunContext
from pymail.delivery.settings import resolve_settings
from pymail.errors import CannotKeepError, SettingsError
from pymail.model import replace
from pymail.report.providers import Provider, find_by_address, find_by_host
from pymail.secret import Secret
from pymail.settings.loader import Loaded, load
from pymail.settings.server_models import Login, SmtpServer

_STORES = {KEYRING: "the keyring", FILE: "the credentials file"}


def log_in(invocation: Invocation, loaded: Loaded, context: RunContext) -> int:
    """Store a secret; returns the exit status.

    Raises:
        AuthenticationError: there is none, or the server does not accept it.
        CannotKeepError: it cannot be stored.
        SettingsError: no server is known for the account.
    """
    server, login = _find_account(invocation, loaded, context)
    context.verbose = bool(invocation.verbose)
    kind = secret_kind(find_by_host(server.host))
    secret = read_given(invocation, context.environment)
    secret = secret or ask_secret(Prompt(context.environment), kind, login.user)
    secret = clean_secret(secret, kind, server.host)
    error = try_login(server, secret, context, debug=invocation.debug)
    if error and is_final(error):
        raise error
    context.signals.hold()
    stores = _stores(server, login, context)
    kept = stores.keep(secret, invocation.store)
    context.signals.catch()
    if kept.store == KEYRING and not stores.cron_finds():
        kept = _keep_for_cron(secret, kept, stores, login.user, context)
    context.print(f"{_show(server, login)}: the password is in {kept.place}\n")
    context.warn(stores.shadow_warning(login, secret))
    if invocation.verbose:
        context.print(_describe_other_ways(server, login))
    if error:
        context.warn([f"stored without a try: {error}"])
    return 0


def log_out(invocation: Invocation, loaded: Loaded, context: RunContext) -> int:
    """Remove a secret from both stores, or the one that is named; nothing there is 0.

    Raises:
        CannotKeepError: it cannot be removed.
        SettingsError: no server is known for the account.
    """
    server, login = _find_account(invocation, loaded, context)
    shown, what = _show(server, login), "nothing was stored"
    for name in (invocation.store,) if invocation.store else NAMES:
        try:
            if _stores(server, login, context).remove(name):
                context.print(f"{shown}: removed from {_STORES[name]}\n")
                what = ""
        except CannotKeepError as error:
            if invocation.store:
                raise
            context.warn([f"not looked at: {error}"])
            what = what and "nothing was removed"
    if what:
        context.print(f"{shown}: {what}\n")
    return 0


# ── which account ───────────────────────────────────────────────────────────


def _find_account(
    invocation: Invocation, loaded: Loaded, context: RunContext
) -> tuple[SmtpServer, Login]:
    """Find the account: that of the settings, unless another is named.

    The context has the settings with which it counts.

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
        return _with_login(server, login or Login(user=address))
    provider = find_by_address(address)
    if provider is None:
        raise SettingsError(
            f"no server is known for {address}", advice=f"pymail --setup {address}"
        )
    return _account_at(provider, address, loaded, context)


def _named_login(invocation: Invocation) -> str:
    """Return the login that is named; not every one is an address."""
    words = (*invocation.recipients, *invocation.after_dashes)
    if len(words) == 1 and "@" not in words[0]:
        return words[0]
    mailbox = read_mailbox(invocation, invocation.tasks[0])
    return mailbox.address if mailbox else ""


def _account_at(
    provider: Provider, address: str, loaded: Loaded, context: RunContext
) -> tuple[SmtpServer, Login]:
    """Make the account that --setup would make, at the provider of an address."""
    user = provider.user(address)
    starttls = ("smtp-use-starttls",) if needs_starttls(provider.url) else ()
    ours = (f"smtp={provider.url}", f"smtp-auth-user={user}", *starttls)
    assignments = (*loaded.request.assignments, *ours)
    loaded = load(replace(loaded.request, assignments=assignments), context.environment)
    settings = resolve_settings(loaded, context.environment)
    context.settings = settings
    assert isinstance(settings.server, SmtpServer)  # noqa: S101 - -S says so
    return _with_login(settings.server, Login(user=user))


def _with_login(server: SmtpServer, login: Login) -> tuple[SmtpServer, Login]:
    return replace(server, login=login), login


def _stores(server: SmtpServer, login: Login, context: RunContext) -> SecretStores:
    lookup = context.settings.lookup if context.settings else None
    return SecretStores(context.environment, lookup, login.user, server.host)


def _show(server: SmtpServer, login: Login) -> str:
    return f"{login.user} at {server.host}"


# ── --login ─────────────────────────────────────────────────────────────────


def _keep_for_cron(
    secret: Secret, kept: Kept, stores: SecretStores, user: str, context: RunContext
) -> Kept:
    """Offer the file for what cron could not get."""
    context.warn([f"cron cannot get the password from {kept.place}"])
    prompt = Prompt(context.environment)
    question = "Keep it in a file instead, for you alone to read?"
    if not (
        prompt.at_terminal and prompt.agrees(question, default=True, missing=False)
    ):
        context.warn([f"for cron: pymail --login {user} --store file"])
        return kept
    in_file = stores.keep(secret, FILE)
    try:
        stores.remove(KEYRING)
    except CannotKeepError as error:
        context.warn([f"it stays in the keyring, too: {error}"])
    return in_file


def _describe_other_ways(server: SmtpServer, login: Login) -> str:
    """Say how other programs would store the same."""
    host, user = server.host, login.user
    return (
        f"the same in a keyring: secret-tool store --label=pymail"
        f" service {host} username {user}\n"
        f"the same in ~/.netrc: machine {host} login {user} password …\n"
    )
