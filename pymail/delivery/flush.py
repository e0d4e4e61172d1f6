"""A flush of the outbox: claim each message, send it, settle its report.

All messages for one server are sent over one connection. After a failure to reach it,
the remaining messages for it are noted as tried, without another connection.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from operator import attrgetter

from pymail.delivery import copies, queue
from pymail.delivery.context import Events
from pymail.delivery.log import log_retry
from pymail.delivery.sender import Sender
from pymail.delivery.settings import restore_settings
from pymail.delivery.undeliverable import give_up, report_to_sender
from pymail.errors import (
    CannotKeepError,
    Interrupted,
    MessageError,
    PymailError,
    TransientError,
)
from pymail.model import field, model, replace
from pymail.outbox import retry
from pymail.outbox.directory import Outbox
from pymail.outbox.entry import Damaged
from pymail.outbox.journal import Event, EventKind
from pymail.outbox.queued_message import QueuedMessage
from pymail.report.delivery_report import Fate, RecipientFate, Report
from pymail.settings.models import Rows, Settings
from pymail.settings.server_models import LmtpSocket, SmtpServer
from pymail.transport.base import Transport


@model(kw_only=True)
class Selection:
    """The messages to send: without options, those that are due.

    `names`: these messages, even if held or possibly delivered. `now`: all messages,
    except for recipients who may have got it. `seconds`: start no message after that
    time, and use it as timeout of the server. `most`: open no more messages than this.
    """

    names: tuple[str, ...] | None = None
    now: bool = False
    seconds: float | None = None
    most: int | None = None

    def paths(self, mail: QueuedMessage, now: datetime) -> tuple[str, ...]:
        """Choose the recipients to send this message to now; empty if it isn't due."""
        remaining = mail.remaining
        if self.names is not None:
            return remaining.open
        if self.now:
            return remaining.waiting
        return remaining.due if retry.is_due(mail.journal, now) else ()


# equal for all messages of a group: the server, and the places of copies
_OF_GROUP = attrgetter(
    *("server", "dead_letter", "folder", "record", "copies"),
    *("file_mode", "dotlock", "new_maildirs"),
)


@model(frozen=False)
class _Group:
    """Messages for one server, the oldest first; `sent` counts the attempts.

    `stopped` is the error because of which no further message is sent; `settings` are
    None if it is that these can't be restored.
    """

    settings: Settings | None
    stopped: PymailError | None = None
    names: list[str] = field(default_factory=list)
    transport: Transport | None = None
    sent: int = 0

    def takes(self, other: "_Group") -> bool:
        """Tell whether the messages of another group can join this one."""
        both = self.settings and other.settings
        return bool(both) and _OF_GROUP(self.settings) == _OF_GROUP(other.settings)


@model(kw_only=True)
class _Visit:
    """A claimed message, the recipients to send it to, and its age.

    `old` and `over` are the answers of `retry.is_old` and `retry.is_over`.
    """

    mail: QueuedMessage
    group: _Group
    at: datetime
    paths: tuple[str, ...]
    over: bool
    old: bool

    @property
    def settings(self) -> Settings:
        """The settings of its group."""
        assert self.group.settings is not None  # noqa: S101 - or `stopped` is set
        return self.group.settings


def flush(
    outbox: Outbox, selection: Selection, sender: Sender, events: Events
) -> list[Report]:
    """Send the selected messages; return the report of each attempt.

    Raises:
        CannotKeepError: the outbox can't be read.
        Interrupted: a signal arrived; the remaining messages wait unchanged.
    """
    run = _Flush(outbox, selection, sender, events)
    outbox.sweep()
    for group in run.groups():
        run.serve(group)
    return run.reports


