"""Ways to show how far a mail is, and the plain one: a line that changes."""

from typing import Protocol, TextIO

from pymail.terminal.pace import Pace
from pymail.terminal.stream import write

SHOWN_WAIT_SECONDS = 3


class Drawing(Protocol):
    """A way to show how far a mail is."""

    def show(self, pace: Pace, columns: int) -> None:
        """Show it, in place of what was shown before."""
        ...

    def clear(self) -> None:
        """Leave the line empty, and the cursor at its begin."""
        ...


class OneLine:
    """A line that is written anew, for a terminal without colours."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown = ""

    def show(self, pace: Pace, columns: int) -> None:
        """Write over what is there; nothing when it would be the same."""
        text = fitting(pace, columns - 1)
        if text != self._shown:
            blanks = " " * (len(self._shown) - len(text))
            write(self._stream, f"\r{text}{blanks}")
            self._shown = text

    def clear(self) -> None:
        """Write blanks over it."""
        if self._shown:
            write(self._stream, f"\r{' ' * len(self._shown)}\r")
            self._shown = ""


def fitting(pace: Pace, columns: int) -> str:
    """Say how far it is, and how long something is waited for, in so many columns."""
    words = list(pace.words())
    waited = pace.waited_seconds
    if not pace.sending:
        words[0] += " ..." + (f" {waited} s" if waited > SHOWN_WAIT_SECONDS else "")
    while len(words) > 1 and len(", ".join(words)) > columns:
        words.pop()
    return ", ".join(words)[:columns]
