"""What has been written so far, and the header it shows.

RFC 5322 §3.6 names the fields; `Subj` is mailx's.
"""

from collections.abc import Iterable

from pymail.address.lists import split_list
from pymail.address.mailbox import Mailbox, format_mailbox, parse_list
from pymail.message.draft import Draft
from pymail.octets import SpooledOctets
from pymail.record import record, replace

LISTS = ("To", "Cc", "Bcc")
OURS = frozenset({"mime-version", "content-type", "content-transfer-encoding"})


@record(frozen=False, kw_only=True)
class Sheet:
    """A letter under the pen.

    `to`, `cc` and `bcc` are entries as written, `fcc` files for copies; `text` is
    the body, whatever the draft says.
    """

    draft: Draft
    text: SpooledOctets
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    fcc: tuple[str, ...] = ()

    def entries(self, field: str) -> tuple[str, ...]:
        """Return the entries of To, Cc or Bcc."""
        found: tuple[str, ...] = getattr(self, field.lower())
        return found

    def put(self, field: str, text: str) -> None:
        """Replace To, Cc or Bcc by a list as a header has it."""
        setattr(self, field.lower(), split_list(text))

    def add(self, field: str, text: str) -> None:
        """Add a list to To, Cc or Bcc."""
        setattr(self, field.lower(), (*self.entries(field), *split_list(text)))

    def body(self, name: str) -> str:
        """Return what a field says, empty when it is not there."""
        draft = self.draft
        match name:
            case "To" | "Cc" | "Bcc" | "Fcc":
                return _between(name).join(self.entries(name))
            case "Subject":
                return draft.subject or ""
            case "From":
                return joined(draft.from_)
            case "Reply-To":
                return joined(draft.reply_to)
            case "Sender":
                return format_mailbox(draft.sender) if draft.sender else ""
            case _:
                return ", ".join(body for n, body in draft.fields if n == name)

    def set_field(self, name: str, body: str) -> None:
        """Replace a field; an empty body removes it.

        Raises:
            AddressError: the body must be mailboxes and is not.
        """
        match name:
            case "To" | "Cc" | "Bcc":
                self.put(name, body)
            case "Subject":
                self.draft = replace(self.draft, subject=body)
            case "From":
                self.draft = replace(self.draft, from_=parse_list(body))
            case "Reply-To":
                self.draft = replace(self.draft, reply_to=parse_list(body))
            case "Sender":
                sender = next(iter(parse_list(body)), None)
                self.draft = replace(self.draft, sender=sender)
            case "Fcc":
                self.fcc = tuple(body.splitlines())
            case _:
                others = [row for row in self.draft.fields if row[0] != name]
                added = [(name, body)] if body else []
                self.draft = replace(self.draft, fields=(*others, *added))

    def header(self) -> str:
        """Show the fields that are there, a line each."""
        names = ("From", "Sender", "Reply-To", *LISTS, "Subject")
        rows = [(name, body) for name in names if (body := self.body(name))]
        rows += [("Fcc", name) for name in self.fcc]
        return "".join(f"{n}: {body}\n" for n, body in (*rows, *self.draft.fields))

    def with_header(self, fields: Iterable[tuple[str, str]]) -> "Sheet":
        """Return the sheet with this header instead of its own.

        Several fields of one name are added up.

        Raises:
            AddressError: a field must be mailboxes and is not.
        """
        other = replace(
            self,
            draft=replace(
                self.draft, from_=(), sender=None, reply_to=(), subject=None, fields=()
            ),
            to=(),
            cc=(),
            bcc=(),
            fcc=(),
        )
        for written, body in fields:
            name = canonical(written)
            if name.lower() not in OURS:
                bodies = filter(None, (other.body(name), body))
                other.set_field(name, _between(name).join(bodies))
        return other

    def take(self, other: "Sheet") -> None:
        """Become what another sheet is, text aside."""
        self.draft, self.to, self.cc = other.draft, other.to, other.cc
        self.bcc, self.fcc = other.bcc, other.fcc


_CANONICAL = {
    name.lower(): name
    for name in ("From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Subject", "Fcc")
} | {"subj": "Subject"}


def _between(field: str) -> str:
    """What stands between two bodies of a field; a name of a file may have commas."""
    return "\n" if field == "Fcc" else ", "


def canonical(name: str) -> str:
    """Spell the name of a field as `Sheet` knows it."""
    return _CANONICAL.get(name.lower(), name)


def joined(mailboxes: Iterable[Mailbox]) -> str:
    """Write mailboxes as a header has them."""
    return ", ".join(map(format_mailbox, mailboxes))
