"""The proposal of --setup: the text to write, and what would then be in force.

The settings that are tried are those that the new file leads to, with all that
other files say: what was tried is what cron gets.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

from pymail.address.mailbox import Mailbox, parse_mailbox
from pymail.commands.setup.account import (
    CERTIFICATE,
    SERVER_NAMES,
    Account,
    Plan,
    account_variables,
)
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
from pymail.mailrc.state import State, Value
from pymail.model import field, model, replace
from pymail.settings import server_url
from pymail.settings.loader import Loaded, LoadRequest, load
from pymail.settings.models import Settings
from pymail.settings.server_models import SmtpServer
from pymail.settings.variables import BY_NAME

TITLE = "# written by pymail --setup"
_SECRETS = ("password", "smtp-password-command", "smtp-password-file")
_UNFIT_MECHANISMS = frozenset({"none", CERTIFICATE, "xoauth2", "oauthbearer"})


@model(kw_only=True)
class Proposal:
    """An account, and what is in force with the new text of the file.

    `ended` says what becomes of each value that would win over the `changes`,
    `lines` are what to put into a file by hand. `others` have the text in common,
    `kept` names the accounts that stay.
    """

    account: Account
    settings: Settings
    server: SmtpServer
    text: str
    changes: Changes = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    others: tuple["Proposal", ...] = ()
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
    changes = dict.fromkeys(shadowing) | account_variables(account)
    if _is_author(account.mailbox, everywhere.layers.value("from")):
        del changes["from"]
    changes |= account.variables
    lines = tuple(write_changes(changes))
    system = load(LoadRequest(rc_files="s"), environment)
    text = rewrite(
        old,
        changes,
        title=TITLE,
        new_state=_new_state(everywhere, environment),
        below={name for layer in system.layers.lowest_first for name in layer},
    )
    if text is None:
        raise _ineffective(everywhere.state, file, lines)
    proposal = _in_force(account, text, LoadRequest(), file, environment)
    ended = (
        f"{value.origin}: {name} {_end(value, text, file)}"
        for name, value in shadowing.items()
        if changes[name] is None
    )
    return replace(proposal, changes=changes, lines=lines, ended=tuple(ended))


def _new_state(loaded: Loaded, environment: Environment) -> Callable[[], State]:
    return partial(State, environment=environment.variables, read=loaded.state.read)


def _drafts(file: RcFile, text: str) -> Mapping[Path, bytes]:
    return {file.path: text.encode("utf-8", "surrogateescape")}


def _end(value: Value, text: str, file: RcFile) -> str:
    """Say that a value is not in the file any more, or only overruled by it."""
    gone = value.origin.file == file.shown and value.text not in text
    return "was taken out" if gone else "no longer counts"


def _ineffective(state: State, file: RcFile, lines: Iterable[str]) -> SettingsError:
    """Say which mistake of the file makes lines behind it count for nothing."""
    last = next((str(p) for p in reversed(state.problems)), file.shown)
    return SettingsError(
        f"{last}: lines that are added to the file would not count",
        advice=f"mend it, or put these where they do: {'; '.join(lines)}",
    )


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
    secrets = _names(_SECRETS, ("", *suffixes)) | _names(("user",), suffixes)
    mechanisms = _names(("smtp-auth",), ("", *suffixes))
    for name, value in loaded.layers.in_force():
        unfit = value.text.strip().lower() in _UNFIT_MECHANISMS
        if name.lower() in secrets or (unfit and name.lower() in mechanisms):
            yield name, value


def _suffixes(account: Account) -> tuple[str, ...]:
    """Return what variables of this login may end with, as `settings.server` has it."""
    address = server_url.parse(account.server)
    hosts = (address.authority, address.host)
    users = tuple(filter(None, (account.user, account.mailbox.address)))
    return (*(f"{u}@{h}" for u in users for h in hosts), *users, *hosts)


def _names(variables: tuple[str, ...], suffixes: tuple[str, ...]) -> set[str]:
    """Return the names of variables with these suffixes, in lower case."""
    return {
        f"{synonym}-{suffix}".lower().removesuffix("-")
        for variable in variables
        for synonym in BY_NAME[variable].names
        for suffix in suffixes
    }


# ── what would be in force ──────────────────────────────────────────────────


def _in_force(
    account: Account,
    text: str,
    request: LoadRequest,
    file: RcFile,
    environment: Environment,
) -> Proposal:
    """See that the settings lead to what was asked for.

    Raises:
        SettingsError: they do not; the message names the line that wins.
    """
    loaded = load(request, environment, _drafts(file, text))
    settings = resolve_settings(loaded, environment)
    layers, server = loaded.layers, settings.server
    address = server_url.parse(account.server)
    _, place = layers.first(SERVER_NAMES)
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
    return Proposal(account=account, settings=settings, server=server, text=text)


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
    inside = {
        account.name: _account_lines(account, proposal, drafted.state)
        for account in plan.others
    }
    added = add_accounts(
        proposal.text,
        inside,
        title=plan.title,
        new_state=_new_state(drafted, environment),
    )
    if added is None:
        all_lines = (*proposal.lines, *write_accounts(inside))
        raise _ineffective(drafted.state, file, all_lines)
    text, lines, kept = added
    others = (
        _in_force(a, text, LoadRequest(accounts=(a.name,)), file, environment)
        for a in plan.others
        if a.name not in drafted.state.accounts
    )
    return replace(
        proposal,
        text=text,
        lines=(*proposal.lines, *lines),
        others=tuple(others),
        kept=tuple(kept),
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
    values = {name: value for name, value in own.items() if value is not None}
    return write_changes(values | dict.fromkeys(unset))
