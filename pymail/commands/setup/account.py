"""An account to set up: what the command line says of it, and its variables of mail.rc."""

from pymail.address.mailbox import Mailbox, format_mailbox, parse_mailbox
from pymail.commands.invocation import Invocation
from pymail.commands.setup.mailrc_edit import Changes
from pymail.errors import AddressError, SettingsError, UsageError
from pymail.mailrc.commands import assign
from pymail.mailrc.state import Origin, State
from pymail.model import field, model
from pymail.report.providers import Provider, SecretKind
from pymail.secret import Secret
from pymail.settings import server_url
from pymail.settings.variables import BY_NAME, is_secret

SERVER_NAMES = ("smtp", "mta", "sendmail")
CERTIFICATE = "external"  # the mechanism that takes no password
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@model(kw_only=True)
class Account:
    """A server, the login there, and the sender.

    `server` is a URL, and `starttls` None where that decides. There is no login
    without a `user`, unless the mechanism needs none, and a mailbox without an
    address is that of the other settings. A `command` prints the secret, if it is
    not to be stored; `mechanism` is empty to choose by the offer. `variables` are
    everything else. One of a file has a `place`, and maybe its `secret`.
    """

    name: str = ""
    mailbox: Mailbox = field(default_factory=lambda: Mailbox(""))
    server: str
    starttls: bool | None = None
    user: str
    mechanism: str = ""
    command: str = ""
    variables: Changes = field(default_factory=dict)
    place: str = ""
    secret: Secret | None = None
    secret_place: str = ""


@model(kw_only=True)
class Plan:
    """The account to set up, and others that come with it.

    `title` is the remark above the others, `remarks` are the last words. With
    `finds_secret` one that is stored already is not asked for.
    """

    account: Account
    secret_kind: SecretKind
    others: tuple[Account, ...] = ()
    title: str = ""
    remarks: tuple[str, ...] = ()
    finds_secret: bool = False


def secret_kind(provider: Provider | None) -> SecretKind:
    """Return what the server takes as password."""
    return provider.secret if provider else SecretKind.PASSWORD


# ── the command line ────────────────────────────────────────────────────────


def read_mailbox(invocation: Invocation, option: str) -> Mailbox | None:
    """Read the address of an option, if any.

    Raises:
        UsageError: there is more than one.
        AddressError: the word is no address.
    """
    words = (*invocation.recipients, *invocation.after_dashes)
    if len(words) > 1:
        raise UsageError(f"{option} takes one address")
    return parse_author(words[0]) if words else None


def parse_author(text: str) -> Mailbox:
    """Read an address that has a domain, maybe with a name.

    Raises:
        AddressError: it is none.
    """
    mailbox = parse_mailbox(text)
    if not mailbox.domain:
        raise AddressError(f"{mailbox.address}: an address has an @ and a domain")
    return mailbox


def read_assignments(invocation: Invocation) -> tuple[str, str, Changes]:
    """Read -S, the settings to be written: server, login name, and everything else.

    Raises:
        UsageError: a secret would be written.
    """
    state = State()
    for text in invocation.assignments:
        assign(text, Origin("-S", 0), state)
    values: dict[str, str | None] = dict.fromkeys(state.unset)
    values |= {name: value.text for name, value in state.variables.items()}
    for name in filter(is_secret, values):
        raise UsageError(
            f"-S {name}: a password is not written into a settings file",
            advice="use --password-fd or --password-file",
        )
    servers = [values.pop(name, None) for name in SERVER_NAMES]
    users = [values.pop(name, None) for name in BY_NAME["user"].names]
    server = next(filter(None, servers), "")
    user = next(filter(None, users), "")
    return as_url(server) if server else "", user, values


# ── mail.rc ─────────────────────────────────────────────────────────────────


def account_variables(account: Account) -> dict[str, str | None]:
    """Return the variables of an account; None are those that must not be set."""
    starttls = account.starttls
    if starttls is None:
        starttls = needs_starttls(account.server) or None
    values: dict[str, str | None] = {"smtp": account.server}
    if starttls is not None:
        values["smtp-use-starttls"] = "" if starttls else None
    values["smtp-auth-user"] = account.user or None
    if account.mailbox.address:
        values["from"] = format_mailbox(account.mailbox)
    if account.mechanism or not account.user:
        values["smtp-auth"] = account.mechanism or None
    if account.command:
        values["smtp-password-command"] = account.command
    return values


def as_url(server: str) -> str:
    """Write a server's address with its scheme.

    Raises:
        SettingsError: it is none, or holds a password.
    """
    address = server_url.parse(server)
    if address.password is not None:
        raise SettingsError(
            "a password in the address of the server is not written into a file",
            advice="leave it out, and be asked for it",
        )
    if "://" in server:
        return server
    implicit = address.port == 465 or not address.port_written
    return f"{'smtps' if implicit else 'smtp'}://{server}"


def needs_starttls(server: str) -> bool:
    """Whether TLS has to be asked for, because it does not come by itself."""
    address = server_url.parse(server)
    implicit = address.scheme in ("smtps", "submissions") or address.port == 465
    return not implicit and address.host not in _LOOPBACK
