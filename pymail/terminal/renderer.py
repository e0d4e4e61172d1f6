"""Rendering of lines and tables: plain text here, colours in `rich_output`.

A terminal with colours gets colours; a log, a pipe and cron get plain lines.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, TextIO

from pymail.environment import Environment
from pymail.terminal.lines import Line, Setting, StageRow, StageTable
from pymail.terminal.output import fold, label_columns, rewrites_lines, write
from pymail.text import visible

NAME_COLUMNS = 24
VALUE_COLUMNS = 40
VERDICT_COLUMNS = 8  # of a check
STAGE_COLUMNS = 12
SHOWN_SECONDS = 0.001


class Renderer(Protocol):
    """Writer of lines and tables for users."""

    def show(self, lines: Iterable[Line]) -> None:
        """Write lines."""
        ...

    def settings(self, rows: Sequence[Setting]) -> None:
        """Write settings."""
        ...

    def stages(self, tables: Sequence[StageTable], contrasts: Sequence[str]) -> None:
        """Write the stages of each check, and the differences of the second."""
        ...


def say(environment: Environment, lines: Iterable[Line]) -> None:
    """Write lines to standard error; ignore a closed stream."""
    is_terminal = environment.stderr_is_terminal
    _choose(environment.stderr, environment, is_terminal=is_terminal).show(lines)


def for_stdout(environment: Environment) -> Renderer:
    """Return the renderer for standard output."""
    is_terminal = environment.stdout_is_terminal
    return _choose(environment.stdout, environment, is_terminal=is_terminal)


def _choose(stream: TextIO, environment: Environment, *, is_terminal: bool) -> Renderer:
    """Choose colours if the terminal has them and NO_COLOR is unset or empty.

    Lines that are wider than the terminal are folded (NO_COLOR: no-color.org).
    """
    variables = environment.variables
    if not is_terminal or not rewrites_lines(variables):
        return Plain(stream)
    if variables.get("NO_COLOR"):
        return Plain(stream, environment.columns())
    from pymail.terminal.rich_output import Pretty

    return Pretty(stream, environment.columns())


def render_settings(
    rows: Sequence[Setting], value_columns: int = VALUE_COLUMNS
) -> list[str]:
    """Align settings in columns; a longer value moves its origin to the right."""
    shown = ([visible(part) for part in row] for row in rows)
    return [_columns(*columns, room=value_columns) for columns in shown]


def render_stages(
    tables: Sequence[StageTable], contrasts: Sequence[str]
) -> Iterator[str]:
    """List stages; further lines of a stage are indented."""
    for table in tables:
        if table.title:
            yield f"{table.title}:"
        for row in table.rows:
            yield from _stage(row)
        yield from table.endings
        if table.title:
            yield ""
    yield from contrasts


def _stage(row: StageRow) -> Iterator[str]:
    first, *more = (*row.lines, *row.steps) or ("",)
    start = f"{row.word:<{VERDICT_COLUMNS}}{row.name:<{STAGE_COLUMNS}}"
    seconds = f" ({row.seconds:.3f} s)" if row.seconds >= SHOWN_SECONDS else ""
    yield f"{start}{first}{seconds}".rstrip()
    yield from (f"{' ' * len(start)}{line}" for line in more)


class Plain:
    """Writes lines to a stream; folded to the `columns` of a terminal."""

    def __init__(self, stream: TextIO, columns: int | None = None) -> None:
        self._stream = stream
        self._columns = columns

    def show(self, lines: Iterable[Line]) -> None:
        """Write lines."""
        self._write([line.text for line in lines])

    def settings(self, rows: Sequence[Setting]) -> None:
        """Write a list of settings."""
        texts = render_settings(rows, self._value_columns(rows))
        self._write(texts, indent=NAME_COLUMNS + 1)

    def _value_columns(self, rows: Sequence[Setting]) -> int:
        """Return the width of values that leaves room for the origins."""
        if self._columns is None:
            return VALUE_COLUMNS
        origins = max((len(row.origin) for row in rows), default=0)
        room = self._columns - 1 - NAME_COLUMNS - origins - 2
        return max(0, min(room, VALUE_COLUMNS))

    def stages(self, tables: Sequence[StageTable], contrasts: Sequence[str]) -> None:
        """Write the first line of every stage, and its further lines indented."""
        indent = VERDICT_COLUMNS + STAGE_COLUMNS
        self._write(render_stages(tables, contrasts), indent=indent)

    def _write(self, texts: Iterable[str], *, indent: int | None = None) -> None:
        if self._columns is not None:
            texts = _fold(texts, self._columns - 1, indent)
        write(self._stream, "".join(f"{text}\n" for text in texts))


def _fold(texts: Iterable[str], columns: int, indent: int | None) -> Iterator[str]:
    """Fold lines; without `indent`, behind the label of each."""
    for text in texts:
        yield from fold(
            text, columns, label_columns(text) if indent is None else indent
        )


def _columns(name: str, value: str, origin: str, *, room: int) -> str:
    return f"{name:<{NAME_COLUMNS}} {value:<{room}} {origin}".rstrip()
