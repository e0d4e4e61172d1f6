"""The outbox of a send: every message is there before it is tried, ours until it ends.

Whatever ends this process, nothing is lost: a mail that nobody has the lock of
waits for the next flush. One that was about to be taken is marked as such, and
is not sent again by itself.
"""

import signal
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain, repeat

from pymail.address.envelope import Envelope
from pymail.delivery.outgoing import Versions
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
from pymail.outbox.entry import Head, Rows
from pymail.outbox.journal import Mark, Note
from pymail.outbox.queued_message import Announced, Mail
from pymail.report.delivery_report import Fate, RecipientFate, Report
from pymail.settings.models import Settings
from pymail.settings.server_models import LocalMta, way_of
from pymail.transport.base import Transport


class PendingMessages:
    """The mails of one message in the outbox, in the order of its versions.

    `instead` has those of the same letter for a server that was out of reach.
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
        self._manner = manner(settings)
        self._environment = environment
        self.mails: list[Mail] = []
        self.problem: CannotKeepError | None = None  # with what was sent

    def put(self, versions: Versions) -> None:
        """Keep all messages; none is in the outbox when that fails.

        Raises:
            CannotKeepError: there is no room, or no right, to keep them.
            PymailError: one cannot be read.
        """
        try:
            instead = chain(self._instead, repeat(None))
            for (envelope, message), other in zip(versions, instead, strict=False):
                self.mails.append(self._put(envelope, message, other))
        except BaseException:
            self.take_out()
            raise

    def _put(
        self, envelope: Envelope, message: FinishedMessage, instead: Mail | None
    ) -> Mail:
        head = Head(
            created=self._now(),
            envelope=envelope,
            facts=message.facts,
            manner=self._manner,
        )
        token = self._environment.token()
        return self._outbox.put(head, message.chunks(), token, instead=instead)

    def _now(self) -> datetime:
        now = datetime.fromtimestamp(self._environment.seconds(), UTC)
        return now.replace(microsecond=0)

    def take_out(self) -> None:
        """Take everything out again: somebody else has it, or will be told."""
        for mail in self.mails:
            mail.remove()
            mail.close()

    def close(self) -> None:
        """Let others have them as they are."""
        for mail in self.mails:
            mail.close()

    def send(
        self, transport: Transport, *, more: bool, raises: bool = False
    ) -> Iterator[Report]:
        """Try one after the other; a server out of reach is not tried again.

        With `raises` the first that cannot even begin does, and all stay as they are:
        nobody has noted anything.

        Raises:
            PymailError: see above.
        """
        stopped: PymailError | None = None
        mails = tuple(self.mails)
        for n, mail in enumerate(mails):
            last = n == len(mails) - 1
            paths = mail.head.envelope.forward_paths
            if stopped is not None:
                report = Report.of_failure(paths, stopped)
            else:
                try:
                    report = self._sent(mail, transport, more=more or not last)
                except PymailError as error:
                    untouched = n == 0 and not mail.journal.times
                    if raises and untouched and not isinstance(error, Interrupted):
                        raise
                    report = Report.of_failure(paths, error)
                    alone = isinstance(error, MessageError | CannotKeepError)
                    stopped = None if alone else error
            if isinstance(report.failure, Interrupted):
                stopped = report.failure
            report = _waiting(report)
            self._settle(mail, report)
            yield report

    def fail(self, error: PymailError) -> Iterator[Report]:
        """Note that none of them could be sent."""
        for mail in tuple(self.mails):
            report = Report.of_failure(mail.head.envelope.forward_paths, error)
            self._settle(mail, report)
            yield report

    def _sent(self, mail: Mail, transport: Transport, *, more: bool) -> Report:
        def about_to_go() -> None:
            self._mark(mail)

        message = Announced(mail.message, about_to_go)
        return transport.send(mail.head.envelope, message, more=more)

    def _mark(self, mail: Mail) -> None:
        """Say that the server may take it from here on.

        Where that cannot be said, the mail goes as without an outbox: better
        than not at all.
        """
        try:
            mail.note(mail.sending(self._now()), on_disk=True)
        except CannotKeepError as error:
            try:
                mail.remove()
            except CannotKeepError:
                raise TransientError(error.happened) from error

    def _settle(self, mail: Mail, report: Report) -> None:
        """Note what became of it; a signal meanwhile comes too late."""
        try:
            self._settled(mail, report)
        except Interrupted:
            self._settled(mail, report)
        except CannotKeepError as error:
            self.problem = error

    def _settled(self, mail: Mail, report: Report) -> None:
        if report.complete:
            mail.remove()
        if mail.gone:
            self.mails.remove(mail)
            mail.close()
            return
        luck = int(self._environment.token()[:4], 16) / 0xFFFF
        attempt = retry.Attempt(at=self._now(), report=report, luck=luck)
        mail.note(*retry.notes(attempt, mail.journal))

    @property
    def kept(self) -> list[Mail]:
        """What stays in the outbox for somebody who may still get it."""
        return [mail for mail in self.mails if mail.standing.open]

    def begin_burial(self, lost: Sequence[str]) -> None:
        """Note that the dead letter file is about to have it for these."""
        for mail in self.mails:
            paths = [path for path in mail.standing.lost if path in lost]
            notes = (Note.of(self._now(), Mark.BURYING, path) for path in paths)
            with suppress(CannotKeepError):  # it can only be there twice
                mail.note(*notes, on_disk=True)

    def end(self, buried: Sequence[str]) -> None:
        """Take out what nobody waits for; the dead letter file has the `buried`."""
        for mail in self.mails:
            try:
                lost = [path for path in mail.standing.lost if path in buried]
                mail.note(*(Note.of(self._now(), Mark.BURIED, path) for path in lost))
                if mail.standing.over:
                    mail.remove()
            except CannotKeepError as error:
                self.problem = self.problem or error
            mail.close()


def manner(settings: Settings) -> Rows:
    """Say how to find the settings again: as they were found, and who sends."""
    server = settings.server
    rows = (*settings.retrying.manner, ("way", way_of(server)))
    if isinstance(server, LocalMta) and server.sender_option is not None:
        rows = (*rows, ("program-sender", server.sender_option))
        if server.sender_name:
            rows = (*rows, ("program-name", server.sender_name))
    return rows


def _waiting(report: Report) -> Report:
    """Let those wait whom a signal left out, unless it was the user at the keys."""
    failure = report.failure
    if not isinstance(failure, Interrupted) or failure.signal_number == signal.SIGINT:
        return report
    rows = tuple(
        RecipientFate(row.address, Fate.DEFERRED) if row.reply is None else row
        for row in report.fates
    )
    return replace(report, fates=rows)