class _Flush:
    """One flush, and its reports so far."""

    def __init__(
        self, outbox: Outbox, selection: Selection, sender: Sender, events: Events
    ) -> None:
        self.reports: list[Report] = []
        self._outbox = outbox
        self._selection = selection
        self._sender = sender
        self._events = events
        self._environment = sender.context.environment
        self._start = self._environment.clock()

    # ── which messages ──────────────────────────────────────────────────────

    def groups(self) -> list[_Group]:
        """Group the messages by server, while there is time."""
        groups: list[_Group] = []
        by_options: dict[Rows, _Group] = {}
        for name in self._names():
            if not self._in_time():
                break
            rows = self._saved_options(name)
            if rows is None:
                continue
            if rows not in by_options:
                group = self._group(rows)
                found = next((each for each in groups if each.takes(group)), None)
                groups += [] if found else [group]
                by_options[rows] = found or group
            by_options[rows].names.append(name)
        return groups

    def _names(self) -> Sequence[str]:
        """Return the names of the selected messages, the oldest first."""
        if self._selection.names is not None:
            return self._selection.names
        if self._selection.most is None:
            return self._outbox.names()
        return self._outbox.due(self._now())[: self._selection.most]

    def _in_time(self) -> bool:
        """Tell whether there is time for another message."""
        used, limit = self._environment.clock() - self._start, self._selection.seconds
        return limit is None or used < limit

    def _now(self) -> datetime:
        return queue.now(self._environment)

    def _saved_options(self, name: str) -> Rows | None:
        """Return the saved options of a message; None if it can't be read."""
        mail = self._open(self._peek, name)
        if mail is None:
            return None
        with mail:
            return mail.head.saved_options

    def _peek(self, name: str) -> QueuedMessage | None:
        try:
            return self._outbox.peek(name)
        except Damaged:
            return self._outbox.claim(name)  # sets it aside

    def _open(
        self, open_: Callable[[str], QueuedMessage | None], name: str
    ) -> QueuedMessage | None:
        """Open a message; None if that fails, or nothing is there."""
        try:
            return open_(name)
        except Damaged as error:
            self._events.on_damaged(error)
        except CannotKeepError as error:
            self._events.on_unusable(error)
        return None

    def _group(self, rows: Rows) -> _Group:
        try:
            settings = restore_settings(rows, self._environment)
        except PymailError as error:
            return _Group(None, error)
        seconds = self._selection.seconds
        return _Group(settings if seconds is None else _hurry(settings, seconds))

    # ── one server ──────────────────────────────────────────────────────────

    def serve(self, group: _Group) -> None:
        """Send each message of a group, while there is time."""
        try:
            for n, name in enumerate(group.names):
                if not self._in_time():
                    return
                mail = self._open(self._claim, name)
                if mail is not None:
                    with mail:
                        self._visit(mail, group, more=n < len(group.names) - 1)
        finally:
            if group.transport is not None:
                group.transport.close()

    def _claim(self, name: str) -> QueuedMessage | None:
        """Lock a message; None if it is gone or locked, reported if the user named it."""
        mail = self._outbox.claim(name)
        if mail is None and self._selection.names is not None:
            error = TransientError(f"{name}: another process is sending it")
            self._events.on_unusable(error)
        return mail

    def _visit(self, mail: QueuedMessage, group: _Group, *, more: bool) -> None:
        now, journal, settings = self._now(), mail.journal, group.settings
        hours = settings.outbox_lifetime_hours if settings else float("inf")
        created = mail.head.created
        visit = _Visit(
            mail=mail,
            group=group,
            at=now,
            paths=self._selection.paths(mail, now),
            over=bool(settings) and retry.is_over(created, journal, now, hours),
            old=bool(settings) and retry.is_old(created, journal, now, hours),
        )
        try:
            ended = self._try(visit, more=more) if visit.paths else None
            self._finish(visit, ended)
        except CannotKeepError as error:
            self._events.on_unusable(error)
            return
        if ended is not None and ended.failure is not None:
            signal = ended.failure.__cause__
            if isinstance(signal, Interrupted):
                raise signal

    def _try(self, visit: _Visit, *, more: bool) -> Report:
        mail = visit.mail
        if visit.group.stopped is None:
            report = self._send(visit, more=more)
        else:
            report = _out_of_reach(visit.paths, visit.group.stopped)
        self.reports.append(report)
        first = copies.is_first_delivery(mail.journal, report)
        queue.settle(mail, report, self._environment, visit.at)
        if first and (
            error := copies.record_queued(mail, visit.settings, self._environment)
        ):
            self._events.on_unusable(error)
        if visit.group.settings:
            log_retry(self._sender.context, mail.head, report, visit.group.settings)
        if report.failure:
            self._sender.note_refusal(report.failure)
        self._events.on_retry(mail, report)
        return report

    def _send(self, visit: _Visit, *, more: bool) -> Report:
        group, settings = visit.group, visit.settings
        group.sent += 1
        full = group.sent % settings.messages_per_connection == 0
        try:
            if group.transport is None:
                group.transport = self._sender.reach(settings)
            return queue.send_queued(
                visit.mail,
                visit.paths,
                group.transport,
                self._environment,
                more=more and not full,
            )
        except (MessageError, CannotKeepError) as error:  # concern only this message
            return Report.from_failure(visit.paths, error)
        except Interrupted:
            raise
        except PymailError as error:
            group.stopped = error
            return _out_of_reach(visit.paths, error)

    def _finish(self, visit: _Visit, ended: Report | None) -> None:
        """Give up recipients for good if need be, and remove a settled message."""
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
        if lost and visit.group.settings:
            self._give_up(visit, lost)
        if mail.remaining.over:
            mail.remove()

    def _give_up(self, visit: _Visit, lost: tuple[str, ...]) -> None:
        mail, at = visit.mail, visit.at
        events = (Event.about(at, EventKind.GIVING_UP, path) for path in lost)
        mail.append(*events, on_disk=True)
        kept = give_up(mail, lost, visit.settings, self._environment)
        try:
            report_to_sender(mail, lost, kept, self._outbox, self._environment)
        except PymailError as error:
            self._events.on_unusable(error)
        mail.append(*(Event.about(at, EventKind.GIVEN_UP, p, kept) for p in lost))
        self._events.on_given_up(mail.name, lost, kept)


def _hurry(settings: Settings, seconds: float) -> Settings:
    """Shorten the timeouts, except where a timeout leaves the fate unknown."""
    server = settings.server
    if not isinstance(server, SmtpServer | LmtpSocket):
        return settings
    slow, fast = server.timeouts, server.timeouts.at_most(seconds)
    timeouts = replace(fast, content=slow.content, final_dot=slow.final_dot)
    return replace(settings, server=replace(server, timeouts=timeouts))


def _out_of_reach(paths: tuple[str, ...], failure: PymailError) -> Report:
    """Report all recipients as deferred, because the server may be reachable later."""
    report = Report.from_failure(paths, failure)
    rows = tuple(RecipientFate(path, Fate.DEFERRED, failure.reply) for path in paths)
    return replace(report, fates=rows)
