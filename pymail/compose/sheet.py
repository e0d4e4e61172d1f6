"""What has been written so far, and the header it shows.

RFC 5322 §3.6 names the fields; `Subj` is mailx's.
"""

from collections.abc import Iterable, Sequence

from pymail.address.address_list import split_list
from pymail.address.mailbox import Mailbox, format_mailbox, parse_list
from pymail.message.draft import Draft
from pymail.model import model, replace
from pymail.octets import BufferedInput

LISTS = ("To", "Cc", "Bcc")
OURS = frozenset({"mime-version", "content-type", "content-transfer-encoding"})


@model(frozen=False, kw_only=True)
class Sheet:
    """A letter under the pen.

    `to`, `cc` and `bcc` are entries as written, `fcc` files for copies; `text` is
    the body, whatever the draft says.
    """

    draft: Draft
    text: BufferedInput
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    fcc: tuple[str, ...] = ()

    def bodies(self, name: str) -> list[str]:
        """Return what a field says, one instance or mailbox each."""
        draft = self.draft
        match name:
            case "To" | "Cc" | "Bcc" | "Fcc":
                return [*getattr(self, name.lower())]
            case "Subject":
                return [draft.subject] if draft.subject else []
            case "From" | "Reply-To":
                found = draft.from_ if name == "From" else draft.reply_to
                return [*map(format_mailbox, found)]
            case "Sender":
                return [format_mailbox(draft.sender)] if draft.sender else []
            case _:
                return [body for n, body in draft.fields if n.lower() == name.lower()]

    def body(self, name: str) -> str:
        """Return what a field says in one line, empty when it is not there."""
        return _between(name).join(self.bodies(name))

    def set_bodies(self, name: str, bodies: Sequence[str]) -> None:
        """Let a field say this and no more.

        Raises:
            AddressError: a body must be mailboxes and is not.
        """
        match name:
            case "To" | "Cc" | "Bcc" | "Fcc":
                setattr(self, name.lower(), tuple(bodies))
            case "Subject":
                self.draft = replace(self.draft, subject=next(iter(bodies), None))
            case "From":
                self.draft = replace(self.draft, from_=_mailboxes(bodies))
            case "Reply-To":
                self.draft = replace(self.draft, reply_to=_mailboxes(bodies))
            case "Sender":
                sender = next(iter(_mailboxes(bodies)), None)
                self.draft = replace(self.draft, sender=sender)
            case _:
                rows = self.draft.fields
                others = [row for row in rows if row[0].lower() != name.lower()]
                added = [(name, body) for body in bodies]
                self.draft = replace(self.draft, fields=(*others, *added))

    def set_field(self, name: str, body: str) -> None:
        """Replace a field; an empty body removes it.

        Raises:
            AddressError: the body must be mailboxes and is not.
        """
        if name in LISTS:
            bodies = split_list(body)
        elif name == "Fcc":
            bodies = tuple(body.splitlines())
        else:
            bodies = (body,) if body or name == "Subject" else ()
        self.set_bodies(name, bodies)

    def add(self, name: str, text: str) -> None:
        """Add a list to To, Cc or Bcc."""
        self.set_bodies(name, (*self.bodies(name), *split_list(text)))

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


def _mailboxes(bodies: Sequence[str]) -> tuple[Mailbox, ...]:
    return parse_list(", ".join(bodies))


def canonical(name: str) -> str:
    """Spell the name of a field as `Sheet` knows it."""
    return _CANONICAL.get(name.lower(), name)


def joined(mailboxes: Iterable[Mailbox]) -> str:
    """Write mailboxes as a header has them."""
    return ", ".join(map(format_mailbox, mailboxes))
