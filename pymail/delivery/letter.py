"""A letter as a door has collected it."""

from datetime import datetime
from typing import TYPE_CHECKING

from pymail.address.envelope import Notice
from pymail.message.byte_source import InMemory, Joined, Octets
from pymail.message.draft import Draft
from pymail.model import field, model, replace

if TYPE_CHECKING:
    from pymail.message.raw_message import RawMessage


@model(kw_only=True)
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
    `unread_header`: the text begins with a header that is not read yet;
    `from_header`: its recipients count, beside those named here.
    """

    draft: Draft
    now: datetime
    token: str
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    fcc: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    handed: "RawMessage | None" = None
    unread_header: bool = False
    from_header: bool = False
    full_name: str = ""
    reverse_path: str | None = None
    record_by_name: bool = False
    notice: Notice = field(default_factory=Notice)


def with_text(letter: Letter, text: Octets) -> Letter:
    """Put the text of standard input behind what files gave."""
    before = letter.draft.text
    whole = text if before == InMemory(b"") else Joined((before, text))
    return replace(letter, draft=replace(letter.draft, text=whole))
