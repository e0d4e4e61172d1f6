"""Outcomes in colour, for a terminal; the only module that imports rich.

Text is never markup here: lines become `Text`, which rich prints as it is, and
nothing is folded to the width of the screen but what a check has found.
"""

from collections.abc import Iterable, Sequence
from io import StringIO
from typing import TextIO

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from pymail.outcome.checkup import Checkup, Verdict
from pymail.outcome.reply import visible
from pymail.terminal import checkup
from pymail.terminal.lines import Line, Role, Setting
from pymail.terminal.stream import write

STYLES = {
    Role.PROBLEM: "bold red",
    Role.MEANING: "",
    Role.NEXT_STEP: "cyan",
    Role.KEPT: "yellow",
    Role.ACCEPTED: "green",
}


VERDICTS = {
    Verdict.OK: "green",
    Verdict.WARNING: "yellow",
    Verdict.FAILED: "bold red",
    Verdict.SKIPPED: "dim",
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

    def checkup(self, here: Checkup, as_cron: Checkup | None = None) -> None:
        """Write a table of stages, and below it what to do."""
        if as_cron is None:
            self._stages(here)
            return
        self._stages(here, checkup.HERE)
        self._stages(as_cron, checkup.AS_CRON)
        for line in checkup.contrasts(here, as_cron):
            self._print(Text(line, style="bold"))

    def _stages(self, found: Checkup, title: str = "") -> None:
        table = Table(
            "stage",
            "verdict",
            Column("what", ratio=1, overflow="fold"),
            Column("seconds", justify="right"),
            title=title or None,
            title_justify="left",
            box=None,
            header_style="bold",
            pad_edge=False,
            expand=True,
        )
        all_rows = list(checkup.rows(found))
        for row in all_rows:
            style = VERDICTS[row.verdict]
            table.add_row(
                Text(row.name),
                Text(checkup.WORDS[row.verdict], style=style),
                Text("\n".join(row.lines)),
                Text(f"{row.seconds:.3f}" if row.seconds else ""),
            )
        self._print(table)
        for row in all_rows:
            for step in row.steps:
                words = Text(f"{row.name}: {step}", style=STYLES[Role.NEXT_STEP])
                self._print(words, folded=True)
        style = "bold red" if found.exit_status else "green"
        for line in checkup.endings(found):
            self._print(Text(line, style=style), folded=True)

    def _print(self, what: Text | Table, *, folded: bool = False) -> None:
        """Let rich paint into memory: a broken pipe makes it exit."""
        painted = StringIO()
        console = Console(
            file=painted, force_terminal=True, color_system="standard", highlight=False
        )
        console.print(what, soft_wrap=isinstance(what, Text) and not folded)
        write(self._stream, painted.getvalue())
