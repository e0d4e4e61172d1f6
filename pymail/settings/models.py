"""Typed settings, as the other parts read them."""

from collections.abc import Callable, Mapping, Sequence
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

    AUTO = "auto"  # if the provider insists, or From is not a full address
    ON = "on"
    OFF = "off"


# Stands for the host in the name of a private key's password (s-nail's name).
KEY_HOST_SUFFIX = ".smime-cert-key"


@model(kw_only=True)
class MessageSettings:
    """Additions to a message, and the treatment of its text.

    Lists of addresses and fields are unparsed text; they are parsed, and aliases
    expanded, when the message is built. Empty means unset.
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
    alternates: tuple[str, ...] = ()  # other addresses of the user
    same_name: bool = False  # allnet: the local part alone identifies the user
    text_rules: TextRules = TextRules()
    types_from: tuple[Path, ...] = ()  # mime.types files, a later file overrides
    types: tuple[str, ...] = ()  # lines as in mime.types, which override all files
    ask_receipt: bool = False
    message_id: bool = True
    user_agent: bool = True

    @property
    def named(self) -> tuple[str, str]:
        """The charsets that input octets may be encoded in, the likelier first."""
        return self.text_rules.named


class Language(Enum):
    """Language of advice (`explain`)."""

    AUTO = "auto"  # the language of the locale
    ENGLISH = "en"
    CHINESE = "zh"

    @classmethod
    def parse(cls, text: str) -> "Language":
        """Read the value of `explain`; an unknown word counts as `auto`."""
        word = text.strip().lower()
        return next((each for each in cls if each.value == word), cls.AUTO)


class Format(Enum):
    """Format of a folder."""

    AS_FOUND = "as found"  # an existing Maildir stays one, else an mbox
    MBOX = "mbox"
    MAILDIR = "maildir"


_FOLDER_SCHEMES: Mapping[str, Format] = {
    "file://": Format.AS_FOUND,
    "mbox://": Format.MBOX,
    "maildir://": Format.MAILDIR,
}
ROOTED = ("/", "~", "$")  # beginnings of names that are not relative


@model(kw_only=True)
class Folder:
    """A file or directory of messages."""

    path: Path
    format: Format = Format.AS_FOUND


def find_folder(
    name: str,
    path: Callable[[str], Path],
    *,
    folder: Path | None = None,
    outfolder: Path | None = None,
) -> Folder:
    """Resolve the name of a folder: `+name`, `maildir://path`, a path.

    `+` stands for `folder`, unless that is None. Relative names are below `outfolder`,
    if it is set; `path` makes any other name absolute. Whether the folder exists is not
    checked.
    """
    scheme = next((s for s in _FOLDER_SCHEMES if name.startswith(s)), "")
    name = name.removeprefix(scheme)
    if name.startswith("+") and folder is not None:
        place = folder / name[1:]
    elif outfolder is not None and not name.startswith(ROOTED):
        place = outfolder / name
    else:
        place = path(name)
    return Folder(path=place, format=_FOLDER_SCHEMES.get(scheme, Format.AS_FOUND))


Rows = tuple[tuple[str, str], ...]


@model(kw_only=True)
class DialogueSettings:
    """Writing a text at a terminal, or with tilde escapes in a pipe.

    `escape` is one character, or empty for no escapes. `dot_in_pipe`: `dot` is set
    explicitly. `edit_along` is the escape that starts the editor first, or empty.
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
    """A file that a variable names, and where: "~/.mailrc:12: smime-sign-cert"."""

    text: str
    path: Path
    place: str


@model()
class KeyPassword:
    """The password of a private key, and the line that sets it, for messages."""

    secret: Secret
    place: str


@model(kw_only=True)
class SmimeSettings:
    """S/MIME: signing and encryption of messages.

    Keys of the mappings are addresses in lower case; "" has the value for all others.
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
        """Whether any message may have to be signed or encrypted."""
        return self.sign or self.force_encryption or bool(self.encrypt_to)


PLAIN = SmimeSettings()


@model(kw_only=True)
class Settings:
    """Settings of a send, typed, resolved once.

    `from_` is empty if no author is set: the default is made from `login_name` and
    `hostname`, or left to the local MTA. `reverse_path` is the value of `smtp-from`,
    None if the envelope sender follows From or Sender. `dialogue` has defaults unless
    the text is written at a terminal or with tilde escapes.

    `dead_letter` is None with nosave. `+` before a name stands for `folder`; -F writes
    its files to `copies`. `outbox` is None if messages are not queued; a queued message
    keeps `saved_options`, from which later attempts resolve these settings again.
    `log_file` is a path, or "-" for standard output; `log_facility` is a word of
    syslog(3) ("mail", "local0").

    `alias_places` has the line that names each member of an alias. `fallback` is the
    account to use if the server can't be reached, or empty. `dsn` applies if the draft
    itself requests no notifications.

    `warnings` are about values that pymail doesn't use as written; `remarks`, shown with
    -v, are about values that mean something else than they seem to.
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
    flush_after_send: bool = False  # a successful send also flushes what is due
    messages_per_connection: int = 100
    saved_options: Rows = ()
    log_file: str = ""
    log_facility: str = ""

    account: str = ""  # the name given with -A
    fallback: str = ""
    netrc: Path | None = None  # None stands for ~/.netrc
    keyring_seconds: float = 5
    explain: Language = Language.AUTO
    warnings: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def logs_attempts(self) -> bool:
        """Whether every attempt to send gets a line in a log."""
        return bool(self.log_file or self.log_facility)
