"""What may follow on a command line, for a shell whose user pressed Tab.

A shell asks by a variable that is named after the program, as click has it
(`_PYMAIL_COMPLETE=bash_complete`). The answer comes from our tables, from
settings files and from the names in the outbox; nothing is run, sent or asked,
and what is broken is left out.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import pairwise

from pymail.cli.click_command import Option, Shell
from pymail.cli.completion_scripts import FORMATS, SCRIPTS, Suggestion
from pymail.cli.completion_values import FILE, Known, plain, values
from pymail.cli.options import OPTIONS, RUN_WHEN, long_options, short_options
from pymail.delivery.context import RunContext
from pymail.errors import PymailError
from pymail.model import model

_MAILS_FOLLOW = frozenset({"--flush", "--drop"})
_BREAKS = frozenset("=@:")  # where bash ends a word, besides blanks


def answer(instruction: str, variable: str, context: RunContext) -> int:
    """Print a script, or what may follow; returns the exit status."""
    name, _, what = instruction.partition("_")
    if name not in SCRIPTS:
        return 1
    shell = Shell(name, SCRIPTS[name], program=context.program, variable=variable)
    if what == "source":
        context.print(f"{shell.script()}\n")
        return 0
    variables = context.environment.variables
    # a shell that asks otherwise, or a machine that is broken: nothing is said
    with suppress(KeyError, ValueError, OSError, PymailError):
        words, incomplete = shell.words(variables)
        found = _for_shell(name, words, incomplete, Known(context.environment, words))
        context.print("".join(f"{FORMATS[name](each)}\n" for each in found))
        return 0
    return 1


def _for_shell(
    name: str, words: list[str], incomplete: str, known: Known
) -> list[Suggestion]:
    """Say what may follow; bash wants only what is behind its last break."""
    if name != "bash":
        return suggestions(words, incomplete, known)
    words, whole = _joined(words, incomplete)
    before = len(whole) - (0 if _is_break(incomplete) else len(incomplete))
    found = suggestions(words, whole, known)
    return [each._replace(value=each.value[before:]) for each in found]


def _is_break(word: str) -> bool:
    return bool(word) and set(word) <= _BREAKS


def _joined(words: list[str], incomplete: str) -> tuple[list[str], str]:
    """Put together what bash has broken: `--store`, `=`, `key` are one word."""
    joined: list[str] = []
    for before, word in pairwise(["", *words, incomplete]):
        if joined and (_is_break(word) or _is_break(before)):
            joined[-1] += word
        else:
            joined.append(word)
    return joined[:-1], joined[-1]


@model(frozen=False)
class _Line:
    """What the words so far ask for: the value of an option, or which words follow.

    `wants` is the purpose of an option that has no value yet.
    """

    wants: str = ""
    may_say_when: bool = False
    runs: bool = False
    ended: str = ""  # by this word
    mails_follow: bool = False
    file_follows: bool = False

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
    words: Sequence[str], incomplete: str, known: Known
) -> list[Suggestion]:
    """Say what may stand in place of an incomplete word behind these words."""
    line = _Line()
    for word in words:
        line.take(word)
    return [
        each
        for each in _possible(line, incomplete, known)
        if each.kind == FILE.kind
        or (each.value.startswith(incomplete) and _is_one_word(each.value))
    ]


def _is_one_word(value: str) -> bool:
    """Whether a shell can take it as it is."""
    return value.isprintable() and " " not in value


def _possible(line: _Line, incomplete: str, known: Known) -> Iterator[Suggestion]:
    if line.wants:
        yield from values(line.wants, incomplete, known)
    elif incomplete.startswith("-") and not line.ended:
        yield from _of_options(incomplete, known)
    elif line.file_follows or (line.ended == "--" and line.runs):
        yield FILE
    else:
        if line.may_say_when:
            yield from plain(RUN_WHEN)
        yield from known.mails() if line.mails_follow else known.recipients(incomplete)


def _of_options(incomplete: str, known: Known) -> Iterator[Suggestion]:
    written, equals, value = incomplete.partition("=")
    if written == "--run" and equals:
        yield from plain(RUN_WHEN, f"{written}=")
    elif incomplete.startswith("--") and equals:
        purpose = long_options().get(written) or ""
        yield from values(purpose, value, known, before=f"{written}=")
    elif incomplete.startswith("--") or incomplete == "-":
        yield from _names(incomplete)
    else:
        yield from _glued(incomplete, known)


def _glued(incomplete: str, known: Known) -> Iterator[Suggestion]:
    """Complete the value behind letters: `-Awo`."""
    _, letters = _cluster(incomplete[1:])
    name, takes_value = short_options().get(letters[-1], ("", False))
    if takes_value:
        value = incomplete[1 + len(letters) :]
        purpose = long_options()[name] or ""
        yield from values(purpose, value, known, before=f"-{letters}")


def _names(incomplete: str) -> Iterator[Suggestion]:
    """Name options: by their first names, by synonyms where these do not match."""
    options = [o for o in OPTIONS if not o.hidden]
    first = [(name, o.help) for o in options for name in _first_names(o)]
    if not any(name.startswith(incomplete) for name, _ in first):
        first = [(name, o.help) for o in options for name in o.opts]
    yield from (Suggestion(name, help=text or "") for name, text in first)


def _first_names(option: Option) -> Iterator[str]:
    """Yield the letter and the first long name, and what says the opposite."""
    names = option.opts
    yield from (name for name in names[:1] if not name.startswith("--"))
    yield next(name for name in names if name.startswith("--"))
    yield from option.secondary_opts
