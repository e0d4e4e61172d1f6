"""Commands: their table, their names and the blocks that they open.

In the order in which abbreviations are looked up: the first that begins so, as
s-nail lists them, then those that only heirloom, bsd-mailx or mailutils have. A
command without an effect here is one for reading mail, or for looks; it is
accepted in silence.
"""

import re
from collections.abc import Collection
from functools import cache

from pymail.mailrc.lexer import OLD, SHELL, WORDS, Dialect
from pymail.model import model

BLOCKS = frozenset({"account", "define"})
CONDITIONAL = frozenset({"if", "elif", "else", "endif"})
READING = "reading"  # no effect on sending
MODIFIERS = frozenset({"wysh", "local", "ignerr", "scope", "u"})
SHELL_MODIFIERS = frozenset({"wysh", "local"})

_OPENS = r"""(?s)(?P<name>"[^"]*+"|'[^']*+'|[^ \t{]++)[ \t]*+\{[ \t]*+(?P<rest>.*+)"""
_CLOSES = r"(?s)[ \t]*+\}[ \t;]*+(?:#.*+)?$"
_COMMAND = r"""[ \t;]*+(\\?)([!|:?]|[^ \t;"'\\]*+)[ \t]*+"""

_IN_LOOKUP_ORDER = """
- ! = ? | : alias account addrcodec alternates answered bind copy cache call call_if
cd certsave chdir charsetalias colour commandalias connect Copy collapse csop cwd
delete discard Decrypt decrypt define digmsg disconnect dotmove dp dt draft edit echo
echoerr echon echoerrn else elif endif environ errors eval exit Followup from File
file filetype flag followup Folder folder folders Forward forward followupall
followupsender fwddiscard fwdignore fwdretain group ghost headers headerpick help
history hold if ignore imap imapcodec Lfollowup list localopts Lreply Mail mail
mailcap mbox mimetype mimeview mlist mlsubscribe More more Move move mtaaliases Mv mv
next netrc New new newmail noop Print print Page page Pipe pipe preserve quit reply
read readsh readall readctl remove rename Reply Resend resend Respond respond retain
return replyall replysender respondall respondsender Save save set search Seen seen
shell shcodec shift shortcut Show show size sleep source sort source_if spamclear
spamforget spamham spamrate spamset spamspam saveignore savediscard saveretain Type
type tls Top top touch thread undelete unalias unaccount unalternates unanswered
unbind uncharsetalias uncollapse uncolour uncommandalias undefine undraft unfiletype
unflag ungroup unheaderpick unignore unmlist unmlsubscribe unmimetype Unread unread
unretain unset unshortcut unsort urlcodec unfwdignore unfwdretain unghost
unsaveignore unsaveretain unthread visual varshow verify version vexpr vpospar vput
write xit xcall Z z
Fwd fwd inc incorporate Redirect redirect online kill unkill score defines undef bad
good ungood classify junk unjunk probability Header core clobber user setenv
sender nosender sendheader summary tag untag struct decode eq unfold
"""

# name: effect, and the dialect of its arguments in the old style
_EFFECTS: dict[str, tuple[str, Dialect]] = {
    "set": ("set", OLD),
    "unset": ("unset", WORDS),
    "environ": ("environ", SHELL),
    "alias": ("alias", WORDS),
    "group": ("alias", WORDS),
    "unalias": ("unalias", WORDS),
    "alternates": ("alternates", WORDS),
    "unalternates": ("unalternates", WORDS),
    "ungroup": ("unalias", WORDS),
    "account": ("account", WORDS),
    "unaccount": ("unaccount", WORDS),
    "define": ("define", WORDS),
    "undefine": ("undefine", WORDS),
    "undef": ("undefine", WORDS),
    "call": ("call", SHELL),
    "xcall": ("call", SHELL),
    "call_if": ("call_if", SHELL),
    "return": ("return", WORDS),
    "shift": ("shift", SHELL),
    "vpospar": ("vpospar", SHELL),
    "localopts": ("localopts", WORDS),
    **dict.fromkeys(
        ("vput", "vexpr", "csop", "urlcodec", "shcodec"), ("compute", SHELL)
    ),
    "commandalias": ("commandalias", SHELL),
    "uncommandalias": ("uncommandalias", WORDS),
    "eval": ("eval", SHELL),
    "cd": ("cd", WORDS),
    "chdir": ("cd", WORDS),
    "source": ("source", SHELL),
    "source_if": ("source_if", SHELL),
    "mimetype": ("mimetype", SHELL),
    "unmimetype": ("unmimetype", SHELL),
    "echo": ("echo", SHELL),
    "echon": ("echon", SHELL),
    "echoerr": ("echoerr", SHELL),
    "echoerrn": ("echoerrn", SHELL),
    "if": ("if", OLD),
    "elif": ("elif", OLD),
    "else": ("else", WORDS),
    "endif": ("endif", WORDS),
    "!": ("shell", OLD),
    "|": ("shell", OLD),
    "shell": ("shell", OLD),
}


NAMES = tuple(_IN_LOOKUP_ORDER.split())


@model()
class Command:
    """One row of the table."""

    name: str
    effect: str
    dialect: Dialect


@cache
def find(name: str) -> Command | None:
    """Look up a command by its name or an abbreviation of it."""
    found = expand_abbreviation(name, NAMES)
    return Command(found, *_EFFECTS.get(found, (READING, WORDS))) if found else None


def expand_abbreviation(name: str, names: Collection[str]) -> str:
    """Return the first of the names that one abbreviates, or itself; else nothing."""
    begins = (each for each in names if name and each.startswith(name))
    return name if name in names else next(begins, "")


def command_name(text: str, position: int) -> tuple[str, str, int]:
    """Read the name of a command: backslash, name, where its arguments begin."""
    found = re.compile(_COMMAND).match(text, position)
    assert found is not None  # noqa: S101 - it matches the empty text too
    return found[1], found[2], found.end()


def opening(text: str, position: int) -> re.Match[str] | None:
    """Match `name`, a brace, and the `rest` behind it, behind a command of `BLOCKS`."""
    return re.compile(_OPENS).match(text, position)


def is_closed(rest: str) -> bool:
    """Tell whether a block ends on its first line."""
    return rest == "}" or rest.endswith((" }", "\t}"))


def opens_block(line: str) -> bool:
    """Tell whether the lines that follow are a body."""
    _, name, position = command_name(line, 0)
    command = find(name)
    if command is None or command.effect not in BLOCKS:
        return False
    opens = opening(line.rstrip(), position)
    return opens is not None and not is_closed(opens["rest"])


def closes_block(line: str) -> bool:
    """Tell whether a line ends a body."""
    return re.match(_CLOSES, line.rstrip("\r\n")) is not None
