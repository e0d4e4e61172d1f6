"""Report of a check: tables, JSON, and a progress line on the terminal."""

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
_WITH_PLACES = ("settings", "secret")  # stages whose facts name places
_CLEAR = "\r\x1b[K"


def show(context: RunContext, here: Checkup, as_cron: Checkup | None = None) -> None:
    """Show a check, and the one that cron would get, as tables or JSON."""
    if context.events.machine_readable:
        context.events.fields(**json_fields(here, as_cron))
        return
    renderer = for_stdout(context.environment)
    renderer.stages(tables(here, as_cron), contrasts(here, as_cron))


def tables(here: Checkup, as_cron: Checkup | None = None) -> list[StageTable]:
    """Return a table for each check."""
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
    """Yield the verdict on the whole check."""
    failure = checkup.first_failure
    through = f" through {visible(checkup.server)}" if checkup.server else ""
    if failure:
        status = checkup.exit_status
        stage = f"{failure.name} failed (exit status {status})"
        yield f"Mail can't be sent{through}: {stage}"
    else:
        warned = any(s.verdict is Verdict.WARNING for s in checkup.stages)
        yield f"Mail can be sent{through}" + (", with warnings" if warned else "")
    yield "Nothing was sent"


def contrasts(here: Checkup, as_cron: Checkup | None) -> list[str]:
    """Return the differences under cron as lines, if that was checked."""
    if as_cron is None:
        return []
    return list(map(_cut, differences(here, as_cron))) or ["cron gets the same result"]


def _cut(text: str) -> str:
    return printable(text, SHOWN_CHARACTERS)


# ── differences under cron ──────────────────────────────────────────────────


def differences(here: Checkup, there: Checkup) -> list[str]:
    """Return the stages with another result under cron, or with other places."""
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
    """Return the fields of one or two checks, with the command's exit status."""
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
        KeyError, TypeError, ValueError: the values have another structure.
    """
    stages = tuple(map(_parse_stage, values["stages"]))
    return Checkup(server=values["server"], stages=stages)


def _parse_stage(values: Mapping[str, Any]) -> Stage:
    row = dict(values)
    verdict, facts = Verdict(row.pop("verdict")), tuple(row.pop("facts"))
    return Stage(verdict=verdict, facts=facts, next_step=row.pop("advice", ""), **row)


# ── progress ────────────────────────────────────────────────────────────────


class Waiting:
    """A line on the terminal that names the running stage, and is erased at the end.

    It writes nothing if the session is `watched`, or the terminal can't erase lines.
    """

    def __init__(self, environment: Environment, *, watched: bool) -> None:
        able = environment.stderr_is_terminal and rewrites_lines(environment.variables)
        self._stream = environment.stderr if able and not watched else StringIO()

    def begin(self, name: str) -> None:
        """Show the name of a stage."""
        write(self._stream, f"{_CLEAR}{name} …")

    def end(self) -> None:
        """Erase the line."""
        write(self._stream, _CLEAR)
