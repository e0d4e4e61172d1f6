"""Lines about outcomes, before a renderer paints them.

The first line of a failure names the cause and fits a log; the advice and the
place of the message follow. Everything passes `visible`: no control character
of a server, a file name or an argument reaches a terminal.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import Enum
from itertools import islice
from typing import NamedTuple

from pymail.errors import PymailError
from pymail.report.delivery_report import (
    Fate,
    Groups,
    Report,
    describe_fate,
    group_failures,
    is_about_all,
)
from pymail.report.explain import explain, explain_failure, summarize_failure
from pymail.report.status_codes import Advice
from pymail.report.translate import ENGLISH, translate
from pymail.terminal.output import printable

LINE_CHARACTERS = 950
SHOWN_RECIPIENTS = 10
SHOWN_ADVICE = 3

_PROGRAM = "pymail"


class Role(Enum):
    """What a line is for."""

    PROBLEM = "problem"
    WARNING = "warning"
    REMARK = "remark"
    MEANING = "meaning"
    NEXT_STEP = "next step"
    KEPT = "kept"
    ACCEPTED = "accepted"


class Line(NamedTuple):
    """A line of printable text."""

    role: Role
    text: str


class Setting(NamedTuple):
    """One row of --show-settings; `value` is a placeholder where it is secret."""

    name: str
    value: str
    origin: str


class StageRow(NamedTuple):
    """One stage of a check: its first line says the most, the steps what to do.

    `verdict` is "ok", "warning", "failed" or "skipped".
    """

    verdict: str
    name: str
    lines: Sequence[str]
    steps: Sequence[str]
    seconds: float

    @property
    def word(self) -> str:
        """The verdict, of one case, so that grep finds it."""
        return self.verdict.upper() if self.verdict == "failed" else self.verdict


class StageTable(NamedTuple):
    """The stages of one check, and its verdict; `well` when mail can go."""

    title: str
    rows: Sequence[StageRow]
    endings: Sequence[str]
    well: bool


def describe_failure(
    error: PymailError,
    advice: Advice | None = None,
    kept_in: str = "",
    *,
    language: str = ENGLISH,
) -> list[Line]:
    """Say what ended an attempt, what it means, and where the message is.

    `language` is that of the advice; what happened is English in every log.
    """
    also = f"; {error.also}" if error.also else ""
    happened = f"{summarize_failure(error)}{also}"
    lines = [problem_line(happened), *_advice(advice, language)]
    return lines + describe_kept(kept_in)


def describe_report(
    report: Report,
    host: str = "",
    *,
    everyone: bool = True,
    language: str = ENGLISH,
    waits: bool = False,
) -> list[Line]:
    """Say who did not get it and why; empty when everybody did.

    Without `everyone`, the report is of some recipients, and they are named. What
    `waits` in the outbox is not to be sent again.
    """
    found, failure = group_failures(report), report.failure
    host = host or report.peer
    lines = [*_group_lines(found.own, report.peer)]
    if failure is not None and found.left:
        advice = explain_failure(failure, host, language=language, waits=waits)
        first, *more = describe_failure(failure, advice, language=language)
        lines.append(first)
        if len(found.left) < len(report.fates) or not everyone:
            lines.append(problem_line(f"not sent to {names(found.left)}"))
        lines += more
    for advice in islice(_advices(found.own, host, language, waits), SHOWN_ADVICE):
        lines += _advice(advice, language)
    return lines


def describe_accepted(report: Report) -> list[Line]:
    """Say for whom it was accepted, by whom, and under which name."""
    by = f" by {report.peer}" if report.peer else ""
    name = f" (queue id {report.queue_id})" if report.queue_id else ""
    return [
        _line(Role.ACCEPTED, f"accepted for {row.address}{by}{name}")
        for row in report.with_fate(Fate.ACCEPTED)
    ]


def describe_kept(kept_in: str) -> list[Line]:
    """Say where the message is; empty when it is nowhere."""
    if not kept_in:
        return []
    return [_line(Role.KEPT, f"{_PROGRAM}: message kept in {kept_in}")]


def describe_waiting(name: str, due: datetime | None, held: str) -> list[Line]:
    """Say where in the outbox a message is, and what will become of it."""
    if held or due is None:
        why = "until somebody asks for it"
        asks = f"{_PROGRAM} --flush {name} sends it, --drop {name} does not"
        return [
            _line(Role.KEPT, f"{_PROGRAM}: message held in the outbox {why}"),
            _line(Role.NEXT_STEP, f"  {asks}"),
        ]
    when = f"{due.astimezone():%Y-%m-%d %H:%M:%S}"
    kept = f"message kept in the outbox as {name}, next attempt at {when}"
    return [_line(Role.KEPT, f"{_PROGRAM}: {kept}")]


def problem_line(text: str) -> Line:
    """Say one thing that is wrong."""
    return _line(Role.PROBLEM, f"{_PROGRAM}: {text}")


def warning_line(text: str) -> Line:
    """Say one thing that is wrong and stops nothing."""
    return _line(Role.WARNING, f"{_PROGRAM}: {text}")


def remark_line(text: str) -> Line:
    """Say one thing to those who watch."""
    return _line(Role.REMARK, f"{_PROGRAM}: {text}")


def _group_lines(groups: Groups, peer: str) -> Iterator[Line]:
    for (fate, reply), addresses in islice(groups.items(), SHOWN_RECIPIENTS):
        what = describe_fate(fate, peer, reply) + (f": {reply}" if reply else "")
        if len(addresses) == 1 and not is_about_all(reply):
            yield problem_line(f"{addresses[0]} {what}")
        else:
            yield problem_line(f"{what} (for {names(addresses)})")
    hidden = islice(groups.values(), SHOWN_RECIPIENTS, None)
    if more := sum(map(len, hidden)):
        yield problem_line(f"and {more:,} more")


def names(addresses: Sequence[str]) -> str:
    """Name these, the first of them if they are many."""
    shown = ", ".join(addresses[:SHOWN_RECIPIENTS])
    more = len(addresses) - SHOWN_RECIPIENTS
    return f"{shown} and {more:,} more" if more > 0 else shown


def _advices(groups: Groups, host: str, language: str, waits: bool) -> Iterable[Advice]:
    """Return each piece of advice once."""
    return dict.fromkeys(
        explain(
            reply,
            host=host,
            language=language,
            waits=waits and fate is not Fate.REFUSED,
        )
        for fate, reply in groups
        if reply is not None
    )


def _advice(advice: Advice | None, language: str) -> list[Line]:
    lines = []
    if advice and advice.meaning:
        lines.append(_line(Role.MEANING, f"  {advice.meaning}"))
    if advice and advice.next_step:
        label = translate("what to do: ", language)
        lines.append(_line(Role.NEXT_STEP, f"  {label}{advice.next_step}"))
    return lines


def _line(role: Role, text: str) -> Line:
    return Line(role, printable(text, LINE_CHARACTERS))
