"""A letter as a door has collected it."""

from datetime import datetime
from typing import TYPE_CHECKING

from pymail.address.envelope import Notice
from pymail.message.draft import Draft
from pymail.record import field, record

if TYPE_CHECKING:
    from pymail.message.handed import Handed


@record(kw_only=True)
class Letter:
    """What a door has collected.

    `to`, `cc` and `bcc` are entries as written: addresses, aliases, files; `fcc`
    are names of files.
    `only` names the recipients of the envelope when they are fewer than the
    header's (a dead letter that some had got), those whom the caller names among
    them. `now` and `token` make Date and Message-ID, the same in every copy.
    `handed` is the message itself when a program has written it; the draft then
    says who writes, `full_name` what that author is called if nobody says it.
    `reverse_path` is the envelope sender as the caller gives it, None for the
    author. With `record_by_name` the record is named after the first recipient (-F).
    """

    draft: Draft
    now: datetime
    token: str
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    fcc: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    handed: "Handed | None" = None
    full_name: str = ""
    reverse_path: str | None = None
    record_by_name: bool = False
    notice: Notice = field(default_factory=Notice)
