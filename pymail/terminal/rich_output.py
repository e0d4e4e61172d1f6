"""Colours for a terminal; the only importer of rich.

Text is never markup: lines become `Text`, which rich prints unchanged. `output` folds
lines, rich folds tables. Of rich's progress display only the bar is used: the live
display hides the cursor, and a killed process would leave the terminal like that.
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

ORIGIN_COLUMNS = 24  # reserved for the origin, however long the value is
WORDS_COLUMNS = 54  # reserved beside the bar, so that its width stays the same
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
        """Write a table of stages for each check, and the advice below it."""
        for table in tables:
            self._stages(table)
        for line in contrasts:
            self._line(line, "bold")

    def _stages(self, stages: StageTable) -> None:
        table = Table(
            "stage",
            "verdict",
            Column("details", ratio=1, overflow="fold"),
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

    def _print(self, content: Text | Table) -> None:
        soft_wrap = isinstance(content, Text)
        write(self._stream, _paint(content, self._columns, soft_wrap=soft_wrap))


def paint_bar(
    text: str, share: float | None, columns: int, encoding: str | None
) -> str:
    """Paint a progress bar and the text beside it; without a share, only the text."""
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
    content: RenderableType,
    columns: int | None,
    encoding: str | None = None,
    *,
    soft_wrap: bool = False,
    one_line: bool = False,
) -> str:
    """Let rich paint into memory, because it exits at a broken pipe."""
    painted = _Memory(encoding)
    console = Console(
        file=painted,
        width=columns,
        force_terminal=True,
        color_system="standard",
        no_color=False,  # `renderer` checks NO_COLOR; old versions obey an empty one
        highlight=False,
    )
    if one_line:
        console.print(content, end="", no_wrap=True, overflow="crop")
    else:
        console.print(content, soft_wrap=soft_wrap)
    return painted.getvalue()


class _Memory(StringIO):
    """Text in memory, with the encoding of its final stream."""

    encoding: str = "utf-8"  # rich chooses the characters of tables by it

    def __init__(self, encoding: str | None) -> None:
        super().__init__()
        self.encoding = encoding or self.encoding


def _widest_origin(rows: Sequence[Setting]) -> int:
    """Return the width of the widest origin, at most ORIGIN_COLUMNS."""
    return min(max((cells(row.origin) for row in rows), default=0), ORIGIN_COLUMNS)
