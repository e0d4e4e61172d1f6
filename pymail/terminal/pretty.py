"""Outcomes in colour, for a terminal; the only module that imports rich.

Text is never markup here: lines become `Text`, which rich prints as it is, and
nothing is folded to the width of the screen.
"""

from collections.abc import Iterable, Sequence
from io import StringIO
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pymail.outcome.reply import visible
from pymail.terminal.lines import Line, Role, Setting
from pymail.terminal.stream import write

STYLES = {
    Role.PROBLEM: "bold red",
    Role.MEANING: "",
    Role.NEXT_STEP: "cyan",
    Role.KEPT: "yellow",
    Role.ACCEPTED: "green",
}


class Pretty:
    """Writes coloured lines to a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def show(self, said: Iterable[Line]) -> None:
        """Write what `terminal.lines` says."""
        for line in said:
            self._print(Text(line.text, style=STYLES[line.role]))

    def settings(self, rows: Sequence[Setting]) -> None:
        """Write a table of settings."""
        table = Table("name", "value", "from", box=None, header_style="bold")
        for row in rows:
            table.add_row(*(Text(visible(part)) for part in row))
        self._print(table)

    def _print(self, what: Text | Table) -> None:
        """Let rich paint into memory: a broken pipe makes it exit."""
        painted = StringIO()
        console = Console(
            file=painted, force_terminal=True, color_system="standard", highlight=False
        )
        console.print(what, soft_wrap=isinstance(what, Text))
        write(self._stream, painted.getvalue())
