"""Add accounts and aliases to a settings text, behind what it says already.

As in `settings.rewrite`, the result is run, and only given back when it has
them and says everything else as before.
"""

import re
from collections.abc import Mapping, Sequence

from pymail.rc.state import State, World
from pymail.record import record
from pymail.settings.rewrite import outcome_of, quoted, shape, with_lines

_NAME = r"[\w.@+-]+"

Accounts = Mapping[str, Sequence[str]]
Aliases = Mapping[str, str]


@record(kw_only=True)
class Amended:
    """The new text with its new lines, and the names that had a meaning already."""

    text: str
    lines: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


def can_be_named(name: str) -> bool:
    """Whether every dialect reads this as the name of an account."""
    return re.fullmatch(_NAME, name) is not None


def amend(
    text: str, accounts: Accounts, aliases: Aliases, *, title: str, world: World
) -> Amended | None:
    """Add what is not there; None: lines behind this text would not count.

    Each account is the lines inside its braces.
    """
    before = outcome_of(text, world)
    new_accounts = {n: ls for n, ls in accounts.items() if n not in before.accounts}
    new_aliases = {n: to for n, to in aliases.items() if n not in before.members}
    kept = (*_kept("account", accounts, before), *_kept("alias", aliases, before))
    lines = lines_of(new_accounts, new_aliases)
    if not lines:
        return Amended(text=text, kept=kept)
    new = with_lines(text, lines, title)
    after = outcome_of(new, world)
    added = all(_taken(after, name, ls) for name, ls in new_accounts.items())
    named = all(_alias_taken(after, name, to) for name, to in new_aliases.items())
    if added and named and shape(before, set()) == shape(after, set()):
        return Amended(text=new, lines=tuple(lines), kept=kept)
    return None


def lines_of(accounts: Accounts, aliases: Aliases) -> list[str]:
    """Write accounts and aliases as lines of a file."""
    lines = [f"alias {quoted(name)} {quoted(to)}" for name, to in aliases.items()]
    for name, inside in accounts.items():
        lines += [f"account {name} {{", *(f"    {line}" for line in inside), "}"]
    return lines


def _taken(after: State, name: str, lines: Sequence[str]) -> bool:
    """Take an account out again; tells whether it was there, line by line."""
    block = after.accounts.pop(name, None)
    return block is not None and [s.strip() for _, s in block.lines] == list(lines)


def _alias_taken(after: State, name: str, to: str) -> bool:
    return [each.words for each in after.members.pop(name, [])] == [(to,)]


def _kept(kind: str, names: Mapping[str, object], before: State) -> list[str]:
    """Name what the text has already, and where."""
    places = (
        {n: block.origin for n, block in before.accounts.items()}
        if kind == "account"
        else {n: added[0].origin for n, added in before.members.items()}
    )
    return [f"{places[n].line}: {kind} {n}" for n in names if n in places]
