"""THE table of variables: name, type, default, synonyms, and one line of meaning.

`--show-settings`, the manual and the tests read it; `resolve` asks for values
by these names only. A variable that is not here is kept and ignored, as mailx
does. Sources: mailx(1) of Heirloom 12.5, s-nail(1), mail(1) of BSD.
"""

from collections.abc import Mapping
from enum import Enum

from pymail.model import model


class Kind(Enum):
    """What a variable's text means; the manual shows the value."""

    SWITCH = "boolean"  # set or not, whatever the text, as in every mailx
    TEXT = "text"
    NUMBER = "number"
    PATH = "path"
    MAILBOX = "mailbox"
    MAILBOXES = "mailboxes"
    CHOICE = "choice"


@model(kw_only=True)
class Variable:
    """One row. `default` is what holds when nobody sets it, in words for people.

    `chained`: `NAME-USER@HOST` and `NAME-HOST` come before plain `NAME`.
    `environment`: an environment variable of this name counts, below every file
    (what Heirloom's users rely on; names that mean other things elsewhere don't).
    """

    name: str
    kind: Kind
    meaning: str
    default: str = ""
    synonyms: tuple[str, ...] = ()
    secret: bool = False
    chained: bool = False
    environment: bool = False
    on: bool = False  # a switch that is set until `unset`

    @property
    def names(self) -> tuple[str, ...]:
        """The name and its synonyms; the first one that is set counts."""
        return (self.name, *self.synonyms)


def _switch(
    name: str,
    meaning: str,
    *synonyms: str,
    chained: bool = False,
    environment: bool = False,
    on: bool = False,
) -> Variable:
    return Variable(
        name=name,
        kind=Kind.SWITCH,
        meaning=meaning,
        synonyms=synonyms,
        chained=chained,
        environment=environment,
        on=on,
    )


_T, _N, _P = Kind.TEXT, Kind.NUMBER, Kind.PATH
_M, _L, _C = Kind.MAILBOX, Kind.MAILBOXES, Kind.CHOICE

