"""Commands of settings text, as far as they matter for sending.

To change a command, change its row in `COMMANDS` and its handler. A handler gets the run
and the words after the command; it changes the state and reports mistakes. Accounts,
macros and conditions also decide which lines are read; they are in `interpreter`.
"""

import re
from functools import partial

from pymail.errors import UnreadableInputError
from pymail.mailrc.interpreter import Commands, Effect, Run
from pymail.mailrc.lexer import OLD, SHELL, WORDS, expand_abbreviation
from pymail.mailrc.state import (
    Branches,
    Origin,
    State,
    Value,
    quote_word,
    read_lines,
    replace_lookalikes,
)

_NOT_IN_NAMES = r'[<>()",; \t]'
_BLANK_AT_EQUALS = "remove the blanks around '=': they cut {name!r} off from its value"
_CUT = "the value of {name!r} ends at the first blank: put quotes around it"
_BACKSLASH = "the value of {name!r} loses its backslash: put single quotes around it"


def evaluate(
    text: str,
    file: str,
    state: State,
    branches: Branches | None = None,
) -> None:
    """Run one settings text; `file` is the name to show for it.

    Mistakes in the text never raise; they are recorded in `state.problems`. With
    `branches`, the text is a part of a longer one, whose open conditions stay open.
    """
    state.nested_runs = state.expanded_characters = 0  # of this text
    run = Run(state, file, read_lines(text, file, state), COMMANDS)
    run.sources = (file,)
    run.branches = branches or run.branches
    run.run(continues=branches is not None)


def select_account(name: str, state: State) -> bool:
    """Undo the current account's settings and run another; False if it isn't defined.

    `null`, in upper or lower case, selects no account.
    """
    return Run(state, f"account {name}", [], COMMANDS).select(name)


def assign(text: str, origin: Origin, state: State) -> None:
    """Assign one -S argument: `name=value`, `name` or `noname`."""
    text = replace_lookalikes("assignment", text, origin, state)
    name, _, value = text.partition("=")
    _assign(name.strip(), value, origin, state)


def _assign(name: str, value: str, origin: Origin, state: State) -> None:
    if not name:
        state.report(origin, "a name is missing before '='")
    elif name.startswith("no") and len(name) > len("no"):
        state.drop(name[2:])
    else:
        state.put(
            name, Value(replace_lookalikes("value", value, origin, state), origin)
        )


def _set(run: Run, words: list[str]) -> None:
    last = value = mistake = ""
    after_equals = False
    for word in words:
        name, equals, text = word.partition("=")
        wrong = "" if name and equals else _mistake(run, word, last, value)
        mistake = mistake or wrong.format(name=last)
        if not wrong and (equals or not after_equals):
            _assign(name, text, run.origin, run.state)
            last, value = name, word[len(name) :]
        after_equals = word == "="
    if mistake := mistake or _lost_backslash(run.written):
        run.report(mistake)


def _lost_backslash(written: str) -> str:
    """Describe a password with a backslash outside quotes that quotes nothing special."""
    if "\\" not in written:
        return ""
    for name, value in re.findall(r"(?<!\S)([^\s=]*+)=([^\s\"']*+)", written):
        if "password" in name and re.search(r"\\[A-Za-z0-9]", value):
            return _BACKSLASH.format(name=name)
    return ""


def _mistake(run: Run, word: str, last: str, value: str) -> str:
    """Describe the mistake that a word of `set` without an assignment shows, or "".

    `last` is the variable before it and `value` its value, with the "=". The classic
    mistakes are: from=Me <me@x>, a = "x", a= x, to=a@x, b@x.
    """
    if not last:
        return ""
    address = "@" in word and "-" not in word.partition("@")[0]
    strange = address or value.endswith(",") or re.search(_NOT_IN_NAMES, word)
    missing = value == "=" and (strange or not run.line_has_quotes)
    if word.startswith("=") or (missing and not word.startswith("no")):
        return _BLANK_AT_EQUALS
    return _CUT if strange else ""


def _unset(run: Run, words: list[str]) -> None:
    for name in words:
        run.state.drop(name)


def _environ(run: Run, words: list[str]) -> None:
    match words:
        case ["set", *assignments]:
            _set(run, assignments)
        case ["unset", *names]:
            _unset(run, names)
        case _:  # link and unlink: pymail looks variables up in the environment anyway
            pass


def _alias(run: Run, words: list[str]) -> None:
    if not words or words[0] == "-":  # lists the aliases
        return
    name, *members = words
    if members:
        added = [(member, run.origin) for member in members]
        run.state.members.setdefault(name, []).extend(added)
    elif name not in run.state.members:
        run.report(f"alias {quote_word(name)} has no members")


def _alternates(run: Run, words: list[str]) -> None:
    run.state.alternates.update(dict.fromkeys(words))


def _removing(table: str) -> Effect:
    def remove(run: Run, words: list[str]) -> None:
        rows: dict[str, object] = getattr(run.state, table)
        for name in list(rows) if "*" in words else words:
            rows.pop(name, None)

    return remove


def _call(run: Run, words: list[str]) -> None:
    if words and words[0] not in run.state.macros:
        run.report(f"macro {quote_word(words[0])} is not defined")
    _call_if(run, words)


def _call_if(run: Run, words: list[str]) -> None:
    block = run.state.macros.get(words[0]) if words else None
    if block:
        run.call(f"macro {quote_word(words[0])}", block, tuple(words[1:]))


