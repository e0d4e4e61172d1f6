"""The report of a check: a row for every stage, the verdict, and the line meanwhile.

Everything passes `visible`, as in `terminal.lines`.
"""

from collections.abc import Iterator
from typing import NamedTuple, TextIO

from pymail.report.checkup import Checkup, Stage, Verdict, differences
from pymail.terminal.output import write
from pymail.text import visible

HERE = "here"
AS_CRON = "as cron"

# Short words of one case each, so that grep finds them.
WORDS = {
    Verdict.OK: "ok",
    Verdict.WARNING: "warning",
    Verdict.FAILED: "FAILED",
    Verdict.SKIPPED: "skipped",
}
SHOWN_CHARACTERS = 500
_CLEAR = "\r\x1b[K"


class Row(NamedTuple):
    """One stage: its first line says the most, the steps what to do about it."""

    verdict: Verdict
    name: str
    lines: tuple[str, ...]
    steps: tuple[str, ...]
    seconds: float


def rows(checkup: Checkup) -> Iterator[Row]:
    """Make a row of every stage."""
    for stage in checkup.stages:
        lines = filter(None, (stage.problem, *stage.facts))
        yield Row(
            stage.verdict,
            stage.name,
            tuple(map(_shown, lines)),
            tuple(map(_shown, _steps(stage))),
            stage.seconds,
        )


def _steps(stage: Stage) -> Iterator[str]:
    if stage.meaning:
        yield stage.meaning
    if stage.next_step:
        yield f"what to do: {stage.next_step}"


def endings(checkup: Checkup) -> Iterator[str]:
    """Say what it comes to."""
    failure = checkup.first_failure
    through = f" through {visible(checkup.server)}" if checkup.server else ""
    if failure:
        status = checkup.exit_status
        yield f"no mail can go{through}: {failure.name}, exit status {status}"
    else:
        warnings = [s for s in checkup.stages if s.verdict is Verdict.WARNING]
        yield f"mail can go{through}" + (", with warnings" if warnings else "")
    yield "nothing was sent"


def contrasts(here: Checkup, there: Checkup) -> Iterator[str]:
    """Say what is otherwise under cron."""
    found = differences(here, there)
    if not found:
        yield "cron comes to the same"
    yield from map(_shown, found)


def _shown(text: str) -> str:
    line = visible(text[: SHOWN_CHARACTERS + 1])
    return line if len(line) <= SHOWN_CHARACTERS else line[: SHOWN_CHARACTERS - 1] + "…"


class Waiting:
    """One line on a terminal that names the stage under way, and goes away."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def begin(self, name: str) -> None:
        """Say what is waited for."""
        write(self._stream, f"{_CLEAR}{name} …")

    def end(self) -> None:
        """Leave nothing behind."""
        write(self._stream, _CLEAR)
