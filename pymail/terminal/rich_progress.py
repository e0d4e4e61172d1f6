"""How far a mail is, as a bar in colour.

Only the bar is rich's: its live display hides the cursor and has a thread of its
own, and a mail that is killed must leave a terminal that works.
"""

from io import StringIO
from typing import TextIO

from rich.console import Console
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from pymail.terminal.drawings import fitting
from pymail.terminal.pace import Pace
from pymail.terminal.stream import write

CLEAR = "\r\x1b[K"
WORDS_COLUMNS = 54  # beside the bar, which does not tremble with them
LEAST_BAR_COLUMNS = 10
MOST_BAR_COLUMNS = 40


class Bar:
    """A bar with the numbers behind it, or a word of what is waited for."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown = ""

    def show(self, pace: Pace, columns: int) -> None:
        """Write it over what is there; nothing when it would be the same."""
        painted = self._painted(pace, columns - 1)
        if painted != self._shown:
            write(self._stream, CLEAR + painted)
            self._shown = painted

    def clear(self) -> None:
        """Leave nothing behind."""
        if self._shown:
            write(self._stream, CLEAR)
            self._shown = ""

    def _painted(self, pace: Pace, columns: int) -> str:
        """Paint into memory: a broken pipe makes rich exit."""
        painted = _Memory(self._stream.encoding)
        console = Console(
            file=painted,
            width=max(columns, 1),
            force_terminal=True,
            color_system="standard",
            no_color=False,  # `choose` has asked
            highlight=False,
        )
        console.print(_row(pace, columns), end="", no_wrap=True, overflow="crop")
        return painted.getvalue().rstrip("\n")


def _row(pace: Pace, columns: int) -> Table | Text:
    words = Text(fitting(pace, columns))
    room = columns - WORDS_COLUMNS
    if not pace.sending or room < LEAST_BAR_COLUMNS:
        return words
    bar = ProgressBar(
        total=1.0,
        completed=pace.share,
        width=min(room, MOST_BAR_COLUMNS),
        complete_style="green",
        finished_style="green",
    )
    row = Table.grid(padding=(0, 1, 0, 0))
    row.add_row(bar, words)
    return row


class _Memory(StringIO):
    """Text in memory that is for a stream of this encoding."""

    encoding: str = "utf-8"  # rich asks which characters there are

    def __init__(self, encoding: str | None) -> None:
        super().__init__()
        self.encoding = encoding or self.encoding
