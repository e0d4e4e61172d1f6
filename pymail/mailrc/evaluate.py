"""Effects of the mail.rc commands, as far as they matter for sending.

`EFFECTS` has the commands that take words; they get the run and their arguments,
change its state and report what is wrong. Accounts, macros and conditions also
decide which lines are read; they are in `interpreter`.
"""

import re
from functools import partial

from pymail.errors import UnreadableInputError
from pymail.mailrc.conditions import Branches
from pymail.mailrc.interpreter import Effect, Run
from pymail.mailrc.state import (
    Members,
    Origin,
    RcHost,
    State,
    Value,
    as_meant,
    read_lines,
    shown,
)

_NOT_IN_NAMES = r'[<>()",; \t]'
_BLANK_AT_EQUALS = "no blanks around '=': what follows {name!r} is not its value"
_CUT = "{name!r} ends at the first blank: put quotes around its value"


def evaluate(
    text: str,
    file: str,
    state: State,
    host: RcHost,
    branches: Branches | None = None,
) -> None:
    """Run one settings text; `file` is the name to show for it.

    Never raises for what is in it: mistakes are in `state.problems`. With
    `branches` it is a part of a text: conditions were open before, and stay so.
    """
    state.nested_runs = state.expanded_characters = 0  # of this text
    run = Run(state, host, file, read_lines(text, file, state), EFFECTS)
    run.sources = (file,)
    run.branches = branches or run.branches
    run.run(goes_on=branches is not None)


def select_account(name: str, state: State, host: RcHost) -> bool:
    """Leave the account in force and run another; False when it is not defined.

    What the former had set is taken back. `null` is none, in any case.
    """
    return Run(state, host, f"account {name}", [], EFFECTS).select(name)


def assign(text: str, origin: Origin, state: State) -> None:
    """Assign one -S argument: `name=value`, `name` or `noname`."""
    text = as_meant("assignment", text, origin, state)
    name, _, value = text.partition("=")
    _assign(name.strip(), value, origin, state)


def _assign(name: str, value: str, origin: Origin, state: State) -> None:
    if not name:
        state.report(origin, "a name is missing before '='")
    elif name.startswith("no") and len(name) > len("no"):
        state.drop(name[2:])
    else:
        state.put(name, Value(as_meant("value", value, origin, state), origin))


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
    if mistake:
        run.report(mistake)


def _mistake(run: Run, word: str, last: str, value: str) -> str:
    """Say what is wrong with a word of `set` that assigns nothing.

    `last` is the variable before it and `value` what it got, with its "=". These
    are the classic ones: from=Me <me@x>, a = "x", a= x, to=a@x, b@x.
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
        case _:  # link and unlink: the environment is looked at anyway
            pass


def _alias(run: Run, words: list[str]) -> None:
    if not words or words[0] == "-":  # it lists
        return
    name, *members = words
    if members:
        added = Members(tuple(members), run.origin)
        run.state.members.setdefault(name, []).append(added)
    elif name not in run.state.members:
        run.report(f"alias {shown(name)} has no members")


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
        run.report(f"macro {shown(words[0])} is not defined")
    _call_if(run, words)


def _call_if(run: Run, words: list[str]) -> None:
    block = run.state.macros.get(words[0]) if words else None
    if block:
        run.call(f"macro {shown(words[0])}", block, tuple(words[1:]))


def _localopts(run: Run, words: list[str]) -> None:
    """Make local what follows; only the scope itself can be named, not its calls."""
    if run.state.scopes and words:
        on = words[-1].lower() not in ("0", "off", "no", "false")
        run.state.scopes[-1].takes_all = on


def _shift(run: Run, words: list[str]) -> None:
    arguments = run.arguments or ()
    text = words[0] if words else "1"
    count = int(text) if text.isdecimal() and len(text) < 5 else len(arguments) + 1
    if count > len(arguments):
        run.report(f"cannot shift {shown(text)} of {len(arguments)} arguments")
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
    """Forget what was registered here; the files stay as they are."""
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
        run.host.enter(directory)
    except (OSError, ValueError) as error:
        run.report(f"cannot enter {shown(directory)}: {_reason(error)}")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _source(run: Run, words: list[str], *, silent: bool = False) -> None:
    if words and words[-1].endswith("|"):
        run.report("source: commands are not run from a settings file")
        return
    if len(words) != 1:
        run.report("source takes the name of one file")
        return
    try:
        file, text = run.host.read(words[0])
    except (OSError, ValueError, UnreadableInputError) as error:
        if not silent:
            run.report(f"cannot read {shown(words[0])}: {_reason(error)}")
        return
    run.source(file, text)


def _printing(table: str, end: str) -> Effect:
    def echo(run: Run, words: list[str]) -> None:
        getattr(run.state, table).append(" ".join(words) + end)

    return echo


def _reporting(problem: str) -> Effect:
    return lambda run, _words: run.report(problem)


EFFECTS: dict[str, Effect] = {
    "set": _set,
    "unset": _unset,
    "environ": _environ,
    "alias": _alias,
    "unalias": _removing("members"),
    "alternates": _alternates,
    "unalternates": _removing("alternates"),
    "unaccount": _removing("accounts"),
    "undefine": _removing("macros"),
    "uncommandalias": _removing("command_aliases"),
    "call": _call,
    "call_if": _call_if,
    "return": _return,
    "localopts": _localopts,
    "shift": _shift,
    "vpospar": _vpospar,
    "commandalias": _commandalias,
    "mimetype": _mimetype,
    "unmimetype": _unmimetype,
    "eval": _eval,
    "cd": _cd,
    "source": _source,
    "source_if": partial(_source, silent=True),
    "echo": _printing("output", "\n"),
    "echon": _printing("output", ""),
    "echoerr": _printing("error_output", "\n"),
    "echoerrn": _printing("error_output", ""),
    "compute": _reporting("nothing is computed in a settings file"),
    "shell": _reporting("commands are not run from a settings file"),
}
