"""A flush of the outbox: claim a message, try it, settle what came of it.

All messages for one server go over one connection at a time. A server that is out
of reach is asked once; the messages behind that wait as if each had been tried.
"""

from collections.abc import Sequence
from datetime import datetime

from pymail.delivery import attempt, copies
from pymail.delivery.flush_groups import FlushContext, Group, group_by_server
from pymail.delivery.undeliverable import give_up, report_to_sender
from pymail.errors import (
    CannotKeepError,
    Interrupted,
    MessageError,
    PymailError,
    TransientError,
)
from pymail.model import model, replace
from pymail.outbox import retry
from pymail.outbox.entry import Damaged
from pymail.outbox.journal import Event, EventKind
from pymail.outbox.queued_message import QueuedMessage
from pymail.report.delivery_report import Fate, RecipientFate, Report
from pymail.settings.models import Settings
from pymail.transport.base import Transport


@model(kw_only=True)
class Selection:
    """The messages to send: those that are due, or more than that.

    `names`: these messages, whatever is known of them; the user decides. `now`: all
    but those who may have got it. `seconds`: begin no other message after that, and
    `most`: look at no more than so many.
    """

    names: tuple[str, ...] | None = None
    now: bool = False
    seconds: float | None = None
    most: int | None = None

    def paths(self, mail: QueuedMessage, now: datetime) -> tuple[str, ...]:
        """Choose who is to get this message; nobody when it is not its time."""
        remaining = mail.remaining
        if self.names is not None:
            return remaining.open
        if self.now:
            return remaining.waiting
        return remaining.due if retry.is_due(mail.journal, now) else ()


def flush(context: FlushContext, selection: Selection) -> list[Report]:
    """Send what is selected; returns how each attempt ended.

    Raises:
        CannotKeepError: the outbox cannot be read.
        Interrupted: a signal came; what was not tried stays as it was.
    """
    run = _Run(context, selection)
    context.outbox.sweep()
    for group in group_by_server(run.names(), context, run.in_time):
        _Server(run, group).serve()
    return run.reports


class _Run:
    """The state that holds for all servers."""

    def __init__(self, context: FlushContext, selection: Selection) -> None:
        self.context = context
        self.selection = selection
        self.reports: list[Report] = []
        self._start = context.environment.clock()

    def names(self) -> Sequence[str]:
        """Name the messages to look at, the oldest first."""
        outbox, selection = self.context.outbox, self.selection
        if selection.names is not None:
            return selection.names
        if selection.most is None:
            return outbox.names()
        return outbox.due(self.now())[: selection.most]

    def in_time(self) -> bool:
        """Tell whether another message may be begun."""
        used, limit = self.context.environment.clock() - self._start, self.selection
        return limit.seconds is None or used < limit.seconds

    def now(self) -> datetime:
        """Return the time, to the second."""
        return attempt.now(self.context.environment)

    def claim(self, name: str) -> QueuedMessage | None:
        """Lock a message; None when there is nothing to be done with it here."""
        listener = self.context.listener
        try:
            mail = self.context.outbox.claim(name)
        except Damaged as error:
            listener.damaged(str(error))
            return None
        except CannotKeepError as error:
            listener.wrong(error)
            return None
        if mail is None and self.selection.names is not None:
            listener.wrong(TransientError(f"{name}: somebody is sending it"))
        return mail


@model(kw_only=True)
class _Visit:
    """A message that is ours for now: who is to get it, and whether time is up."""

    mail: QueuedMessage
    at: datetime
    paths: tuple[str, ...]
    over: bool
    old: bool


