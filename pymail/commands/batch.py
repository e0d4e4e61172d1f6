"""Batch mode (-#): standard input has commands, and `mail` begins a message (s-nail).

    mail ops@example.com
    ~s Disks
    All is well.
    ~.

Tilde escapes work in the text, which ends at `~.` or with the input. All other
commands are those of a settings file; `if` applies to messages, too; `xit` ends the run.
"""

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, BinaryIO, cast

from pymail.commands.compose import run_command
from pymail.commands.invocation import Invocation
from pymail.commands.report_outcome import fail
from pymail.delivery.sender import Sender
from pymail.errors import GivenUp, Interrupted, PymailError
from pymail.mailrc.commands import COMMANDS, find_command
from pymail.mailrc.lexer import (
    WORDS,
    closes_block,
    command_name,
    goes_on,
    logical_lines,
    opens_block,
    words,
)
from pymail.mailrc.state import Branches
from pymail.message.decoding import decode
from pymail.model import replace
from pymail.octets import BufferedInput
from pymail.settings.loader import Loaded

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Send = Callable[[Invocation, Loaded, Sender], int]
_WRITING = frozenset({"mail", "Mail"})
_LEAVING = frozenset({"exit", "xit", "quit"})


def run(invocation: Invocation, loaded: Loaded, sender: Sender, send: Send) -> int:
    """Run the commands; returns the status of the first message that failed.

    `send` composes one message from the next lines, and sends it.

    Raises:
        Interrupted: a signal came.
    """
    context, environment = sender.context, sender.context.environment
    # one buffer for all messages: the lines after a message are commands
    raw = cast("io.RawIOBase", _Input(invocation.late_commands, environment.stdin))
    stdin = cast("BinaryIO", io.BufferedReader(raw))
    context.environment = replace(environment, stdin=stdin)
    commands = (*loaded.request.commands, *invocation.late_commands)
    loaded.request = replace(loaded.request, commands=commands)  # for another account
    statuses = []
    branches = Branches()
    while text := _line(stdin, loaded):
        _, name, position = command_name(text.rstrip(), 0)
        command = find_command(name) if branches.active else ""
        if command in _LEAVING:
            break
        if command in _WRITING:
            [(_, to), *_] = logical_lines(text[position:])
            recipients = tuple(words(to, 0, WORDS, lambda _: "")[0])
            message = replace(invocation, recipients=recipients)
            loaded.state.status = _one(message, loaded, sender, send)
            statuses.append(loaded.state.status)
        else:
            run_command(_whole(text, stdin, loaded), loaded, context, branches)
    context.warn("'if' has no 'endif'" for _ in branches.open_lines())
    return next(filter(None, statuses), 0)


class _Input(io.RawIOBase):
    """The commands of -Y, then standard input."""

    def __init__(self, commands: Sequence[str], stdin: BinaryIO | None) -> None:
        super().__init__()
        text = "".join(f"{command}\n" for command in commands)
        first = io.BytesIO(text.encode("utf-8", "surrogateescape"))
        self._streams = [first, stdin] if stdin else [first]

    def readable(self) -> bool:
        """Return True, as `io.BufferedReader` requires."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Read from the first stream that is not at its end."""
        into = memoryview(buffer)
        for stream in self._streams:
            if octets := stream.read(len(into)):
                into[: len(octets)] = octets
                return len(octets)
        return 0


def _line(stdin: BinaryIO, loaded: Loaded) -> str:
    """Read a line and its continuation lines, with line ends."""
    lines = []
    while line := stdin.readline():
        lines.append(decode(line, loaded.named))
        if not goes_on(lines[-1].rstrip("\r\n")):
            break
    return "".join(lines)


def _one(invocation: Invocation, loaded: Loaded, sender: Sender, send: Send) -> int:
    context = sender.context
    context.spool, context.draft, context.awaits_text = BufferedInput(), None, True
    try:
        status = send(invocation, loaded, sender)
    except GivenUp as given_up:  # only this message is cancelled
        status = fail(context, given_up)
    except Interrupted:
        raise
    except PymailError as error:
        status = fail(context, error)
    context.draft, context.awaits_text = None, False
    return status


def _whole(text: str, stdin: BinaryIO, loaded: Loaded) -> str:
    """Read on to the end of a block."""
    lines = [text]
    if opens_block(text, COMMANDS):
        while not closes_block(lines[-1]) and (line := _line(stdin, loaded)):
            lines.append(line)
    return "".join(lines)