def _localopts(run: Run, words: list[str]) -> None:
    """Make the following values local to the macro; other scopes are not supported."""
    if run.state.scopes and words:
        on = words[-1].lower() not in ("0", "off", "no", "false")
        run.state.scopes[-1].takes_all = on


def _shift(run: Run, words: list[str]) -> None:
    arguments = run.arguments or ()
    text = words[0] if words else "1"
    count = int(text) if text.isdecimal() and len(text) < 5 else len(arguments) + 1
    if count > len(arguments):
        run.report(f"cannot shift {quote_word(text)} of {len(arguments)} arguments")
    else:
        run.arguments = arguments[count:]


def _vpospar(run: Run, words: list[str]) -> None:
    if words and words[0] in ("set", "clear"):
        run.arguments = tuple(words[1:])


def _return(run: Run, _words: list[str]) -> None:
    run.leave()


def _commandalias(run: Run, words: list[str]) -> None:
    if len(words) > 1:
        run.state.command_aliases[words[0]] = " ".join(words[1:])


def _mimetype(run: Run, words: list[str]) -> None:
    if words:
        run.state.types.append(" ".join(words))


def _unmimetype(run: Run, words: list[str]) -> None:
    """Forget types that `mimetype` registered; those of files stay."""
    every = {"*", "reset"}.intersection(words)
    run.state.types = [
        line
        for line in run.state.types
        if not every and not set(words).intersection(line.split())
    ]


def _eval(run: Run, words: list[str]) -> None:
    run.inline(" ".join(words))


def _cd(run: Run, words: list[str]) -> None:
    directory = words[0] if words else "~"
    try:
        run.state.enter(directory)
    except (OSError, ValueError) as error:
        run.report(f"cannot enter {quote_word(directory)}: {_reason(error)}")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _source(run: Run, words: list[str], *, silent: bool = False) -> None:
    if words and words[-1].endswith("|"):
        run.report("source: pymail runs no commands from a settings file")
        return
    if len(words) != 1:
        run.report("source takes one file name")
        return
    try:
        file, text = run.state.read(words[0])
    except (OSError, ValueError, UnreadableInputError) as error:
        if not silent:
            run.report(f"cannot read {quote_word(words[0])}: {_reason(error)}")
        return
    run.source(file, text)


def _printing(table: str, end: str) -> Effect:
    def echo(run: Run, words: list[str]) -> None:
        getattr(run.state, table).append(" ".join(words) + end)

    return echo


def _compute(run: Run, _words: list[str]) -> None:
    run.report("pymail computes nothing in a settings file")


def _shell(run: Run, _words: list[str]) -> None:
    run.report("pymail runs no commands from a settings file")


# An abbreviation means the first command that begins with it: s-nail's come first, in
# s-nail's order, then those of heirloom, bsd-mailx and mailutils alone. Commands without
# an effect below are for reading mail, or for looks; they are accepted silently.
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

# name: dialect of the arguments in the old style, effect
_EFFECTS: Commands = {
    "set": (OLD, _set),
    "unset": (WORDS, _unset),
    "environ": (SHELL, _environ),
    "alias": (WORDS, _alias),
    "group": (WORDS, _alias),
    "unalias": (WORDS, _removing("members")),
    "ungroup": (WORDS, _removing("members")),
    "alternates": (WORDS, _alternates),
    "unalternates": (WORDS, _removing("alternates")),
    "unaccount": (WORDS, _removing("accounts")),
    "undefine": (WORDS, _removing("macros")),
    "undef": (WORDS, _removing("macros")),
    "call": (SHELL, _call),
    "xcall": (SHELL, _call),
    "call_if": (SHELL, _call_if),
    "return": (WORDS, _return),
    "shift": (SHELL, _shift),
    "vpospar": (SHELL, _vpospar),
    "localopts": (WORDS, _localopts),
    "commandalias": (SHELL, _commandalias),
    "uncommandalias": (WORDS, _removing("command_aliases")),
    "eval": (SHELL, _eval),
    "cd": (WORDS, _cd),
    "chdir": (WORDS, _cd),
    "source": (SHELL, _source),
    "source_if": (SHELL, partial(_source, silent=True)),
    "mimetype": (SHELL, _mimetype),
    "unmimetype": (SHELL, _unmimetype),
    "echo": (SHELL, _printing("output", "\n")),
    "echon": (SHELL, _printing("output", "")),
    "echoerr": (SHELL, _printing("error_output", "\n")),
    "echoerrn": (SHELL, _printing("error_output", "")),
    "vput": (SHELL, _compute),
    "vexpr": (SHELL, _compute),
    "csop": (SHELL, _compute),
    "urlcodec": (SHELL, _compute),
    "shcodec": (SHELL, _compute),
    "!": (OLD, _shell),
    "|": (OLD, _shell),
    "shell": (OLD, _shell),
    # handled by `interpreter`
    "account": (WORDS, None),
    "define": (WORDS, None),
    "if": (OLD, None),
    "elif": (OLD, None),
    "else": (WORDS, None),
    "endif": (WORDS, None),
}

_READING: Commands = dict.fromkeys(_IN_LOOKUP_ORDER.split(), (WORDS, None))
COMMANDS: Commands = {**_READING, **_EFFECTS}


def find_command(name: str) -> str:
    """Return the command that a name is or abbreviates, "" if there is none."""
    return expand_abbreviation(name, COMMANDS)
