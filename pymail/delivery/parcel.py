"""A letter on its way: as prepared, and what came of it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from pymail.address.envelope import Envelope
from pymail.delivery.letter import Letter
from pymail.errors import CannotKeepError, PymailError
from pymail.message.byte_source import FinishedMessage
from pymail.message.mime_entity import Entity
from pymail.model import field, model, replace
from pymail.report.delivery_report import Fate, Report

if TYPE_CHECKING:
    from pymail.delivery.queue import Spool


@model()
class Consignment:
    """One message and for whom it travels; a transport takes it as a whole."""

    envelope: Envelope
    message: FinishedMessage


@model(kw_only=True)
class Sealed:
    """What a letter became: its content as it is kept, and as it goes to whom.

    The addresses in `refused` get nothing, and `problems` say why.
    """

    content: Entity
    consignments: tuple[Consignment, ...] = ()
    refused: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@model(kw_only=True)
class Parcel:
    """A letter that is ready to go.

    `content` is what is kept of it: signed perhaps, never encrypted. There are
    several `consignments` when some get it encrypted, none when only files are
    recipients; whoever is named first in the letter is in the first. The words in
    `refused` get nothing, and `problems` say why; `warnings` is what else the user
    should know, `remarks` what -v tells. `files` are recipients too, as written.
    """

    letter: Letter
    content: Entity
    consignments: tuple[Consignment, ...] = ()
    files: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def announced(self, read: Callable[[], None]) -> Self:
        """Let all its messages say when they were read to their end."""
        from pymail.outbox.queued_message import Announced

        consignments = tuple(
            replace(each, message=Announced(each.message, read))
            for each in self.consignments
        )
        return replace(self, consignments=consignments)


@model(frozen=False, kw_only=True)
class Outcome:
    """What came of a parcel; `reports` are of its consignments, in their order.

    The last report may stand for several that were not tried any more.
    `files_served`: whatever came of it, it is not done again. `unwritten` are the
    files among the recipients that could not be written, and `unrecorded` says
    what was wrong with one, or with the record. `spool` is what the outbox has of
    it, `unspooled` why that has nothing; `instead` is what it had for another server.
    """

    parcel: Parcel
    reports: list[Report] = field(default_factory=list)
    unrecorded: CannotKeepError | None = None
    files_served: bool = False
    unwritten: list[str] = field(default_factory=list)
    spool: "Spool | None" = None
    unspooled: CannotKeepError | None = None
    instead: "Spool | None" = None

    def spooled_after(self, failure: PymailError) -> Self:
        """Let the outbox keep it after a failure, and return the same outcome."""
        self.reports += self.spool.fail(failure) if self.spool else ()
        return self

    @property
    def waiting(self) -> frozenset[str]:
        """Who may still get it from the outbox, or has got it perhaps."""
        kept = self.spool.kept if self.spool else []
        return frozenset(address for each in kept for address in each.addresses)

    @property
    def unserved(self) -> list[str]:
        """Who did not get it, as an address or the word that was none."""
        missed = [
            row.address
            for report in self.reports
            for row in report.fates
            if row.fate is not Fate.ACCEPTED
        ]
        return [*missed, *self.unwritten, *self.parcel.refused]

    @property
    def perfect(self) -> bool:
        """Whether everybody got it, and there is nothing to say about it."""
        complete = all(each.complete and not each.failure for each in self.reports)
        kept = self.unspooled or (self.spool and self.spool.problem)
        left = self.unserved or self.unrecorded or self.parcel.problems
        return complete and not left and not kept

    @property
    def served(self) -> bool:
        """Whether anybody got it."""
        return len(self.parcel.files) > len(self.unwritten) or self.accepted

    @property
    def accepted(self) -> bool:
        """Whether it was taken for anybody but a file."""
        return any(report.with_fate(Fate.ACCEPTED) for report in self.reports)
