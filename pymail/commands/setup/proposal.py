"""The proposal of --setup: the text to write, and what would then be in force.

The settings that are tried are those that the new file leads to, with all that
other files say: what was tried is what cron gets.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pymail.address.mailbox import Mailbox, parse_mailbox
from pymail.commands.setup.account import Account, Plan, account_variables
from pymail.commands.setup.mailrc_edit import (
    Changes,
    add_accounts,
    rewrite,
    synonyms,
    write_accounts,
    write_changes,
)
from pymail.commands.setup.mailrc_file import RcFile
from pymail.delivery.settings import resolve_settings
from pymail.environment import Environment
from pymail.errors import AddressError, SettingsError
from pymail.mailrc.state import RcHost, State, Value
from pymail.model import model, replace
from pymail.settings import server_url
from pymail.settings.loader import Loaded, LoadRequest, load
from pymail.settings.models import Settings
from pymail.settings.server_models import SmtpServer
from pymail.settings.variables import BY_NAME

TITLE = "# written by pymail --setup"
_SECRETS = ("password", "smtp-password-command", "smtp-password-file")
_UNFIT_MECHANISMS = frozenset({"none", "external", "xoauth2", "oauthbearer"})


@model(kw_only=True)
class ProposedAccount:
    """An account beside the one in force, and what is in force with it."""

    account: Account
    settings: Settings
    server: SmtpServer

    @property
    def name(self) -> str:
        """The name for -A."""
        return self.account.name


@model(kw_only=True)
class Proposal:
    """The new text of the file, the changes, the settings, and what they end.

    `ended` says what becomes of each value that would win over them, `lines` are
    what to put into a file by hand. `kept` names the accounts that stay.
    """

    text: str
    changes: Changes
    lines: tuple[str, ...]
    settings: Settings
    server: SmtpServer
    ended: tuple[str, ...]
    others: tuple[ProposedAccount, ...] = ()
    kept: tuple[str, ...] = ()


def propose(plan: Plan, file: RcFile, environment: Environment) -> Proposal:
    """Work out what has to be written for a plan.

    Raises:
        SettingsError: something stands in the way, and what.
        CannotKeepError: the file cannot be read.
    """
    proposal = propose_account(plan.account, file, environment)
    return _add_others(proposal, plan, file, environment) if plan.others else proposal


def propose_account(
    account: Account, file: RcFile, environment: Environment
) -> Proposal:
    """Work out what has to be written for one account; raises as `propose`."""
    old, everywhere = file.text(), load(LoadRequest(), environment)
    shadowing = dict(_shadowing(account, everywhere))
    changes = (
        dict.fromkeys(shadowing)
        | _variables(account, everywhere)
        | dict(account.variables)
    )
    text = rewrite(
        old,
        changes,
        title=TITLE,
        host=RcHost(read=everywhere.host.read, environment=environment.variables),
        below=_set_below(environment),
    )
    if text is None:
        raise _ineffective(everywhere.state, file, write_changes(changes))
    drafted = load(LoadRequest(), environment, _drafts(file, text))
    settings = resolve_settings(drafted, environment)
    return Proposal(
        text=text,
        changes=changes,
        lines=tuple(write_changes(changes)),
        settings=settings,
        server=_check(settings, account, drafted),
        ended=tuple(
            f"{value.origin}: {name} {_end(value, text, file)}"
            for name, value in shadowing.items()
            if changes[name] is None
        ),
    )


def _drafts(file: RcFile, text: str) -> Mapping[Path, bytes]:
    return {file.path: text.encode("utf-8", "surrogateescape")}


def _end(value: Value, text: str, file: RcFile) -> str:
    """Say that a value is not in the file any more, or only overruled by it."""
    gone = value.origin.file == file.shown and value.text not in text
    return "was taken out" if gone else "no longer counts"


def _set_below(environment: Environment) -> set[str]:
    """Return the variables that the environment and the system's file set."""
    system = load(LoadRequest(rc_files="s"), environment)
    return {name for layer in system.layers.lowest_first for name in layer}


def _ineffective(state: State, file: RcFile, lines: Iterable[str]) -> SettingsError:
    """Say which mistake of the file makes lines behind it count for nothing."""
    last = next((str(p) for p in reversed(state.problems)), file.shown)
    return SettingsError(
        f"{last}: lines that are added to the file would not count",
        advice=f"mend it, or put these where they do: {'; '.join(lines)}",
    )


def _variables(account: Account, loaded: Loaded) -> dict[str, str | None]:
    values = account_variables(account)
    if _is_author(account.mailbox, loaded.layers.value("from")):
        del values["from"]
    return values


def _is_author(mailbox: Mailbox, value: Value | None) -> bool:
    """Whether a file names this author already, maybe with a name."""
    if mailbox.name or value is None or value.origin.file == "environment":
        return False
    try:
        return parse_mailbox(value.text).address == mailbox.address
    except AddressError:
        return False


