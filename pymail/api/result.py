"""Results for callers: a report or an exception, and records of the logger `pymail`."""

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, TextIO

from pymail.delivery.context import Events, RunContext
from pymail.delivery.outgoing import Result
from pymail.errors import PymailError, UndeliveredError
from pymail.model import replace
from pymail.report.delivery_report import Fate, RecipientFate, Report
from pymail.report.explain import explain, explain_failure
from pymail.report.status_codes import Advice
from pymail.terminal import lines
from pymail.terminal.lines import Line, Role
from pymail.terminal.output import write

if TYPE_CHECKING:
    from logging import Logger

_ADVICE = (Role.MEANING, Role.NEXT_STEP)


def make_report(result: Result) -> Report:
    """Make one report of a result, and finish the attempt in the outbox.

    The outbox then does not notify the sender of a failure that this report has.
    """
    kept = result.queued.kept if result.queued else []
    waiting = tuple(a for each in kept if each.due for a in each.remaining.open)
    whole = replace(
        _join(result.reports),
        message_id=result.outgoing.draft.message_id,
        kept=tuple(each.name for each in kept),
        waiting=waiting,
    )
    if result.queued:
        result.queued.end(result.lost)
    return replace(
        whole,
        fates=(*whole.fates, *_local_fates(result)),
        problems=tuple(_problems(result)),
    )


def _local_fates(result: Result) -> Iterator[RecipientFate]:
    """Yield the fates of files, and of words that are no recipients."""
    reached = Fate.ACCEPTED if result.files_served else Fate.DEFERRED
    for name in result.outgoing.files:
        fate = Fate.REFUSED if name in result.unwritten else reached
        yield RecipientFate(name, fate)
    for word in result.outgoing.refused:
        yield RecipientFate(word, Fate.REFUSED)


def _join(reports: Sequence[Report]) -> Report:
    """Join the reports of one message's versions (S/MIME makes several)."""
    if not reports:  # files are the only recipients
        return Report(fates=())
    if len(reports) == 1:
        return reports[0]
    return replace(
        reports[-1],
        fates=tuple(row for each in reports for row in each.fates),
        queue_id=" ".join(each.queue_id for each in reports if each.queue_id),
        failure=next((each.failure for each in reports if each.failure), None),
    )


def _problems(result: Result) -> Iterator[str]:
    yield from result.outgoing.problems
    yield from (f"{name} cannot be written" for name in result.unwritten)
    if result.queue_error:
        yield f"not kept in the outbox: {result.queue_error}"
    yield from map(str, result.storage_errors)


def raise_for_undelivered(report: Report, context: RunContext) -> None:
    """Raise unless every recipient got the message, or waits in the outbox.

    If no recipient got it, and for one reason, that failure is raised itself.

    Raises:
        PymailError: a recipient did not get it.
    """
    left = [row for row in report.fates if row.fate is not Fate.ACCEPTED]
    left = [row for row in left if row.address not in report.waiting]
    if not left:
        return
    failure = report.failure
    if failure and not report.waiting and _is_only_reason(report, failure):
        raise_with(report, failure)
    explained = [row for row in left if row.reply or failure]
    described = lines.describe_report(
        replace(report, fates=tuple(explained)), context.host, language=context.language
    )
    problems = [*_texts(described, (Role.PROBLEM,)), *report.problems]
    error = UndeliveredError(
        "; ".join(text.removeprefix("pymail: ") for text in problems),
        report=report,
        transient=all(row.fate is Fate.DEFERRED for row in left),
    )
    decided = next((row.reply for row in left if row.reply), None)
    if decided:
        _advise(error, explain(decided, host=context.host, language=context.language))
    _add_notes(error, described)
    raise error from failure


def raise_with(report: Report, failure: PymailError) -> NoReturn:
    """Raise the failure that ended an attempt, with its report.

    A refused login ends the attempts of later messages, too: each gets a copy.
    """
    if failure.report is not None:
        from copy import copy

        failure = copy(failure)
    failure.report = report
    raise failure


def _is_only_reason(report: Report, failure: PymailError) -> bool:
    """Tell whether the failure is the only reason, for every recipient."""
    return all(
        row.fate is not Fate.ACCEPTED and row.reply in (None, failure.reply)
        for row in report.fates
    )


class Explained:
    """Adds meaning, advice and notes (PEP 678) to every failure of its block.

    It removes pymail's own frames from the traceback: they don't help a caller, and
    some tools show the variables of frames, which may hold a password.
    """

    def __init__(self, context: RunContext) -> None:
        self._context = context

    def __enter__(self) -> None:
        """Do nothing: only a failure matters."""

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if not isinstance(error, PymailError):
            return
        context = self._context
        if not hasattr(error, "__notes__"):
            spoken = context.language
            advice = explain_failure(error, context.host, language=spoken)
            _advise(error, advice)
            _add_notes(error, lines.describe_failure(error, advice, language=spoken))
        _drop_tracebacks(error)


def _drop_tracebacks(error: BaseException | None) -> None:
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


def _advise(error: PymailError, advice: Advice) -> None:
    error.meaning, error.advice = advice.meaning, advice.next_step


def _add_notes(error: PymailError, described: Sequence[Line]) -> None:
    if error.also:
        error.add_note(f"before that: {error.also}")
    for text in _texts(described, _ADVICE):
        error.add_note(text)
    for name in error.report.kept if error.report else ():
        error.add_note(
            f"the outbox has it as {name}: pymail --flush {name} sends it,"
            f" --drop {name} deletes it"
        )


def _texts(described: Sequence[Line], roles: Sequence[Role]) -> Iterator[str]:
    return (line.text.strip() for line in described if line.role in roles)


def logger() -> "Logger":
    """Return the logger `pymail`; without a handler it prints nothing."""
    import logging  # most messages have nothing to log

    found = logging.getLogger("pymail")
    if not found.handlers:
        found.addHandler(logging.NullHandler())
    return found


class LoggedEvents(Events):
    """Logs warnings and output, and writes warnings and remarks into the trace, if any.

    Nothing is printed unless the settings or the caller ask for it.
    """

    def __init__(self, trace: TextIO | None) -> None:
        self._trace = trace

    def on_output(self, text: str) -> None:
        """Log text that mail.rc prints, and the lines of `logfile=-`."""
        logger().info("%s", text.rstrip("\n"))

    def on_warning(self, text: str, *, shown: bool = False) -> None:
        """Log a problem that stops nothing."""
        if not shown:
            logger().warning("%s", text.rstrip("\n"))
            self._write(lines.warning_line(text.rstrip("\n")))

    def on_remark(self, text: str) -> None:
        """Write a remark into the trace."""
        self._write(lines.remark_line(text))

    def _write(self, line: Line) -> None:
        if self._trace is not None:
            write(self._trace, f"{line.text}\n")
