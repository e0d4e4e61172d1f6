"""What --setup is going to write, and what would then be in force.

The settings that are tried are those that the new file leads to, with all that
other files say: what was tried is what cron gets.
"""

from collections.abc import Iterable, Iterator

from pymail.address.mailbox import Mailbox, format_mailbox, parse_mailbox
from pymail.commands.setup.mailrc_edit import Changes, rewrite, written
from pymail.commands.setup.mailrc_file import RcFile
from pymail.delivery.settings import resolve_settings
from pymail.environment import Environment
from pymail.errors import AddressError, SettingsError
from pymail.mailrc.state import RcHost, State, Value
from pymail.model import field, model
from pymail.settings import server_url
from pymail.settings.loader import Loaded, LoadRequest, load
from pymail.settings.models import Settings
from pymail.settings.server_models import SmtpServer
from pymail.settings.variables import BY_NAME

TITLE = "# written by pymail --setup"
_SECRETS = ("password", "smtp-password-command", "smtp-password-file")
_UNFIT_MECHANISMS = frozenset({"none", "external", "xoauth2", "oauthbearer"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@model(kw_only=True)
class Wish:
    """An account as it was asked for.

    `server` is a URL, and `starttls` None where it tells itself. Nobody logs in
    without a `user`, unless the mechanism needs none, and a mailbox without an
    address is that of the other settings. A `command` prints the secret, if it is
    not to be stored; `mechanism` is empty to choose by the offer. `more` is what
    -S says besides.
    """

    mailbox: Mailbox
    server: str
    user: str
    starttls: bool | None = None
    command: str = ""
    mechanism: str = ""
    more: Changes = field(default_factory=dict)


@model(kw_only=True)
class Proposal:
    """The new text of the file, the changes, the settings, and what they end.

    `ended` says what becomes of each value that would win over them, `more` are lines besides the changes.
    """

    text: str
    changes: Changes
    settings: Settings
    server: SmtpServer
    ended: tuple[str, ...]
    more: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """The changes as lines to put into a file."""
        return [*written(self.changes), *self.more]


def propose(wish: Wish, file: RcFile, environment: Environment) -> Proposal:
    """Work out what has to be written for an account.

    Raises:
        SettingsError: something stands in the way, and what.
        CannotKeepError: the file cannot be read.
    """
    old, everywhere = file.text(), load(LoadRequest(), environment)
    shadowing = dict(_shadowing(wish, everywhere))
    changes = dict.fromkeys(shadowing) | _values(wish, everywhere) | dict(wish.more)
    text = rewrite(
        old,
        changes,
        title=TITLE,
        host=RcHost(read=everywhere.host.read, environment=environment.variables),
        below=_set_below(environment),
    )
    if text is None:
        raise unusable(everywhere.state, file, written(changes))
    drafts = {file.path: text.encode("utf-8", "surrogateescape")}
    drafted = load(LoadRequest(), environment, drafts)
    settings = resolve_settings(drafted, environment)
    return Proposal(
        text=text,
        changes=changes,
        settings=settings,
        server=checked(settings, wish, drafted),
        ended=tuple(
            f"{value.origin}: {name} {_end(value, text, file)}"
            for name, value in shadowing.items()
            if changes[name] is None
        ),
    )


def _end(value: Value, text: str, file: RcFile) -> str:
    """Say that a value is not in the file any more, or only overruled by it."""
    gone = value.origin.file == file.shown and value.text not in text
    return "was taken out" if gone else "no longer counts"


def _set_below(environment: Environment) -> set[str]:
    """The variables that the environment and the system's file set."""
    system = load(LoadRequest(rc_files="s"), environment)
    return {name for layer in system.layers.lowest_first for name in layer}


def unusable(state: State, file: RcFile, lines: Iterable[str]) -> SettingsError:
    """Say which mistake of the file makes lines behind it count for nothing."""
    last = next((str(p) for p in reversed(state.problems)), file.shown)
    return SettingsError(
        f"{last}: lines that are added to the file would not count",
        advice=f"mend it, or put these where they do: {'; '.join(lines)}",
    )


# ── what is written ─────────────────────────────────────────────────────────


def _values(wish: Wish, loaded: Loaded) -> dict[str, str | None]:
    values = values_of(wish)
    if _is_author(wish.mailbox, loaded.layers.value("from")):
        del values["from"]
    return values


def values_of(wish: Wish) -> dict[str, str | None]:
    """Tell the variables of an account; None are those that must not be set."""
    starttls = wish.starttls
    if starttls is None:
        starttls = needs_starttls(wish.server) or None
    values: dict[str, str | None] = {"smtp": wish.server}
    if starttls is not None:
        values["smtp-use-starttls"] = "" if starttls else None
    values["smtp-auth-user"] = wish.user or None
    if wish.mailbox.address:
        values["from"] = format_mailbox(wish.mailbox)
    if wish.mechanism or not wish.user:
        values["smtp-auth"] = wish.mechanism or None
    if wish.command:
        values["smtp-password-command"] = wish.command
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


def _is_author(mailbox: Mailbox, value: Value | None) -> bool:
    """Whether a file names this author already, maybe with a name."""
    if mailbox.name or value is None or value.origin.file == "environment":
        return False
    try:
        return parse_mailbox(value.text).address == mailbox.address
    except AddressError:
        return False


def _shadowing(wish: Wish, loaded: Loaded) -> Iterator[tuple[str, Value]]:
    """Yield what would be taken instead of the new login and the stored secret.

    Mechanisms that take no password are among it.
    """
    suffixes = _suffixes(wish)
    for name, value in loaded.layers.in_force():
        if (
            _is_of(name, _SECRETS, ("", *suffixes))
            or _is_of(name, ("user",), suffixes)
            or (_is_unfit(value) and _is_of(name, ("smtp-auth",), ("", *suffixes)))
        ):
            yield name, value


def _suffixes(wish: Wish) -> tuple[str, ...]:
    """What variables of this login may end with, as `settings.server` has it."""
    address = server_url.parse(wish.server)
    hosts = (address.authority, address.host)
    users = tuple(filter(None, (wish.user, wish.mailbox.address)))
    return (*(f"{u}@{h}" for u in users for h in hosts), *users, *hosts)


def _is_of(name: str, variables: tuple[str, ...], suffixes: tuple[str, ...]) -> bool:
    """Whether a name is one of the variables, with one of the suffixes."""
    return any(
        name.lower() == f"{synonym}-{suffix}".lower().removesuffix("-")
        for variable in variables
        for synonym in BY_NAME[variable].names
        for suffix in suffixes
    )


def _is_unfit(value: Value) -> bool:
    return value.text.strip().lower() in _UNFIT_MECHANISMS


# ── what would be in force ──────────────────────────────────────────────────


def checked(settings: Settings, wish: Wish, loaded: Loaded) -> SmtpServer:
    """See that the settings lead to what was asked for.

    Raises:
        SettingsError: they do not; the message names the line that wins.
    """
    layers, server = loaded.layers, settings.server
    address = server_url.parse(wish.server)
    _, place = layers.first(("smtp", "mta", "sendmail"))
    if not isinstance(server, SmtpServer):
        raise _in_the_way(place, f"mail would not go to {address.host}")
    if (server.host, server.port) != (address.host, address.port):
        raise _in_the_way(place, f"mail would go to {server.name}")
    login = server.login
    user = login.user if login else ""
    if user != wish.user:
        place = layers.chained("user", _suffixes(wish))
        who, not_who = user or "nobody", wish.user or "nobody"
        raise _in_the_way(place, f"{who} would log in, not {not_who}")
    if login and not wish.command and login.sources:
        raise SettingsError(
            f"{login.sources[0].place}: that password would be taken, not the new one",
            advice="remove it there, and do this again",
        )
    return server


def _in_the_way(place: Value | None, what: str) -> SettingsError:
    at = f"{place.origin}: " if place else ""
    return SettingsError(
        f"{at}{what}: something wins over the user's settings file",
        advice="look at pymail --show-settings, remove what wins, and do this again",
    )
