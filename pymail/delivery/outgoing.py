"""Outgoing message: envelopes, versions, settings. Result of sending it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from pymail.address.envelope import Envelope
from pymail.errors import CannotKeepError, PymailError
from pymail.message.build import with_header
from pymail.message.byte_source import FinishedMessage
from pymail.message.draft import Draft, Lists
from pymail.message.mime_entity import Entity
from pymail.model import field, model, replace
from pymail.report.delivery_report import Fate, Report
from pymail.settings.models import Settings

if TYPE_CHECKING:
    from pymail.delivery.queue import PendingMessages

Versions = tuple[tuple[Envelope, FinishedMessage], ...]


@model(kw_only=True)
class OutgoingMessage:
    """A message ready to send, with its recipients and settings.

    `settings` include the draft's envelope sender. `lists` are To, Cc and Bcc as in the
    header. `files` are the recipients that are files, as the user wrote them.

    `versions` pair each envelope with its finished message: one for all, several if
    some recipients get it encrypted, none if all recipients are files. The first has
    the first recipient of the draft. `content` is kept in files and the record: signed
    if so set, never encrypted. Recipients in `refused` get nothing, for the reasons in
    `problems`. `remarks` are for -v.
    """

    draft: Draft
    settings: Settings
    lists: Lists
    content: Entity
    files: tuple[str, ...] = ()
    versions: Versions = ()
    refused: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def envelope(self) -> Envelope | None:
        """The envelope of the first version; None if all recipients are files."""
        return self.versions[0][0] if self.versions else None

    @property
    def forward_paths(self) -> tuple[str, ...]:
        """All recipients that are addresses."""
        return tuple(p for envelope, _ in self.versions for p in envelope.forward_paths)

    def whole(self, *, keep_bcc: bool = True) -> FinishedMessage:
        """Return the unencrypted message for all recipients, with Bcc, as it is kept."""
        rules = self.settings.message.text_rules
        return with_header(
            self.draft, self.lists, self.content, rules=rules, keep_bcc=keep_bcc
        )

    def with_callback(self, on_read: Callable[[], None]) -> Self:
        """Call `on_read` each time that a version has been read to its end."""
        from pymail.outbox.queued_message import NotifyingMessage

        return replace(
            self,
            versions=tuple((e, NotifyingMessage(m, on_read)) for e, m in self.versions),
        )


@model(frozen=False, kw_only=True)
class Result:
    """The result of an outgoing message.

    `reports` are those of the versions, in order; the last may stand for all versions
    that weren't tried. `failure` ended the attempt before the first RCPT, and is in no
    report. `files_served` is true after the files were written or failed: they aren't
    written again. `unwritten` are the files that failed; `record_error` is the last
    error of a file or of the record. `queued` has the versions in the outbox, or
    `queue_error` the reason why none is; `instead` has those queued for the account
    tried before, which `queued` replaces.
    """

    outgoing: OutgoingMessage
    reports: list[Report] = field(default_factory=list)
    failure: PymailError | None = None
    record_error: CannotKeepError | None = None
    files_served: bool = False
    unwritten: list[str] = field(default_factory=list)
    queued: "PendingMessages | None" = None
    queue_error: CannotKeepError | None = None
    instead: "PendingMessages | None" = None

    def fail(self, failure: PymailError) -> Self:
        """Set the failure; queued versions note it in the outbox instead."""
        if self.queued:
            self.reports += self.queued.fail(failure)
        else:
            self.failure = failure
        return self

    @property
    def waiting(self) -> frozenset[str]:
        """Addresses that may still get the message from the outbox, or may have it."""
        kept = self.queued.kept if self.queued else []
        return frozenset(address for each in kept for address in each.remaining.open)

    @property
    def undelivered(self) -> list[str]:
        """Recipients who didn't get it; an invalid address is as the user wrote it."""
        missed = [
            row.address
            for report in self.reports
            for row in report.fates
            if row.fate is not Fate.ACCEPTED
        ]
        return [*missed, *self.unwritten, *self.outgoing.refused]

    @property
    def lost(self) -> list[str]:
        """Recipients who didn't get it, and won't get it from the outbox."""
        waiting = self.waiting
        return [each for each in self.undelivered if each not in waiting]

    @property
    def storage_errors(self) -> list[CannotKeepError]:
        """Errors of the outbox, the files and the record."""
        problems = (self.queued and self.queued.problem, self.record_error)
        return [each for each in problems if each]

    @property
    def fully_delivered(self) -> bool:
        """True if all recipients got it, and there is no error to report."""
        complete = all(each.complete and not each.failure for each in self.reports)
        missed = self.undelivered or self.outgoing.problems
        return complete and not (missed or self.queue_error or self.storage_errors)

    @property
    def any_delivered(self) -> bool:
        """True if any recipient, an address or a file, got it."""
        return len(self.outgoing.files) > len(self.unwritten) or self.accepted

    @property
    def accepted(self) -> bool:
        """True if the server accepted it for any recipient."""
        return any(report.with_fate(Fate.ACCEPTED) for report in self.reports)
