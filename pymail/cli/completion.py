"""Shell completion: suggestions for a shell whose user pressed Tab.

The shell sets a variable named after the program, as with click
(`_PYMAIL_COMPLETE=bash_complete`). Suggestions come from the tables of options and
variables, from settings files and from the outbox; completion runs no command, sends
nothing, and ignores unreadable files. Unlike click's, the scripts in `shells` add no
blank after `NAME=` and complete files after it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from pkgutil import get_data

from pymail.cli.arguments import arrange
from pymail.cli.completion_values import FILE, KnownValues, Suggestion, plain
from pymail.cli.options import (
    OPTIONS,
    RUN_WHEN,
    Kind,
    Option,
)
from pymail.commands.manual import page_names
from pymail.delivery.context import RunContext
from pymail.errors import PymailError

SCRIPTS = {"bash": "pymail.bash", "zsh": "_pymail", "fish": "pymail.fish"}
_MAILS_FOLLOW = frozenset({"--flush", "--drop"})
# Stands for the incomplete word. No word of a shell has NUL; by the slash it is a type
# for -M, which otherwise takes no value.
_CURSOR = "\0/"
_BREAKS = frozenset("=@:")  # where bash ends a word, besides blanks


def answer(instruction: str, variable: str, context: RunContext) -> int:
    """Print the script of a shell, or suggestions; returns the exit status."""
    shell, _, what = instruction.partition("_")
    if shell not in SCRIPTS:
        return 1
    if what == "source":
        context.print(_script(shell, variable, context.program))
        return 0
    environment = context.environment
    # an unknown request or a broken machine: no message disturbs the prompt
    with suppress(KeyError, ValueError, OSError, PymailError):
        words, incomplete = _words(shell, environment.variables)
        found = _for_shell(shell, words, incomplete, KnownValues(environment, words))
        context.print("".join(f"{_line(shell, each)}\n" for each in found))
        return 0
    return 1


def _script(shell: str, variable: str, program: str) -> str:
    """Return the script that the shell runs at its start, for this program name."""
    text = (get_data("pymail.cli", f"shells/{SCRIPTS[shell]}") or b"").decode()
    function = "_" + re.sub(r"\W", "", program.replace("-", "_"), flags=re.ASCII)
    names = {"_PYMAIL_COMPLETE": variable, "_pymail": function, "pymail": program}
    return re.sub("|".join(names), lambda found: names[found[0]], text)


def _words(shell: str, variables: Mapping[str, str]) -> tuple[list[str], str]:
    """Return the words before the cursor, and the incomplete word at it.

    Raises:
        KeyError, ValueError: the shell set no valid variables.
    """
    from click.shell_completion import split_arg_string  # quotes may be open

    words, place = split_arg_string(variables["COMP_WORDS"]), variables["COMP_CWORD"]
    if shell == "fish":  # both have the incomplete word, with its quotes
        return words[1 : len(words) - bool(place)], "".join(split_arg_string(place)[:1])
    cursor = int(place)
    return words[1:cursor], "".join(words[cursor : cursor + 1])


def _line(shell: str, each: Suggestion) -> str:
    """Format a suggestion for the script; zsh splits value and help at a colon."""
    if shell == "bash":
        return f"{each.kind},{each.value}"
    if shell == "fish":
        return f"{each.kind}\t{each.value}\t{each.help or '_'}"
    value = each.value.replace(":", r"\:") if each.help else each.value
    return f"{each.kind}\n{value or '_'}\n{each.help or '_'}"


def _for_shell(
    name: str, words: list[str], incomplete: str, known: KnownValues
) -> list[Suggestion]:
    """Return the suggestions; for bash only their part after its last word break."""
    if name != "bash":
        return suggestions(words, incomplete, known)
    words, whole = _join(words, incomplete)
    before = len(whole) - (0 if _is_break(incomplete) else len(incomplete))
    found = suggestions(words, whole, known)
    return [each._replace(value=each.value[before:]) for each in found]


def _is_break(word: str) -> bool:
    return bool(word) and set(word) <= _BREAKS


def _join(words: list[str], incomplete: str) -> tuple[list[str], str]:
    """Join the words that bash has split: `--store`, `=`, `key` are one word."""
    joined: list[str] = []
    for before, word in pairwise(["", *words, incomplete]):
        if joined and (_is_break(word) or _is_break(before)):
            joined[-1] += word
        else:
            joined.append(word)
    return joined[:-1], joined[-1]


def suggestions(
    words: Sequence[str], incomplete: str, known: KnownValues
) -> list[Suggestion]:
    """Return the suggestions for an incomplete word after these words."""
    return [
        each
        for each in _candidates(words, incomplete, known)
        if each.kind == FILE.kind
        or (each.value.startswith(incomplete) and _is_one_word(each.value))
    ]


def _is_one_word(value: str) -> bool:
    """Whether a shell reads it as one word without quotes."""
    return value.isprintable() and " " not in value


def _candidates(
    words: Sequence[str], incomplete: str, known: KnownValues
) -> Iterator[Suggestion]:
    """Yield candidates by the place that `arrange` finds for the incomplete word."""
    cursor = f"--{_CURSOR}" if incomplete.startswith("-") else _CURSOR
    arranged = arrange([*words, cursor])
    options = arranged.options
    if cursor in options:
        yield from _options(incomplete, known)
    elif options and options[-1].endswith(f"={cursor}"):
        yield from known.values(options[-1].partition("=")[0], incomplete)
    elif cursor in (arranged.command or ()) or "--resend" in options:
        yield FILE
    elif "--man" in options:
        yield from plain(page_names())
    elif _MAILS_FOLLOW.intersection(options):
        yield from known.mails()
    else:
        if arranged.runs and words[-1] == "--run":
            yield from plain(RUN_WHEN)
        yield from known.recipients(incomplete)


def _options(incomplete: str, known: KnownValues) -> Iterator[Suggestion]:
    """Yield options, or values of the option in the same word: `--account=w`, `-Aw`."""
    if incomplete == "-" or (incomplete.startswith("--") and "=" not in incomplete):
        yield from _names(incomplete)
        return
    name, _, value = arrange([incomplete + _CURSOR]).options[-1].partition("=")
    value = value.removesuffix(_CURSOR)
    yield from known.values(name, value, incomplete.removesuffix(value))


def _names(incomplete: str) -> Iterator[Suggestion]:
    """Yield options by their first names, or by synonyms if no first name matches."""
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
