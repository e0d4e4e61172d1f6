"""Shell completion: the answer to a shell whose user pressed Tab.

A shell asks by a variable that is named after the program, as click has it
(`_PYMAIL_COMPLETE=bash_complete`). The answer comes from our tables, from
settings files and from the names in the outbox; nothing is run, sent or asked,
and what is broken is left out. The scripts in `shells` are for the program's own name;
other than click's, they add no blank after `NAME=` and complete files after it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from pkgutil import get_data

from pymail.cli.completion_values import FILE, KnownValues, Suggestion, plain
from pymail.cli.options import (
    OPTIONS,
    RUN_WHEN,
    Kind,
    Option,
    long_options,
    short_options,
)
from pymail.commands.manual import page_names
from pymail.delivery.context import RunContext
from pymail.errors import PymailError
from pymail.model import model

SCRIPTS = {"bash": "pymail.bash", "zsh": "_pymail", "fish": "pymail.fish"}
_MAILS_FOLLOW = frozenset({"--flush", "--drop"})
_BREAKS = frozenset("=@:")  # where bash ends a word, besides blanks


def answer(instruction: str, variable: str, context: RunContext) -> int:
    """Print a script, or what may follow; returns the exit status."""
    shell, _, what = instruction.partition("_")
    if shell not in SCRIPTS:
        return 1
    if what == "source":
        context.print(_script(shell, variable, context.program))
        return 0
    environment = context.environment
    # a shell that asks otherwise, or a machine that is broken: nothing is said
    with suppress(KeyError, ValueError, OSError, PymailError):
        words, incomplete = _words(shell, environment.variables)
        found = _for_shell(shell, words, incomplete, KnownValues(environment, words))
        context.print("".join(f"{_line(shell, each)}\n" for each in found))
        return 0
    return 1


def _script(shell: str, variable: str, program: str) -> str:
    """Write what the shell is to run at its start, for a program of any name."""
    text = (get_data("pymail.cli", f"shells/{SCRIPTS[shell]}") or b"").decode()
    function = "_" + re.sub(r"\W", "", program.replace("-", "_"), flags=re.ASCII)
    names = {"_PYMAIL_COMPLETE": variable, "_pymail": function, "pymail": program}
    return re.sub("|".join(names), lambda found: names[found[0]], text)


def _words(shell: str, variables: Mapping[str, str]) -> tuple[list[str], str]:
    """Read the words before the cursor, and the one that is not complete.

    Raises:
        KeyError, ValueError: the shell did not say that.
    """
    from click.shell_completion import split_arg_string  # quotes may be open

    words, place = split_arg_string(variables["COMP_WORDS"]), variables["COMP_CWORD"]
    if shell == "fish":  # which has it in both, as it was typed
        return words[1 : len(words) - bool(place)], "".join(split_arg_string(place)[:1])
    cursor = int(place)
    return words[1:cursor], "".join(words[cursor : cursor + 1])


def _line(shell: str, each: Suggestion) -> str:
    """Write what a script reads; with a help, zsh takes a colon for its beginning."""
    if shell == "bash":
        return f"{each.kind},{each.value}"
    if shell == "fish":
        return f"{each.kind}\t{each.value}\t{each.help or '_'}"
    value = each.value.replace(":", r"\:") if each.help else each.value
    return f"{each.kind}\n{value or '_'}\n{each.help or '_'}"


def _for_shell(
    name: str, words: list[str], incomplete: str, known: KnownValues
) -> list[Suggestion]:
    """Say what may follow; bash wants only what is behind its last break."""
    if name != "bash":
        return suggestions(words, incomplete, known)
    words, whole = _join(words, incomplete)
    before = len(whole) - (0 if _is_break(incomplete) else len(incomplete))
    found = suggestions(words, whole, known)
    return [each._replace(value=each.value[before:]) for each in found]


def _is_break(word: str) -> bool:
    return bool(word) and set(word) <= _BREAKS


def _join(words: list[str], incomplete: str) -> tuple[list[str], str]:
    """Put together what bash has broken: `--store`, `=`, `key` are one word."""
    joined: list[str] = []
    for before, word in pairwise(["", *words, incomplete]):
        if joined and (_is_break(word) or _is_break(before)):
            joined[-1] += word
        else:
            joined.append(word)
    return joined[:-1], joined[-1]


@model(frozen=False)
class _State:
    """What the words so far ask for: the value of an option, or which words follow.

    `wants` is the purpose of an option that has no value yet.
    """

    wants: str = ""
    may_say_when: bool = False
    runs: bool = False
    ended: str = ""  # by this word
    mails_follow: bool = False
    file_follows: bool = False
    page_follows: bool = False

    def take(self, word: str) -> None:
        """Read one more word."""
        if self.ended:
            if word == "--" and self.ended == "-.":
                self.ended = word
        elif self.wants:
            self.wants = ""
        elif self.may_say_when and word in RUN_WHEN:
            self.may_say_when = False
        else:
            self.may_say_when = False
            self._begin(word)

    def _begin(self, word: str) -> None:
        if word in ("--", "-.", "--end-options"):
            self.ended = "--" if word == "--" else "-."
        elif word.startswith("--"):
            self._long(word)
        elif word.startswith("-"):
            self.wants = _cluster(word[1:])[0]

    def _long(self, word: str) -> None:
        written, equals, _ = word.partition("=")
        names = long_options()
        meant = [each for each in names if each.startswith(written)]
        name = meant[0] if len(meant) == 1 else written
        self.mails_follow |= name in _MAILS_FOLLOW
        self.file_follows |= name == "--resend"
        self.page_follows |= name == "--man"
        if name == "--run":
            self.runs, self.may_say_when = True, not equals
        elif not equals:
            self.wants = names.get(name) or ""


def _cluster(letters: str) -> tuple[str, str]:
    """Find the purpose of a value that may follow letters, and what is before it."""
    short, long = short_options(), long_options()
    for position, letter in enumerate(letters):
        name, takes_value = short.get(letter, ("", False))
        if takes_value:
            glued = letters[position + 1 :]
            return ("" if glued else long[name] or ""), letters[: position + 1]
    return "", letters


def suggestions(
    words: Sequence[str], incomplete: str, known: KnownValues
) -> list[Suggestion]:
    """Say what may stand in place of an incomplete word behind these words."""
    state = _State()
    for word in words:
        state.take(word)
    return [
        each
        for each in _candidates(state, incomplete, known)
        if each.kind == FILE.kind
        or (each.value.startswith(incomplete) and _is_one_word(each.value))
    ]


def _is_one_word(value: str) -> bool:
    """Whether a shell can take it as it is."""
    return value.isprintable() and " " not in value


def _candidates(
    state: _State, incomplete: str, known: KnownValues
) -> Iterator[Suggestion]:
    if state.wants:
        yield from known.values(state.wants, incomplete)
    elif incomplete.startswith("-") and not state.ended:
        yield from _options(incomplete, known)
    elif state.file_follows or (state.ended == "--" and state.runs):
        yield FILE
    elif state.page_follows:
        yield from plain(page_names())
    else:
        if state.may_say_when:
            yield from plain(RUN_WHEN)
        yield from known.mails() if state.mails_follow else known.recipients(incomplete)


def _options(incomplete: str, known: KnownValues) -> Iterator[Suggestion]:
    written, equals, value = incomplete.partition("=")
    if written == "--run" and equals:
        yield from plain(RUN_WHEN, f"{written}=")
    elif incomplete.startswith("--") and equals:
        purpose = long_options().get(written) or ""
        yield from known.values(purpose, value, f"{written}=")
    elif incomplete.startswith("--") or incomplete == "-":
        yield from _names(incomplete)
    else:
        yield from _glued(incomplete, known)


def _glued(incomplete: str, known: KnownValues) -> Iterator[Suggestion]:
    """Complete the value behind letters: `-Awo`."""
    _, letters = _cluster(incomplete[1:])
    name, takes_value = short_options().get(letters[-1], ("", False))
    if takes_value:
        value = incomplete[1 + len(letters) :]
        purpose = long_options()[name] or ""
        yield from known.values(purpose, value, f"-{letters}")


def _names(incomplete: str) -> Iterator[Suggestion]:
    """Name options: by their first names, by synonyms where these do not match."""
    options = [o for o in OPTIONS if not o.hidden]
    first = [(name, o.meaning) for o in options for name in _first_names(o)]
    if not any(name.startswith(incomplete) for name, _ in first):
        first = [(name, o.meaning) for o in options for name in o.names]
    yield from (Suggestion(name, help=text) for name, text in first)


def _first_names(option: Option) -> Iterator[str]:
    """Yield the letter, the first long name, and the name that says the opposite."""
    if option.names[0] != option.long:
        yield option.names[0]
    yield option.long
    if option.kind is Kind.SWITCH:
        yield option.names[1]
