"""Report of a check: a table for people, values for JSON, and the line meanwhile."""

from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Any

from pymail.commands.check.findings import Checkup, Stage, Verdict
from pymail.delivery.context import RunContext
from pymail.environment import Environment
from pymail.terminal.lines import StageRow, StageTable
from pymail.terminal.output import printable, rewrites_lines, write
from pymail.terminal.renderer import for_stdout
from pymail.text import visible

SHOWN_CHARACTERS = 500
_WITH_PLACES = ("settings", "secret")  # whose facts say where something was found
_CLEAR = "\r\x1b[K"


def show(context: RunContext, here: Checkup, as_cron: Checkup | None = None) -> None:
    """Show a check, and the one that cron would get, to people or to programs."""
    if context.events.machine_readable:
        context.events.fields(**json_fields(here, as_cron))
        return
    renderer = for_stdout(context.environment)
    renderer.stages(tables(here, as_cron), contrasts(here, as_cron))


def tables(here: Checkup, as_cron: Checkup | None = None) -> list[StageTable]:
    """Make a table of every check, for people."""
    if as_cron is None:
        return [_table(here, "")]
    return [_table(here, "here"), _table(as_cron, "as cron")]


def _table(checkup: Checkup, title: str) -> StageTable:
    rows = [
        StageRow(
            stage.verdict.value,
            stage.name,
            [_cut(line) for line in (stage.problem, *stage.facts) if line],
            [_cut(line) for line in _steps(stage)],
            stage.seconds,
        )
        for stage in checkup.stages
    ]
    return StageTable(
        title, rows, list(_endings(checkup)), well=not checkup.exit_status
    )


def _steps(stage: Stage) -> Iterator[str]:
    if stage.meaning:
        yield stage.meaning
    if stage.next_step:
        yield f"what to do: {stage.next_step}"


def _endings(checkup: Checkup) -> Iterator[str]:
    """Say whether mail can go."""
    failure = checkup.first_failure
    through = f" through {visible(checkup.server)}" if checkup.server else ""
    if failure:
        status = checkup.exit_status
        yield f"no mail can go{through}: {failure.name}, exit status {status}"
    else:
        warned = any(s.verdict is Verdict.WARNING for s in checkup.stages)
        yield f"mail can go{through}" + (", with warnings" if warned else "")
    yield "nothing was sent"


def contrasts(here: Checkup, as_cron: Checkup | None) -> list[str]:
    """Say to people what is otherwise under cron, if that was checked."""
    if as_cron is None:
        return []
    return list(map(_cut, differences(here, as_cron))) or ["cron comes to the same"]


def _cut(text: str) -> str:
    return printable(text, SHOWN_CHARACTERS)


# ── what is otherwise under cron ────────────────────────────────────────────


def differences(here: Checkup, there: Checkup) -> list[str]:
    """Say what went otherwise under cron, and what was found elsewhere."""
    mine = {stage.name: stage for stage in here.stages}
    others = {stage.name: stage for stage in there.stages}
    both = [name for name in mine if name in others]
    found = [line for name in both for line in _contrast(mine[name], others[name])]
    alone = [stage for name, stage in others.items() if name not in mine]
    return [*found, *(f"{stage.name}: {_summarize(stage)}" for stage in alone)]


def _contrast(mine: Stage, other: Stage) -> Iterator[str]:
    name = mine.name
    if (mine.verdict, mine.problem) != (other.verdict, other.problem):
        yield f"{name}: {_summarize(mine)} here, {_summarize(other)} under cron"
    if name in _WITH_PLACES:
        yield from (f"{name}, here: {f}" for f in mine.facts if f not in other.facts)
        yield from (f"{name}, cron: {f}" for f in other.facts if f not in mine.facts)


def _summarize(stage: Stage) -> str:
    word = stage.verdict.value
    return f"{word} ({stage.problem})" if stage.problem else word


# ── values for JSON ─────────────────────────────────────────────────────────


def json_fields(here: Checkup, as_cron: Checkup | None = None) -> dict[str, Any]:
    """Say the same of one or two checks; the exit status is that of the command."""
    found = differences(here, as_cron) if as_cron else []
    return {
        **_values(here),
        "exit_status": (as_cron.exit_status if as_cron else 0) or here.exit_status,
        "as_cron": _values(as_cron) if as_cron else None,
        "differences": found,
    }


def _values(checkup: Checkup) -> dict[str, Any]:
    return {
        "server": checkup.server,
        "exit_status": checkup.exit_status,
        "stages": list(map(_stage_values, checkup.stages)),
    }


def _stage_values(stage: Stage) -> dict[str, Any]:
    return {
        "name": stage.name,
        "verdict": stage.verdict.value,
        "facts": stage.facts,
        "problem": stage.problem,
        "meaning": stage.meaning,
        "advice": stage.next_step,
        "advice_id": stage.advice_id,
        "exit_status": stage.exit_status,
        "seconds": round(stage.seconds, 3),
    }


def parse_checkup(values: Any) -> Checkup:
    """Read the JSON of a check.

    Raises:
        KeyError, TypeError, ValueError: it has another form.
    """
    stages = tuple(map(_parse_stage, values["stages"]))
    return Checkup(server=values["server"], stages=stages)


def _parse_stage(values: Mapping[str, Any]) -> Stage:
    row = dict(values)
    verdict, facts = Verdict(row.pop("verdict")), tuple(row.pop("facts"))
    return Stage(verdict=verdict, facts=facts, next_step=row.pop("advice", ""), **row)


# ── the line meanwhile ──────────────────────────────────────────────────────


class Waiting:
    """One line on a terminal that names the stage under way, and goes away.

    Where the session is `watched`, or the terminal cannot, nothing is written.
    """

    def __init__(self, environment: Environment, *, watched: bool) -> None:
        can = environment.stderr_is_terminal and rewrites_lines(environment.variables)
        self._stream = environment.stderr if can and not watched else StringIO()

    def begin(self, name: str) -> None:
        """Say what is waited for."""
        write(self._stream, f"{_CLEAR}{name} …")

    def end(self) -> None:
        """Leave nothing behind."""
        write(self._stream, _CLEAR)
