"""What is shown of a session when nobody asked to see it: warnings."""

from collections.abc import Callable
from typing import TextIO

from pymail.report.reply import visible
from pymail.terminal.stream import write

SHOWN_CHARACTERS = 500  # of one line


def _nobody(_text: str) -> None:
    """Hear nothing."""


class Quiet:
    """Without a trace: what a user should know, and nothing else.

    `hear` is told of warnings, too.
    """

    hear: Callable[[str], None] = staticmethod(_nobody)

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def sent(self, line: bytes) -> None:
        """Pass over a command."""

    def secret(self, placeholder: str) -> None:
        """Pass over a secret line."""

    def received(self, line: bytes) -> None:
        """Pass over a reply."""

    def body(self, octets: bytes) -> None:
        """Pass over content."""

    def body_ends(self) -> None:
        """Pass over the final dot."""

    def note(self, text: str) -> None:
        """Pass over a fact about the connection."""

    def warning(self, text: str) -> None:
        """Write a warning."""
        self._write(f"pymail: {shown(text)}")
        self.hear(text)

    def _write(self, line: str) -> None:
        write(self._stream, f"{line}\n")


class Silent(Quiet):
    """Without a trace, and without warnings: whoever looks finds them elsewhere."""

    def warning(self, text: str) -> None:
        """Pass over a warning."""


def shown(text: str) -> str:
    """Make a text printable, and cut what would fill the screen."""
    line = visible(text[: SHOWN_CHARACTERS + 1])
    return line if len(line) <= SHOWN_CHARACTERS else f"{line[:SHOWN_CHARACTERS]}..."
