"""An account to set up: from the command line, and as variables of mail.rc."""

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
CERTIFICATE = "external"  # the mechanism that needs no password
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@model(kw_only=True)
class Account:
    """A server, the login there, and the sender.

    `server` is a URL; with `starttls` None it also decides about STARTTLS. Without a
    `user` there is no login, unless the mechanism needs none. A mailbox without an
    address leaves `from` to the other settings. A `command` prints a secret that
    pymail does not store; an empty `mechanism` is chosen from the server's offer.
    `variables` are all other settings. An account of a file has a `place` (FILE:LINE)
    and maybe a `secret`.
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
    """The account to set up, and the other accounts of the same file.

    `title` is the comment above the others; `remarks` are shown at the end. With
    `finds_secret`, a secret that is stored already is used without a question.
    """

    account: Account
    secret_kind: SecretKind
    others: tuple[Account, ...] = ()
    title: str = ""
    remarks: tuple[str, ...] = ()
    finds_secret: bool = False


def secret_kind(provider: Provider | None) -> SecretKind:
    """Return the kind of password that the provider requires."""
    return provider.secret if provider else SecretKind.PASSWORD


# ── the command line ────────────────────────────────────────────────────────


def read_mailbox(invocation: Invocation, option: str) -> Mailbox | None:
    """Read the address after an option, if any.

    Raises:
        UsageError: there are several addresses.
        AddressError: the word is no address.
    """
    words = (*invocation.recipients, *invocation.after_dashes)
    if len(words) > 1:
        raise UsageError(f"{option} takes one address")
    return parse_author(words[0]) if words else None


def parse_author(text: str) -> Mailbox:
    """Parse an address that has a domain, maybe with a name.

    Raises:
        AddressError: the text is no such address.
    """
    mailbox = parse_mailbox(text)
    if not mailbox.domain:
        raise AddressError(f"{mailbox.address}: an address needs an @ and a domain")
    return mailbox


def read_assignments(invocation: Invocation) -> tuple[str, str, Changes]:
    """Read -S, the settings to write: server, login name, and all others.

    Raises:
        UsageError: -S sets a secret.
    """
    state = State()
    for text in invocation.assignments:
        assign(text, Origin("-S", 0), state)
    values: dict[str, str | None] = dict.fromkeys(state.unset)
    values |= {name: value.text for name, value in state.variables.items()}
    for name in filter(is_secret, values):
        raise UsageError(
            f"-S {name}: pymail writes no password into a settings file",
            advice="use --password-fd or --password-file",
        )
    servers = [values.pop(name, None) for name in SERVER_NAMES]
    users = [values.pop(name, None) for name in BY_NAME["user"].names]
    server = next(filter(None, servers), "")
    user = next(filter(None, users), "")
    return as_url(server) if server else "", user, values


# ── mail.rc ─────────────────────────────────────────────────────────────────


def account_variables(account: Account) -> dict[str, str | None]:
    """Return the variables of an account; None stands for one to unset."""
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
    """Return the URL of a server that may be written without a scheme.

    Raises:
        SettingsError: the text is no server address, or has a password.
    """
    address = server_url.parse(server)
    if address.password is not None:
        raise SettingsError(
            "pymail writes no password in a server's URL into a settings file",
            advice="leave it out; pymail asks for it",
        )
    if "://" in server:
        return server
    implicit = address.port == 465 or not address.port_written
    return f"{'smtps' if implicit else 'smtp'}://{server}"


def needs_starttls(server: str) -> bool:
    """Whether a server needs smtp-use-starttls: no implicit TLS, not on loopback."""
    address = server_url.parse(server)
    implicit = address.scheme in ("smtps", "submissions") or address.port == 465
    return not implicit and address.host not in _LOOPBACK
