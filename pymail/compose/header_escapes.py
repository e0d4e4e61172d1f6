"""Escapes that change recipients, subject, sender and attachments."""

import re
from collections.abc import Iterable

from pymail.address.address_list import split_list
from pymail.compose.composer import Composer, bodies, body, with_bodies
from pymail.errors import AddressError, UnreadableInputError
from pymail.model import replace

_NAME = re.compile(r"""(?:"[^"]*"|'[^']*'|\\.|[^ \t,"'\\])+""").finditer
_QUOTED = re.compile(r""""([^"]*)"|'([^']*)'|\\(.)""")
RECIPIENTS = ("To", "Cc", "Bcc", "Subject")
SENDERS = ("From", "Reply-To", "Sender", "Organization")


def set_subject(composer: Composer, argument: str) -> None:
    """Set the subject (`~s`)."""
    composer.set_field("Subject", argument)


def add_recipients(field: str, composer: Composer, argument: str) -> None:
    """Add recipients to To, Cc or Bcc (`~t`, `~c`, `~b`)."""
    if argument:
        listed = (*bodies(composer.draft, field), *split_list(argument))
        composer.draft = with_bodies(composer.draft, field, listed)
    else:
        composer.complain(f"{field}: add whom? write addresses after the escape")


def edit_fields(fields: Iterable[str], composer: Composer, _argument: str) -> None:
    """Edit fields on the terminal (`~h`, `~H`)."""
    if not composer.console.is_terminal:
        composer.complain("fields are edited at a terminal; use ~t ~c ~b ~s")
        return
    for field in fields:
        before = body(composer.draft, field)
        answer = composer.console.ask(f"{field}: ", before)
        if answer != before:
            _set_field(composer, field, answer)
    composer.resume()


def _set_field(composer: Composer, field: str, body: str) -> None:
    """Replace a field, or say why it stays."""
    try:
        composer.set_field(field, body)
    except AddressError as error:
        composer.complain(f"{field}: {error.happened}")


def attach(composer: Composer, argument: str) -> None:
    """Attach the files named, or edit the list when none is (`~@`)."""
    if not argument:
        edit_attachments(composer)
    for name in file_names(argument):
        _attach(composer, name)


def edit_attachments(composer: Composer) -> None:
    """Ask for each attachment, then for more until none is named.

    With a dash instead of a name an attachment goes; on a pipe names follow,
    up to an empty line (s-nail's way).
    """
    for place, attachment in enumerate(composer.draft.attachments, 1):
        if not composer.console.is_terminal:
            break
        answer = composer.console.ask(f"#{place} filename: ", attachment.name)
        if answer != attachment.name:
            others = composer.draft.attachments
            kept = tuple(a for a in others if a is not attachment)
            composer.draft = replace(composer.draft, attachments=kept)
            _attach(composer, "" if answer == "-" else answer)
    _more_attachments(composer)


def _more_attachments(composer: Composer) -> None:
    while True:
        place = len(composer.draft.attachments) + 1
        terminal = composer.console.is_terminal
        name = composer.console.ask(f"#{place} filename: " if terminal else "")
        if not name:
            return
        for one in file_names(name):
            _attach(composer, one)


def _attach(composer: Composer, name: str) -> None:
    if not name:
        return
    draft = composer.draft
    try:
        added = composer.attach(name)
    except UnreadableInputError as error:
        composer.complain(f"not attached: {error.happened}")
        return
    composer.draft = replace(draft, attachments=(*draft.attachments, added))


def file_names(text: str) -> list[str]:
    """Split at blanks and commas; quotes and backslashes keep them in a name."""
    return [
        _QUOTED.sub(lambda q: q[1] or q[2] or q[3] or "", found[0])
        for found in _NAME(text)
    ]
