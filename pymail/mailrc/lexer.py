"""Settings text to lines and blocks of them, and a line to words.

A backslash at the end of a line continues it, in remarks too: it goes, and so
does the indentation of the next line (s-nail), but members of an alias stay
apart (heirloom). An even number of them is backslashes.
"""

import re

from pymail.mailrc.commands import find
from pymail.mailrc.dialects import APART, FAULTS, NONE, Dialect, Lookup

BLOCKS = frozenset({"account", "define"})

_OPENS = r"""(?s)(?P<name>"[^"]*+"|'[^']*+'|[^ \t{]++)[ \t]*+\{[ \t]*+(?P<rest>.*+)"""
_CLOSES = r"(?s)[ \t]*+\}[ \t;]*+(?:#.*+)?$"
_COMMAND = r"""[ \t;]*+(\\?)([!|:?]|[^ \t;"'\\]*+)[ \t]*+"""
_LISTS_MEMBERS = r"[ \t]*+(?:al?|alia|alias|gr?|grou?|group)[ \t]"


def logical_lines(text: str) -> list[tuple[int, str]]:
    """Give every line with the number of its first line in the file.

    CR line ends are taken away.
    """
    lines: list[tuple[int, str]] = []
    parts: list[str] = []
    start = 1
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.rstrip("\r") if raw.endswith("\r") else raw
        if parts:
            line = line.lstrip(" \t")
        else:
            start = number
        if goes_on(line):
            parts.append(line[:-1])
        elif parts:
            lines.append((start, _join([*parts, line])))
            parts = []
        else:
            lines.append((start, line))
    if parts:
        lines.append((start, _join(parts)))
    return lines


def goes_on(line: str) -> bool:
    """Whether the next line belongs to this one."""
    return line.endswith("\\") and (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _join(parts: list[str]) -> str:
    return (" " if re.match(_LISTS_MEMBERS, parts[0]) else "").join(parts)


def command_name(text: str, position: int) -> tuple[str, str, int]:
    """Read the name of a command: backslash, name, where its arguments begin."""
    found = re.compile(_COMMAND).match(text, position)
    assert found is not None  # noqa: S101 - it matches the empty text too
    return found[1], found[2], found.end()


def opening(text: str, position: int) -> re.Match[str] | None:
    """Match `name`, a brace, and the `rest` behind it, behind a command of `BLOCKS`."""
    return re.compile(_OPENS).match(text, position)


def is_closed(rest: str) -> bool:
    """Whether a block is all on one line."""
    return rest == "}" or rest.endswith((" }", "\t}"))


def opens_block(line: str) -> bool:
    """Whether the lines that follow are a body."""
    _, name, position = command_name(line, 0)
    command = find(name)
    if command is None or command.effect not in BLOCKS:
        return False
    opens = opening(line.rstrip(), position)
    return opens is not None and not is_closed(opens["rest"])


def closes_block(line: str) -> bool:
    """Whether a line ends a body."""
    return re.match(_CLOSES, line.rstrip("\r\n")) is not None


def words(
    text: str, position: int, dialect: Dialect, lookup: Lookup
) -> tuple[list[str], int, str]:
    """Read the words of one command: they, where the next command begins, a fault.

    The fault is empty, or says what is never closed.
    """
    if dialect.plain.match(text, position):
        rest = text[position:].replace("\t", " ")
        return [*filter(None, rest.split(" "))], len(text), ""
    return _scan(text, position, dialect, lookup)


def raw_words(text: str, position: int, dialect: Dialect) -> tuple[list[str], int, str]:
    """Read words as `words` does, with the quotes still in them."""
    return _scan(text, position, dialect, None)


def _scan(
    text: str, position: int, dialect: Dialect, lookup: Lookup | None
) -> tuple[list[str], int, str]:
    found: list[str] = []
    word: list[str] = []
    fault = ""
    while piece := dialect.piece.match(text, position):
        kind, raw = piece.lastgroup or "", piece[0]
        if kind == "hash" and not word:
            return found, len(text), fault
        position = piece.end()
        if kind in {"blank", "end"}:
            if word:
                found += _words_of(word)
                word = []
            if kind == "end":
                return found, position, fault
            continue
        fault = fault or FAULTS.get(kind, "")
        word.append(dialect.unquote[kind](raw, lookup) if lookup else raw)
    if word:
        found += _words_of(word)
    return found, position, fault


def _words_of(pieces: list[str]) -> list[str]:
    """Join the pieces of a word, which is several where "$@" stands in it, or none."""
    text = "".join(pieces)
    return [] if text == NONE else text.replace(NONE, "").split(APART)
