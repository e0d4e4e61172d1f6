"""Plain or pretty: by the stream and what the user's variables ask for."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TextIO

from pymail.report.checkup import Checkup
from pymail.terminal.lines import Line, Setting
from pymail.terminal.plain import Plain
from pymail.terminal.stream import rewrites_lines


class Face(Protocol):
    """A way to show things to people."""

    def show(self, said: Iterable[Line]) -> None:
        """Write what `terminal.lines` says."""
        ...

    def settings(self, rows: Sequence[Setting]) -> None:
        """Write settings."""
        ...

    def checkup(self, here: Checkup, as_cron: Checkup | None = None) -> None:
        """Write what a check has found, and what cron would find."""
        ...


def choose(
    stream: TextIO,
    *,
    is_terminal: bool,
    variables: Mapping[str, str],
    columns: int | None = None,
) -> Face:
    """Choose colours for a terminal that has them and a user who wants them.

    A line that is wider than the `columns` of a terminal is folded. NO_COLOR counts
    when it is not empty (no-color.org).
    """
    if not is_terminal or not rewrites_lines(variables):
        return Plain(stream)
    if variables.get("NO_COLOR"):
        return Plain(stream, columns)
    from pymail.terminal.rich_output import Pretty

    return Pretty(stream, columns)
