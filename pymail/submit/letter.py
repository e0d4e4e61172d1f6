"""A letter on its way: as collected, as prepared, and what came of it."""

from dataclasses import dataclass, field
from datetime import datetime

from pymail.address.envelope import Envelope
from pymail.errors import CannotKeepError
from pymail.message.draft import Draft
from pymail.message.source import FinishedMessage
from pymail.outcome.report import Fate, Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a door has collected.

    `to`, `cc` and `bcc` are entries as written: addresses, aliases, files; `fcc`
    are names of files.
    `only` names the recipients of the envelope when they are fewer than the
    header's (a dead letter that some had got). `now` and `token` make Date and
    Message-ID, the same in every copy.
    """

    draft: Draft
    now: datetime
    token: str
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    fcc: tuple[str, ...] = ()
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A letter that is ready to go.

    The words in `refused` get nothing, and `problems` say why; `warnings` is
    what else the user should know. `files` are recipients too, as written.
    """

    letter: Letter
    envelope: Envelope | None
    message: FinishedMessage
    files: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What came of a parcel. `report` is None when only files were recipients.

    `unwritten` are the files among them that could not be written, and
    `unrecorded` says what was wrong with one, or with the record.
    """

    parcel: Parcel
    report: Report | None = None
    unrecorded: CannotKeepError | None = None
    unwritten: list[str] = field(default_factory=list)

    @property
    def unserved(self) -> list[str]:
        """Who did not get it, as an address or the word that was none."""
        rows = self.report.fates if self.report else ()
        missed = [row.address for row in rows if row.fate is not Fate.ACCEPTED]
        return [*missed, *self.unwritten, *self.parcel.refused]

    @property
    def served(self) -> bool:
        """Whether anybody got it."""
        report = self.report
        written = len(self.parcel.files) > len(self.unwritten)
        return bool(written or (report and report.with_fate(Fate.ACCEPTED)))
