r"""Alias expansion, and removal of duplicate recipients.

Every alias is expanded once: a second expansion could only add duplicates, and nested
aliases can't multiply. A loop is reported with its path, and expansion continues.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from pymail.address.addr_spec import is_plain, split_address, wire_address
from pymail.address.address_list import split_list
from pymail.address.mailbox import Mailbox, parse_mailbox, quote_name
from pymail.errors import AddressError
from pymail.model import field, model

_LONGEST_PATH_SHOWN = 8
_MOST_LOOPS = 10  # reported; these are enough to fix the rest


@model()
class Entry:
    r"""A word of a recipient list; `alias` and `place` are its origin, if it has one.

    `protected`: it was written as `\name`, so that no alias applies to it.
    """

    word: str
    alias: str = ""
    place: object = ""
    protected: bool = False

    @classmethod
    def parse(cls, word: str, alias: str = "", place: object = "") -> "Entry":
        """Make an entry of a word; a backslash before it protects it."""
        protected = word.startswith("\\")
        return cls(word[1:] if protected else word, alias, place, protected)

    @property
    def origin(self) -> str:
        """The beginning of a message about the entry."""
        if not self.alias:
            return ""
        alias = f"alias {self.alias}: "
        return f"{self.place}: {alias}" if self.place else alias


class AliasTable(Protocol):
    """Aliases of one kind."""

    @property
    def problems(self) -> list[str]:
        """The problems found so far."""

    def find(self, word: str) -> str:
        """Return the alias that a word names; empty for none."""

    def entries(self, name: str) -> Iterable[Entry]:
        """Return the members of an alias."""

    def place(self, name: str) -> object:
        """Return where an alias is written; empty if that is not known."""


@model()
class Aliases:
    """The aliases of mail.rc. Names are case-sensitive; any text can be a name.

    `places` tells where each member was defined. `login` is dropped from an alias that
    has other members (mailx's `metoo` keeps it). An address at one of the `own` hosts
    is an alias if its local part is one.
    """

    members: Mapping[str, Sequence[str]]
    places: Mapping[str, Sequence[object]] = field(default_factory=dict)
    own: Collection[str] = ()
    login: str = ""
    problems: list[str] = field(default_factory=list)

    def find(self, word: str) -> str:
        """Return the alias that a word names; empty for none."""
        name = self._name(word)
        return name if name in self.members else ""

    def place(self, name: str) -> object:
        """Return where an alias is written; empty if that is not known."""
        return next(iter(self.places.get(name, ())), "")

    def entries(self, name: str) -> Iterator[Entry]:
        """Yield the members of an alias, each of which may be a list."""
        members = self.members[name]
        places = self.places.get(name) or ("",) * len(members)
        entries = [
            Entry.parse(word, name, place)
            for member, place in zip(members, places, strict=True)
            for word in self._split(member)
        ]
        for entry in entries:
            is_login = self._name(entry.word) == self.login
            is_alias = self.find(entry.word) not in {"", name}
            if is_alias or not is_login or len(entries) == 1:
                yield entry

    def _name(self, word: str) -> str:
        if word in self.members:
            return word
        if "<" in word or "(" in word:
            try:
                word = parse_mailbox(word).address
            except AddressError:
                return word
        return word if word in self.members else local_name(word, self.own)

    def _split(self, member: str) -> Sequence[str]:
        """Split a member; `Doe, Ann <a@x>` is one mailbox."""
        if is_plain(member):
            return (member,)
        words = split_list(member)
        *name, last = words or ("",)
        if name and last.endswith(">") and not any(map(self._is_recipient, name)):
            return (quote_name(member),)
        return words

    def _is_recipient(self, word: str) -> bool:
        return "@" in word or word in self.members


def expand(entries: Iterable[Entry], aliases: AliasTable) -> list[Entry]:
    """Replace aliases by their members, depth first, until no alias remains.

    Loops are added to the `problems` of the aliases.
    """
    expanded: list[Entry] = []
    path = {"": iter(entries)}  # the aliases being expanded, the innermost last
    done: set[str] = set()
    loops = 0
    while path:
        here = next(reversed(path))
        entry = next(path[here], None)
        if entry is None:
            del path[here]
            done.add(here)
            continue
        name = "" if entry.protected else aliases.find(entry.word)
        if name in {"", here}:
            expanded.append(entry)
        elif name in path:
            loops += 1
            if loops <= _MOST_LOOPS:
                aliases.problems.append(_describe_loop([*path, name], aliases))
        elif name not in done:
            path[name] = iter(aliases.entries(name))
    return expanded


def _describe_loop(path: Sequence[str], aliases: AliasTable) -> str:
    *loop, name = path[path.index(path[-1]) :]
    shown = [f"{each} ({p})" if (p := aliases.place(each)) else each for each in loop]
    shown.append(name)
    if len(shown) > _LONGEST_PATH_SHOWN:
        shown = [*shown[:4], "…", *shown[-3:]]
    return f"alias loop: {' -> '.join(shown)}"


def local_name(address: str, own: Collection[str]) -> str:
    """Return the local part of an address at one of the own hosts, else the address."""
    local_part, domain = split_address(address)
    return local_part if domain.lower() in own else address


def is_among(word: str, addresses: Iterable[str], *, same_name: bool) -> bool:
    """Tell whether a word is one of the addresses; `same_name` ignores the domains."""

    def key(text: str) -> str:
        address = text.rpartition("<")[2].removesuffix(">").lower()
        return split_address(address)[0] if same_name else address

    return key(word) in map(key, addresses)


def deduplicate(*lists: Iterable[Mailbox]) -> Iterator[tuple[Mailbox, ...]]:
    """Yield the lists, each address only in the first list that has it, in any case."""
    seen: set[str] = set()
    for mailboxes in lists:
        unique = []
        for mailbox in mailboxes:
            key = wire_address(mailbox.address).lower()
            if key not in seen:
                seen.add(key)
                unique.append(mailbox)
        yield tuple(unique)
