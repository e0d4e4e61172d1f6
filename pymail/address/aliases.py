"""What aliases stand for, and who is written to only once.

Names are case-sensitive, and anything can be one, also an address. Every alias
is expanded once: a second visit could only add what is there already, and without
it nesting cannot multiply. A loop is reported with its path and ends nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pymail.address.lists import split_list
from pymail.address.mailbox import Mailbox, parse_mailbox
from pymail.errors import AddressError

_LONGEST_PATH_SHOWN = 8
_MOST_LOOPS = 10  # a look at the first ones is enough to mend the rest

Aliases = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Expansion:
    """The words that are left when no alias is, in order, and the loops met."""

    words: tuple[str, ...]
    problems: tuple[str, ...] = ()


def expand(
    words: Iterable[str], aliases: Aliases, *, login: str, metoo: bool
) -> Expansion:
    r"""Replace aliases by their members until none is left.

    `words` are entries as `lists` splits them; a member is split like a list.
    `\\\\name` is `name` and no alias. Unless `metoo`, `login` is dropped from an
    alias that has other members; named directly it stays.
    """
    return _Walk(aliases, login="" if metoo else login).along(words)


def deduplicate(
    to: Iterable[Mailbox], cc: Iterable[Mailbox], bcc: Iterable[Mailbox]
) -> tuple[tuple[Mailbox, ...], tuple[Mailbox, ...], tuple[Mailbox, ...]]:
    """Keep each address once, whatever its case: in To rather than Cc, than Bcc."""
    seen: set[str] = set()
    return _unseen(to, seen), _unseen(cc, seen), _unseen(bcc, seen)


def _unseen(mailboxes: Iterable[Mailbox], seen: set[str]) -> tuple[Mailbox, ...]:
    kept = []
    for mailbox in mailboxes:
        key = mailbox.address.lower()
        if key not in seen:
            seen.add(key)
            kept.append(mailbox)
    return tuple(kept)


class _Walk:
    """A walk through the aliases, depth first, on a stack of its own."""

    def __init__(self, aliases: Aliases, *, login: str) -> None:
        self._aliases = aliases
        self._login = login
        self._open: dict[str, Iterator[str]] = {}  # in order: the path to here
        self._done: set[str] = set()
        self._words: list[str] = []
        self._problems: list[str] = []

    def along(self, words: Iterable[str]) -> Expansion:
        for word in words:
            key = self._key(word)
            if key in self._aliases:
                self._enter(key)
                self._finish()
            else:
                self._words.append(word.removeprefix("\\"))
        return Expansion(tuple(self._words), tuple(self._problems))

    def _enter(self, name: str) -> None:
        if name in self._open:
            self._report_loop(name)
        elif name not in self._done:
            self._open[name] = self._members(name)

    def _report_loop(self, name: str) -> None:
        if len(self._problems) < _MOST_LOOPS:
            path = [*self._open, name]
            self._problems.append(_loop(path[path.index(name) :]))

    def _finish(self) -> None:
        """Walk on until every open alias is through."""
        while self._open:
            name = next(reversed(self._open))
            inner = next(self._open[name], None)
            if inner is not None:
                self._enter(inner)
            else:
                del self._open[name]
                self._done.add(name)

    def _members(self, name: str) -> Iterator[str]:
        """Keep the members that are no alias, and yield the aliases among them."""
        members = [
            word for member in self._aliases[name] for word in split_list(member)
        ]
        for member in members:
            key = self._key(member)
            if key != name and key in self._aliases:
                yield key
            elif key != self._login or len(members) == 1:
                self._words.append(member.removeprefix("\\"))

    def _key(self, word: str) -> str:
        """Return the name under which a word may be an alias."""
        if word in self._aliases or not ("<" in word or "(" in word):
            return word
        try:
            return parse_mailbox(word).address
        except AddressError:
            return word


def _loop(path: list[str]) -> str:
    if len(path) > _LONGEST_PATH_SHOWN:
        path = [*path[:4], "…", *path[-3:]]
    return f"alias loop: {' -> '.join(path)}"
