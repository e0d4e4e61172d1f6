"""From the words of a command line to an invocation: put in order, read by click."""

from collections.abc import Callable, Sequence
from typing import Any

from pymail.cli.arguments import arrange
from pymail.cli.click_command import HELP_COLUMNS, help_text, values
from pymail.cli.options import COMMAND
from pymail.commands.invocation import Invocation, as_meant
from pymail.errors import UsageError

# without effect, in the manners, or seen before
_ELSEWHERE = frozenset(
    {"no_effect", "no_value", "no_encoding", "no_name", "no_filename", "no_help"}
)

# which of the values may have quotes and blanks around them that are none
_KINDS = {
    **dict.fromkeys(("recipients", "to", "cc", "bcc", "sender"), "address"),
    **dict.fromkeys(("accounts_or_files", "login"), "word"),
    "subject": "value",
}


def read(
    words: Sequence[str], name: str, columns: Callable[[], int] = lambda: HELP_COLUMNS
) -> Invocation | str:
    """Read a command line; the help text when that is what it asks for.

    `columns` tells how wide the screen is.

    Raises:
        UsageError: it makes no sense.
    """
    arranged = arrange(words)
    if {"--help", "--json"} <= {*arranged.options}:
        raise UsageError("--json does not go with --help, which is for people")
    if "--help" in arranged.options:
        return help_text(COMMAND, name, columns())
    found = values(COMMAND, [*arranged.options, "--", *arranged.recipients], name)
    meant = {k: v for k, v in found.items() if k not in _ELSEWHERE}
    for value, kind in _KINDS.items():
        meant[value] = _as_meant(kind, meant[value], arranged.remarks)
    if arranged.after_dashes:
        from pymail.cli.sendmail_arguments import behind_dashes  # few have any

        behind = behind_dashes(arranged.after_dashes)
        meant |= {
            "after_dashes": tuple(behind.recipients),
            "envelope_sender": behind.sender,
            "full_name": behind.full_name,
            "program_words": tuple(behind.others),
        }
    return Invocation(
        command=None if arranged.command is None else tuple(arranged.command),
        manners=arranged.manners.of_words,
        remarks=tuple(arranged.remarks),
        **meant,
    )


def _as_meant(kind: str, value: Any, remarks: list[str]) -> Any:
    if isinstance(value, tuple):
        return tuple(as_meant(kind, each, remarks) for each in value)
    return value and as_meant(kind, value, remarks)
