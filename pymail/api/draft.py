"""Drafts of callers, and their conversion to drafts for delivery."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from os import PathLike
from pathlib import Path as FilePath
from types import NoneType
from typing import TYPE_CHECKING, Any, BinaryIO

from pymail.address.address_list import split_list
from pymail.address.mailbox import Mailbox, parse_list, parse_mailbox
from pymail.delivery.context import RunContext
from pymail.errors import MessageError, UnreadableInputError
from pymail.message import draft as message
from pymail.message import fields
from pymail.message.byte_source import InMemory, Octets
from pymail.message.draft_header import with_fields
from pymail.model import model, replace
from pymail.octets import CHUNK_OCTETS, BufferedInput, FileOctets

if TYPE_CHECKING:
    from email.message import Message

Addresses = str | Iterable[str]
Path = str | PathLike[str]
Fields = Mapping[str, str] | Iterable[tuple[str, str]]
_CONTROL = r"[\x00-\x08\x0a-\x1f\x7f]"


@model()
class Attachment:
    """A file to attach, and its name in the message.

    `content` is bytes, a path, or a file opened in binary mode. pymail reads a path
    while it sends, so memory doesn't grow with the file; it reads an open file from
    its position to its end, and restores the position if it can. An empty
    `content_type` is guessed from name and content; examples are "text/csv" and
    "text/plain; charset=gb18030" (RFC 2045 §5). `content_id`, without angle brackets,
    makes it an image that the HTML shows as `cid:ID` (RFC 2392).
    """

    name: str
    content: bytes | Path | BinaryIO
    content_type: str = ""
    content_id: str = ""


Attach = Path | Attachment | Iterable[Path | Attachment]
_KINDS: Mapping[str, tuple[type, ...]] = {
    "subject": (str, NoneType),
    "text": (str, bytes),
    "html": (str, NoneType),
    "sender": (str,),
}


@model(kw_only=True)
class Draft:
    """A message before it is built: recipients, text and attachments.

    `to`, `cc`, `bcc`, `from_` and `reply_to` are one string as in a header
    ("Ann <ann@example.com>, bob@example.com"; RFC 5322 §3.4), or an iterable of
    strings with one address each. Aliases of mail.rc are expanded. Without `from_`
    the settings name the author; several authors need a `sender`.

    `text` is encoded as UTF-8, unless the settings name another charset, and gets a
    newline at its end; the charset of bytes is guessed. `html` is the same content as
    HTML; without `text`, pymail makes the text from it. `markdown=True` keeps the text
    and makes HTML from it (CommonMark with tables), with the local images that it
    shows. `attach` holds paths and `Attachment`s. `fields` are further header fields:
    a line end in one is refused; in the subject, it becomes a space.

    You can send a draft several times.
    """

    to: Addresses = ()
    cc: Addresses = ()
    bcc: Addresses = ()
    subject: str | None = None
    text: str | bytes = ""
    html: str | None = None
    markdown: bool = False
    attach: Attach = ()
    from_: Addresses = ()
    sender: str = ""
    reply_to: Addresses = ()
    fields: Fields = ()

    def __post_init__(self) -> None:
        """Turn iterables into tuples, and check types.

        Raises:
            TypeError: a field has a wrong type, or html and markdown are both set.
        """
        for name, kinds in _KINDS.items():
            _check(name, [getattr(self, name)], kinds)
        if self.markdown and self.html is not None:
            raise TypeError("html and markdown: set only one of them")
        for name in ("to", "cc", "bcc", "from_", "reply_to"):
            object.__setattr__(self, name, _words(name, getattr(self, name)))
        attach = self.attach
        single = isinstance(attach, str | PathLike | Attachment)
        files = (attach,) if single else tuple(attach)  # type: ignore[arg-type] # an iterable
        _check("attach", files, (str, PathLike, Attachment))
        object.__setattr__(self, "attach", files)
        fields = self.fields
        pairs = tuple(fields.items() if isinstance(fields, Mapping) else fields)
        _check("fields", [part for pair in pairs for part in pair], (str,))
        object.__setattr__(self, "fields", pairs)


def _words(name: str, addresses: Addresses) -> tuple[str, ...]:
    if isinstance(addresses, str):
        return split_list(addresses, at_blanks=False)
    words = tuple(addresses)
    _check(name, words, (str,))
    return tuple(filter(None, map(str.strip, words)))


def _check(name: str, values: Iterable[object], kinds: tuple[type, ...]) -> None:
    for value in values:
        if not isinstance(value, kinds):
            wanted = ", ".join(kind.__name__ for kind in kinds)
            raise TypeError(f"{name}: {type(value).__name__}, not one of {wanted}")


def make_draft(
    draft: "Draft | Message", files: ExitStack, context: RunContext
) -> message.Draft:
    """Make the draft that delivery sends; keep `files` open until then.

    Raises:
        AddressError: an author or a sender is not a mailbox.
        MessageError: a field has a wrong name or a line end, Markdown is too long or
            not text, or an EmailMessage can't be serialized.
        UnreadableInputError: an attachment or an image can't be read.
        TypeError: it is neither a draft nor an EmailMessage.
    """
    environment = context.environment
    if not isinstance(draft, Draft):
        return message.Draft(
            now=environment.now(),
            token=environment.token(),
            text=InMemory(_serialize(draft)),
            unread_header=True,
            from_header=True,
        )
    assert isinstance(draft.attach, tuple)  # noqa: S101 - the draft made it one
    attached = [_attachment(each, files) for each in draft.attach]
    made = message.Draft(
        now=environment.now(),
        token=environment.token(),
        to=(*draft.to,),
        cc=(*draft.cc,),
        bcc=(*draft.bcc,),
        from_=_mailboxes(draft.from_),
        sender=parse_mailbox(draft.sender) if draft.sender else None,
        reply_to=_mailboxes(draft.reply_to),
        subject=draft.subject,
        text=InMemory(_encode(draft.text)),
        html=None if draft.html is None else InMemory(_encode(draft.html)),
        attachments=tuple(a for a in attached if not a.content_id),
        inline=tuple(a for a in attached if a.content_id),
    )
    made = with_fields(made, _fields(draft))
    if not draft.markdown:
        return made
    from pymail.delivery.html_alternative import MARKDOWN, add_html_alternative

    with_html = add_html_alternative(made, MARKDOWN, context)
    return replace(with_html, inline=(*made.inline, *with_html.inline))


def _serialize(written: object) -> bytes:
    """Serialize a message of the library `email`; delivery encodes UTF-8 in its header.

    Raises:
        MessageError: the library can't.
        TypeError: it is no such message.
    """
    from email.errors import MessageError as EmailError
    from email.message import Message

    if not isinstance(written, Message):
        kind = type(written).__name__
        raise TypeError(f"text: {kind}, not one of str, bytes, Draft, EmailMessage")
    policy: Any = written.policy  # Compat32 has no utf8
    if getattr(policy, "utf8", None) is False:  # it would encode local parts, too
        policy = policy.clone(utf8=True)
    try:
        return written.as_bytes(policy=policy)
    except (ValueError, LookupError, EmailError) as error:
        raise MessageError(f"the {type(written).__name__}: {error}") from error


def _mailboxes(words: object) -> tuple[Mailbox, ...]:
    assert isinstance(words, tuple)  # noqa: S101 - the draft made it one
    return tuple(mailbox for word in words for mailbox in parse_list(word))


def _fields(draft: Draft) -> Iterator[tuple[str, str]]:
    assert isinstance(draft.fields, tuple)  # noqa: S101 - the draft made it one
    for name, body in draft.fields:
        if re.search(_CONTROL, body):
            raise MessageError(f"a control character in the field {name[:60]!r}")
        yield fields.check_name(name), body


def _encode(text: str | bytes) -> bytes:
    if isinstance(text, bytes):
        return text
    try:
        octets = text.encode("utf-8", "surrogateescape")
        return octets + b"\n" if octets and not octets.endswith(b"\n") else octets
    except UnicodeEncodeError as error:
        bad = text[error.start : error.end]
        raise MessageError(f"the text has no character for {bad[:20]!r}") from error


def _attachment(
    each: str | PathLike[str] | Attachment, files: ExitStack
) -> message.Attachment:
    if not isinstance(each, Attachment):
        each = Attachment(FilePath(each).name, each)
    return message.Attachment(
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
        return FileOctets.at(FilePath(content).absolute())
    return _spool(name, content, files)


def _spool(name: str, file: BinaryIO, files: ExitStack) -> BufferedInput:
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
