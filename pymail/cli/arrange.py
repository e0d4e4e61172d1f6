"""Put a command line in order before click reads it.

Scripts write options after recipients, `--` in several meanings, and letters
whose meaning the next word decides (`-E`, `-h`). Here words become options and
the rest; nothing is interpreted yet.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from pymail.cli.options import READING, words_with_values
from pymail.errors import UsageError

RC_COMMANDS = frozenset(
    {"set", "unset", "alias", "group", "account", "source", "unalias"}
)
LATER = {"~": "tilde escapes on a pipe are", "#": "batch mode is"}


@dataclass(slots=True)
class Arranged:
    """Words in groups: options with their values, recipients, words after `--`."""

    options: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    after_dashes: list[str] = field(default_factory=list)


def arrange(words: Sequence[str]) -> Arranged:
    """Sort the words of a command line.

    Raises:
        UsageError: an option is for reading mail, not there yet, or without its value.
    """
    arranged = Arranged()
    rest = deque(words)
    short, long = words_with_values()
    while rest:
        word = rest.popleft()
        if word == "--":
            arranged.after_dashes.extend(rest)
            break
        if word in ("-.", "--end-options"):
            arranged.recipients.extend(rest)
            break
        if word.startswith("--"):
            arranged.options.append(word)
            if word in long:
                arranged.options.append(_next(word, rest))
        elif word.startswith("-") and len(word) > 1 and not _is_recipient(word):
            arranged.options.extend(_cluster(word[1:], rest, short))
        else:
            arranged.recipients.append(word)
    return arranged


def _is_recipient(word: str) -> bool:
    """`-Cfile@x`: no header field, so somebody's idea of an address."""
    return word.startswith("-C") and "@" in word and ":" not in word


def _cluster(letters: str, rest: deque[str], short: frozenset[str]) -> list[str]:
    """Spell `-vEsSubject` out, one option a word, with the values they take."""
    options: list[str] = []
    while letters:
        letter, letters = letters[0], letters[1:]
        _refuse(letter)
        if letter == "E" and not letters and rest and _is_rc_command(rest[0]):
            options += ["--exec", rest.popleft()]
        elif letter == "h":
            options += _hops(letters, rest)
            letters = ""
        elif letter in short:
            options += [f"-{letter}", letters or _next(f"-{letter}", rest)]
            letters = ""
        else:
            options.append(f"-{letter}")
    return options


def _next(option: str, rest: deque[str]) -> str:
    if not rest:
        raise UsageError(f"{option} needs a value after it")
    return rest.popleft()


def _refuse(letter: str) -> None:
    if letter in READING:
        raise UsageError(f"-{letter}: pymail sends mail, it does not read it")
    if letter in LATER:
        raise UsageError(f"-{letter}: {LATER[letter]} not available in this version")


def _is_rc_command(word: str) -> bool:
    """Know the `-E 'set escape'`; of mailutils; elsewhere -E takes no argument."""
    first, blank, _ = word.partition(" ")
    return bool(blank) and first in RC_COMMANDS


def _hops(letters: str, rest: deque[str]) -> list[str]:
    """Heirloom's -h N is a hop count, s-nail's -h is help; the number decides."""
    if letters.isdecimal():
        return []
    if not letters and rest and rest[0].isdecimal():
        rest.popleft()
        return []
    return ["--help"]
