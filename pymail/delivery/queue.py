"""Sending of queued messages: put into the outbox, marked, sent, settled.

A message isn't lost if this process dies: one that no process has locked waits for the
next flush. A mark in its journal says that the server may have accepted it; then it is
never resent automatically.
"""

import signal
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain, repeat

from pymail.address.envelope import Envelope
from pymail.delivery.settings import with_way
from pymail.environment import Environment
from pymail.errors import (
    CannotKeepError,
    Interrupted,
    MessageError,
    PymailError,
    TransientError,
)
from pymail.message.byte_source import FinishedMessage
from pymail.model import replace
from pymail.outbox import retry
from pymail.outbox.directory import Outbox
from pymail.outbox.entry import Head
from pymail.outbox.journal import Event, EventKind
from pymail.outbox.queued_message import NotifyingMessage, QueuedMessage
from pymail.report.delivery_report import Fate, RecipientFate, Report
from pymail.settings.models import Settings
from pymail.transport.base import Transport


def now(environment: Environment) -> datetime:
    """Return the time, to the second."""
    seconds = datetime.fromtimestamp(environment.seconds(), UTC)
    return seconds.replace(microsecond=0)


def send_queued(
    mail: QueuedMessage,
    paths: Sequence[str],
    transport: Transport,
    environment: Environment,
    *,
    more: bool,
    goes_unmarked: bool = False,
) -> Report:
    """Send a message to some of its recipients, with a mark before the final dot.

    If the disk has no room for the mark, the message is not sent; with `goes_unmarked`
    it is removed from the outbox and sent without.

    Raises:
        PymailError: the attempt failed before the first RCPT.
    """

    def mark() -> None:
        sending = Event(now(environment), EventKind.SENDING, str(len(paths)))
        try:
            mail.append(sending, on_disk=True)
        except CannotKeepError as error:
            if goes_unmarked:
                with suppress(CannotKeepError):
                    mail.remove()
            if not mail.gone:
                raise TransientError(error.happened) from error

    envelope = replace(mail.head.envelope, forward_paths=tuple(paths))
    return transport.send(envelope, NotifyingMessage(mail.message, mark), more=more)


def settle(
    mail: QueuedMessage, report: Report, environment: Environment, at: datetime
) -> None:
    """Note the report of an attempt, or remove a message that all recipients got.

    Raises:
        CannotKeepError: the disk has no room for the note.
    """
    tried = {row.address for row in report.fates}
    if report.complete and tried == {*mail.remaining.left}:
        mail.remove()
    if not mail.gone:
        jitter = int(environment.token()[:4], 16) / 0xFFFF
        mail.append(*retry.events(report, mail.journal, at=at, jitter=jitter))