_SERVER = (
    Variable(
        name="smtp",
        kind=_T,
        meaning="the server: HOST, HOST:PORT, or a URL (smtp, smtps, submission, "
        "submissions, lmtp), with %-encoded USER:PASSWORD@ if you like",
        environment=True,
    ),
    Variable(
        name="mta",
        kind=_T,
        meaning="the same as a URL; or the path of a sendmail program, "
        "or test for a dry run",
    ),
    Variable(
        name="sendmail",
        kind=_T,
        default="/usr/sbin/sendmail",
        meaning="the local program, used when no server is set; a URL is a server",
        environment=True,
    ),
    Variable(
        name="mta-arguments",
        kind=_T,
        meaning="more arguments for the local program, with quotes as in a shell",
    ),
    _switch("mta-no-default-arguments", "do not pass -i to the local program"),
    _switch(
        "mta-no-recipient-arguments",
        "do not pass the recipients to the local program",
        "mta-no-receiver-arguments",
    ),
    _switch("mta-bcc-ok", "let the local program see the Bcc field"),
    Variable(name="mta-argv0", kind=_T, meaning="argument zero of the local program"),
    _switch("expandargv", "words after -- are arguments for the local program"),
    _switch("r-option-implicit", "pass -f with the address of from to the program"),
    Variable(
        name="user",
        kind=_T,
        synonyms=("smtp-auth-user",),
        chained=True,
        meaning="the login name at the server",
    ),
    Variable(
        name="password",
        kind=_T,
        synonyms=("smtp-auth-password",),
        secret=True,
        chained=True,
        meaning="the password or authorization code",
    ),
    Variable(
        name="smtp-password-command",
        kind=_T,
        chained=True,
        meaning="a command whose first line of output is the password or token; "
        "10 s at most, without input",
    ),
    Variable(
        name="smtp-password-file",
        kind=_P,
        chained=True,
        meaning="a file whose first line is the password; for its owner alone (0600)",
    ),
    Variable(
        name="keyring-timeout",
        kind=_N,
        default="5 seconds",
        meaning="longest wait for a keyring that does not answer",
    ),
    Variable(
        name="smtp-auth",
        kind=_C,
        chained=True,
        environment=True,
        default="chosen by what the server offers",
        meaning="login, plain, cram-md5, scram-sha-256 (-1, -512), external, xoauth2, "
        "oauthbearer or none; naming one allows a password without TLS",
    ),
    _switch(
        "netrc-lookup",
        "take the login name from ~/.netrc when nothing else has it",
        chained=True,
    ),
    Variable(
        name="NETRC",
        kind=_P,
        default="~/.netrc",
        environment=True,
        meaning="the file where passwords by server are looked up",
    ),
    _switch(
        "smtp-use-starttls",
        "require STARTTLS, whatever the value; unset it to make it optional",
        "smtp-use-tls",
        chained=True,
        environment=True,
    ),
    Variable(
        name="tls-verify",
        kind=_C,
        synonyms=("ssl-verify",),
        chained=True,
        environment=True,
        default="strict",
        meaning="what an untrusted certificate leads to: strict (or ask), warn, ignore",
    ),
    Variable(
        name="tls-ca-file",
        kind=_P,
        synonyms=("ssl-ca-file",),
        chained=True,
        environment=True,
        meaning="certificates of authorities to trust, PEM",
    ),
    Variable(
        name="tls-ca-dir",
        kind=_P,
        synonyms=("ssl-ca-dir",),
        chained=True,
        environment=True,
        meaning="a directory of such certificates, hashed",
    ),
    _switch(
        "tls-ca-no-defaults",
        "do not trust the system's authorities",
        "ssl-ca-no-defaults",
        "ssl-no-default-ca",
        chained=True,
        environment=True,
    ),
    Variable(
        name="tls-crl-file",
        kind=_P,
        synonyms=("ssl-crl-file",),
        environment=True,
        meaning="certificate revocation list, PEM",
    ),
    Variable(
        name="tls-fingerprint",
        kind=_T,
        chained=True,
        meaning="the SHA-256 that the server's certificate must have, in hexadecimal; "
        "authorities are not asked then, and TLS is required",
    ),
    Variable(
        name="ssl-cert",
        kind=_P,
        chained=True,
        environment=True,
        meaning="the client's own certificate, PEM",
    ),
    Variable(
        name="ssl-key",
        kind=_P,
        chained=True,
        environment=True,
        default="in the file of ssl-cert",
        meaning="the key of ssl-cert, PEM",
    ),
    Variable(
        name="ssl-cipher-list",
        kind=_T,
        chained=True,
        environment=True,
        meaning="ciphers for TLS 1.2 as OpenSSL names them",
    ),
    Variable(
        name="tls-config-pairs",
        kind=_T,
        synonyms=("ssl-config-pairs",),
        chained=True,
        meaning="comma list of Certificate=, PrivateKey=, CipherString=, MinProtocol=",
    ),
    Variable(
        name="smtp-config",
        kind=_T,
        chained=True,
        meaning="-EXTENSION words, separated by commas: do not use what the "
        "server offers under this name",
    ),
    Variable(
        name="smtp-timeout",
        kind=_N,
        default="by step, RFC 5321",
        meaning="seconds, an upper bound for every wait of the session",
    ),
    Variable(
        name="socket-connect-timeout",
        kind=_N,
        default="30",
        meaning="seconds to wait for a connection, per address of the server",
    ),
    Variable(
        name="socks-proxy",
        kind=_T,
        synonyms=("SOCKS5_PROXY",),
        chained=True,
        environment=True,
        meaning="a SOCKS proxy, which is not spoken to: the mail is refused and kept",
    ),
    Variable(
        name="smtp-fallback",
        kind=_T,
        meaning="an account to send with when the server cannot be reached",
    ),
    _switch("v15-compat", "s-nail's URL and credential rules; pymail has them always"),
)

_IDENTITY = (
    Variable(
        name="from",
        kind=_L,
        environment=True,
        default="LOGIN@HOSTNAME",
        meaning="the author; several need sender",
    ),
    Variable(
        name="sender",
        kind=_M,
        environment=True,
        meaning="who really sends, when that is not the author",
    ),
    Variable(
        name="reply-to",
        kind=_L,
        synonyms=("replyto", "REPLYTO"),
        environment=True,
        meaning="where answers go",
    ),
    Variable(
        name="smtp-from",
        kind=_M,
        meaning="envelope sender, when it must differ from the author",
    ),
    Variable(
        name="smtp-fit-sender",
        kind=_C,
        default="auto",
        meaning="make From and envelope the account's address: auto (where the "
        "provider insists, or the author has no full address), on, off",
    ),
    Variable(
        name="hostname",
        kind=_T,
        environment=True,
        default="the machine's name",
        meaning="the name said at EHLO, in Message-ID and in default addresses",
    ),
    Variable(
        name="smtp-hostname",
        kind=_T,
        chained=True,
        meaning="make the envelope sender LOGIN@this; empty means hostname",
    ),
    Variable(
        name="ORGANIZATION",
        kind=_T,
        environment=True,
        meaning="the Organization field",
    ),
)

