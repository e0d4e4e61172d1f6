"""The draft under edit, and the state of one composition.

RFC 5322 §3.6 names the fields; `Subj` is mailx's.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from pymail.address.address_list import split_list
from pymail.address.mailbox import Mailbox, format_mailbox, parse_list
from pymail.compose.console import Console
from pymail.environment import Environment
from pymail.message.draft import Attachment, Draft
from pymail.model import model, replace
from pymail.octets import BufferedInput
from pymail.settings.models import Settings

LISTS = ("To", "Cc", "Bcc")
MIME_FIELDS = frozenset({"mime-version", "content-type", "content-transfer-encoding"})


@model(frozen=False, kw_only=True)
class EditableDraft:
    """A draft that changes; `text` is the body, whatever the draft says."""

    draft: Draft
    text: BufferedInput

    def bodies(self, name: str) -> list[str]:
        """Return what a field says, one instance or mailbox each."""
        draft = self.draft
        match name:
            case "To" | "Cc" | "Bcc" | "Fcc":
                return [*getattr(draft, name.lower())]
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
        return _separator(name).join(self.bodies(name))

    def set_bodies(self, name: str, bodies: Sequence[str]) -> None:
        """Let a field say this and no more.

        Raises:
            AddressError: a body must be mailboxes and is not.
        """
        match name:
            case "To" | "Cc" | "Bcc" | "Fcc":
                changed: dict[str, Any] = {name.lower(): tuple(bodies)}
                self.draft = replace(self.draft, **changed)
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
        rows += [("Fcc", name) for name in self.draft.fcc]
        return "".join(f"{n}: {body}\n" for n, body in (*rows, *self.draft.fields))

    def with_header(self, fields: Iterable[tuple[str, str]]) -> Draft:
        """Return the draft with this header instead of its own.

        Several fields of one name are added up.

        Raises:
            AddressError: a field must be mailboxes and is not.
        """
        named = replace(self.draft, from_=(), sender=None, reply_to=(), subject=None)
        bare = replace(named, to=(), cc=(), bcc=(), fcc=(), fields=())
        other = EditableDraft(draft=bare, text=self.text)
        for written, body in fields:
            name = canonical(written)
            if name.lower() not in MIME_FIELDS:
                bodies = filter(None, (other.body(name), body))
                other.set_field(name, _separator(name).join(bodies))
        return other.draft


_CANONICAL = {
    name.lower(): name
    for name in ("From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Subject", "Fcc")
} | {"subj": "Subject"}


def _separator(field: str) -> str:
    """Return what separates bodies of a field; a name of a file may have commas."""
    return "\n" if field == "Fcc" else ", "


def _mailboxes(bodies: Sequence[str]) -> tuple[Mailbox, ...]:
    return parse_list(", ".join(bodies))


def canonical(name: str) -> str:
    """Spell the name of a field as `EditableDraft` knows it."""
    return _CANONICAL.get(name.lower(), name)


@model(kw_only=True)
class Ports:
    """Functions that the caller lends.

    `complain` says what went wrong and stops nothing. `attach` raises
    UnreadableInputError, `command` (a line of a settings file; the settings
    after it) SettingsError or AddressError. `variable` is None for one that is
    not set, or is a secret.
    """

    complain: Callable[[str], None]
    attach: Callable[[str], Attachment]
    command: Callable[[str], Settings]
    variable: Callable[[str], str | None]


@model(frozen=False, kw_only=True)
class Composer:
    """One text being written."""

    message: EditableDraft
    console: Console
    settings: Settings
    ports: Ports
    ended: bool = False

    @property
    def environment(self) -> Environment:
        """The outside environment."""
        return self.console.environment

    def resume(self) -> None:
        """Say that the text goes on."""
        self.console.print("(continue)\n")

    def path(self, name: str) -> Path:
        """Make a file name absolute: `~` and `+folder` expand."""
        folder = self.settings.folder
        if name.startswith("+") and folder:
            return folder / name[1:]
        return self.environment.expand(name)
