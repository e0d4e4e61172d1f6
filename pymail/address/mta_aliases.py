"""Aliases of the local mail system (aliases(5)), after those of mailx.

`name: value, value`, as aliases(5) of Postfix and sendmail have it: a line that
begins with a blank goes on with the one before, names have no case, a member can
be an address, a name, a file, a command, or `:include:` and a file with a list.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from pymail.address.addr_spec import shown
from pymail.address.address_list import split_list
from pymail.address.aliases import Expansion, Source, Walk, describe_source, local_name
from pymail.model import field, model

_MOST_PROBLEMS = 10  # of one file; a file of another kind has one on every line

_INCLUDE = ":include:"
_NAME_AND_REST = r'(?s)(?:"((?:[^"\\]|\\.)+)"|([^\s":#@]+))[ \t]*:(.*)'
_MEMBER = r'(?:"(?>(?:[^"\\]|\\.)*)"|[^,])+'
_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_ESCAPED = r"(?s)\\(.)"
_NAME = r"[^\s@<>()\"\\,:;|/]+"


@model()
class MtaAliases:
    """What a file of aliases says; names are in lower case."""

    members: Mapping[str, tuple[str, ...]]
    places: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def parse(text: str, file: str) -> MtaAliases:
    """Read a file of aliases; `file` is the name to show for it."""
    members: dict[str, tuple[str, ...]] = {}
    places: dict[str, tuple[str, ...]] = {}
    problems: list[str] = []
    for number, line in _logical_lines(text):
        found = re.fullmatch(_NAME_AND_REST, line)
        if not found:
            problems.append(f"{file}:{number}: not an alias, 'name: address': ignored")
            continue
        name = (re.sub(_ESCAPED, r"\1", found[1]) if found[1] else found[2]).lower()
        if name in members:
            problems.append(f"{file}:{number}: alias {shown(name)} again: ignored")
            continue
        members[name] = tuple(_split(found[3]))
        places[name] = (f"{file}:{number}",) * len(members[name])
    return MtaAliases(members, places, tuple(problems[:_MOST_PROBLEMS]))


def has_names(expansion: Expansion, own: Collection[str] = ()) -> bool:
    """Tell whether a word is left that may be an alias of the mail system."""
    return any(
        re.fullmatch(_NAME, local_name(word, own)) and place not in expansion.protected
        for place, word in enumerate(expansion.words)
    )


def expand_names(
    expansion: Expansion,
    aliases: MtaAliases,
    read: Callable[[str], str],
    own: Collection[str] = (),
) -> Expansion:
    """Replace the local names that are aliases of the mail system.

    `read` gives the text of a file to include; it raises OSError or ValueError.
    Names at `own` hosts are local ones.
    """
    walk = _NameWalk(aliases, read, own)
    walk.problems += expansion.problems
    rows = zip(expansion.words, expansion.sources, strict=True)
    for place, (word, source) in enumerate(rows):
        if place in expansion.protected:
            walk.keep(word, source, protected=True)
        else:
            walk.add(word, source)
    return walk.result()


class _NameWalk(Walk):
    """A walk for which only local names are aliases, in any case."""

    def __init__(
        self, aliases: MtaAliases, read: Callable[[str], str], own: Collection[str]
    ) -> None:
        super().__init__(aliases.members, places=aliases.places, own=own)
        self._read = read
        self._including: list[str] = []

    def key(self, word: str) -> str:
        name = local_name(word, self._own)
        return name.lower() if re.fullmatch(_NAME, name) else word

    def split(self, member: str, source: Source) -> Iterable[str]:
        if not member.lower().startswith(_INCLUDE):
            return (member,) if member[:1] in {"|", "/"} else split_list(member)
        return self._from_file(member[len(_INCLUDE) :].strip(), source)

    def _from_file(self, name: str, source: Source) -> list[str]:
        if name in self._including:
            self.problems.append(f"{describe_source(source)}{name}: includes itself")
            return []
        try:
            text = self._read(name)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            self.problems.append(f"{describe_source(source)}{name}: {reason.lower()}")
            return []
        lines = (line for _, line in _logical_lines(text))
        members = (member for line in lines for member in _split(line))
        self._including.append(name)
        words = [word for member in members for word in self.split(member, source)]
        self._including.pop()
        return words


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Give the lines with their numbers, remarks left out, continued ones joined."""
    start, parts = 0, list[str]()
    for number, raw in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if parts and raw[0] in " \t":
            parts.append(line)
            continue
        if parts:
            yield start, " ".join(parts)
        start, parts = number, [line]
    if parts:
        yield start, " ".join(parts)


def _split(value: str) -> Iterator[str]:
    for found in re.finditer(_MEMBER, value):
        member = found[0].strip()
        quoted = re.fullmatch(_QUOTED, member)
        if quoted:
            member = re.sub(_ESCAPED, r"\1", quoted[1])
        if member:
            yield member
