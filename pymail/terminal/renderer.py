"""Rendering for people: plain lines here, colours in `rich_output`.

A log, a pipe and cron get plain lines, a terminal that has colours gets them.
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
    """A way to show things to people."""

    def show(self, lines: Iterable[Line]) -> None:
        """Write lines."""
        ...

    def settings(self, rows: Sequence[Setting]) -> None:
        """Write settings."""
        ...

    def stages(self, tables: Sequence[StageTable], contrasts: Sequence[str]) -> None:
        """Write the stages of each check, and what is otherwise in the second."""
        ...


def say(environment: Environment, lines: Iterable[Line]) -> None:
    """Write lines to standard error; a closed stream is no failure."""
    is_terminal = environment.stderr_is_terminal
    _choose(environment.stderr, environment, is_terminal=is_terminal).show(lines)


def for_stdout(environment: Environment) -> Renderer:
    """Return the renderer for standard output."""
    is_terminal = environment.stdout_is_terminal
    return _choose(environment.stdout, environment, is_terminal=is_terminal)


def _choose(stream: TextIO, environment: Environment, *, is_terminal: bool) -> Renderer:
    """Choose colours for a terminal that has them and a user who wants them.

    A line that is wider than the terminal is folded. NO_COLOR counts when it is not
    empty (no-color.org).
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
    """List settings in columns that begin at the same place where they can."""
    shown = ([visible(part) for part in row] for row in rows)
    return [_columns(*columns, room=value_columns) for columns in shown]


def render_stages(
    tables: Sequence[StageTable], contrasts: Sequence[str]
) -> Iterator[str]:
    """List stages; what belongs to one follows it, further to the right."""
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
        """How much room values have, where origins are to have some, too."""
        if self._columns is None:
            return VALUE_COLUMNS
        origins = max((len(row.origin) for row in rows), default=0)
        room = self._columns - 1 - NAME_COLUMNS - origins - 2
        return max(0, min(room, VALUE_COLUMNS))

    def stages(self, tables: Sequence[StageTable], contrasts: Sequence[str]) -> None:
        """Write a line for every stage and more below it."""
        indent = VERDICT_COLUMNS + STAGE_COLUMNS
        self._write(render_stages(tables, contrasts), indent=indent)

    def _write(self, texts: Iterable[str], *, indent: int | None = None) -> None:
        if self._columns is not None:
            texts = _fold(texts, self._columns - 1, indent)
        write(self._stream, "".join(f"{text}\n" for text in texts))


def _fold(texts: Iterable[str], columns: int, indent: int | None) -> Iterator[str]:
    """Fold lines, what follows below a column, or behind the label of each."""
    for text in texts:
        yield from fold(
            text, columns, label_columns(text) if indent is None else indent
        )


def _columns(name: str, value: str, origin: str, *, room: int) -> str:
    return f"{name:<{NAME_COLUMNS}} {value:<{room}} {origin}".rstrip()