_COMPOSING = (
    Variable(
        name="autocc", kind=_L, environment=True, meaning="more Cc for every mail"
    ),
    Variable(
        name="autobcc", kind=_L, environment=True, meaning="more Bcc for every mail"
    ),
    Variable(
        name="customhdr",
        kind=_T,
        meaning="further header fields, separated by commas; \\, is a comma",
    ),
    Variable(
        name="signature",
        kind=_P,
        environment=True,
        meaning="a file whose text ends every mail",
    ),
    Variable(
        name="message-inject-head",
        kind=_T,
        synonyms=("MAILX_HEAD",),
        environment=True,
        meaning="text before every body; \\n and \\t count",
    ),
    Variable(
        name="message-inject-tail",
        kind=_T,
        synonyms=("MAILX_TAIL",),
        environment=True,
        meaning="text after every body; \\n and \\t count",
    ),
    _switch(
        "skipemptybody", "send nothing when the text is empty, as -E does", "skipempty"
    ),
    Variable(
        name="expandaddr",
        kind=_T,
        meaning="allow files and |commands as recipients; words restrict it",
    ),
    Variable(
        name="expandargv",
        kind=_T,
        meaning="hand options behind -- to a local program; fail and restrict do not",
    ),
    Variable(
        name="expandaddr-domaincheck",
        kind=_T,
        meaning="further domains that pass domaincheck of expandaddr",
    ),
    _switch("add-file-recipients", "name files that are recipients in To, Cc, Bcc"),
    Variable(
        name="mta-aliases",
        kind=_P,
        meaning="a file such as /etc/aliases, for local names that are no alias",
    ),
    _switch("fullnames", "accepted; pymail always keeps the names of recipients"),
    _switch("allnet", "take alternates for the same at whatever host"),
    _switch("metoo", "keep yourself in aliases that name you", environment=True),
    Variable(
        name="encoding",
        kind=_C,
        synonyms=("mime-encoding",),
        environment=True,
        default="the shorter that fits",
        meaning="8bit, quoted-printable or base64 for text that is not ASCII",
    ),
    Variable(
        name="sendcharsets",
        kind=_T,
        environment=True,
        default="the text's own",
        meaning="charsets tried in order, separated by commas",
    ),
    _switch(
        "sendcharsets-else-ttycharset",
        "without sendcharsets, text is sent in the charset of ttycharset",
    ),
    Variable(
        name="mimetypes-load-control",
        kind=_T,
        default="su",
        meaning="where types of files come from: s /etc/mime.types, u ~/.mime.types, "
        "f=FILE; separated by commas",
    ),
    _switch("mime-force-sendout", "accepted; no charset is a reason not to send"),
    _switch("mime-allow-text-controls", "accepted; text stays text with controls"),
    _switch("mime-counter-evidence", "accepted, for reading mail"),
    Variable(
        name="ttycharset",
        kind=_T,
        environment=True,
        default="the locale's, else a guess",
        meaning="the charset of text and words that come in and are not UTF-8",
    ),
    Variable(
        name="charset-7bit",
        kind=_T,
        synonyms=("charset7",),
        default="us-ascii",
        meaning="the name for text that is pure ASCII",
    ),
    Variable(
        name="charset-8bit",
        kind=_T,
        synonyms=("charset",),
        default="utf-8",
        meaning="the charset tried after sendcharsets",
    ),
    Variable(
        name="maximum-unencoded-line-length",
        kind=_N,
        environment=True,
        default="950",
        meaning="a line of so many octets is encoded; 0: every text is",
    ),
    _switch("disposition-notification-send", "ask the reader for a receipt"),
    Variable(
        name="dsn",
        kind=_C,
        default="as the servers do",
        meaning="when servers report on the mail to its sender: success, failure, "
        "delay, separated by commas, or never",
    ),
    Variable(
        name="dsn-return",
        kind=_C,
        default="as the servers do",
        meaning="what such a report brings back of the mail: full or headers",
    ),
    _switch("message-id-disable", "leave Message-ID to the server"),
    Variable(
        name="stealthmua",
        kind=_C,
        environment=True,
        meaning="no User-Agent and no Message-ID; noagent keeps the latter",
    ),
)

