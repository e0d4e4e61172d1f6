"""The proposal of --setup: the new text of the file, and the resulting settings.

--setup tries the login with the settings that result from the new text and all other
files, so that later mails, also from cron, use the settings that were tried.
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
    """An account, and the settings in force with the new text of the file.

    `ended` describes the end of each value that would override the `changes`; `lines`
    are those to write by hand if the file can't be written. `others` share the text;
    `existing` names the accounts that exist already.
    """

    account: Account
    settings: Settings
    server: SmtpServer
    text: str
    changes: Changes = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    others: tuple["Proposal", ...] = ()
    existing: tuple[str, ...] = ()


def propose(plan: Plan, file: RcFile, environment: Environment) -> Proposal:
    """Work out the new text of the file for a plan.

    Raises:
        SettingsError: another setting would override the new ones.
        CannotKeepError: the file can't be read.
    """
    proposal = propose_account(plan.account, file, environment)
    return _add_others(proposal, plan, file, environment) if plan.others else proposal


def propose_account(
    account: Account, file: RcFile, environment: Environment
) -> Proposal:
    """Work out the new text of the file for one account; raises as `propose`."""
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
    """Say that the new text removes a value, or that it only overrides it."""
    removed = value.origin.file == file.shown and value.text not in text
    return "was removed" if removed else "no longer applies"


def _ineffective(state: State, file: RcFile, lines: Iterable[str]) -> SettingsError:
    """Name the mistake in the file because of which new lines would have no effect."""
    last = next((str(p) for p in reversed(state.problems)), file.shown)
    return SettingsError(
        f"{last}: lines added to the file would have no effect",
        advice=f"fix it, or write these lines above it: {'; '.join(lines)}",
    )


def _is_author(mailbox: Mailbox, value: Value | None) -> bool:
    """Whether `from` of a file already has this address, maybe with a name."""
    if mailbox.name or value is None or value.origin.file == "environment":
        return False
    try:
        return parse_mailbox(value.text).address == mailbox.address
    except AddressError:
        return False


# ── overriding values ───────────────────────────────────────────────────────


def _shadowing(account: Account, loaded: Loaded) -> Iterator[tuple[str, Value]]:
    """Yield the values that would override the new login or the stored secret.

    A mechanism without a password is one of them.
    """
    suffixes = _suffixes(account)
    secrets = _names(_SECRETS, ("", *suffixes)) | _names(("user",), suffixes)
    mechanisms = _names(("smtp-auth",), ("", *suffixes))
    for name, value in loaded.layers.in_force():
        unfit = value.text.strip().lower() in _UNFIT_MECHANISMS
        if name.lower() in secrets or (unfit and name.lower() in mechanisms):
            yield name, value


def _suffixes(account: Account) -> tuple[str, ...]:
    """Return the suffixes of variables for this login, as `settings.server` has them."""
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


# ── resulting settings ──────────────────────────────────────────────────────


def _in_force(
    account: Account,
    text: str,
    request: LoadRequest,
    file: RcFile,
    environment: Environment,
) -> Proposal:
    """Resolve the settings with the new text, and check that they have the account.

    Raises:
        SettingsError: they do not; the message names the line that overrides it.
    """
    loaded = load(request, environment, _drafts(file, text))
    settings = resolve_settings(loaded, environment)
    layers, server = loaded.layers, settings.server
    address = server_url.parse(account.server)
    _, place = layers.first(SERVER_NAMES)
    if not isinstance(server, SmtpServer):
        raise _obstacle(place, f"mail would not be sent to {address.host}")
    if (server.host, server.port) != (address.host, address.port):
        raise _obstacle(place, f"mail would be sent to {server.name}")
    login = server.login
    user = login.user if login else ""
    if user != account.user:
        place = layers.value("user", _suffixes(account))
        logins = f"{user or 'none'}, not {account.user or 'none'}"
        raise _obstacle(place, f"the login would be {logins}")
    if login and not account.command and login.sources:
        raise SettingsError(
            f"{login.sources[0].place}: this password would override the new one",
            advice="remove it there, and try again",
        )
    return Proposal(account=account, settings=settings, server=server, text=text)


def _obstacle(place: Value | None, effect: str) -> SettingsError:
    at = f"{place.origin}: " if place else ""
    return SettingsError(
        f"{at}{effect}: another setting overrides the user's settings file",
        advice="find it with pymail --show-settings, remove it, and try again",
    )


# ── other accounts ──────────────────────────────────────────────────────────


def _add_others(
    proposal: Proposal, plan: Plan, file: RcFile, environment: Environment
) -> Proposal:
    """Add the other accounts; accounts that exist already stay as they are.

    Raises:
        SettingsError: another setting would override one of an account.
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
    text, lines, existing = added
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
        existing=tuple(existing),
    )


def _account_lines(account: Account, outer: Proposal, outside: State) -> list[str]:
    """Write the variables of an account, and unset those that it must not inherit."""
    own: dict[str, str | None] = account_variables(account) | dict(account.variables)
    others = dict.fromkeys(name for name in outer.changes if name not in own)
    unset = [
        name
        for name, value in (others | own).items()
        if value is None and any(n in outside.variables for n in synonyms(name))
    ]
    values = {name: value for name, value in own.items() if value is not None}
    return write_changes(values | dict.fromkeys(unset))