class PendingMessages:
    """The versions of one message in the outbox, in order.

    `instead` has those for the account tried before, which these replace.
    """

    def __init__(
        self,
        outbox: Outbox,
        settings: Settings,
        environment: Environment,
        instead: "PendingMessages | None" = None,
    ) -> None:
        self._instead = instead.mails if instead else []
        self._outbox = outbox
        self._saved_options = with_way(settings)
        self._environment = environment
        self.mails: list[QueuedMessage] = []
        self.problem: CannotKeepError | None = None  # in the notes of an attempt

    def put(self, versions: Iterable[tuple[Envelope, FinishedMessage]]) -> None:
        """Put all versions into the outbox, or none.

        Raises:
            CannotKeepError: the outbox has no room, or can't be written to.
            PymailError: a version can't be read, such as an attachment.
        """
        try:
            instead = chain(self._instead, repeat(None))
            for (envelope, message), other in zip(versions, instead, strict=False):
                head = Head(
                    created=now(self._environment),
                    envelope=envelope,
                    facts=message.facts,
                    saved_options=self._saved_options,
                )
                token, chunks = self._environment.token(), message.chunks()
                mail = self._outbox.put(head, chunks, token, instead=other)
                self.mails.append(mail)
        except BaseException:
            self.withdraw()
            raise

    def withdraw(self) -> None:
        """Remove all versions: another account has them, or the caller reports it."""
        for mail in self.mails:
            mail.remove()
            mail.close()

    def close(self) -> None:
        """Unlock all versions for other processes."""
        for mail in self.mails:
            mail.close()

    def send(
        self, transport: Transport, *, more: bool, raises: bool = False
    ) -> Iterator[Report]:
        """Send one version after the other; the first unreachable server stops the rest.

        Raises:
            PymailError: with `raises`, the attempt for the first version failed before
                RCPT; all versions stay unchanged.
        """
        stopped: PymailError | None = None
        mails = tuple(self.mails)
        for n, mail in enumerate(mails):
            last = n == len(mails) - 1
            paths = mail.head.envelope.forward_paths
            if stopped is not None:
                report = Report.from_failure(paths, stopped)
            else:
                try:
                    report = self._send(mail, transport, more=more or not last)
                except PymailError as error:
                    untouched = n == 0 and not mail.journal.times
                    if raises and untouched and not isinstance(error, Interrupted):
                        raise
                    report = Report.from_failure(paths, error)
                    alone = isinstance(error, MessageError | CannotKeepError)
                    stopped = None if alone else error
            if isinstance(report.failure, Interrupted):
                stopped = report.failure
            report = _defer_interrupted(report)
            self._settle(mail, report)
            yield report

    def fail(self, error: PymailError) -> Iterator[Report]:
        """Note that no version could be sent."""
        for mail in tuple(self.mails):
            report = Report.from_failure(mail.head.envelope.forward_paths, error)
            self._settle(mail, report)
            yield report

    def _send(self, mail: QueuedMessage, transport: Transport, *, more: bool) -> Report:
        return send_queued(
            mail,
            mail.head.envelope.forward_paths,
            transport,
            self._environment,
            more=more,
            goes_unmarked=True,
        )

    def _settle(self, mail: QueuedMessage, report: Report) -> None:
        """Note the report; a signal meanwhile must not prevent that."""
        try:
            self._settle_once(mail, report)
        except Interrupted:
            self._settle_once(mail, report)
        except CannotKeepError as error:
            self.problem = error

    def _settle_once(self, mail: QueuedMessage, report: Report) -> None:
        at = now(self._environment)
        settle(mail, report, self._environment, at)
        if mail.gone:
            self.mails.remove(mail)
            mail.close()

    @property
    def kept(self) -> list[QueuedMessage]:
        """Versions that stay in the outbox for recipients who may still get them."""
        return [mail for mail in self.mails if mail.remaining.open]

    def begin_giving_up(self, lost: Sequence[str]) -> None:
        """Note that the dead letter for these recipients is about to be written."""
        for mail in self.mails:
            events = self._events(mail, EventKind.GIVING_UP, lost)
            with suppress(CannotKeepError):  # costs at most a second dead letter
                mail.append(*events, on_disk=True)

    def end(self, given_up: Sequence[str]) -> None:
        """Note the recipients that a dead letter has, and remove settled messages."""
        for mail in self.mails:
            try:
                mail.append(*self._events(mail, EventKind.GIVEN_UP, given_up))
                if mail.remaining.over:
                    mail.remove()
            except CannotKeepError as error:
                self.problem = self.problem or error
            mail.close()

    def _events(
        self, mail: QueuedMessage, kind: EventKind, lost: Sequence[str]
    ) -> Iterator[Event]:
        at = now(self._environment)
        paths = (path for path in mail.remaining.lost if path in lost)
        return (Event.about(at, kind, path) for path in paths)


def _defer_interrupted(report: Report) -> Report:
    """Defer recipients whom a signal left without reply, unless it was Control-C."""
    failure = report.failure
    if not isinstance(failure, Interrupted) or failure.signal_number == signal.SIGINT:
        return report
    rows = tuple(
        RecipientFate(row.address, Fate.DEFERRED) if row.reply is None else row
        for row in report.fates
    )
    return replace(report, fates=rows)