_SEALING = (
    _switch("smime-sign", "sign every message"),
    Variable(
        name="smime-sign-cert",
        kind=_P,
        chained=True,
        meaning="the author's private key and certificate in one file, PEM",
    ),
    Variable(
        name="smime-sign-digest",
        kind=_C,
        synonyms=("smime-sign-message-digest",),
        default="sha512",
        chained=True,
        meaning="the digest that is signed: sha224, sha256, sha384, sha512",
    ),
    Variable(
        name="smime-sign-include-certs",
        kind=_T,
        chained=True,
        meaning="files with further certificates to send along, by comma, PEM",
    ),
    Variable(
        name="smime-encrypt",
        kind=_P,
        chained=True,
        meaning="the certificate of a recipient, for whom messages are encrypted; "
        "only with the recipient's address behind the name",
    ),
    _switch("smime-force-encryption", "send nothing that is not encrypted"),
    Variable(
        name="smime-cipher",
        kind=_C,
        default="aes128",
        chained=True,
        meaning="the cipher for a recipient: aes128 or aes256",
    ),
    Variable(
        name="smime-ca-file",
        kind=_P,
        meaning="accepted; it is for reading mail",
    ),
    Variable(
        name="smime-ca-dir",
        kind=_P,
        meaning="accepted; it is for reading mail",
    ),
)

_WRITING = (
    _switch("asksub", "ask for a subject", "ask", on=True),
    _switch("askcc", "ask for recipients of a copy"),
    _switch("askbcc", "ask for recipients of a blind copy"),
    _switch("askatend", "ask for copies after the text"),
    _switch("askattach", "ask for files to attach after the text"),
    _switch("asksend", "show the envelope and ask whether to send"),
    _switch("bsdcompat", "the same as askatend; BSD has no choice"),
    _switch("dot", "a line with one dot ends the text", on=True),
    _switch("ignoreeof", "the end of input does not end the text, but for the 25th"),
    _switch("ignore", "ignore interrupts, as -i does"),
    Variable(
        name="escape",
        kind=_T,
        default="~",
        meaning="the character before an escape; only the first counts, empty for none",
    ),
    Variable(name="sign", kind=_T, meaning="what ~a inserts; \\n and \\t count"),
    Variable(name="Sign", kind=_T, meaning="what ~A inserts; \\n and \\t count"),
    _switch("editheaders", "editors see the header, too"),
    Variable(
        name="editalong",
        kind=_T,
        meaning="start with an editor: v for VISUAL, anything else for EDITOR",
    ),
    Variable(
        name="EDITOR",
        kind=_T,
        default="ed",
        environment=True,
        meaning="the editor of ~e, with arguments if you like",
    ),
    Variable(
        name="VISUAL",
        kind=_T,
        default="vi",
        environment=True,
        meaning="the editor of ~v",
    ),
    Variable(
        name="SHELL",
        kind=_P,
        default="/bin/sh",
        environment=True,
        meaning="the shell that runs commands",
    ),
    _switch("line-editor-disable", "read lines as the terminal gives them"),
    Variable(
        name="history-file",
        kind=_P,
        meaning="a file that keeps answers and lines for the arrow keys",
    ),
)

