"""Outbox commands: --flush, --drop, sendmail -q, and the flush after a successful send.

--queue and mailq are in `show_queue`.
"""

from collections.abc import Sequence
from contextlib import ExitStack, closing, suppress

from pymail.commands.invocation import Invocation, SendmailInvocation
from pymail.commands.show_queue import show_queue
from pymail.delivery.context import Events, RunContext
from pymail.delivery.flush import Selection, flush
from pymail.delivery.sender import Sender
from pymail.delivery.settings import resolve_settings
from pymail.errors import (
    CannotKeepError,
    PymailError,
    SettingsError,
    TransientError,
    UnreadableInputError,
    UsageError,
)
from pymail.outbox.directory import Outbox
from pymail.outbox.entry import Damaged
from pymail.outbox.queued_message import QueuedMessage
from pymail.report.delivery_report import Fate, Report
from pymail.report.exit_status import ExitStatus, exit_status_for, exit_status_for_all
from pymail.settings.loader import Loaded, LoadRequest, load
from pymail.settings.models import Settings
from pymail.terminal import lines
from pymail.terminal.renderer import say

FOLLOW_SECONDS = 10.0  # for the flush after a successful send
FOLLOW_MESSAGES = 100  # more would take too long for the user
_WAITING = "--queue lists the queued mails"


def run(invocation: Invocation, loaded: Loaded, context: RunContext) -> int:
    """Run --queue, --flush or --drop; returns the exit status.

    Raises:
        SettingsError: there is no outbox.
        UsageError, UnreadableInputError: an ID matches no mail, or several.
        PymailError: the task failed.
    """
    context.verbose = bool(invocation.verbose) or loaded.layers.switch("verbose")
    context.settings = resolve_settings(loaded, context.environment)
    outbox = _outbox(context.settings)
    if invocation.queue:
        return show_queue(outbox, context)
    if outbox is None:
        raise SettingsError(
            "there is no outbox", advice="write `set outbox` into ~/.mailrc"
        )
    names = _find(invocation.recipients, outbox)
    if invocation.drop:
        return _drop(names, outbox, context)
    selection = Selection(names=names or None, now=invocation.at_once)
    return flush_outbox(outbox, selection, context, debug=invocation.debug)


def _outbox(settings: Settings) -> Outbox | None:
    place = settings.outbox
    return Outbox(place) if place else None


def run_for_sendmail(
    call: SendmailInvocation, context: RunContext, *, sends: bool
) -> int:
    """Run `mailq` or, if it `sends`, `sendmail -q`; returns the exit status.

    Raises:
        PymailError: the settings are invalid, or the outbox is unreadable.
    """
    context.verbose = call.verbose
    loaded = load(LoadRequest(verbose=call.verbose), context.environment)
    context.settings = resolve_settings(loaded, context.environment)
    outbox = _outbox(context.settings)
    if not sends:
        return show_queue(outbox, context)
    return flush_outbox(outbox, Selection(), context) if outbox else ExitStatus.OK


def _find(words: Sequence[str], outbox: Outbox) -> tuple[str, ...]:
    """Find mails by the start of their IDs, or of the last parts of these."""
    names = outbox.names() if words else []
    found = []
    for word in words:
        those = [n for n in names if n.startswith(word) or _last(n).startswith(word)]
        if not word or len(those) > 1:
            raise UsageError(f"{word} matches {len(those)} mails", advice=_WAITING)
        if not those:
            raise UnreadableInputError(
                f"{word}: no such mail in the outbox", advice=_WAITING
            )
        found += those
    return tuple(dict.fromkeys(found))


def _last(name: str) -> str:
    return name.rpartition("-")[2]


def _drop(names: tuple[str, ...], outbox: Outbox, context: RunContext) -> int:
    if not names:
        raise UsageError("--drop needs the ID of a mail", advice=_WAITING)
    dropped: list[str] = []
    for name in names:
        mail = outbox.claim(name)
        if mail is None:
            raise TransientError(f"{name}: another process is sending it")
        with mail:
            mail.remove()
        say(context.environment, [lines.remark_line(f"{name} dropped")])
        dropped.append(name)
        context.events.fields(dropped=dropped)
    return ExitStatus.OK


def flush_outbox(
    outbox: Outbox, selection: Selection, context: RunContext, *, debug: bool = False
) -> int:
    """Send the selected mails, report failures, and return the exit status."""
    with closing(Sender(context, debug=debug)) as sender, ExitStack() as stack:
        with suppress(CannotKeepError):  # the outbox has never been used
            stack.enter_context(outbox.flushing())
        report = FlushReport(context, sender)
        reports = flush(outbox, selection, sender, report)
    return exit_status_for_all(reports) or report.status


def send_due(sender: Sender) -> None:
    """Send the mails that are due after a successful send; failures do not affect it."""
    context, settings = sender.context, sender.sent
    outbox = _outbox(settings) if settings else None
    assert outbox is not None  # noqa: S101 - `has_due` looked into it
    context.draft = None  # it is sent
    selection = Selection(seconds=FOLLOW_SECONDS, most=FOLLOW_MESSAGES)
    with suppress(PymailError), outbox.flushing() as alone:
        if alone:
            with closing(Sender(context)) as other:
                flush(outbox, selection, other, FlushReport(context, other))


class FlushReport(Events):
    """Report of a flush: permanent failures, with -v every attempt."""

    def __init__(self, context: RunContext, sender: Sender) -> None:
        self._context = context
        self._sender = sender
        self._reported: PymailError | None = None
        self.status = 0

    def on_retry(self, mail: QueuedMessage, report: Report) -> None:
        """Print the result of an attempt, unless a later one may succeed."""
        context = self._context
        context.events.on_retry(mail, report)
        context.remark(report.remarks if self._sender.is_watched else ())
        if context.verbose:
            say(context.environment, lines.describe_accepted(report))
        waits = exit_status_for(report) in (ExitStatus.OK, ExitStatus.TEMPORARY)
        unknown = bool(report.with_fate(Fate.UNKNOWN))
        if waits and not unknown and not context.verbose:
            return
        if report.failure is not None and report.failure is self._reported:
            return
        self._reported = report.failure
        output = lines.describe_report(
            report, report.peer, language=context.language, waits=True
        )
        if output:
            head = lines.remark_line(f"{mail.name}, from the outbox:")
            say(context.environment, [head, *output])

    def on_given_up(self, name: str, addresses: tuple[str, ...], kept: str) -> None:
        """Print that a mail became a dead letter."""
        who = lines.names(addresses)
        given_up = f"{name}: given up for {who}, and {kept}"
        say(self._context.environment, [lines.problem_line(given_up)])
        self._context.events.on_given_up(name, addresses, kept)
        self.status = self.status or ExitStatus.UNAVAILABLE

    def on_unusable(self, error: PymailError) -> None:
        """Print why a mail can't be sent."""
        say(self._context.environment, lines.describe_failure(error))
        self._context.events.on_unusable(error)
        self.status = self.status or exit_status_for(error)

    def on_damaged(self, error: Damaged) -> None:
        """Print which unreadable file was set aside."""
        self._context.warn([f"set aside because it is unreadable: {error}"])
        self.status = self.status or ExitStatus.DATA
