"""Writing at a terminal: a subject, then lines until a dot or the end of input.

As in every mailx: one interrupt is forgiven, two in a row kill the letter. The
text is in the spool line by line, so that nothing of it is lost.
"""

import signal

from pymail.environment import Environment, SpooledOctets
from pymail.errors import Interrupted
from pymail.settings.records import Settings


def compose(
    spool: SpooledOctets,
    subject: str | None,
    settings: Settings,
    environment: Environment,
) -> str | None:
    """Ask for a subject unless there is one, then read the text into `spool`.

    Raises:
        Interrupted: two interrupts in a row.
    """
    interrupts = _Interrupts(environment)
    if subject is None and settings.composing.ask_subject:
        answer = interrupts.line("Subject: ").decode("utf-8", "surrogateescape")
        subject = answer.rstrip("\r\n") or None
    while line := interrupts.line():
        if settings.composing.dot and line.rstrip(b"\r\n") == b".":
            return subject
        spool.write(line)
    environment.stdout.write("EOT\n")
    environment.stdout.flush()
    return subject


class _Interrupts:
    """Reads lines and counts interrupts between them."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._count = 0

    def line(self, prompt: str = "") -> bytes:
        """Read a line; empty at the end of input.

        Raises:
            Interrupted: this interrupt and the last had no line between them.
        """
        world = self._environment
        while True:
            try:
                world.stdout.write(prompt)
                world.stdout.flush()
                line = world.stdin.readline() if world.stdin else b""
            except Interrupted as interrupted:
                self._count += 1
                if self._count > 1 or interrupted.signal_number != signal.SIGINT:
                    raise
                world.stdout.write("\n(Interrupt -- one more to kill letter)\n")
            else:
                self._count = 0
                return line
