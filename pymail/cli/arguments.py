"""Arguments of the mailx entry point: argv → Invocation.

Scripts write options after recipients, `--` with several meanings, and letters
whose meaning depends on the next word (`-E`, `-h`). `arrange` sorts the words and
expands options; `options.read_fields` then reads their values.
"""

import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pymail.cli.options import (
    ATTACHMENT_FIELDS,
    BY_NAME,
    HELP,
    LONG_FIELDS,
    READING,
    READING_LONG,
    RUN_WHEN,
    read_fields,
)
from pymail.commands.invocation import Invocation, replace_lookalikes
from pymail.errors import UsageError
from pymail.model import field, model, replace

if TYPE_CHECKING:  # most calls have no such options
    from pymail.commands.attachment_options import AttachmentOptions

RC_COMMANDS = frozenset(
    ["set", "unset", "alias", "group", "account", "source", "unalias"]
)
_ANOTHER = "use mailx or another program to read mail"
_SENDER = "-r ADDRESS names the sender; use mailx to read a mailbox"

_ATTACHING = frozenset({"-a", "--attach", "-A", "--account", "--attach-fd"})

# values whose lookalike quotes and blanks are replaced: field → kind of lookalikes
_KINDS = {
    **dict.fromkeys(("recipients", "to", "cc", "bcc", "sender"), "address"),
    **dict.fromkeys(("accounts_or_files", "login"), "word"),
    "subject": "value",
}


def parse(
    words: Sequence[str],
    name: str,
    columns: Callable[[], int] = lambda: 80,
    say: Callable[[str], str] = str,
) -> Invocation | str:
    """Parse a command line; returns the help text if it asks for help.

    `columns` returns the width of the terminal, `say` translates a sentence.

    Raises:
        UsageError: the command line is invalid.
    """
    arranged = arrange(words)
    if {"--help", "--json"} <= {*arranged.options}:
        raise UsageError("--json can't be combined with --help")
    if "--help" in arranged.options:
        from pymail.cli.help import help_text

        return help_text(name, columns(), say)
    fields = read_fields(arranged.options, name)
    fields["recipients"] = tuple(arranged.recipients)
    for field_name, kind in _KINDS.items():
        if value := fields.get(field_name):
            fields[field_name] = _clean(kind, value, arranged.remarks)
    if arranged.after_dashes:
        fields |= _after_dashes(arranged.after_dashes)
    return Invocation(
        command=None if arranged.command is None else tuple(arranged.command),
        attachment_options=arranged.attachment_options,
        remarks=tuple(arranged.remarks),
        **fields,
    )


def _clean(kind: str, value: Any, remarks: list[str]) -> Any:
    if isinstance(value, tuple):
        return tuple(replace_lookalikes(kind, each, remarks) for each in value)
    return replace_lookalikes(kind, value, remarks)


def _after_dashes(words: Sequence[str]) -> dict[str, Any]:
    from pymail.cli.sendmail_arguments import parse_after_dashes  # most calls have none

    parsed = parse_after_dashes(words)
    return {
        "after_dashes": tuple(parsed.recipients),
        "envelope_sender": parsed.sender,
        "full_name": parsed.full_name,
        "program_words": tuple(parsed.others),
    }


@model(frozen=False)
class Arguments:
    """Words in groups: options with their values, recipients, words after `--`.

    With --run those after `--` are a command instead; None without `--`.
    `attachment_options` are those of files, by the word that names the file.
    """

    options: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    after_dashes: list[str] = field(default_factory=list)
    runs: bool = False
    command: list[str] | None = None
    attachment_options: dict[str, "AttachmentOptions"] = field(default_factory=dict)
    next_attachment: "AttachmentOptions | None" = None
    remarks: list[str] = field(default_factory=list)

    def end(self, rest: deque[str]) -> None:
        """Add the words after `--`."""
        if self.runs:
            self.command = list(rest)
        else:
            self.after_dashes.extend(rest)

    def end_options(self, rest: deque[str]) -> None:
        """Add the recipients after `-.`, with --run up to `--`."""
        while rest:
            word = rest.popleft()
            if self.runs and word == "--":
                self.end(rest)
                return
            self.recipients.append(word)

    def add(self, name: str, value: str, written: str) -> None:
        """Add an option with its value; `written` is its name on the command line."""
        self.options.append(f"{name}={value}")
        if wanted := ATTACHMENT_FIELDS.get(written):
            from pymail.commands.attachment_options import AttachmentOptions

            options = self.next_attachment or AttachmentOptions()
            self.next_attachment = replace(options, **{wanted: value})
        elif written in _ATTACHING and self.next_attachment:
            self.attachment_options[value] = self.next_attachment
            # names apply to the next file only (mailutils)
            self.next_attachment = replace(self.next_attachment, name="", filename="")


