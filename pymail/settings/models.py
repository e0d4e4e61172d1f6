"""Typed settings, as other parts use them."""

from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path

from pymail.address.dsn import DsnRequest
from pymail.address.mailbox import Mailbox
from pymail.address.recipient_kinds import RecipientPolicy
from pymail.message.draft import TextRules
from pymail.model import field, model
from pymail.secret import Secret
from pymail.settings.server_models import Server


class FitSender(Enum):
    """Rewriting of From to the address of the account (`smtp-fit-sender`)."""

    AUTO = "auto"  # where the provider insists, or From could not be answered
    ON = "on"
    OFF = "off"


# The "host" that the password of a private key is asked for with: s-nail's name.
KEY_HOST_SUFFIX = ".smime-cert-key"


@model(kw_only=True)
class Lookup:
    """Stores where secrets are looked up; `account` is that of -A."""

    netrc: Path
    account: str = ""
    keyring_seconds: float = 5


@model(kw_only=True)
class MessageSettings:
    """Additions to a message, and the treatment of its text.

    Lists of addresses and fields are text as written: aliases and syntax are
    resolved when the draft is built. Empty means unset.
    """

    autocc: str = ""
    autobcc: str = ""
    custom_fields: str = ""
    signature: Path | None = None
    head: str = ""
    tail: str = ""
    skip_empty: bool = False
    expandaddr: RecipientPolicy = RecipientPolicy()
    list_files: bool = False  # add-file-recipients
    mta_aliases: Path | None = None
    metoo: bool = False
    alternates: tuple[str, ...] = ()  # addresses of the user, of which one is enough
    same_name: bool = False  # allnet: at whatever host
    text_rules: TextRules = TextRules()
    types_from: tuple[Path, ...] = ()  # mime.types files, the later ones win
    types: tuple[str, ...] = ()  # lines of one, which win over all files
    ask_receipt: bool = False
    message_id: bool = True
    user_agent: bool = True

    @property
    def named(self) -> tuple[str, str]:
        """The charsets that octets from outside may be in, the likelier one first."""
        return self.text_rules.named


class Language(Enum):
    """Language of advice (`explain`)."""

    AUTO = "auto"  # that of the locale
    ENGLISH = "en"
    CHINESE = "zh"


class Format(Enum):
    """Format of a folder."""

    AS_FOUND = "as found"  # a Maildir where one is, else an mbox
    MBOX = "mbox"
    MAILDIR = "maildir"


@model(kw_only=True)
class Folder:
    """A file or directory of messages."""

    path: Path
    format: Format = Format.AS_FOUND


Rows = tuple[tuple[str, str], ...]


@model(kw_only=True)
class DialogueSettings:
    """Writing of a text at a terminal, or with escapes in a pipe.

    `escape` is one character, empty for none. `dot_in_pipe`: `dot` is
    set. `edit_along` is the escape that writing starts with, if any.
    """

    ask_subject: bool = True
    ask_cc: bool = False
    ask_bcc: bool = False
    ask_at_end: bool = False
    ask_attach: bool = False
    ask_send: bool = False
    dot: bool = True
    dot_in_pipe: bool = False
    ignore_eof: bool = False
    ignore_interrupts: bool = False
    escape: str = "~"
    edit_headers: bool = False
    edit_along: str = ""
    editor: str = "ed"
    visual: str = "vi"
    shell: str = "/bin/sh"
    line_editing: bool = True
    history_file: Path | None = None


@model()
class Named:
    """A file that a variable names: `place` is "~/.mailrc:12: smime-sign-cert"."""

    text: str
    path: Path
    place: str


@model()
class KeyPassword:
    """The password of a private key, and where it was found, for messages."""

    secret: Secret
    place: str


@model(kw_only=True)
class SmimeSettings:
    """S/MIME: signing and encryption of messages.

    The mappings go by address, lower case; "" is what counts for every other.
    `sign_with` are files with key and certificate, `include` further certificates
    to add, `encrypt_to` the certificates of recipients. Digests are lower case
    without hyphens ("sha512").
    """

    sign: bool = False
    force_encryption: bool = False
    sign_with: Mapping[str, Named] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    include: Mapping[str, tuple[Named, ...]] = field(default_factory=dict)
    encrypt_to: Mapping[str, Named] = field(default_factory=dict)
    ciphers: Mapping[str, Named] = field(default_factory=dict)
    key_passwords: Mapping[str, KeyPassword] = field(default_factory=dict)

    @property
    def wanted(self) -> bool:
        """Whether any message may have to be sealed."""
        return self.sign or self.force_encryption or bool(self.encrypt_to)


PLAIN = SmimeSettings()


@model(kw_only=True)
class Settings:
    """Everything a send needs to know, resolved once.

    `from_` is empty when nothing names an author: the default is made from
    `login_name` and `hostname`, or left to the local MTA. `reverse_path` is what
    `smtp-from` says, None when it follows From or Sender.

    `dead_letter` is None with nosave. `folder` is what `+` before a name means; in
    `copies` are those of -F. `outbox` is None when no mail waits for another attempt;
    `saved_options` is how to find these settings again, for later ones. `log_file` is
    a path, or "-" for standard output; `log_facility` is a word of syslog(3) ("mail",
    "local0").

    `alias_places` has for each member of an alias the line that names it.
    `fallback` is the account to use when the server cannot be reached, if any.
    `dsn` counts where the draft itself asks for none.

    `warnings` are values that were not taken as written; `remarks` are those
    that mean something else than they seem to, shown with -v.
    """

    server: Server
    login_name: str
    hostname: str
    hostname_is_set: bool = False
    from_: tuple[Mailbox, ...] = ()
    sender: Mailbox | None = None
    reply_to: tuple[Mailbox, ...] = ()
    organization: str = ""
    reverse_path: str | None = None
    fit_sender: FitSender = FitSender.AUTO

    message: MessageSettings = MessageSettings()
    smime: SmimeSettings = PLAIN
    dialogue: DialogueSettings = DialogueSettings()
    dsn: DsnRequest = DsnRequest()
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    alias_places: Mapping[str, Sequence[object]] = field(default_factory=dict)

    dead_letter: Path | None = None
    folder: Path | None = None
    record: Folder | None = None
    copies: Path = Path()
    file_mode: int = 0o600  # of new folders and copies
    dotlock: bool = True
    new_maildirs: bool = False
    outbox: Path | None = None
    outbox_lifetime_hours: float = 120  # RFC 5321 §4.5.4.1: at least 4-5 days
    flush_after_send: bool = False  # takes along what is due
    messages_per_connection: int = 100
    saved_options: Rows = ()
    log_file: str = ""
    log_facility: str = ""

    lookup: Lookup | None = None
    fallback: str = ""
    explain: Language = Language.AUTO
    warnings: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def logs_attempts(self) -> bool:
        """Whether every attempt to send gets a line in a log."""
        return bool(self.log_file or self.log_facility)