class _Server:
    """The messages for one server, and what became of it so far."""

    def __init__(self, run: _Run, group: Group) -> None:
        self._run = run
        self._environment = run.context.environment
        self._listener = run.context.listener
        self._group = group
        self._stopped = group.failure
        self._transport: Transport | None = None
        self._sent = 0

    @property
    def _settings(self) -> Settings:
        assert self._group.settings is not None  # noqa: S101 - or a failure stops all
        return self._group.settings

    def serve(self) -> None:
        """Visit every message, while there is time."""
        names = self._group.names
        try:
            for n, name in enumerate(names):
                if not self._run.in_time():
                    return
                mail = self._run.claim(name)
                if mail is not None:
                    with mail:
                        self._visit(mail, more=n < len(names) - 1)
        finally:
            if self._transport is not None:
                self._transport.close()

    def _visit(self, mail: QueuedMessage, *, more: bool) -> None:
        now, journal, settings = self._run.now(), mail.journal, self._group.settings
        hours = settings.outbox_lifetime_hours if settings else float("inf")
        created = mail.head.created
        visit = _Visit(
            mail=mail,
            at=now,
            paths=self._run.selection.paths(mail, now),
            over=bool(settings) and retry.is_over(created, journal, now, hours),
            old=bool(settings) and retry.is_old(created, journal, now, hours),
        )
        try:
            ended = self._try(visit, more=more) if visit.paths else None
            self._finish(visit, ended)
        except CannotKeepError as error:
            self._listener.wrong(error)
            return
        if ended is not None and ended.failure is not None:
            signal = ended.failure.__cause__
            if isinstance(signal, Interrupted):
                raise signal

    def _try(self, visit: _Visit, *, more: bool) -> Report:
        mail = visit.mail
        if self._stopped is None:
            report = self._send(visit, more=more)
        else:
            report = _out_of_reach(visit.paths, self._stopped)
        self._run.reports.append(report)
        first = copies.is_first_delivery(mail.journal, report)
        attempt.settle(mail, report, self._environment, visit.at)
        if first and (
            error := copies.record_queued(mail, self._settings, self._environment)
        ):
            self._listener.wrong(error)
        self._listener.ended(mail, report, self._group.settings)
        return report

    def _send(self, visit: _Visit, *, more: bool) -> Report:
        self._sent += 1
        full = self._sent % self._settings.messages_per_connection == 0
        try:
            if self._transport is None:
                self._transport = self._run.context.reach(self._settings)
            return attempt.send(
                visit.mail,
                visit.paths,
                self._transport,
                self._environment,
                more=more and not full,
            )
        except (MessageError, CannotKeepError) as error:  # this message's alone
            return Report.from_failure(visit.paths, error)
        except Interrupted:
            raise
        except PymailError as error:
            self._stopped = error
            return _out_of_reach(visit.paths, error)

    def _finish(self, visit: _Visit, ended: Report | None) -> None:
        """Give up what nobody will get, and take out what nobody waits for."""
        mail = visit.mail
        if mail.gone:
            return
        remaining = mail.remaining
        idle = ended is None and bool(remaining.due)
        lost = remaining.lost
        if visit.over and not idle:
            lost = (*lost, *remaining.open)
        elif visit.old and ended is None:
            mail.append(Event(visit.at, EventKind.SEEN))
        if lost and self._group.settings:
            self._give_up(visit, lost)
        if mail.remaining.over:
            mail.remove()

    def _give_up(self, visit: _Visit, lost: tuple[str, ...]) -> None:
        mail, at, outbox = visit.mail, visit.at, self._run.context.outbox
        events = (Event.about(at, EventKind.GIVING_UP, path) for path in lost)
        mail.append(*events, on_disk=True)
        kept = give_up(mail, lost, self._settings, self._environment)
        try:
            report_to_sender(mail, lost, kept, outbox, self._environment)
        except PymailError as error:
            self._listener.wrong(error)
        mail.append(*(Event.about(at, EventKind.GIVEN_UP, p, kept) for p in lost))
        self._listener.given_up(mail.name, lost, kept)


def _out_of_reach(paths: tuple[str, ...], failure: PymailError) -> Report:
    """Report that nobody was asked for: whatever the cause is, it may pass."""
    report = Report.from_failure(paths, failure)
    rows = tuple(RecipientFate(path, Fate.DEFERRED, failure.reply) for path in paths)
    return replace(report, fates=rows)