def arrange(words: Sequence[str]) -> Arguments:
    """Sort the words of a command line, and expand its options.

    Raises:
        UsageError: an option is for reading mail, or its value is missing.
    """
    arranged = Arguments()
    rest = deque(words)
    while rest:
        word = replace_lookalikes("option", rest.popleft(), arranged.remarks)
        if word == "--":
            arranged.end(rest)
            break
        if word in HELP:
            arranged.options.append("--help")
        elif word.startswith("--"):
            if _long(word, rest, arranged):
                break
        elif word == "-.":
            arranged.end_options(rest)
            break
        elif word.startswith("-") and len(word) > 1 and not _is_recipient(word):
            _cluster(word[1:], rest, arranged)
        else:
            arranged.recipients.append(word)
    return arranged


def _long(word: str, rest: deque[str], arranged: Arguments) -> bool:
    """Add a long option by its full name; returns whether it ends the options."""
    written, equals, value = word.partition("=")
    name = _complete(written)
    if name == "--end-options":
        arranged.end_options(rest)
        return True
    if name in READING_LONG:
        _refuse(READING_LONG[name])
    if name == "--run":
        arranged.runs = True
        arranged.options.append(f"--run={value if equals else _run_when(rest)}")
    elif name == "--to" and not equals and (not rest or rest[0].startswith("-")):
        arranged.options.append("--template")  # of mailutils, the long form of -t
    elif LONG_FIELDS.get(name):
        arranged.add(name, value if equals else _next(name, name, rest), written=name)
    else:
        arranged.options.append(name + equals + value)
    return False


def _run_when(rest: deque[str]) -> str:
    """Take the WHEN after --run; another word is an address."""
    return rest.popleft() if rest and rest[0] in RUN_WHEN else RUN_WHEN[0]


def _complete(written: str) -> str:
    """Complete an unambiguous long option, as getopt_long(3) does."""
    meant = [name for name in LONG_FIELDS if name.startswith(written)]
    if written in meant or not meant:
        return written
    if len({LONG_FIELDS[name] or name for name in meant}) > 1:
        raise UsageError(f"{written} is ambiguous: {', '.join(sorted(meant))}")
    return meant[0]


def _is_recipient(word: str) -> bool:
    """Tell whether a word like `-Cfile@x` is an address: it has no field name."""
    return word.startswith("-C") and "@" in word and ":" not in word


def _cluster(letters: str, rest: deque[str], arranged: Arguments) -> None:
    """Expand `-vEsSubject` to long options, each with its value."""
    while letters:
        letter, letters = letters[0], letters[1:]
        _refuse(letter)
        written = f"-{letter}"
        option = BY_NAME.get(written)
        name = option.long if option else written
        decide = None if letters else _OTHERWISE.get(letter)
        other = decide(rest) if decide else ""
        if other:
            arranged.options.append(other)
        elif letter == "h":
            arranged.options += _help_or_hops(letters, rest)
            letters = ""
        elif option and option.takes_value:
            arranged.add(name, letters or _next(written, name, rest), written=written)
            letters = ""
        else:
            arranged.options.append(name)


def _next(written: str, name: str, rest: deque[str]) -> str:
    if not rest:
        advice = f"write its value after it: {written} {BY_NAME[name].metavar}"
        raise UsageError(f"{written} needs a value", advice=advice)
    return rest.popleft()


def _refuse(letter: str) -> None:
    if letter in READING:
        advice = _SENDER if letter == "f" else _ANOTHER
        raise UsageError(
            f"-{letter}: pymail sends mail, it does not read it", advice=advice
        )


def _command(rest: deque[str]) -> str:
    """Recognize `-E 'set escape'` of mailutils; elsewhere -E takes no argument."""
    first, blank, _ = (rest[0] if rest else "").partition(" ")
    if blank and first in RC_COMMANDS:
        return f"--exec={rest.popleft()}"
    return ""


def _mime(rest: deque[str]) -> str:
    """Recognize -M of mailutils, which takes no argument; that of s-nail takes a type."""
    return "" if rest and "/" in rest[0] else "--mime"


def _quit(rest: deque[str]) -> str:
    """Recognize -q of mailutils, which takes no argument; elsewhere it takes a file."""
    is_option = not rest or (rest[0].startswith("-") and rest[0] != "-")
    return "--quit" if is_option else ""


def _body(rest: deque[str]) -> str:
    """Recognize -m of HP-UX (no MIME), without an argument; that of s-nail takes a file."""
    is_file = rest and (rest[0] == "-" or not re.match(r"-|[^/]+@[^/]+\Z", rest[0]))
    return "" if is_file else "--no-mime"


# letters that stand for another option, depending on the next word
_OTHERWISE: Mapping[str, Callable[[deque[str]], str]] = {
    "E": _command,
    "M": _mime,
    "m": _body,
    "q": _quit,
}


def _help_or_hops(letters: str, rest: deque[str]) -> list[str]:
    """Ignore -h N, the hop count of Heirloom; -h without a number is the help of s-nail."""
    if letters.isdecimal():
        return []
    if not letters and rest and rest[0].isdecimal():
        rest.popleft()
        return []
    return ["--help"]
