"""Alias expansion, and removal of duplicate recipients.

Names are case-sensitive, and anything can be one, also an address. Every alias
is expanded once: a second visit could only add what is there already, and without
it nesting cannot multiply. A loop is reported with its path and ends nothing.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from pymail.address.addr_spec import is_plain, split_address, wire_address
from pymail.address.address_list import split_list
from pymail.address.mailbox import Mailbox, parse_mailbox, quote_name
from pymail.errors import AddressError
from pymail.model import model

_LONGEST_PATH_SHOWN = 8
_MOST_LOOPS = 10  # a look at the first ones is enough to mend the rest

Aliases = Mapping[str, tuple[str, ...]]
Places = Mapping[str, Sequence[object]]  # by alias: where each member was written
Source = tuple[str, object] | None  # the alias that has a word, and where


@model()
class Expansion:
    r"""The words that are left when no alias is, in order, and the problems met.

    `sources` has one entry for each word. `protected` are the places of those
    that were written as `\name`: they are no alias of any kind.
    """

    words: tuple[str, ...]
    problems: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    protected: frozenset[int] = frozenset()


def expand(
    words: Iterable[str],
    aliases: Aliases,
    *,
    login: str,
    metoo: bool,
    places: Places | None = None,
    own: Collection[str] = (),
) -> Expansion:
    r"""Replace aliases by their members until none is left.

    `words` are entries as `address_list` splits them; a member is split like a list.
    `\\\\name` is `name` and no alias. Unless `metoo`, `login` is dropped from an
    alias that has other members; named directly it stays. An address at one of our
    `own` hosts is an alias where its local part is one.
    """
    walk = Walk(aliases, login="" if metoo else login, places=places, own=own)
    for word in words:
        walk.add(word)
    return walk.result()


def local_name(address: str, own: Collection[str]) -> str:
    """Give the name that an address at one of our own hosts stands for."""
    local_part, domain = split_address(address)
    return local_part if domain.lower() in own else address


def is_among(word: str, addresses: Iterable[str], *, same_name: bool) -> bool:
    """Tell whether a word is one of some addresses, for `same_name` at any host."""

    def key(text: str) -> str:
        address = text.rpartition("<")[2].removesuffix(">").lower()
        return split_address(address)[0] if same_name else address

    return key(word) in map(key, addresses)


def describe_source(source: Source) -> str:
    """Say where a word is from, as the beginning of a message about it."""
    if source is None:
        return ""
    name, place = source
    return f"{place}: alias {name}: " if place else f"alias {name}: "


def deduplicate(
    to: Iterable[Mailbox], cc: Iterable[Mailbox], bcc: Iterable[Mailbox]
) -> tuple[tuple[Mailbox, ...], tuple[Mailbox, ...], tuple[Mailbox, ...]]:
    """Keep each address once, whatever its case: in To rather than Cc, than Bcc."""
    seen: set[str] = set()
    return _keep_unseen(to, seen), _keep_unseen(cc, seen), _keep_unseen(bcc, seen)


def _keep_unseen(mailboxes: Iterable[Mailbox], seen: set[str]) -> tuple[Mailbox, ...]:
    kept = []
    for mailbox in mailboxes:
        key = wire_address(mailbox.address).lower()
        if key not in seen:
            seen.add(key)
            kept.append(mailbox)
    return tuple(kept)


class Walk:
    """A walk through the aliases, depth first, on a stack of its own."""

    def __init__(
        self,
        aliases: Aliases,
        *,
        login: str = "",
        places: Places | None = None,
        own: Collection[str] = (),
    ) -> None:
        self._aliases = aliases
        self._own = own
        self._login = login
        self._places = places or {}
        self._open: dict[str, Iterator[str]] = {}  # in order: the path to here
        self._done: set[str] = set()
        self._words: list[str] = []
        self._sources: list[Source] = []
        self._protected: set[int] = set()
        self._loops = 0
        self.problems: list[str] = []

    def add(self, word: str, source: Source = None) -> None:
        """Take a word, or what it is an alias of."""
        key = self.key(word)
        if key in self._aliases:
            self._enter(key)
            self._finish()
        else:
            self.keep(word, source)

    def keep(self, word: str, source: Source, *, protected: bool = False) -> None:
        """Take a word that is no alias."""
        if protected or word.startswith("\\"):
            self._protected.add(len(self._words))
            word = word.removeprefix("\\")
        self._words.append(word)
        self._sources.append(source)

    def result(self) -> Expansion:
        """Give what was found so far."""
        return Expansion(
            tuple(self._words),
            tuple(self.problems),
            tuple(self._sources),
            frozenset(self._protected),
        )

    def key(self, word: str) -> str:
        """Return the name under which a word may be an alias."""
        if word in self._aliases:
            return word
        if "<" in word or "(" in word:
            try:
                word = parse_mailbox(word).address
            except AddressError:
                return word
        return word if word in self._aliases else local_name(word, self._own)

    def split(self, member: str, source: Source) -> Iterable[str]:  # noqa: ARG002 - for heirs
        """Split a member, which may be a list; `Doe, Ann <a@x>` is one mailbox."""
        if is_plain(member):
            return (member,)
        words = split_list(member)
        *name, last = words or ("",)
        if name and last.endswith(">") and not any(map(self._is_recipient, name)):
            return (quote_name(member),)
        return words

    def _is_recipient(self, word: str) -> bool:
        return "@" in word or word in self._aliases

    def _enter(self, name: str) -> None:
        if name in self._open:
            self._report_loop(name)
        elif name not in self._done:
            self._open[name] = self._members(name)

    def _report_loop(self, name: str) -> None:
        self._loops += 1
        if self._loops <= _MOST_LOOPS:
            path = [*self._open, name]
            path = path[path.index(name) : -1]
            self.problems.append(_format_loop([*map(self._placed, path), name]))

    def _placed(self, name: str) -> str:
        places = self._places.get(name)
        return f"{name} ({places[0]})" if places else name

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
        members = list(self._sourced(name))
        for member, source in members:
            key = self.key(member)
            if key != name and key in self._aliases:
                yield key
            elif key != self._login or len(members) == 1:
                self.keep(member, source)

    def _sourced(self, name: str) -> Iterator[tuple[str, Source]]:
        members = self._aliases[name]
        places = self._places.get(name) or ("",) * len(members)
        source: Source = None
        for member, place in zip(members, places, strict=True):
            if source is None or source[1] is not place:
                source = (name, place)
            for word in self.split(member, source):
                yield word, source


def _format_loop(path: list[str]) -> str:
    if len(path) > _LONGEST_PATH_SHOWN:
        path = [*path[:4], "…", *path[-3:]]
    return f"alias loop: {' -> '.join(path)}"
