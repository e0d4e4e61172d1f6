"""Settings text to lines and blocks, and a line to words, in three dialects of quoting.

A backslash at the end of a line continues it, in comments too. The backslash and the
indentation of the next line are removed (s-nail), but members of an alias stay
separated (heirloom). An even number of backslashes continues nothing.

The table of commands names the dialect of each command:

- OLD, for `set` and conditions: quotes anywhere in a word; a backslash in quotes
  is a backslash unless it precedes that quote; nothing expands, and `;` `#` `$`
  are ordinary characters (passwords contain them). Only a word that begins with `#`
  starts a comment: no mailx has a variable with such a name.
- WORDS, for `alias` and other lists of words. s-nail reads them with shell rules
  in every mode and heirloom with the old ones; WORDS has the rules that both share.
  `;` ends the command, `$` is an ordinary character.
- SHELL, for every command if v15-compat has a value or `wysh` precedes, and
  always for the commands that both programs expand (`source`, `echo`): `$NAME`,
  `$'...'`, double and single quotes of a shell. Commands are never substituted.

In OLD and WORDS the end of the line closes an open quote; in SHELL the command
fails. Every pattern takes a position and is possessive, so the time is linear in the
length of a line.
"""

import re
from collections.abc import Callable, Collection, Mapping
from functools import cached_property

from pymail.model import model

Lookup = Callable[[str], str]
Unquote = Callable[[str, Lookup], str]

# "$@" is a word for each argument. Characters that no decoded text contains separate
# the arguments, or mean that there are none.
ARGUMENTS, APART, NONE = '"@', "\ud8ff", "\ud8fe"
BLOCKS = frozenset({"account", "define"})  # commands with a body
NAME = r"[A-Za-z_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?|[0-9]++|[#*@?!]"
FAULTS = {"open": "a quote is never closed", "broken": "a brace is never closed"}

_COMMAND = r"""[ \t;]*+(\\?)([!|:?]|[^ \t;"'\\]*+)[ \t]*+"""
_OPENS = r"""(?s)(?P<name>"[^"]*+"|'[^']*+'|[^ \t{]++)[ \t]*+\{[ \t]*+(?P<rest>.*+)"""
_CLOSES = r"(?s)[ \t]*+\}[ \t;]*+(?:#.*+)?$"
_LISTS_MEMBERS = r"[ \t]*+(?:al?|alia|alias|gr?|grou?|group)[ \t]"

_PIECES = {
    "blank": r"[ \t]++",
    "hash": r"\#",
    "escaped": r"\\.?",
    "double": r'"(?>(?:[^"\\]++|\\.)*)"',
    "single": r"'(?>(?:[^'\\]++|\\'|\\)*)'",
}
_OPEN = {"open": r"""["'].*+"""}  # tried after the closed quotes
_OLD_PIECES = {
    **_PIECES,
    "plain": r"""[^ \t"'\\#]++""",
    "double": r'"(?>(?:[^"\\]++|\\"|\\)*)"',
    **_OPEN,
}
_WORDS_PIECES = {**_PIECES, "plain": r"""[^ \t"'\\#;]++""", "end": r";", **_OPEN}
_SHELL_PIECES = {
    **_PIECES,
    "plain": r"""[^ \t"'\\#;$]++""",
    "end": r";",
    "single": r"'[^']*+'",
    "c_string": r"\$'(?>(?:[^'\\]++|\\.)*)'",
    "open": r"""\$?["'].*+""",
    "variable": rf"\$(?:\{{[^}}${{]*+\}}|{NAME})",
    "broken": r"\$\{.*+",
    "dollar": r"\$",
}
_IN_DOUBLE_QUOTES = (
    rf'\\(?P<plain>["\\$`])|\$(?:\{{(?P<braced>[^}}${{]*+)\}}|(?P<name>{NAME}))'
)
_C_ESCAPE = (
    r"(?s)\\(?:(?P<letter>[abeEfnrtv\\'\"])|x(?P<hex>[0-9A-Fa-f]{1,2})"
    r"|0?(?P<octal>[0-7]{1,3})|c(?P<control>.)"
    r"|(?:u(?P<short>[0-9A-Fa-f]{1,4})|U(?P<long>[0-9A-Fa-f]{1,8}))"
    rf"|\$(?:\{{(?P<braced>[^}}${{]*+)\}}|(?P<name>{NAME})|(?P<dollar>)))"
)
_LETTERS = dict(zip("abeEfnrtv\\'\"", "\a\b\x1b\x1b\f\n\r\t\v\\'\"", strict=True))


@model(slots=False)
class Dialect:
    """A dialect of quoting: patterns for the pieces of words, and how to unquote each.

    A line without any of the `special` characters only needs to be split at blanks.
    """

    special: str
    pieces: Mapping[str, str]
    unquote: Mapping[str, Unquote]
    strict: bool = False  # the command fails if a quote is open

    @cached_property
    def piece(self) -> re.Pattern[str]:
        """The pattern of any piece; the name of the group is its kind."""
        kinds = self.pieces.items()
        alternatives = "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in kinds)
        return re.compile(f"(?s){alternatives}")

    @cached_property
    def plain(self) -> re.Pattern[str]:
        """The pattern of the rest of a line without any `special` character."""
        return re.compile(f"[^{re.escape(self.special)}]*+\\Z")


def _literal(raw: str, _lookup: Lookup) -> str:
    return raw


def _escaped(raw: str, _lookup: Lookup) -> str:
    return raw[1:]


def _old_quotes(raw: str, _lookup: Lookup) -> str:
    return raw[1:-1].replace("\\" + raw[0], raw[0])


