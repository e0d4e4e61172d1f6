"""Lines about results, before a renderer colours and folds them.

The first line of a failure names the cause and fits into a log; advice and the place
of the message follow. `visible` escapes the control characters of servers, file
names and arguments, so that none reaches a terminal.
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
from pymail.report.explain import explain, explain_failure
from pymail.report.status_codes import Advice
from pymail.report.translate import ENGLISH, translate
from pymail.terminal.output import printable

LINE_CHARACTERS = 950
SHOWN_RECIPIENTS = 10
SHOWN_ADVICE = 3

_PROGRAM = "pymail"
_INDENT = "  "


class Role(Enum):
    """The purpose of a line, which decides its colour."""

    PROBLEM = "problem"
    WARNING = "warning"
    REMARK = "remark"
    MEANING = "meaning"
    NEXT_STEP = "next step"
    KEPT = "kept"
    ACCEPTED = "accepted"


class Line(NamedTuple):
    """A line of printable text, and its purpose."""

    role: Role
    text: str

    def translated(self, language: str) -> "Line":
        """Return the line in a language; advice is in it from the start."""
        begin = next(filter(self.text.startswith, (f"{_PROGRAM}: ", _INDENT)), "")
        return self._replace(text=begin + translate(self.text[len(begin) :], language))


class Setting(NamedTuple):
    """A row of --show-settings; `value` is a placeholder if it is secret."""

    name: str
    value: str
    origin: str


class StageRow(NamedTuple):
    """A stage of a check: `lines` with the result first, `steps` with the advice.

    `verdict` is "ok", "warning", "failed" or "skipped"; `label` is the word for it in
    the user's language.
    """

    verdict: str
    name: str
    lines: Sequence[str]
    steps: Sequence[str]
    seconds: float
    label: str = ""

    @property
    def word(self) -> str:
        """The verdict; capitals make a failure stand out, also for grep."""
        return self.verdict.upper() if self.verdict == "failed" else self.verdict


class StageTable(NamedTuple):
    """The stages of one check and its verdict; `well` if mail can be sent.

    `head` has the titles of the columns: name, verdict, details, seconds. `warnings`
    are those of all stages, with their advice.
    """

    title: str
    head: Sequence[str]
    rows: Sequence[StageRow]
    warnings: Sequence[Line]
    endings: Sequence[str]
    well: bool


def describe_failure(
    error: PymailError,
    advice: Advice | None = None,
    kept_in: str = "",
    *,
    language: str = ENGLISH,
) -> list[Line]:
    """Describe a failure: its cause, meaning and advice, and the place of the message.

    `language` is the language of the advice; the first line is translated when it is
    shown, because logs and exceptions have it in English.
    """
    also = f"; {error.also}" if error.also else ""
    happened = f"{error}{also}"
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
    """Describe the recipients that did not get the message; empty if all did.

    `everyone=False` means that the report has only some recipients; then they are
    named. `waits` means that the message is in the outbox, so the advice doesn't say
    to send it again.
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
    """Name the accepted recipients, with server and queue ID."""
    by = f" by {report.peer}" if report.peer else ""
    name = f" (queue id {report.queue_id})" if report.queue_id else ""
    return [
        _line(Role.ACCEPTED, f"accepted for {row.address}{by}{name}")
        for row in report.with_fate(Fate.ACCEPTED)
    ]


def describe_kept(kept_in: str) -> list[Line]:
    """Name the place of the message; empty if it is not kept."""
    if not kept_in:
        return []
    return [_pymail_line(Role.KEPT, f"message kept in {kept_in}")]


def describe_waiting(name: str, due: datetime | None, held: str) -> list[Line]:
    """Name the entry of the outbox, and the next attempt or how to decide about it."""
    if held or due is None:
        choice = f"pymail --flush {name} sends it, --drop {name} deletes it"
        return [
            _pymail_line(Role.KEPT, "message held in the outbox until you decide"),
            _line(Role.NEXT_STEP, f"{_INDENT}{choice}"),
        ]
    when = f"{due.astimezone():%Y-%m-%d %H:%M:%S}"
    kept = f"message kept in the outbox as {name}, next attempt at {when}"
    return [_pymail_line(Role.KEPT, kept)]


def problem_line(text: str) -> Line:
    """Make the line of a problem."""
    return _pymail_line(Role.PROBLEM, text)


def warning_line(text: str) -> Line:
    """Make the line of a problem that stops nothing."""
    return _pymail_line(Role.WARNING, text)


def remark_line(text: str) -> Line:
    """Make a line that only -v and --debug show."""
    return _pymail_line(Role.REMARK, text)


def _group_lines(groups: Groups, peer: str) -> Iterator[Line]:
    for (fate, reply), addresses in islice(groups.items(), SHOWN_RECIPIENTS):
        words = describe_fate(fate, peer, reply) + (f": {reply}" if reply else "")
        if len(addresses) == 1 and not is_about_all(reply):
            yield problem_line(f"{addresses[0]} {words}")
        else:
            yield problem_line(f"{words} (for {names(addresses)})")
    hidden = islice(groups.values(), SHOWN_RECIPIENTS, None)
    if more := sum(map(len, hidden)):
        yield problem_line(f"and {more:,} more")


def names(addresses: Sequence[str]) -> str:
    """List addresses; if there are many, the first ten and the number of the others."""
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
        lines.append(_line(Role.MEANING, f"{_INDENT}{advice.meaning}"))
    if advice and advice.next_step:
        label = translate("what to do: ", language)
        lines.append(_line(Role.NEXT_STEP, f"{_INDENT}{label}{advice.next_step}"))
    return lines


def _pymail_line(role: Role, text: str) -> Line:
    return _line(role, f"{_PROGRAM}: {text}")


def _line(role: Role, text: str) -> Line:
    return Line(role, printable(text, LINE_CHARACTERS))