_KEEPING = (
    _switch("save", "keep what could not be sent in dead.letter", on=True),
    Variable(
        name="DEAD",
        kind=_P,
        default="~/dead.letter",
        environment=True,
        meaning="the file that keeps what could not be sent",
    ),
    Variable(
        name="record",
        kind=_P,
        environment=True,
        meaning="an mbox or Maildir that keeps a copy of what was sent: a path, "
        "+NAME below folder, mbox://PATH or maildir://PATH",
    ),
    _switch("record-files", "accepted; what goes to files only is recorded, too"),
    _switch("record-resent", "accepted; pymail resends nothing"),
    _switch("outfolder", "a relative record, and that of -F, is below folder"),
    Variable(
        name="newfolders",
        kind=_C,
        meaning="maildir makes new folders Maildirs, not mbox files",
    ),
    _switch("dotlock-disable", "make no lock file NAME.lock beside an mbox"),
    _switch("dotlock-ignore-error", "accepted; see dotlock-disable"),
    Variable(
        name="umask",
        kind=_T,
        default="077",
        meaning="octal; what new copies must not let others do",
    ),
    Variable(
        name="folder",
        kind=_P,
        meaning="the directory that + means, below the home directory",
    ),
    _switch("verbose", "show the conversation with the server, as -v does"),
    _switch("debug", "show everything and send nothing, as -d does"),
    Variable(
        name="logfile",
        kind=_P,
        meaning="a file that gets a line for every attempt to send; - is standard "
        "output",
    ),
    Variable(
        name="syslog",
        kind=_C,
        meaning="the same line for the system log: a facility, mail unless it is "
        "user or local0 to local7",
    ),
    _switch("sendwait", "accepted; pymail always waits for the result"),
    Variable(
        name="explain",
        kind=_C,
        default="auto",
        meaning="language of advice: auto (that of the locale), en or zh",
    ),
    Variable(
        name="mailx-extra-rc",
        kind=_P,
        synonyms=("NAIL_EXTRA_RC",),
        environment=True,
        meaning="one more settings file, read after the user's",
    ),
)

_OUTBOX = (
    Variable(
        name="outbox",
        kind=_P,
        meaning="keep every mail in this directory until somebody has it, and try "
        "again what cannot go now; alone it is the usual directory",
    ),
    Variable(
        name="outbox-lifetime",
        kind=_N,
        default="120 hours",
        meaning="how long; then the mail is a dead letter, and its sender is told",
    ),
    _switch(
        "outbox-flush",
        "a mail that was sent takes along what is due; outbox-flush=off does not",
        on=True,
    ),
    Variable(
        name="smtp-max-per-connection",
        kind=_N,
        default="100",
        meaning="how many mails of the outbox go over one connection",
    ),
)

GROUPS: Mapping[str, tuple[Variable, ...]] = {
    "Server and login": _SERVER,
    "Who sends": _IDENTITY,
    "The message": _COMPOSING,
    "Signing and encryption": _SEALING,
    "Writing at a terminal": _WRITING,
    "Copies and files": _KEEPING,
    "The outbox": _OUTBOX,
}

VARIABLES: tuple[Variable, ...] = tuple(v for group in GROUPS.values() for v in group)
BY_NAME: Mapping[str, Variable] = {n: v for v in VARIABLES for n in v.names}
ENVIRONMENT_NAMES: tuple[str, ...] = (
    *(n for v in VARIABLES if v.environment for n in v.names),
    "smtp-auth-user",
    "smtp-auth-password",
)


def is_address(name: str) -> bool:
    """Whether the variable may hold an address with a password in it."""
    names = ("smtp", "mta", "sendmail", "SOCKS5_PROXY")
    return name in names or name.startswith(("socks-proxy", "SOCKS5_PROXY-"))


def is_secret(name: str) -> bool:
    """Whether the variable `name`, or its chain `name-USER@HOST`, holds a secret."""
    return any(
        name == known or name.startswith(f"{known}-")
        for row in VARIABLES
        if row.secret
        for known in row.names
    )


def may_be_secret(name: str) -> bool:
    """Whether `name` holds a secret, or was meant to: a slip of the pen shows none.

    A command that prints a secret may have it in its arguments.
    """
    if name.startswith(_FILE) or (name in BY_NAME and name != _COMMAND):
        return is_secret(name)
    import difflib
    import re

    meant = name.partition("@")[0].lower().replace("_", "-")
    names = [known for row in VARIABLES if row.secret for known in row.names]
    alike = difflib.get_close_matches(meant, names, 1, 0.8)
    return bool(alike or re.search(_MEANT, meant))


def is_private(name: str) -> bool:
    """Whether the value is written nowhere: it is a secret, or was meant to be one."""
    return may_be_secret(name) and not name.startswith((_COMMAND, "ssl-key"))


_FILE, _COMMAND = "smtp-password-file", "smtp-password-command"
_MEANT = r"pas|psw|pwd|\bpw\b|secret|token|cred|phrase|kennwort|code|key\b"
