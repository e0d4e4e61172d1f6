"""Accounts beside the one that is in force, for the settings file that is written."""

from collections.abc import Mapping
from pathlib import Path

from pymail.commands.setup.amend import amend, lines_of
from pymail.commands.setup.mailrc_edit import names, written
from pymail.commands.setup.mailrc_file import RcFile
from pymail.commands.setup.proposal import Proposal, Wish, checked, unusable, values_of
from pymail.delivery.settings import resolve_settings
from pymail.environment import Environment
from pymail.mailrc.state import RcHost, State
from pymail.model import model, replace
from pymail.settings.loader import LoadRequest, load
from pymail.settings.models import Settings
from pymail.settings.server_models import SmtpServer


@model(kw_only=True)
class Other:
    """An account of the new file, and what is in force with it."""

    name: str
    wish: Wish
    settings: Settings
    server: SmtpServer


def with_others(
    proposal: Proposal,
    wishes: Mapping[str, Wish],
    *,
    title: str,
    file: RcFile,
    environment: Environment,
) -> tuple[Proposal, list[Other], tuple[str, ...]]:
    """Add accounts to what is proposed; names that are there stay.

    Returns the new proposal, the accounts that it adds, and what stays.

    Raises:
        SettingsError: an account would not be what it says, and why.
    """
    drafted = load(LoadRequest(), environment, _drafts(file, proposal.text))
    accounts = {n: _lines(w, proposal, drafted.state) for n, w in wishes.items()}
    amended = amend(
        proposal.text,
        accounts,
        title=title,
        host=RcHost(read=drafted.host.read, environment=environment.variables),
    )
    if amended is None:
        lines = [*proposal.lines, *lines_of(accounts)]
        raise unusable(drafted.state, file, lines)
    drafts = _drafts(file, amended.text)
    others = [
        _other(name, wish, drafts, environment)
        for name, wish in wishes.items()
        if name not in drafted.state.accounts
    ]
    more = replace(proposal, text=amended.text, more=amended.lines)
    return more, others, amended.kept


def _drafts(file: RcFile, text: str) -> dict[Path, bytes]:
    return {file.path: text.encode("utf-8", "surrogateescape")}


def _lines(wish: Wish, outer: Proposal, outside: State) -> list[str]:
    """Say all that an account is, and what of the others it is not."""
    own: dict[str, str | None] = values_of(wish) | dict(wish.more)
    others = dict.fromkeys(name for name in outer.changes if name not in own)
    unset = [
        name
        for name, value in (others | own).items()
        if value is None and any(n in outside.variables for n in names(name))
    ]
    said = {name: value for name, value in own.items() if value is not None}
    return written(said | dict.fromkeys(unset))


def _other(
    name: str, wish: Wish, drafts: Mapping[Path, bytes], environment: Environment
) -> Other:
    drafted = load(LoadRequest(accounts=(name,)), environment, drafts)
    settings = resolve_settings(drafted, environment)
    server = checked(settings, wish, drafted)
    return Other(name=name, wish=wish, settings=settings, server=server)
