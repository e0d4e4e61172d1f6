"""Colours for a terminal; the only importer of rich.

Text is never markup here: lines become `Text`, which rich prints as it is; lines
are folded by `output`, tables by rich. Only the bar of the progress is rich's: its
live display hides the cursor and has a thread of its own, and a mail that is killed
must leave a terminal that works.
"""

from collections.abc import Iterable, Sequence
from io import StringIO
from typing import TextIO

from rich.console import Console, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Column, Table
from rich.text import Text

from pymail.terminal.lines import Line, Role, Setting, StageTable
from pymail.terminal.output import fold, label_columns, write
from pymail.text import cells, visible

ORIGIN_COLUMNS = 24  # that are never given away for a long value
WORDS_COLUMNS = 54  # beside the bar, which does not tremble with them
LEAST_BAR_COLUMNS = 10
MOST_BAR_COLUMNS = 40

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
    "ok": "green",
    "warning": "yellow",
    "failed": "bold red",
    "skipped": "dim",
}


class Pretty:
    """Writes coloured lines to a terminal."""

    def __init__(self, stream: TextIO, columns: int | None = None) -> None:
        self._stream = stream
        self._columns = columns

    def show(self, lines: Iterable[Line]) -> None:
        """Write lines."""
        for line in lines:
            self._line(line.text, STYLES[line.role])

    def _line(self, text: str, style: str) -> None:
        folded = [text]
        if self._columns is not None:
            folded = fold(text, self._columns - 1, label_columns(text))
        for part in folded:
            self._print(Text(part, style=style))

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

    def stages(self, tables: Sequence[StageTable], contrasts: Sequence[str]) -> None:
        """Write a table of stages for each check, and below it what to do."""
        for table in tables:
            self._stages(table)
        for line in contrasts:
            self._line(line, "bold")

    def _stages(self, stages: StageTable) -> None:
        table = Table(
            "stage",
            "verdict",
            Column("what", ratio=1, overflow="fold"),
            Column("seconds", justify="right"),
            title=stages.title or None,
            title_justify="left",
            box=None,
            header_style="bold",
            pad_edge=False,
            expand=True,
        )
        for row in stages.rows:
            table.add_row(
                Text(row.name),
                Text(row.word, style=VERDICTS[row.verdict]),
                Text("\n".join(row.lines)),
                Text(f"{row.seconds:.3f}" if row.seconds else ""),
            )
        self._print(table)
        for row in stages.rows:
            for step in row.steps:
                self._line(f"{row.name}: {step}", STYLES[Role.NEXT_STEP])
        for line in stages.endings:
            self._line(line, "green" if stages.well else "bold red")

    def _print(self, what: Text | Table) -> None:
        soft_wrap = isinstance(what, Text)
        write(self._stream, _paint(what, self._columns, soft_wrap=soft_wrap))


def paint_bar(
    text: str, share: float | None, columns: int, encoding: str | None
) -> str:
    """Paint a progress bar with the words beside it; words alone without a share."""
    room = columns - WORDS_COLUMNS
    row: Text | Table = Text(text)
    if share is not None and room >= LEAST_BAR_COLUMNS:
        bar = ProgressBar(
            total=1.0,
            completed=share,
            width=min(room, MOST_BAR_COLUMNS),
            complete_style="green",
            finished_style="green",
        )
        row = Table.grid(padding=(0, 1, 0, 0))
        row.add_row(bar, Text(text))
    return _paint(row, max(columns, 1), encoding, one_line=True).rstrip("\n")


def _paint(
    what: RenderableType,
    columns: int | None,
    encoding: str | None = None,
    *,
    soft_wrap: bool = False,
    one_line: bool = False,
) -> str:
    """Let rich paint into memory: a broken pipe makes it exit."""
    painted = _Memory(encoding)
    console = Console(
        file=painted,
        width=columns,
        force_terminal=True,
        color_system="standard",
        no_color=False,  # `choose` has asked; old versions mind an empty NO_COLOR
        highlight=False,
    )
    if one_line:
        console.print(what, end="", no_wrap=True, overflow="crop")
    else:
        console.print(what, soft_wrap=soft_wrap)
    return painted.getvalue()


class _Memory(StringIO):
    """Text in memory that is for a stream of this encoding."""

    encoding: str = "utf-8"  # rich asks which characters there are

    def __init__(self, encoding: str | None) -> None:
        super().__init__()
        self.encoding = encoding or self.encoding


def _widest_origin(rows: Sequence[Setting]) -> int:
    """How much room origins need, within reason."""
    return min(max((cells(row.origin) for row in rows), default=0), ORIGIN_COLUMNS)
