"""Send what waits in the outbox: claim a mail, try it, settle what came of it.

All mails for one server go over one connection at a time. A server that is out
of reach is asked once; the mails behind that wait as if each had been tried.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from pymail.address.envelope import Envelope
from pymail.delivery import flush_copies
from pymail.delivery.flush_groups import Group, grouped
from pymail.delivery.flush_ports import Ports
from pymail.delivery.flush_selection import Wanted
from pymail.delivery.undeliverable import bury, tell_sender
from pymail.errors import (
    CannotKeepError,
    Interrupted,
    MessageError,
    PymailError,
    TransientError,
)
from pymail.model import model, replace
from pymail.outbox import retry
from pymail.outbox.directory import Outbox
from pymail.outbox.entry import Damaged
from pymail.outbox.journal import Mark, Note
from pymail.outbox.queued_message import Announced, Mail
from pymail.report.delivery_report import Fate, RecipientFate, Report
from pymail.settings.models import Settings
from pymail.transport.base import Transport


def flush(ports: Ports, wanted: Wanted) -> list[Report]:
    """Send what is wanted; returns how each attempt ended.

    Raises:
        CannotKeepError: the outbox cannot be read.
        Interrupted: a signal came; what was not tried stays as it was.
    """
    run = _Run(ports, wanted)
    ports.outbox.sweep()
    names = _names(ports.outbox, wanted, run.now())
    for group in grouped(names, ports, run.in_time):
        _Server(run, group).serve()
    return run.reports


def _names(outbox: Outbox, wanted: Wanted, now: datetime) -> Sequence[str]:
    if wanted.names is not None:
        return wanted.names
    return outbox.names() if wanted.most is None else outbox.due(now)[: wanted.most]


class _Run:
    """What holds for all servers."""

    def __init__(self, ports: Ports, wanted: Wanted) -> None:
        self.ports = ports
        self.wanted = wanted
        self.reports: list[Report] = []
        self._start = ports.environment.clock()

    def in_time(self) -> bool:
        """Tell whether another mail may be begun."""
        used = self.ports.environment.clock() - self._start
        return self.wanted.seconds is None or used < self.wanted.seconds

    def now(self) -> datetime:
        """Return the time, to the second."""
        seconds = self.ports.environment.seconds()
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=0)

    def claimed(self, name: str) -> Mail | None:
        """Lock a mail; None when there is nothing to be done with it here."""
        try:
            mail = self.ports.outbox.claim(name)
        except Damaged as error:
            self.ports.tell.damaged(str(error))
            return None
        except CannotKeepError as error:
            self.ports.tell.wrong(error)
            return None
        if mail is None and self.wanted.names is not None:
            self.ports.tell.wrong(TransientError(f"{name}: somebody is sending it"))
        return mail


@model(kw_only=True)
class _Visit:
    """A mail that is ours for now: who is to get it, and whether time is up."""

    mail: Mail
    at: datetime
    paths: tuple[str, ...]
    over: bool
    old: bool


class _Server:
    """The mails for one server, and what became of it so far."""

    def __init__(self, run: _Run, group: Group) -> None:
        self._run = run
        self._ports = run.ports
        self._group = group
        self._stopped = group.failure
        self._transport: Transport | None = None
        self._sent = 0

    def serve(self) -> None:
        """Visit every mail, while there is time."""
        names = self._group.names
        try:
            for n, name in enumerate(names):
                if not self._run.in_time():
                    return
                mail = self._run.claimed(name)
                if mail is not None:
                    with mail:
                        self._visit(mail, more=n < len(names) - 1)
        finally:
            if self._transport is not None:
                self._transport.close()

    def _visit(self, mail: Mail, *, more: bool) -> None:
        now, journal, settings = self._run.now(), mail.journal, self._group.settings
        hours = settings.retrying.lifetime_hours if settings else float("inf")
        created = mail.head.created
        visit = _Visit(
            mail=mail,
            at=now,
            paths=self._run.wanted.paths(mail, now),
            over=bool(settings) and retry.is_over(created, journal, now, hours),
            old=bool(settings) and retry.is_old(created, journal, now, hours),
        )
        try:
            ended = self._tried(visit, more=more) if visit.paths else None
            self._settle(visit, ended)
        except CannotKeepError as error:
            self._ports.tell.wrong(error)
            return
        if ended is not None and ended.failure is not None:
            signal = ended.failure.__cause__
            if isinstance(signal, Interrupted):
                raise signal

    def _tried(self, visit: _Visit, *, more: bool) -> Report:
        if self._stopped is None:
            report = self._attempted(visit, more=more)
        else:
            report = _out_of_reach(visit.paths, self._stopped)
        self._run.reports.append(report)
        luck = int(self._ports.environment.token()[:4], 16) / 0xFFFF
        attempt = retry.Attempt(at=visit.at, report=report, luck=luck)
        first = flush_copies.is_first(visit.mail.journal, report)
        if report.complete and set(visit.paths) == {*visit.mail.standing.left}:
            visit.mail.remove()
        else:
            visit.mail.note(*retry.notes(attempt, visit.mail.journal))
        if first:
            self._record(visit.mail)
        self._ports.tell.ended(visit.mail, report, self._group.settings)
        return report

    def _record(self, mail: Mail) -> None:
        settings = self._group.settings
        assert settings is not None  # noqa: S101 - it was sent with them
        try:
            flush_copies.record(mail, settings, self._ports.environment)
        except CannotKeepError as error:
            said = f"sent, but not recorded: {error.happened}"
            self._ports.tell.wrong(CannotKeepError(said))

    def _attempted(self, visit: _Visit, *, more: bool) -> Report:
        settings = self._group.settings
        assert settings is not None  # noqa: S101 - or a failure stops all
        self._sent += 1
        full = self._sent % settings.retrying.per_connection == 0
        try:
            if self._transport is None:
                self._transport = self._ports.reach(settings)
            return self._handed_over(visit, self._transport, more=more and not full)
        except (MessageError, CannotKeepError) as error:  # this mail's alone
            return Report.of_failure(visit.paths, error)
        except Interrupted:
            raise
        except PymailError as error:
            self._stopped = error
            return _out_of_reach(visit.paths, error)

    def _handed_over(
        self, visit: _Visit, transport: Transport, *, more: bool
    ) -> Report:
        mail, envelope = visit.mail, visit.mail.head.envelope

        def about_to_go() -> None:
            try:
                mail.note(mail.sending(self._run.now(), visit.paths), on_disk=True)
            except CannotKeepError as error:  # then it must not go
                raise TransientError(error.happened) from error

        unserved = Envelope(
            reverse_path=envelope.reverse_path,
            forward_paths=visit.paths,
            notice=envelope.notice,
        )
        message = Announced(mail.message, about_to_go)
        return transport.send(unserved, message, more=more)

    def _settle(self, visit: _Visit, ended: Report | None) -> None:
        """Bury what nobody will get, and take out what nobody waits for."""
        mail = visit.mail
        if mail.gone:
            return
        standing = mail.standing
        idle = ended is None and bool(standing.due)
        lost = standing.lost
        if visit.over and not idle:
            lost = (*lost, *standing.waiting, *standing.unknown)
        elif visit.old and ended is None:
            mail.note(Note(visit.at, Mark.SEEN))
        if lost and self._group.settings:
            self._bury(visit, lost, self._group.settings)
        if mail.standing.over:
            mail.remove()

    def _bury(self, visit: _Visit, lost: tuple[str, ...], settings: Settings) -> None:
        mail, environment = visit.mail, self._ports.environment
        notes = (Note.of(visit.at, Mark.BURYING, path) for path in lost)
        mail.note(*notes, on_disk=True)
        kept = bury(mail, lost, settings, environment)
        try:
            tell_sender(mail, lost, kept, self._ports.outbox, environment)
        except PymailError as error:
            self._ports.tell.wrong(error)
        mail.note(*(Note.of(visit.at, Mark.BURIED, path, kept) for path in lost))
        self._ports.tell.buried(mail.name, lost, kept)


def _out_of_reach(paths: tuple[str, ...], failure: PymailError) -> Report:
    """Report that nobody was asked for: whatever the cause is, it may pass."""
    report = Report.of_failure(paths, failure)
    rows = tuple(RecipientFate(path, Fate.DEFERRED, failure.reply) for path in paths)
    return replace(report, fates=rows)
