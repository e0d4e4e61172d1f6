"""Drafts: a message and its recipients as the author writes them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from pymail.address.dsn import DsnRequest
from pymail.address.mailbox import Mailbox
from pymail.message.byte_source import InMemory, Joined, Octets
from pymail.model import field, model, replace

if TYPE_CHECKING:
    from pymail.message.raw_message import RawMessage


Lists = Mapping[str, tuple[Mailbox, ...]]  # of To, Cc and Bcc


@model(kw_only=True)
class Attachment:
    """A file to attach.

    `content_type` is empty if it must be guessed from `name` and content. `charset` and
    `encoding` are those that the user requests; `type_name` is the name in the
    Content-Type if it differs from `name`. With a `content_id` (without angle brackets)
    the file is shown inside the HTML that refers to it as `cid:` (RFC 2392).
    """

    name: str
    content: Octets
    content_type: str = ""
    charset: str = ""
    encoding: str = ""
    type_name: str = ""
    content_id: str = ""


@model(kw_only=True)
class TextRules:
    """Charsets and transfer encoding of text, from the variables; empty is unset.

    `sendcharsets` are tried in order if the text is to be converted; without them
    UTF-8 stays UTF-8.
    """

    ttycharset: str = ""  # charset of the input, if the user names it
    locale_charset: str = ""  # charset of the locale, if it names one
    sendcharsets: tuple[str, ...] = ()
    charset_7bit: str = "us-ascii"
    charset_8bit: str = "utf-8"
    encoding: str = ""  # "8bit", "quoted-printable", "base64"; empty: the shorter
    longest_unencoded_line: int = 950  # octets; a line from there on is encoded

    @property
    def named(self) -> tuple[str, str]:
        """The charsets that octets may be in, the likelier first."""
        return self.ttycharset, self.locale_charset


@model(kw_only=True)
class Draft:
    """A message and its recipients as the author writes them.

    Date, Message-ID and boundaries derive from `now` and `token`, so that they are the
    same in every copy. `message_id` is empty until the message is prepared, and if the
    server makes it. `to`, `cc` and `bcc` are entries as written: addresses, aliases,
    files; `fcc` are file names. `only` are the recipients of the envelope, including
    the caller's, if they are fewer than the header's (a dead letter that some of them
    have received). `full_name` is the author's name if no field has one.
    `reverse_path` is the envelope sender from the caller, None for the author. With
    `record_by_name` the record is named after the first recipient (-F).

    `subject` is None if there is none. `fields` are further header fields (name, body
    as text) in order. `text` is the body; `content_type` its type with parameters,
    empty for text/plain; with a `transfer_encoding` it is already encoded and stays
    unchanged. `head` stands before the text, `tail` and then `signature` after it. With
    `alternative` the attachments are alternatives to the text (RFC 2046 §5.1.4). `html`
    is the text as HTML (UTF-8), None for none; `inline` are its images.

    `raw` is the whole message if a program wrote it. `unread_header`: the text begins
    with a header that is not read yet; `from_header`: recipients in that header are
    added to those in the draft.
    """

    now: datetime
    token: str
    message_id: str = ""
    from_: tuple[Mailbox, ...] = ()
    full_name: str = ""
    sender: Mailbox | None = None
    reply_to: tuple[Mailbox, ...] = ()
    reverse_path: str | None = None
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    fcc: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    subject: str | None = None
    fields: tuple[tuple[str, str], ...] = ()
    text: Octets = field(default_factory=lambda: InMemory(b""))
    content_type: str = ""
    transfer_encoding: str = ""
    head: bytes = b""
    tail: bytes = b""
    signature: bytes = b""
    attachments: tuple[Attachment, ...] = ()
    alternative: bool = False
    html: Octets | None = None
    inline: tuple[Attachment, ...] = ()
    raw: "RawMessage | None" = None
    unread_header: bool = False
    from_header: bool = False
    record_by_name: bool = False
    dsn: DsnRequest = DsnRequest()

    def with_text(self, text: Octets) -> "Draft":
        """Append the text of standard input to the text of files."""
        before = self.text
        whole = text if before == InMemory(b"") else Joined((before, text))
        return replace(self, text=whole)

    def with_attachments(self, more: Iterable[Attachment]) -> "Draft":
        """Return the same with more attachments."""
        return replace(self, attachments=(*self.attachments, *more))
