"""Report of a check: tables, JSON, and a progress line on the terminal."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from io import StringIO
from typing import Any

from pymail.commands.check.findings import Checkup, Stage, Verdict
from pymail.delivery.context import RunContext
from pymail.environment import Environment
from pymail.report.translate import ENGLISH, translate
from pymail.terminal.lines import Line, Role, StageRow, StageTable
from pymail.terminal.output import printable, rewrites_lines, write
from pymail.terminal.renderer import for_stdout
from pymail.text import visible

SHOWN_CHARACTERS = 500
_WITH_PLACES = ("settings", "secret")  # stages whose facts name places
_CLEAR = "\r\x1b[K"
Say = Callable[[str], str]  # an English sentence, as the report shows it

# The facts that matter while a stage is well, or the group in them; all of a stage
# that has no row.
_HEADLINES = {
    "settings": r"result: (.*)",
    "secret": r"(.*: found in .*), used",
    "tls": r"certificate of .*|valid until \S+, (.*)|its fingerprint .*",
    "extensions": r"none|SIZE: .*|dsn: .*",
    "mechanism": r"used: (.*)",
    "domain": r"(SPF .*) \(.*|SPF .*|DMARC .*|.*not checked",
}


def show(
    context: RunContext,
    here: Checkup,
    as_cron: Checkup | None = None,
    *,
    verbose: bool = False,
) -> None:
    """Show a check, and the one that cron would get, as tables or JSON.

    `verbose` shows the details of every stage, else only those of one that failed.
    """
    if context.events.machine_readable:
        context.events.fields(**json_fields(here, as_cron, context.translated))
        return
    say = partial(_say, language=context.language)
    renderer = for_stdout(context.environment)
    found = tables(here, as_cron, verbose=verbose, say=say)
    renderer.stages(found, contrasts(here, as_cron, say))


def _say(text: str, language: str = ENGLISH) -> str:
    """Translate a text, escape its control characters, and cut it."""
    return printable(translate(text, language), SHOWN_CHARACTERS)


def tables(
    here: Checkup,
    as_cron: Checkup | None = None,
    *,
    verbose: bool = False,
    say: Say = _say,
) -> list[StageTable]:
    """Return a table for each check."""
    if as_cron is None:
        return [_table(here, "", say, verbose=verbose)]
    return [
        _table(here, "here:", say, verbose=verbose),
        _table(as_cron, "as cron:", say, verbose=verbose),
    ]


def _table(checkup: Checkup, title: str, say: Say, *, verbose: bool) -> StageTable:
    stages = checkup.stages
    return StageTable(
        say(title),
        [say(word) for word in ("stage", "verdict", "details", "seconds")],
        [_row(stage, say, verbose=verbose) for stage in stages],
        [line for stage in stages for line in _warnings(stage, say)],
        [say(line) for line in _endings(checkup)],
        well=not checkup.exit_status,
    )


def _row(stage: Stage, say: Say, *, verbose: bool) -> StageRow:
    if stage.verdict is Verdict.FAILED:
        lines = [say(line) for line in (stage.problem, *stage.facts) if line]
        steps = [say(step) for step in _steps(stage)]
    else:
        lines = [*map(say, stage.details)] if verbose else _headline(stage, say)
        steps = []
    row = StageRow(stage.verdict.value, stage.name, lines, steps, stage.seconds)
    return row._replace(label=say(row.word))


def _headline(stage: Stage, say: Say) -> list[str]:
    """Return the facts that matter while all is well, in at most one line."""
    skipped = stage.verdict is Verdict.SKIPPED
    shown = ".*" if skipped else _HEADLINES.get(stage.name, ".*")
    found = filter(None, (re.fullmatch(shown, fact) for fact in stage.details))
    parts = [next(filter(None, each.groups()), each[0]) for each in found]
    lines = parts or stage.details[:1]
    return [say("; ".join(lines))] if lines else []


def _warnings(stage: Stage, say: Say) -> Iterator[Line]:
    """Yield the warnings about a stage, each with its advice."""
    if stage.verdict is not Verdict.WARNING:
        return
    yield Line(Role.WARNING, f"{stage.name}: {say(stage.problem)}")
    yield from (Line(Role.NEXT_STEP, f"  {say(step)}") for step in _steps(stage))
    for problem in stage.later_warnings:
        yield Line(Role.WARNING, f"{stage.name}: {say(problem)}")


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


def contrasts(here: Checkup, as_cron: Checkup | None, say: Say = _say) -> list[str]:
    """Return the differences under cron as lines, if that was checked."""
    if as_cron is None:
        return []
    lines = differences(here, as_cron, say) or [say("cron gets the same result")]
    return [printable(line, SHOWN_CHARACTERS) for line in lines]


# ── differences under cron ──────────────────────────────────────────────────


def differences(here: Checkup, there: Checkup, say: Say = str) -> list[str]:
    """Return the stages with another result under cron, or with other places."""
    mine = {stage.name: stage for stage in here.stages}
    others = {stage.name: stage for stage in there.stages}
    both = [name for name in mine if name in others]
    found = [line for n in both for line in _contrast(mine[n], others[n], say)]
    alone = [stage for name, stage in others.items() if name not in mine]
    return [*found, *(f"{stage.name}: {_summarize(stage, say)}" for stage in alone)]


def _contrast(mine: Stage, other: Stage, say: Say) -> Iterator[str]:
    name = mine.name
    if (mine.verdict, mine.problem) != (other.verdict, other.problem):
        words = (_summarize(mine, say), _summarize(other, say))
        yield f"{name}: {say('{} here, {} under cron').format(*words)}"
    if name in _WITH_PLACES:
        for place, facts, others in (
            ("{}, here: {}", mine.facts, other.facts),
            ("{}, cron: {}", other.facts, mine.facts),
        ):
            own = (fact for fact in facts if fact not in others)
            yield from (say(place).format(name, say(fact)) for fact in own)


def _summarize(stage: Stage, say: Say) -> str:
    word = stage.verdict.value
    if not stage.problem:
        return say(word)
    return say(f"{word} ({{}})").format(say(stage.problem))


# ── values for JSON ─────────────────────────────────────────────────────────


def json_fields(
    here: Checkup, as_cron: Checkup | None = None, say: Say = str
) -> dict[str, Any]:
    """Return the fields of one or two checks, with the command's exit status.

    All is English, except meaning and advice.
    """
    found = differences(here, as_cron) if as_cron else []
    return {
        **_values(here, say),
        "exit_status": (as_cron.exit_status if as_cron else 0) or here.exit_status,
        "as_cron": _values(as_cron, say) if as_cron else None,
        "differences": found,
    }


def _values(checkup: Checkup, say: Say) -> dict[str, Any]:
    return {
        "server": checkup.server,
        "exit_status": checkup.exit_status,
        "stages": [_stage_values(stage, say) for stage in checkup.stages],
    }


def _stage_values(stage: Stage, say: Say) -> dict[str, Any]:
    return {
        "name": stage.name,
        "verdict": stage.verdict.value,
        "facts": stage.facts,
        "problem": stage.problem,
        "meaning": say(stage.meaning),
        "advice": say(stage.next_step),
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
