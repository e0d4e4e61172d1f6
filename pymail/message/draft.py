"""Drafts: a message and its recipients, as its author has written them."""

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
    """A file to send along.

    `content_type` is set when the user named it, empty when it is to be guessed
    from `name` and content; `charset` is what the user says the text is in.
    `encoding` is a wish, and `type_name` the name in its type when that is another.
    With a `content_id` (without angle brackets) it is shown inside the HTML that
    refers to it as `cid:` (RFC 2392).
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
    """How text becomes parts: what the variables say about charsets and encoding.

    Empty means: not set. `sendcharsets` are tried in order when the text is to
    be converted; without them text that is UTF-8 stays UTF-8.
    """

    ttycharset: str = ""  # what the input is in, if the user says so
    locale_charset: str = ""  # what the locale says, if it does
    sendcharsets: tuple[str, ...] = ()
    charset_7bit: str = "us-ascii"
    charset_8bit: str = "utf-8"
    encoding: str = ""  # "8bit", "quoted-printable", "base64"; empty: the shorter
    longest_unencoded_line: int = 950  # from there on a line is encoded; 0: always

    @property
    def named(self) -> tuple[str, str]:
        """The charsets that octets may be in, the likelier one first."""
        return self.ttycharset, self.locale_charset


@model(kw_only=True)
class Draft:
    """One message as its author means it, and for whom.

    `now` and `token` make Date, Message-ID and boundaries, the same in every copy.
    `message_id` names the message once it is prepared, empty where a server names it.
    `to`, `cc` and `bcc` are entries as written: addresses, aliases, files; `fcc` are
    names of files. `only` names the recipients of the envelope when they are fewer
    than the header's (a dead letter that some had got), those whom the caller names
    among them. `full_name` is the name of the author where no field has one.
    `reverse_path` is the envelope sender as the caller gives it, None for the author.
    With `record_by_name` the record is named after the first recipient (-F).

    `subject` is None when there is none. `fields` are further header fields (name,
    body as text) in order. `text` is the body; `content_type` its type with
    parameters, empty for text/plain; `transfer_encoding` says that it is encoded
    already, and goes as it is. `head` goes before the text, `tail` and then
    `signature` after it. With `alternative` text and attachments are forms of one
    content (RFC 2046 §5.1.4). `html` is the same as the text for those whose programs
    show HTML (UTF-8), None for none; `inline` are the images in it.

    `raw` is the message itself when a program has written it. `unread_header`: the
    text begins with a header that is not read yet; `from_header`: its recipients
    count, beside those named here.
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
        """Put the text of standard input behind what files gave."""
        before = self.text
        whole = text if before == InMemory(b"") else Joined((before, text))
        return replace(self, text=whole)

    def with_attachments(self, more: Iterable[Attachment]) -> "Draft":
        """Attach more."""
        return replace(self, attachments=(*self.attachments, *more))
