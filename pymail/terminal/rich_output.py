"""Outcomes in colour, for a terminal; the only module that imports rich.

Text is never markup here: lines become `Text`, which rich prints as it is; lines
are folded by `folding`, tables by rich.
"""

from collections.abc import Iterable, Sequence
from io import StringIO
from typing import TextIO

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from pymail.report.checkup import Checkup, Verdict
from pymail.report.reply import visible
from pymail.terminal import check_report
from pymail.terminal.lines import Line, Role, Setting
from pymail.terminal.output import cells, fold, label_columns
from pymail.terminal.stream import write

ORIGIN_COLUMNS = 24  # that are never given away for a long value

STYLES = {
    Role.PROBLEM: "bold red",
    Role.WARNING: "yellow",
    Role.REMARK: "",
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

    def __init__(self, stream: TextIO, columns: int | None = None) -> None:
        self._stream = stream
        self._columns = columns

    def show(self, said: Iterable[Line]) -> None:
        """Write what `terminal.lines` says."""
        for line in said:
            for text in self._folded(line.text):
                self._print(Text(text, style=STYLES[line.role]))

    def _folded(self, text: str) -> list[str]:
        if self._columns is None:
            return [text]
        return fold(text, self._columns - 1, label_columns(text))

    def settings(self, rows: Sequence[Setting]) -> None:
        """Write a table of settings."""
        table = Table(
            Column("name", overflow="fold"),
            Column("value", overflow="fold"),
            Column("from", overflow="fold", min_width=_widest_origin(rows)),
            box=None,
            header_style="bold",
            pad_edge=False,
        )
        for row in rows:
            table.add_row(*(Text(visible(part)) for part in row))
        self._print(table)

    def checkup(self, here: Checkup, as_cron: Checkup | None = None) -> None:
        """Write a table of stages, and below it what to do."""
        if as_cron is None:
            self._stages(here)
            return
        self._stages(here, check_report.HERE)
        self._stages(as_cron, check_report.AS_CRON)
        for line in check_report.contrasts(here, as_cron):
            for text in self._folded(line):
                self._print(Text(text, style="bold"))

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
        all_rows = list(check_report.rows(found))
        for row in all_rows:
            style = VERDICTS[row.verdict]
            table.add_row(
                Text(row.name),
                Text(check_report.WORDS[row.verdict], style=style),
                Text("\n".join(row.lines)),
                Text(f"{row.seconds:.3f}" if row.seconds else ""),
            )
        self._print(table)
        for row in all_rows:
            for step in row.steps:
                for text in self._folded(f"{row.name}: {step}"):
                    self._print(Text(text, style=STYLES[Role.NEXT_STEP]))
        style = "bold red" if found.exit_status else "green"
        for line in check_report.endings(found):
            for text in self._folded(line):
                self._print(Text(text, style=style))

    def _print(self, what: Text | Table) -> None:
        """Let rich paint into memory: a broken pipe makes it exit."""
        painted = StringIO()
        console = Console(
            file=painted,
            width=self._columns,
            force_terminal=True,
            color_system="standard",
            no_color=False,  # `choose` has asked; old versions mind an empty NO_COLOR
            highlight=False,
        )
        console.print(what, soft_wrap=isinstance(what, Text))
        write(self._stream, painted.getvalue())


def _widest_origin(rows: Sequence[Setting]) -> int:
    """How much room origins need, within reason."""
    return min(max((cells(row.origin) for row in rows), default=0), ORIGIN_COLUMNS)