# ── values that would win ───────────────────────────────────────────────────


def _shadowing(account: Account, loaded: Loaded) -> Iterator[tuple[str, Value]]:
    """Yield what would be taken instead of the new login and the stored secret.

    Mechanisms that take no password are among it.
    """
    suffixes = _suffixes(account)
    for name, value in loaded.layers.in_force():
        unfit = value.text.strip().lower() in _UNFIT_MECHANISMS
        if (
            _is_named(name, _SECRETS, ("", *suffixes))
            or _is_named(name, ("user",), suffixes)
            or (unfit and _is_named(name, ("smtp-auth",), ("", *suffixes)))
        ):
            yield name, value


def _suffixes(account: Account) -> tuple[str, ...]:
    """Return what variables of this login may end with, as `settings.server` has it."""
    address = server_url.parse(account.server)
    hosts = (address.authority, address.host)
    users = tuple(filter(None, (account.user, account.mailbox.address)))
    return (*(f"{u}@{h}" for u in users for h in hosts), *users, *hosts)


def _is_named(name: str, variables: tuple[str, ...], suffixes: tuple[str, ...]) -> bool:
    """Whether a name is one of the variables, with one of the suffixes."""
    return any(
        name.lower() == f"{synonym}-{suffix}".lower().removesuffix("-")
        for variable in variables
        for synonym in BY_NAME[variable].names
        for suffix in suffixes
    )


# ── what would be in force ──────────────────────────────────────────────────


def _check(settings: Settings, account: Account, loaded: Loaded) -> SmtpServer:
    """See that the settings lead to what was asked for.

    Raises:
        SettingsError: they do not; the message names the line that wins.
    """
    layers, server = loaded.layers, settings.server
    address = server_url.parse(account.server)
    _, place = layers.first(("smtp", "mta", "sendmail"))
    if not isinstance(server, SmtpServer):
        raise _obstacle(place, f"mail would not go to {address.host}")
    if (server.host, server.port) != (address.host, address.port):
        raise _obstacle(place, f"mail would go to {server.name}")
    login = server.login
    user = login.user if login else ""
    if user != account.user:
        place = layers.value("user", _suffixes(account))
        who, not_who = user or "nobody", account.user or "nobody"
        raise _obstacle(place, f"{who} would log in, not {not_who}")
    if login and not account.command and login.sources:
        raise SettingsError(
            f"{login.sources[0].place}: that password would be taken, not the new one",
            advice="remove it there, and do this again",
        )
    return server


def _obstacle(place: Value | None, what: str) -> SettingsError:
    at = f"{place.origin}: " if place else ""
    return SettingsError(
        f"{at}{what}: something wins over the user's settings file",
        advice="look at pymail --show-settings, remove what wins, and do this again",
    )


# ── other accounts ──────────────────────────────────────────────────────────


def _add_others(
    proposal: Proposal, plan: Plan, file: RcFile, environment: Environment
) -> Proposal:
    """Add the other accounts; names that are there stay.

    Raises:
        SettingsError: an account would not be what it says, and why.
    """
    drafted = load(LoadRequest(), environment, _drafts(file, proposal.text))
    lines = {a.name: _account_lines(a, proposal, drafted.state) for a in plan.others}
    added = add_accounts(
        proposal.text,
        lines,
        title=plan.title,
        host=RcHost(read=drafted.host.read, environment=environment.variables),
    )
    if added is None:
        all_lines = (*proposal.lines, *write_accounts(lines))
        raise _ineffective(drafted.state, file, all_lines)
    return replace(
        proposal,
        text=added.text,
        lines=(*proposal.lines, *added.lines),
        others=tuple(
            _propose_other(account, _drafts(file, added.text), environment)
            for account in plan.others
            if account.name not in drafted.state.accounts
        ),
        kept=added.kept,
    )


def _account_lines(account: Account, outer: Proposal, outside: State) -> list[str]:
    """Write all that an account is, and what of the others it is not."""
    own: dict[str, str | None] = account_variables(account) | dict(account.variables)
    others = dict.fromkeys(name for name in outer.changes if name not in own)
    unset = [
        name
        for name, value in (others | own).items()
        if value is None and any(n in outside.variables for n in synonyms(name))
    ]
    said = {name: value for name, value in own.items() if value is not None}
    return write_changes(said | dict.fromkeys(unset))


def _propose_other(
    account: Account, drafts: Mapping[Path, bytes], environment: Environment
) -> ProposedAccount:
    drafted = load(LoadRequest(accounts=(account.name,)), environment, drafts)
    settings = resolve_settings(drafted, environment)
    server = _check(settings, account, drafted)
    return ProposedAccount(account=account, settings=settings, server=server)
