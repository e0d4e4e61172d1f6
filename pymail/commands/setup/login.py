"""--login and --logout: store and remove the secret of an account.

--login does not store a secret that the server refuses. It stores one that it can't
try, with a warning: perhaps only the network fails.
"""

from pymail.commands.invocation import Invocation
from pymail.commands.setup.account import needs_starttls, read_mailbox, secret_kind
from pymail.commands.setup.new_secret import (
    FILE,
    KEYRING,
    NAMES,
    SecretStores,
    Stored,
    ask_secret,
    clean_secret,
    is_final,
    read_option,
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
        AuthenticationError: no secret was typed, or the server does not accept it.
        CannotKeepError: it can't be stored.
        SettingsError: pymail knows no server for the account.
    """
    server, login = _find_account(invocation, loaded, context)
    context.verbose = bool(invocation.verbose)
    kind = secret_kind(find_by_host(server.host))
    secret = read_option(invocation, context.environment)
    secret = secret or ask_secret(Prompt(context.environment), kind, login.user)
    secret = clean_secret(secret, kind, server.host)
    error = try_login(server, secret, context, debug=invocation.debug)
    if error and is_final(error):
        raise error
    context.signals.hold()
    stores = _stores(server, login, context)
    stored = stores.store(secret, invocation.store)
    context.signals.catch()
    if stored.store == KEYRING and not stores.cron_finds():
        stored = _store_for_cron(secret, stored, stores, login.user, context)
    context.print(f"{_show(server, login)}: the password is in {stored.place}\n")
    context.warn(stores.shadow_warning(login, secret))
    if invocation.verbose:
        context.print(_describe_other_ways(server, login))
    if error:
        context.warn([f"stored, but the login was not tried: {error}"])
    return 0


def log_out(invocation: Invocation, loaded: Loaded, context: RunContext) -> int:
    """Remove a secret from both stores, or from that of --store; returns 0.

    Raises:
        CannotKeepError: the store of --store can't be changed.
        SettingsError: pymail knows no server for the account.
    """
    server, login = _find_account(invocation, loaded, context)
    shown, nothing = _show(server, login), "no password was stored"
    for name in (invocation.store,) if invocation.store else NAMES:
        try:
            if _stores(server, login, context).remove(name):
                context.print(f"{shown}: password removed from {_STORES[name]}\n")
                nothing = ""
        except CannotKeepError as error:
            if invocation.store:
                raise
            context.warn([f"not searched: {error}"])
            nothing = nothing and "no password was removed"
    if nothing:
        context.print(f"{shown}: {nothing}\n")
    return 0


# ── the account ─────────────────────────────────────────────────────────────


def _find_account(
    invocation: Invocation, loaded: Loaded, context: RunContext
) -> tuple[SmtpServer, Login]:
    """Find the account: that of the settings, unless the command line names another.

    It also sets `context.settings` to the settings of that account.

    Raises:
        SettingsError: the settings name no login, or pymail knows no server for it.
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
            f"pymail knows no server for {address}", advice=f"pymail --setup {address}"
        )
    return _account_at(provider, address, loaded, context)


def _named_login(invocation: Invocation) -> str:
    """Return the login on the command line; it need not be an address."""
    words = (*invocation.recipients, *invocation.after_dashes)
    if len(words) == 1 and "@" not in words[0]:
        return words[0]
    mailbox = read_mailbox(invocation, invocation.tasks[0])
    return mailbox.address if mailbox else ""


def _account_at(
    provider: Provider, address: str, loaded: Loaded, context: RunContext
) -> tuple[SmtpServer, Login]:
    """Return the account that --setup would write, at the provider of an address."""
    user = provider.user(address)
    starttls = ("smtp-use-starttls",) if needs_starttls(provider.url) else ()
    assigned = (f"smtp={provider.url}", f"smtp-auth-user={user}", *starttls)
    assignments = (*loaded.request.assignments, *assigned)
    loaded = load(replace(loaded.request, assignments=assignments), context.environment)
    settings = resolve_settings(loaded, context.environment)
    context.settings = settings
    assert isinstance(settings.server, SmtpServer)  # noqa: S101 - -S says so
    return _with_login(settings.server, Login(user=user))


def _with_login(server: SmtpServer, login: Login) -> tuple[SmtpServer, Login]:
    return replace(server, login=login), login


def _stores(server: SmtpServer, login: Login, context: RunContext) -> SecretStores:
    settings = context.settings
    assert settings is not None  # noqa: S101 - of `_find_account`
    return SecretStores(context.environment, settings, login.user, server.host)


def _show(server: SmtpServer, login: Login) -> str:
    return f"{login.user} at {server.host}"


# ── --login ─────────────────────────────────────────────────────────────────


def _store_for_cron(
    secret: Secret, stored: Stored, stores: SecretStores, user: str, context: RunContext
) -> Stored:
    """Offer to store the secret in the file, where cron can read it."""
    context.warn([f"cron can't read the password from {stored.place}"])
    prompt = Prompt(context.environment)
    question = "Store it instead in a file that only you can read?"
    if not (
        prompt.at_terminal and prompt.agrees(question, default=True, missing=False)
    ):
        context.warn([f"for cron: pymail --login {user} --store file"])
        return stored
    in_file = stores.store(secret, FILE)
    try:
        stores.remove(KEYRING)
    except CannotKeepError as error:
        context.warn([f"it also stays in the keyring: {error}"])
    return in_file


def _describe_other_ways(server: SmtpServer, login: Login) -> str:
    """Describe how to store the password with other programs."""
    host, user = server.host, login.user
    return (
        f"to store it in a keyring yourself: secret-tool store --label=pymail"
        f" service {host} username {user}\n"
        f"to store it in ~/.netrc yourself: machine {host} login {user} password …\n"
    )
