"""Plain ways to show how far a mail is: one line that changes, or lines of a log."""

from typing import Protocol, TextIO

from pymail.terminal.pace import Pace
from pymail.terminal.stream import write

STEP_PERCENT = 10  # between lines of a log
LINE_SECONDS = 10  # or so many
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


class Lines:
    """A line now and then, for a log."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown = ("", 0)
        self._waited = 0

    def show(
        self,
        pace: Pace,
        columns: int,  # noqa: ARG002 - a log has none
    ) -> None:
        """Write a line when the last one has become old."""
        first, *_ = pace.words()
        done = ("sending", pace.percent // STEP_PERCENT) if pace.sending else (first, 0)
        waited = pace.waited_seconds // LINE_SECONDS
        if done != self._shown or (pace.sending and waited != self._waited):
            write(self._stream, f"pymail: {pace.text()}\n")
        self._shown, self._waited = done, waited

    def clear(self) -> None:
        """Let lines stand."""


def fitting(pace: Pace, columns: int) -> str:
    """Say how far it is, and how long something is waited for, in so many columns."""
    words = list(pace.words())
    waited = pace.waited_seconds
    if not pace.sending:
        words[0] += " ..." + (f" {waited} s" if waited > SHOWN_WAIT_SECONDS else "")
    while len(words) > 1 and len(", ".join(words)) > columns:
        words.pop()
    return ", ".join(words)[:columns]