def _old_open(raw: str, lookup: Lookup) -> str:
    return _old_quotes(raw + raw[0], lookup)


def _words_double(raw: str, _lookup: Lookup) -> str:
    return re.sub(r'\\(["\\$`])', r"\1", raw[1:-1])


def _shell_double(raw: str, lookup: Lookup) -> str:
    def replace(found: re.Match[str]) -> str:
        name = found["braced"] or found["name"] or ""
        return found["plain"] or lookup(ARGUMENTS if name == "@" else name)

    return re.sub(_IN_DOUBLE_QUOTES, replace, raw[1:-1])


def _variable(raw: str, lookup: Lookup) -> str:
    return lookup(raw[1:].strip("{}"))


def _c_string(raw: str, lookup: Lookup) -> str:
    def replace(found: re.Match[str]) -> str:
        kind = found.lastgroup or ""
        return _C_VALUES[kind](found[kind], lookup)

    text = re.sub(_C_ESCAPE, replace, raw[2:-1]).partition("\0")[0]
    try:  # escaped octets that form UTF-8 become the character
        return text.encode("utf-8", "surrogateescape").decode(
            "utf-8", "surrogateescape"
        )
    except UnicodeEncodeError:
        return text


def _octet(number: int) -> str:
    return chr(number) if number < 0x80 else chr(0xDC00 + number)


def _character(digits: str, _lookup: Lookup) -> str:
    number = int(digits, 16)
    valid = number <= 0x10FFFF and not 0xD800 <= number < 0xE000
    return chr(number) if valid else "\ufffd"


_C_VALUES: Mapping[str, Unquote] = {
    "letter": lambda letter, _: _LETTERS[letter],
    "hex": lambda digits, _: _octet(int(digits, 16)),
    "octal": lambda digits, _: _octet(int(digits, 8) & 0xFF),
    "control": lambda letter, _: chr(ord(letter) & 0x7F ^ 0x40),
    "short": _character,
    "long": _character,
    "braced": lambda name, lookup: lookup(name),
    "name": lambda name, lookup: lookup(name),
    "dollar": lambda _none, _lookup: "$",
}
_PLAIN: Mapping[str, Unquote] = {
    "plain": _literal,
    "hash": _literal,
    "escaped": _escaped,
    "double": _old_quotes,
    "single": _old_quotes,
    "open": _old_open,
}
OLD = Dialect("\"'\\#", _OLD_PIECES, _PLAIN)
WORDS = Dialect(
    OLD.special + ";",
    _WORDS_PIECES,
    {**_PLAIN, "double": _words_double},
)
SHELL = Dialect(
    WORDS.special + "$",
    _SHELL_PIECES,
    {
        **_PLAIN,
        "double": _shell_double,
        "c_string": _c_string,
        "variable": _variable,
        "open": _literal,
        "broken": _literal,
        "dollar": _literal,
    },
    strict=True,
)


def logical_lines(text: str) -> list[tuple[int, str]]:
    """Join continued lines; returns each with the number of its first line in the file.

    CR at the end of a line is removed.
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
    """Tell whether the next line continues this one."""
    return line.endswith("\\") and (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _join(parts: list[str]) -> str:
    return (" " if re.match(_LISTS_MEMBERS, parts[0]) else "").join(parts)


def command_name(text: str, position: int) -> tuple[str, str, int]:
    """Read the name of a command; returns backslash, name, position of the arguments."""
    found = re.compile(_COMMAND).match(text, position)
    assert found is not None  # noqa: S101 - it matches the empty text too
    return found[1], found[2], found.end()


def expand_abbreviation(name: str, names: Collection[str]) -> str:
    """Return `name` if it is among the names, else the first that it abbreviates, or ""."""
    begins = (each for each in names if name and each.startswith(name))
    return name if name in names else next(begins, "")


def words(
    text: str, position: int, dialect: Dialect, lookup: Lookup
) -> tuple[list[str], int, str]:
    """Read the words of one command; returns them, the position of the next, a fault.

    The fault is empty, or names the quote or brace that is never closed.
    """
    if dialect.plain.match(text, position):
        rest = text[position:].replace("\t", " ")
        return [*filter(None, rest.split(" "))], len(text), ""
    return _scan(text, position, dialect, lookup)


def raw_words(text: str, position: int, dialect: Dialect) -> tuple[list[str], int, str]:
    """Read words as `words` does, but keep their quotes."""
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
    """Join the pieces of a word; "$@" in it makes several words, or none."""
    text = "".join(pieces)
    return [] if text == NONE else text.replace(NONE, "").split(APART)


# ── blocks: the bodies of accounts and macros ───────────────────────────────


def opening(text: str, position: int) -> re.Match[str] | None:
    """Match `name`, a brace and the `rest` of the line, after a command of `BLOCKS`."""
    return re.compile(_OPENS).match(text, position)


def is_closed(rest: str) -> bool:
    """Tell whether a block ends on its first line."""
    return rest == "}" or rest.endswith((" }", "\t}"))


def opens_block(line: str, names: Collection[str]) -> bool:
    """Tell whether a body starts after this line; `names` are all commands."""
    _, name, position = command_name(line, 0)
    if expand_abbreviation(name, names) not in BLOCKS:
        return False
    opens = opening(line.rstrip(), position)
    return opens is not None and not is_closed(opens["rest"])


def closes_block(line: str) -> bool:
    """Tell whether a line ends a body."""
    return re.match(_CLOSES, line.rstrip("\r\n")) is not None
