"""Batch mode (-#): standard input is commands, and `mail` begins a letter (s-nail).

    mail ops@example.com
    ~s Disks
    All is well.
    ~.

Escapes count in a text, which ends at `~.` or with the input. Other commands are
those of a settings file; `xit` ends it all.
"""

import io
from collections.abc import Callable
from typing import BinaryIO, cast

from pymail.cli.carrier import Carrier
from pymail.cli.desk import Desk
from pymail.cli.invocation import Invocation
from pymail.cli.load import Loaded
from pymail.cli.writing import run_command
from pymail.errors import GivenUp, Interrupted, PymailError
from pymail.message.decoding import decode
from pymail.octets import SpooledOctets
from pymail.rc.commands import find
from pymail.rc.dialects import WORDS
from pymail.rc.lexer import words
from pymail.record import replace

Send = Callable[[Invocation, Loaded, Desk, Carrier], int]
_WRITING = frozenset({"mail", "Mail"})
_LEAVING = frozenset({"exit", "xit", "quit"})


def run(
    invocation: Invocation, loaded: Loaded, desk: Desk, carrier: Carrier, send: Send
) -> int:
    """Follow the commands; returns the status of the first letter that failed.

    `send` writes and sends one letter, from the lines that follow.

    Raises:
        Interrupted: a signal came.
    """
    world = desk.environment
    if world.stdin is None:
        return 0
    # one buffer for all: what a letter does not read are the next commands
    stdin = cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", world.stdin)))
    desk.environment = replace(world, stdin=stdin)
    statuses = []
    while line := stdin.readline():
        text = decode(line, loaded.named).rstrip("\r\n")
        name, _, rest = text.strip().partition(" ")
        command = find(name) if name else None
        if command and command.name in _LEAVING:
            break
        if command and command.name in _WRITING:
            recipients = tuple(words(rest, 0, WORDS, lambda _: "")[0])
            letter = replace(invocation, recipients=recipients)
            loaded.state.status = _one(letter, loaded, desk, carrier, send)
            statuses.append(loaded.state.status)
        else:
            run_command(_whole(text, stdin, loaded), loaded, desk)
    return next(filter(None, statuses), 0)


def _one(
    invocation: Invocation, loaded: Loaded, desk: Desk, carrier: Carrier, send: Send
) -> int:
    desk.spool, desk.letter = SpooledOctets(), None
    try:
        status = send(invocation, loaded, desk, carrier)
    except GivenUp as given_up:  # this letter, not the others
        status = desk.failed(given_up)
    except Interrupted:
        raise
    except PymailError as error:
        status = desk.failed(error)
    desk.letter = None
    return status


def _whole(text: str, stdin: BinaryIO, loaded: Loaded) -> str:
    """Read on to the end of a block or of a condition."""
    lines = [text]
    if text.rstrip().endswith("{"):
        ends = "}"
    elif text.strip().startswith("if "):
        ends = "endif"
    else:
        return text
    while lines[-1].strip() != ends and (line := stdin.readline()):
        lines.append(decode(line, loaded.named).rstrip("\r\n"))
    return "\n".join(lines)
