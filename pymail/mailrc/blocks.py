"""Blocks of settings text: the bodies of accounts and macros, `account NAME {` … `}`."""

import re
from collections.abc import Collection

from pymail.mailrc.lexer import command_name, expand_abbreviation

BLOCKS = frozenset({"account", "define"})

_OPENS = r"""(?s)(?P<name>"[^"]*+"|'[^']*+'|[^ \t{]++)[ \t]*+\{[ \t]*+(?P<rest>.*+)"""
_CLOSES = r"(?s)[ \t]*+\}[ \t;]*+(?:#.*+)?$"


def opening(text: str, position: int) -> re.Match[str] | None:
    """Match `name`, a brace, and the `rest` behind it, behind a command of `BLOCKS`."""
    return re.compile(_OPENS).match(text, position)


def is_closed(rest: str) -> bool:
    """Tell whether a block ends on its first line."""
    return rest == "}" or rest.endswith((" }", "\t}"))


def opens_block(line: str, names: Collection[str]) -> bool:
    """Tell whether the lines that follow are a body; `names` are all commands."""
    _, name, position = command_name(line, 0)
    if expand_abbreviation(name, names) not in BLOCKS:
        return False
    opens = opening(line.rstrip(), position)
    return opens is not None and not is_closed(opens["rest"])


def closes_block(line: str) -> bool:
    """Tell whether a line ends a body."""
    return re.match(_CLOSES, line.rstrip("\r\n")) is not None
