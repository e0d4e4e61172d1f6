"""An outgoing message with its envelope, and the result of sending it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from pymail.address.envelope import Envelope
from pymail.delivery.recipients import ResolvedRecipients
from pymail.errors import CannotKeepError, PymailError
from pymail.message.byte_source import FinishedMessage
from pymail.message.draft import Draft
from pymail.message.mime_entity import Entity
from pymail.model import field, model, replace
from pymail.report.delivery_report import Fate, Report

if TYPE_CHECKING:
    from pymail.delivery.queue import PendingMessages

Versions = tuple[tuple[Envelope, FinishedMessage], ...]


@model(kw_only=True)
class OutgoingMessage:
    """A message that is ready to go, and for whom.

    `versions` pair an envelope with what travels under it: one for all, several when
    some get it encrypted, none when only files are recipients; whoever is named first
    in the draft is in the first. `content` is what is kept of it: signed perhaps, never
    encrypted. The words in `refused` get nothing, and `problems` say why; `warnings`
    is what else the user should know, `remarks` what -v tells.
    """

    draft: Draft
    recipients: ResolvedRecipients
    content: Entity
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

    @property
    def files(self) -> tuple[str, ...]:
        """The recipients that are files, as written, each once."""
        return tuple(dict.fromkeys(self.recipients.files))

    def with_callback(self, on_read: Callable[[], None]) -> Self:
        """Call back each time one of its versions was read to its end."""
        from pymail.outbox.queued_message import NotifyingMessage

        return replace(
            self,
            versions=tuple((e, NotifyingMessage(m, on_read)) for e, m in self.versions),
        )


@model(frozen=False, kw_only=True)
class Result:
    """What came of an outgoing message; `reports` are of its versions, in their order.

    The last report may stand for several that were not tried any more.
    `files_served`: whatever came of it, it is not done again. `unwritten` are the
    files among the recipients that could not be written, and `record_error` says
    what was wrong with one, or with the record. `queued` is what the outbox has of
    it, `queue_error` why that has nothing; `instead` is what it had for another server.
    """

    outgoing: OutgoingMessage
    reports: list[Report] = field(default_factory=list)
    record_error: CannotKeepError | None = None
    files_served: bool = False
    unwritten: list[str] = field(default_factory=list)
    queued: "PendingMessages | None" = None
    queue_error: CannotKeepError | None = None
    instead: "PendingMessages | None" = None

    def queued_after(self, failure: PymailError) -> Self:
        """Let the outbox keep it after a failure, and return the same result."""
        self.reports += self.queued.fail(failure) if self.queued else ()
        return self

    @property
    def waiting(self) -> frozenset[str]:
        """Who may still get it from the outbox, or has got it perhaps."""
        kept = self.queued.kept if self.queued else []
        return frozenset(address for each in kept for address in each.remaining.open)

    @property
    def undelivered(self) -> list[str]:
        """Who did not get it, as an address or the word that was none."""
        missed = [
            row.address
            for report in self.reports
            for row in report.fates
            if row.fate is not Fate.ACCEPTED
        ]
        return [*missed, *self.unwritten, *self.outgoing.refused]

    @property
    def fully_delivered(self) -> bool:
        """Whether everybody got it, and there is nothing to say about it."""
        complete = all(each.complete and not each.failure for each in self.reports)
        kept = self.queue_error or (self.queued and self.queued.problem)
        left = self.undelivered or self.record_error or self.outgoing.problems
        return complete and not left and not kept

    @property
    def any_delivered(self) -> bool:
        """Whether anybody got it."""
        return len(self.outgoing.files) > len(self.unwritten) or self.accepted

    @property
    def accepted(self) -> bool:
        """Whether it was taken for anybody but a file."""
        return any(report.with_fate(Fate.ACCEPTED) for report in self.reports)
