"""An outgoing message with its envelopes, and the result of sending it."""

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
    """A message that is ready to go, for whom, and by which settings.

    `settings` take in what the draft says. `lists` are To, Cc and Bcc as the header has
    them. `files` are recipients, too; each is as written.

    `versions` pair an envelope with what travels under it: one for all, several when
    some get it encrypted, none when only files are recipients; who is named first
    in the draft is in the first. `content` is what is kept of it: signed perhaps, never
    encrypted. The words in `refused` get nothing, and `problems` say why; `warnings`
    is what else the user should know, `remarks` what -v tells.
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
        """The envelope of its first version; None when only files are recipients."""
        return self.versions[0][0] if self.versions else None

    @property
    def forward_paths(self) -> tuple[str, ...]:
        """Everybody whom a server is asked for."""
        return tuple(p for envelope, _ in self.versions for p in envelope.forward_paths)

    def whole(self, *, keep_bcc: bool = True) -> FinishedMessage:
        """Return the message as it is kept: for all, and with Bcc."""
        rules = self.settings.message.text_rules
        return with_header(
            self.draft, self.lists, self.content, rules=rules, keep_bcc=keep_bcc
        )

    def with_callback(self, on_read: Callable[[], None]) -> Self:
        """Call back each time one of its versions was read to its end."""
        from pymail.outbox.queued_message import NotifyingMessage

        return replace(
            self,
            versions=tuple((e, NotifyingMessage(m, on_read)) for e, m in self.versions),
        )


@model(frozen=False, kw_only=True)
class Result:
    """The result of an outgoing message; `reports` are of its versions, in their order.

    The last report may stand for several that were not tried any more. `failure` ended
    the attempt before any recipient was asked for, and no report says so.
    `files_served`: with or without failures, it is not done again. `unwritten` are the
    files among the recipients that could not be written, and `record_error` says
    what was wrong with one, or with the record. `queued` is what the outbox has of
    it, `queue_error` why that has nothing; `instead` is what it had for another server.
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
        """End with a failure, which the outbox notes where it has the message."""
        if self.queued:
            self.reports += self.queued.fail(failure)
        else:
            self.failure = failure
        return self

    @property
    def waiting(self) -> frozenset[str]:
        """Addresses that may still get it from the outbox, or have got it perhaps."""
        kept = self.queued.kept if self.queued else []
        return frozenset(address for each in kept for address in each.remaining.open)

    @property
    def undelivered(self) -> list[str]:
        """Recipients who did not get it, each an address or the word that was none."""
        missed = [
            row.address
            for report in self.reports
            for row in report.fates
            if row.fate is not Fate.ACCEPTED
        ]
        return [*missed, *self.unwritten, *self.outgoing.refused]

    @property
    def lost(self) -> list[str]:
        """Recipients who did not get it, and will not get it from the outbox."""
        waiting = self.waiting
        return [each for each in self.undelivered if each not in waiting]

    @property
    def storage_errors(self) -> list[CannotKeepError]:
        """What is wrong with the outbox's memory of it, and with the record."""
        problems = (self.queued and self.queued.problem, self.record_error)
        return [each for each in problems if each]

    @property
    def fully_delivered(self) -> bool:
        """True when all got it, and there is nothing to say about it."""
        complete = all(each.complete and not each.failure for each in self.reports)
        left = self.undelivered or self.outgoing.problems
        return complete and not (left or self.queue_error or self.storage_errors)

    @property
    def any_delivered(self) -> bool:
        """True when anybody got it."""
        return len(self.outgoing.files) > len(self.unwritten) or self.accepted

    @property
    def accepted(self) -> bool:
        """True when a server took it for anybody."""
        return any(report.with_fate(Fate.ACCEPTED) for report in self.reports)
