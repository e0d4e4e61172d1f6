"""The state of one composition, and the fields of its draft.

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
_CANONICAL = {
    name.lower(): name
    for name in ("From", "Sender", "Reply-To", *LISTS, "Subject", "Fcc")
} | {"subj": "Subject"}


@model(frozen=False, kw_only=True)
class Composer:
    """A message being written; `text` is its body, not the draft's.

    The caller supplies the functions. `complain` prints a warning. `attach` raises
    UnreadableInputError; `command` runs a line of settings, returns the new settings,
    and raises SettingsError or AddressError. `variable` returns None for a variable
    that is unset or secret.
    """

    draft: Draft
    text: BufferedInput
    console: Console
    settings: Settings
    complain: Callable[[str], None]
    attach: Callable[[str], Attachment]
    command: Callable[[str], Settings]
    variable: Callable[[str], str | None]
    ended: bool = False

    @property
    def environment(self) -> Environment:
        """The outside environment."""
        return self.console.environment

    def resume(self) -> None:
        """Tell the writer that the text continues."""
        self.console.print("(continue)\n")

    def path(self, name: str) -> Path:
        """Make a file name absolute: `~` and `+folder` expand."""
        folder = self.settings.folder
        if name.startswith("+") and folder:
            return folder / name[1:]
        return self.environment.expand(name)

    def set_field(self, name: str, body: str) -> None:
        """Replace a field of the draft; raise as `with_field` does."""
        self.draft = with_field(self.draft, name, body)


# ── fields of a draft ───────────────────────────────────────────────────────


def canonical(name: str) -> str:
    """Return the canonical spelling of a field name."""
    return _CANONICAL.get(name.lower(), name)


def bodies(draft: Draft, name: str) -> list[str]:
    """Return the bodies of a field: one for each instance, or for each mailbox."""
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


def body(draft: Draft, name: str) -> str:
    """Return the bodies of a field in one line; empty if the field is absent."""
    return _separator(name).join(bodies(draft, name))


def _separator(field: str) -> str:
    """Return the separator of the bodies of a field; file names may contain commas."""
    return "\n" if field == "Fcc" else ", "


def with_bodies(draft: Draft, name: str, bodies: Sequence[str]) -> Draft:
    """Replace all bodies of a field.

    Raises:
        AddressError: a body must be mailboxes and is not.
    """
    match name:
        case "To" | "Cc" | "Bcc" | "Fcc":
            changed: dict[str, Any] = {name.lower(): tuple(bodies)}
            return replace(draft, **changed)
        case "Subject":
            return replace(draft, subject=next(iter(bodies), None))
        case "From":
            return replace(draft, from_=_mailboxes(bodies))
        case "Reply-To":
            return replace(draft, reply_to=_mailboxes(bodies))
        case "Sender":
            return replace(draft, sender=next(iter(_mailboxes(bodies)), None))
        case _:
            others = [row for row in draft.fields if row[0].lower() != name.lower()]
            added = [(name, body) for body in bodies]
            return replace(draft, fields=(*others, *added))


def _mailboxes(bodies: Sequence[str]) -> tuple[Mailbox, ...]:
    return parse_list(", ".join(bodies))


def with_field(draft: Draft, name: str, body: str) -> Draft:
    """Replace a field; an empty body removes it.

    Raises:
        AddressError: the body must be mailboxes and is not.
    """
    if name in LISTS:
        return with_bodies(draft, name, split_list(body))
    if name == "Fcc":
        return with_bodies(draft, name, body.splitlines())
    return with_bodies(draft, name, (body,) if body or name == "Subject" else ())


def header(draft: Draft) -> str:
    """Return the header of a draft, a line for each field."""
    names = ("From", "Sender", "Reply-To", *LISTS, "Subject")
    rows = [(name, text) for name in names if (text := body(draft, name))]
    rows += [("Fcc", name) for name in draft.fcc]
    return "".join(f"{n}: {text}\n" for n, text in (*rows, *draft.fields))


def with_header(draft: Draft, fields: Iterable[tuple[str, str]]) -> Draft:
    """Return the draft with this header in place of its own.

    Fields with the same name are joined.

    Raises:
        AddressError: a field must be mailboxes and is not.
    """
    draft = replace(draft, from_=(), sender=None, reply_to=(), subject=None)
    draft = replace(draft, to=(), cc=(), bcc=(), fcc=(), fields=())
    for written, text in fields:
        name = canonical(written)
        if name.lower() not in MIME_FIELDS:
            texts = filter(None, (body(draft, name), text))
            draft = with_field(draft, name, _separator(name).join(texts))
    return draft
