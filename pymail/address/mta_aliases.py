"""Aliases of the local mail system (aliases(5)), applied after those of mail.rc.

The format is that of Postfix and sendmail, `name: value, value`: a line that begins
with a blank continues the line before, names ignore case, and a member is an address,
a name, a file, a command, or `:include:` and a file with a list.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from pymail.address.addr_spec import shown
from pymail.address.address_list import split_list, unescape
from pymail.address.aliases import Entry, local_name
from pymail.model import model

_MOST_PROBLEMS = 10  # of one file; a file in another format has one on every line

_INCLUDE = ":include:"
_NAME_AND_REST = r'(?s)(?:"((?:[^"\\]|\\.)+)"|([^\s":#@]+))[ \t]*:(.*)'
_MEMBER = r'(?:"(?>(?:[^"\\]|\\.)*)"|[^,])+'
_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_NAME = r"[^\s@<>()\"\\,:;|/]+"


@model()
class MtaAliases:
    """The aliases of one file; names are in lower case.

    `read` returns the text of a file to include, or raises OSError or ValueError.
    Names at `own` hosts are local names. `problems` has the lines that are no alias,
    the files that can't be included, and the loops.
    """

    members: Mapping[str, tuple[str, ...]]
    places: Mapping[str, str]
    read: Callable[[str], str]
    own: Collection[str]
    problems: list[str]

    def find(self, word: str) -> str:
        """Return the alias that a word stands for, in any case; empty for none."""
        name = local_name(word, self.own)
        name = name.lower() if re.fullmatch(_NAME, name) else word
        return name if name in self.members else ""

    def place(self, name: str) -> object:
        """Return the file and line of an alias."""
        return self.places[name]

    def entries(self, name: str) -> Iterator[Entry]:
        """Yield the members of an alias, including those of its `:include:` files."""
        for member in self.members[name]:
            for word in self._split(member, Entry(member, name, self.place(name)), ()):
                yield Entry.parse(word, name, self.place(name))

    def _split(
        self, member: str, entry: Entry, including: tuple[str, ...]
    ) -> Iterable[str]:
        if not member.lower().startswith(_INCLUDE):
            return (member,) if member[:1] in {"|", "/"} else split_list(member)
        file = member[len(_INCLUDE) :].strip()
        if file in including:
            self.problems.append(f"{entry.origin}{file}: includes itself")
            return ()
        try:
            text = self.read(file)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            self.problems.append(f"{entry.origin}{file}: {reason.lower()}")
            return ()
        return [
            word
            for _, line in _logical_lines(text)
            for member in _split(line)
            for word in self._split(member, entry, (*including, file))
        ]


def parse(
    text: str, file: str, read: Callable[[str], str], own: Collection[str] = ()
) -> MtaAliases:
    """Parse an aliases file; `file` is its name in messages."""
    members: dict[str, tuple[str, ...]] = {}
    places: dict[str, str] = {}
    problems: list[str] = []
    for number, line in _logical_lines(text):
        found = re.fullmatch(_NAME_AND_REST, line)
        if not found:
            problems.append(f"{file}:{number}: not an alias, 'name: address': ignored")
            continue
        name = (unescape(found[1]) if found[1] else found[2]).lower()
        if name in members:
            problems.append(
                f"{file}:{number}: alias {shown(name)} is already defined: ignored"
            )
            continue
        members[name] = tuple(_split(found[3]))
        places[name] = f"{file}:{number}"
    return MtaAliases(members, places, read, own, problems[:_MOST_PROBLEMS])


def may_be_alias(entry: Entry, own: Collection[str] = ()) -> bool:
    """Tell whether a word can name an alias of the local mail system."""
    return not entry.protected and bool(
        re.fullmatch(_NAME, local_name(entry.word, own))
    )


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield logical lines with their numbers: comments removed, continuations joined."""
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
            member = unescape(quoted[1])
        if member:
            yield member
