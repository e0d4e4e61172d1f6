"""From a caller's draft to a letter: addresses read, files looked at."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from pymail.address.mailbox import Mailbox, parse_list, parse_mailbox
from pymail.api.draft import Attachment, Draft
from pymail.delivery.context import RunContext
from pymail.delivery.draft_header import with_field
from pymail.environment import Environment
from pymail.errors import MessageError, UnreadableInputError
from pymail.message import draft as written
from pymail.message import fields
from pymail.message.byte_source import InMemory, Octets
from pymail.model import replace
from pymail.octets import CHUNK_OCTETS, BufferedInput, FileOctets

_CONTROL = r"[\x00-\x08\x0a-\x1f\x7f]"


def letter_of(
    draft: Draft, files: ExitStack, environment: Environment
) -> written.Draft:
    """Make a letter of a draft; what `files` holds is needed until it was sent.

    Raises:
        AddressError: an author or a sender is no mailbox.
        MessageError: a field has no name, or a line end in it.
        UnreadableInputError: something to attach cannot be read.
    """
    made = written.Draft(
        now=environment.now(),
        token=environment.token(),
        to=(*draft.to,),
        cc=(*draft.cc,),
        bcc=(*draft.bcc,),
        from_=_mailboxes(draft.from_),
        sender=parse_mailbox(draft.sender) if draft.sender else None,
        reply_to=_mailboxes(draft.reply_to),
        subject=draft.subject,
    )
    for name, body in _fields(draft):
        made = with_field(made, name, body)
    assert isinstance(draft.attach, tuple)  # noqa: S101 - the draft made it one
    attached = [_attached(each, files) for each in draft.attach]
    return replace(
        made,
        text=InMemory(_octets(draft.text)),
        html=None if draft.html is None else InMemory(_octets(draft.html)),
        attachments=tuple(a for a in attached if not a.content_id),
        inline=tuple(a for a in attached if a.content_id),
    )


def with_html(letter: written.Draft, context: RunContext) -> written.Draft:
    """Add to a text in Markdown what it looks like.

    Raises:
        MessageError: the text is too long, or no text.
        UnreadableInputError: an image cannot be read.
    """
    from pymail.delivery.html_alternative import MARKDOWN, add_html_alternative

    made = add_html_alternative(letter, MARKDOWN, context)
    inline = (*letter.inline, *made.inline)
    return replace(made, inline=inline)


def _mailboxes(words: object) -> tuple[Mailbox, ...]:
    assert isinstance(words, tuple)  # noqa: S101 - the draft made it one
    return tuple(mailbox for word in words for mailbox in parse_list(word))


def _fields(draft: Draft) -> Iterator[tuple[str, str]]:
    assert isinstance(draft.fields, tuple)  # noqa: S101 - the draft made it one
    for name, body in draft.fields:
        if re.search(_CONTROL, body):
            raise MessageError(f"a control character in the field {name[:60]!r}")
        yield fields.check_name(name), body


def _octets(text: str | bytes) -> bytes:
    if isinstance(text, bytes):
        return text
    try:
        octets = text.encode("utf-8", "surrogateescape")
        return octets + b"\n" if octets and not octets.endswith(b"\n") else octets
    except UnicodeEncodeError as error:
        bad = text[error.start : error.end]
        raise MessageError(f"the text has no character for {bad[:20]!r}") from error


def _attached(
    each: str | PathLike[str] | Attachment, files: ExitStack
) -> written.Attachment:
    if not isinstance(each, Attachment):
        each = Attachment(Path(each).name, each)
    return written.Attachment(
        name=each.name,
        content=_content(each.name, each.content, files),
        content_type=each.content_type,
        content_id=each.content_id,
    )


def _content(
    name: str, content: bytes | str | PathLike[str] | BinaryIO, files: ExitStack
) -> Octets:
    if isinstance(content, bytes):
        return InMemory(content)
    if isinstance(content, str | PathLike):
        return FileOctets.at(Path(content).absolute())
    return _spooled(name, content, files)


def _spooled(name: str, file: BinaryIO, files: ExitStack) -> BufferedInput:
    spool = BufferedInput()
    files.callback(spool.close)
    try:
        start = file.tell() if file.seekable() else None
        while block := file.read(CHUNK_OCTETS):
            spool.write(block)
        if start is not None:
            file.seek(start)
    except (OSError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        raise UnreadableInputError(f"{name}: {reason}") from error
    return spool
