"""Add accounts to a settings text, behind what it says already.

As in `settings.rewrite`, the result is run, and only given back when it has
them and says everything else as before.
"""

import re
from collections.abc import Mapping, Sequence

from pymail.commands.setup.mailrc_edit import outcome_of, shape, with_lines
from pymail.mailrc.state import RcHost, State
from pymail.model import model

_NAME = r"[\w.@+-]+"

Accounts = Mapping[str, Sequence[str]]


@model(kw_only=True)
class Amended:
    """The new text with its new lines, and the names that had a meaning already."""

    text: str
    lines: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


def can_be_named(name: str) -> bool:
    """Whether every dialect reads this as the name of an account."""
    return re.fullmatch(_NAME, name) is not None


def amend(text: str, accounts: Accounts, *, title: str, host: RcHost) -> Amended | None:
    """Add what is not there; None: lines behind this text would not count.

    Each account is the lines inside its braces.
    """
    before = outcome_of(text, host)
    new_accounts = {n: ls for n, ls in accounts.items() if n not in before.accounts}
    kept = tuple(
        f"{before.accounts[n].origin.line}: account {n}"
        for n in accounts
        if n in before.accounts
    )
    lines = lines_of(new_accounts)
    if not lines:
        return Amended(text=text, kept=kept)
    new = with_lines(text, lines, title)
    after = outcome_of(new, host)
    added = all(_taken(after, name, ls) for name, ls in new_accounts.items())
    if added and shape(before, set()) == shape(after, set()):
        return Amended(text=new, lines=tuple(lines), kept=kept)
    return None


def lines_of(accounts: Accounts) -> list[str]:
    """Write accounts as lines of a file."""
    lines: list[str] = []
    for name, inside in accounts.items():
        lines += [f"account {name} {{", *(f"    {line}" for line in inside), "}"]
    return lines


def _taken(after: State, name: str, lines: Sequence[str]) -> bool:
    """Take an account out again; tells whether it was there, line by line."""
    block = after.accounts.pop(name, None)
    return block is not None and [s.strip() for _, s in block.lines] == list(lines)
