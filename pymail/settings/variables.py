"""The table of variables: name, type, default, synonyms, and one line of meaning.

`--show-settings`, the manual and the tests read it; `resolve` asks for values
by these names only. A variable that is not here is kept and ignored, as mailx
does. Sources: mailx(1) of Heirloom 12.5, s-nail(1), mail(1) of BSD.
"""

import re
from collections.abc import Mapping
from enum import Enum

from pymail.model import model

_FILE, _COMMAND = "smtp-password-file", "smtp-password-command"
_URL_LOGIN = r"(?s)^((?:[A-Za-z][\w+.-]*://)?[^:/]*):.*@"
_MEANT = r"pas|psw|pwd|\bpw\b|secret|token|cred|phrase|kennwort|code|key\b"


class Kind(Enum):
    """The type of a variable; the manual shows the value."""

    SWITCH = "boolean"  # set or not, whatever the text, as in every mailx
    TEXT = "text"
    NUMBER = "number"
    PATH = "path"
    MAILBOX = "mailbox"
    MAILBOXES = "mailboxes"
    CHOICE = "choice"


@model(kw_only=True)
class Variable:
    """One row. `default` is what holds while it is unset, in words.

    `chained`: `NAME-USER@HOST` and `NAME-HOST` come before plain `NAME`.
    `environment`: an environment variable of this name counts, below every file
    (what Heirloom's users rely on; names that mean other things elsewhere don't).
    """

    name: str
    names: tuple[str, ...]  # and its synonyms; the first one that is set counts
    kind: Kind
    meaning: str
    default: str = ""
    secret: bool = False
    chained: bool = False
    environment: bool = False
    on: bool = False  # a switch that is set until `unset`
    own: bool = False  # no other mailx has it


def _row(
    name: str, kind: Kind, flags: str, meaning: str, default: str = "", *synonyms: str
) -> Variable:
    return Variable(
        name=name,
        names=(name, *synonyms),
        kind=kind,
        meaning=meaning,
        default=default,
        chained="c" in flags,
        environment="e" in flags,
        secret="s" in flags,
        on="o" in flags,
        own="p" in flags,
    )


SWITCH, TEXT, NUMBER, PATH, MAILBOX, MAILBOXES, CHOICE = Kind

# Name, kind, flags (c chained, e environment, s secret, o on, p pymail's own), meaning, default, synonyms.
# fmt: off
GROUPS: Mapping[str, tuple[Variable, ...]] = {
    "Server and login": (
        _row("smtp",                          TEXT,      "e",  "the server: HOST, HOST:PORT, or a URL (smtp, smtps, submission, submissions, lmtp), with %-encoded USER:PASSWORD@ if you like"),
        _row("mta",                           TEXT,      "",   "the same as a URL; or the path of a sendmail program, or test for a dry run"),
        _row("sendmail",                      TEXT,      "e",  "the local program, used when no server is set; a URL is a server", "/usr/sbin/sendmail"),
        _row("mta-arguments",                 TEXT,      "",   "more arguments for the local program, with quotes as in a shell"),
        _row("mta-no-default-arguments",      SWITCH,    "",   "do not pass -i to the local program"),
        _row("mta-no-recipient-arguments",    SWITCH,    "",   "do not pass the recipients to the local program", "", "mta-no-receiver-arguments"),
        _row("mta-bcc-ok",                    SWITCH,    "",   "let the local program see the Bcc field"),
        _row("mta-argv0",                     TEXT,      "",   "argument zero of the local program"),
        _row("r-option-implicit",             SWITCH,    "",   "pass -f with the address of from to the program"),
        _row("user",                          TEXT,      "c",  "the login name at the server", "", "smtp-auth-user"),
        _row("password",                      TEXT,      "cs", "the password or authorization code", "", "smtp-auth-password"),
        _row("smtp-password-command",         TEXT,      "cp", "a command whose first line of output is the password or token; 10 s at most, without input"),
        _row("smtp-password-file",            PATH,      "cp", "a file whose first line is the password; for its owner alone (0600)"),
        _row("keyring-timeout",               NUMBER,    "p",  "longest wait for a keyring that does not answer", "5 seconds"),
        _row("smtp-auth",                     CHOICE,    "ce", "login, plain, cram-md5, scram-sha-256 (-1, -512), external, xoauth2, oauthbearer or none; naming one allows a password without TLS", "chosen by what the server offers"),
        _row("netrc-lookup",                  SWITCH,    "c",  "take the login name from ~/.netrc when nothing else has it"),
        _row("NETRC",                         PATH,      "e",  "the file where passwords by server are looked up", "~/.netrc"),
        _row("smtp-use-starttls",             SWITCH,    "ce", "require STARTTLS, whatever the value; unset it to make it optional", "", "smtp-use-tls"),
        _row("tls-verify",                    CHOICE,    "ce", "what an untrusted certificate leads to: strict (or ask), warn, ignore", "strict", "ssl-verify"),
        _row("tls-ca-file",                   PATH,      "ce", "certificates of authorities to trust, PEM", "", "ssl-ca-file"),
        _row("tls-ca-dir",                    PATH,      "ce", "a directory of such certificates, hashed", "", "ssl-ca-dir"),
        _row("tls-ca-no-defaults",            SWITCH,    "ce", "do not trust the system's authorities", "", "ssl-ca-no-defaults", "ssl-no-default-ca"),
        _row("tls-crl-file",                  PATH,      "e",  "certificate revocation list, PEM", "", "ssl-crl-file"),
        _row("tls-fingerprint",               TEXT,      "c",  "the SHA-256 that the server's certificate must have, in hexadecimal; authorities are not asked then, and TLS is required"),
        _row("ssl-cert",                      PATH,      "ce", "the client's own certificate, PEM"),
        _row("ssl-key",                       PATH,      "ce", "the key of ssl-cert, PEM", "in the file of ssl-cert"),
        _row("ssl-cipher-list",               TEXT,      "ce", "ciphers for TLS 1.2 as OpenSSL names them"),
        _row("tls-config-pairs",              TEXT,      "c",  "comma list of Certificate=, PrivateKey=, CipherString=, MinProtocol=", "", "ssl-config-pairs"),
        _row("smtp-config",                   TEXT,      "c",  "-EXTENSION words, separated by commas: do not use what the server offers under this name"),
        _row("smtp-timeout",                  NUMBER,    "p",  "seconds, an upper bound for every wait of the session", "by step, RFC 5321"),
        _row("socket-connect-timeout",        NUMBER,    "",   "seconds to wait for a connection, per address of the server", "30"),
        _row("socks-proxy",                   TEXT,      "ce", "a SOCKS proxy, which is not spoken to: the mail is refused and kept", "", "SOCKS5_PROXY"),
        _row("smtp-fallback",                 TEXT,      "p",  "an account to send with when the server cannot be reached"),
        _row("v15-compat",                    SWITCH,    "",   "s-nail's URL and credential rules; pymail has them always"),
    ),
    "Author and sender": (
        _row("from",                          MAILBOXES, "e",  "the author; several need sender", "LOGIN@HOSTNAME"),
        _row("sender",                        MAILBOX,   "e",  "who really sends, when that is not the author"),
        _row("reply-to",                      MAILBOXES, "e",  "where answers go", "", "replyto", "REPLYTO"),
        _row("smtp-from",                     MAILBOX,   "p",  "envelope sender, when it must differ from the author"),
        _row("smtp-fit-sender",               CHOICE,    "p",  "make From and envelope the account's address: auto (where the provider insists, or the author has no full address), on, off", "auto"),
        _row("hostname",                      TEXT,      "e",  "the name said at EHLO, in Message-ID and in default addresses", "the machine's name"),
        _row("smtp-hostname",                 TEXT,      "c",  "make the envelope sender LOGIN@this; empty means hostname"),
        _row("ORGANIZATION",                  TEXT,      "e",  "the Organization field"),
    ),
    "The message": (
        _row("autocc",                        MAILBOXES, "e",  "more Cc for every mail"),
        _row("autobcc",                       MAILBOXES, "e",  "more Bcc for every mail"),
        _row("customhdr",                     TEXT,      "",   "further header fields, separated by commas; \\, is a comma"),
        _row("signature",                     PATH,      "e",  "a file whose text ends every mail"),
        _row("message-inject-head",           TEXT,      "e",  "text before every body; \\n and \\t count", "", "MAILX_HEAD"),
        _row("message-inject-tail",           TEXT,      "e",  "text after every body; \\n and \\t count", "", "MAILX_TAIL"),
        _row("skipemptybody",                 SWITCH,    "",   "send nothing when the text is empty, as -E does", "", "skipempty"),
        _row("expandaddr",                    TEXT,      "",   "allow files and |commands as recipients; words restrict it"),
        _row("expandargv",                    TEXT,      "",   "hand options behind -- to a local program; fail and restrict do not"),
        _row("expandaddr-domaincheck",        TEXT,      "",   "further domains that pass domaincheck of expandaddr"),
        _row("add-file-recipients",           SWITCH,    "",   "name files that are recipients in To, Cc, Bcc"),
        _row("mta-aliases",                   PATH,      "",   "a file such as /etc/aliases, for local names that are no alias"),
        _row("fullnames",                     SWITCH,    "",   "accepted; pymail always keeps the names of recipients"),
        _row("allnet",                        SWITCH,    "",   "take alternates for the same at whatever host"),
        _row("metoo",                         SWITCH,    "e",  "keep yourself in aliases that name you"),
        _row("encoding",                      CHOICE,    "e",  "8bit, quoted-printable or base64 for text that is not ASCII", "the shorter that fits", "mime-encoding"),
        _row("sendcharsets",                  TEXT,      "e",  "charsets tried in order, separated by commas", "the text's own"),
        _row("sendcharsets-else-ttycharset",  SWITCH,    "",   "without sendcharsets, text is sent in the charset of ttycharset"),
        _row("mimetypes-load-control",        TEXT,      "",   "where types of files come from: s /etc/mime.types, u ~/.mime.types, f=FILE; separated by commas", "su"),
        _row("mime-force-sendout",            SWITCH,    "",   "accepted; no charset is a reason not to send"),
        _row("mime-allow-text-controls",      SWITCH,    "",   "accepted; text stays text with controls"),
        _row("mime-counter-evidence",         SWITCH,    "",   "accepted, for reading mail"),
        _row("ttycharset",                    TEXT,      "e",  "the charset of text and words that come in and are not UTF-8", "the locale's, else a guess"),
        _row("charset-7bit",                  TEXT,      "",   "the name for text that is pure ASCII", "us-ascii", "charset7"),
        _row("charset-8bit",                  TEXT,      "",   "the charset tried after sendcharsets", "utf-8", "charset"),
        _row("maximum-unencoded-line-length", NUMBER,    "e",  "a line of so many octets is encoded; 0: every text is", "950"),
        _row("disposition-notification-send", SWITCH,    "",   "ask the reader for a receipt"),
        _row("dsn",                           CHOICE,    "p",  "when servers report on the mail to its sender: success, failure, delay, separated by commas, or never", "as the servers do"),
        _row("dsn-return",                    CHOICE,    "p",  "what such a report brings back of the mail: full or headers", "as the servers do"),
        _row("message-id-disable",            SWITCH,    "",   "leave Message-ID to the server"),
        _row("stealthmua",                    CHOICE,    "e",  "no User-Agent and no Message-ID; noagent keeps the latter"),
    ),
    "Signing and encryption": (
        _row("smime-sign",                    SWITCH,    "",   "sign every message"),
        _row("smime-sign-cert",               PATH,      "c",  "the author's private key and certificate in one file, PEM"),
        _row("smime-sign-digest",             CHOICE,    "c",  "the digest that is signed: sha224, sha256, sha384, sha512", "sha512", "smime-sign-message-digest"),
        _row("smime-sign-include-certs",      TEXT,      "c",  "files with further certificates to send along, by comma, PEM"),
        _row("smime-encrypt",                 PATH,      "c",  "the certificate of a recipient, for whom messages are encrypted; only with the recipient's address behind the name"),
        _row("smime-force-encryption",        SWITCH,    "",   "send nothing that is not encrypted"),
        _row("smime-cipher",                  CHOICE,    "c",  "the cipher for a recipient: aes128 or aes256", "aes128"),
        _row("smime-ca-file",                 PATH,      "",   "accepted; it is for reading mail"),
        _row("smime-ca-dir",                  PATH,      "",   "accepted; it is for reading mail"),
    ),
    "Writing at a terminal": (
        _row("asksub",                        SWITCH,    "o",  "ask for a subject", "", "ask"),
        _row("askcc",                         SWITCH,    "",   "ask for recipients of a copy"),
        _row("askbcc",                        SWITCH,    "",   "ask for recipients of a blind copy"),
        _row("askatend",                      SWITCH,    "",   "ask for copies after the text"),
        _row("askattach",                     SWITCH,    "",   "ask for files to attach after the text"),
        _row("asksend",                       SWITCH,    "",   "show the envelope and ask whether to send"),
        _row("bsdcompat",                     SWITCH,    "",   "the same as askatend; BSD has no choice"),
        _row("dot",                           SWITCH,    "o",  "a line with one dot ends the text"),
        _row("ignoreeof",                     SWITCH,    "",   "the end of input does not end the text, but for the 25th"),
        _row("ignore",                        SWITCH,    "",   "ignore interrupts, as -i does"),
        _row("escape",                        TEXT,      "",   "the character before an escape; only the first counts, empty for none", "~"),
        _row("sign",                          TEXT,      "",   "what ~a inserts; \\n and \\t count"),
        _row("Sign",                          TEXT,      "",   "what ~A inserts; \\n and \\t count"),
        _row("editheaders",                   SWITCH,    "",   "editors see the header, too"),
        _row("editalong",                     TEXT,      "",   "start with an editor: v for VISUAL, anything else for EDITOR"),
        _row("EDITOR",                        TEXT,      "e",  "the editor of ~e, with arguments if you like", "ed"),
        _row("VISUAL",                        TEXT,      "e",  "the editor of ~v", "vi"),
        _row("SHELL",                         PATH,      "e",  "the shell that runs commands", "/bin/sh"),
        _row("line-editor-disable",           SWITCH,    "",   "read lines as the terminal gives them"),
        _row("history-file",                  PATH,      "",   "a file that keeps answers and lines for the arrow keys"),
    ),
    "Copies and files": (
        _row("save",                          SWITCH,    "o",  "keep what could not be sent in dead.letter"),
        _row("DEAD",                          PATH,      "e",  "the file that keeps what could not be sent", "~/dead.letter"),
        _row("record",                        PATH,      "e",  "an mbox or Maildir that keeps a copy of what was sent: a path, +NAME below folder, mbox://PATH or maildir://PATH"),
        _row("record-files",                  SWITCH,    "",   "accepted; what goes to files only is recorded, too"),
        _row("record-resent",                 SWITCH,    "",   "accepted; pymail resends nothing"),
        _row("outfolder",                     SWITCH,    "",   "a relative record, and that of -F, is below folder"),
        _row("newfolders",                    CHOICE,    "",   "maildir makes new folders Maildirs, not mbox files"),
        _row("dotlock-disable",               SWITCH,    "",   "make no lock file NAME.lock beside an mbox"),
        _row("dotlock-ignore-error",          SWITCH,    "",   "accepted; see dotlock-disable"),
        _row("umask",                         TEXT,      "",   "octal; what new copies must not let others do", "077"),
        _row("folder",                        PATH,      "",   "the directory that + means, below the home directory"),
        _row("verbose",                       SWITCH,    "",   "show the conversation with the server, as -v does"),
        _row("debug",                         SWITCH,    "",   "show everything and send nothing, as -d does"),
        _row("logfile",                       PATH,      "p",  "a file that gets a line for every attempt to send; - is standard output"),
        _row("syslog",                        CHOICE,    "p",  "the same line for the system log: a facility, mail unless it is user or local0 to local7"),
        _row("sendwait",                      SWITCH,    "",   "accepted; pymail always waits for the result"),
        _row("explain",                       CHOICE,    "p",  "language of advice: auto (that of the locale), en or zh", "auto"),
        _row("mailx-extra-rc",                PATH,      "e",  "one more settings file, read after the user's", "", "NAIL_EXTRA_RC"),
    ),
    "The outbox": (
        _row("outbox",                        PATH,      "p",  "keep every mail in this directory until somebody has it, and try again what cannot go now; alone it is the usual directory"),
        _row("outbox-lifetime",               NUMBER,    "p",  "how long; then the mail is a dead letter, and its sender is told", "120 hours"),
        _row("outbox-flush",                  SWITCH,    "op", "a mail that was sent takes along what is due; outbox-flush=off does not"),
        _row("smtp-max-per-connection",       NUMBER,    "p",  "how many mails of the outbox go over one connection", "100"),
    ),
}
# fmt: on

VARIABLES: tuple[Variable, ...] = tuple(v for group in GROUPS.values() for v in group)
BY_NAME: Mapping[str, Variable] = {n: v for v in VARIABLES for n in v.names}
ENVIRONMENT_NAMES: tuple[str, ...] = (
    *(n for v in VARIABLES if v.environment for n in v.names),
    "smtp-auth-user",
    "smtp-auth-password",
)


def is_off(text: str) -> bool:
    """Tell whether a word says no, where one may."""
    return text.strip().lower() in ("no", "off", "false", "0")


def is_address(name: str) -> bool:
    """Whether the variable may hold an address with a password in it."""
    names = ("smtp", "mta", "sendmail", "SOCKS5_PROXY")
    return name in names or name.startswith(("socks-proxy", "SOCKS5_PROXY-"))


def without_password(name: str, text: str, instead: str = "") -> str:
    """Return the value with `instead` of the password in the address of a server."""
    return re.sub(_URL_LOGIN, rf"\1{instead}@", text) if is_address(name) else text


def is_secret(name: str) -> bool:
    """Whether the variable `name`, or its chain `name-USER@HOST`, holds a secret."""
    return any(
        name == known or name.startswith(f"{known}-")
        for row in VARIABLES
        if row.secret
        for known in row.names
    )


def may_be_secret(name: str) -> bool:
    """Whether `name` holds a secret, or is like the name of one that does.

    A command that prints a secret may have it in its arguments.
    """
    if name.startswith(_FILE) or (name in BY_NAME and name != _COMMAND):
        return is_secret(name)
    import difflib

    meant = name.partition("@")[0].lower().replace("_", "-")
    names = [known for row in VARIABLES if row.secret for known in row.names]
    alike = difflib.get_close_matches(meant, names, 1, 0.8)
    return bool(alike or re.search(_MEANT, meant))


def is_private(name: str) -> bool:
    """Whether the value is never written down: it is or may be a secret."""
    return may_be_secret(name) and not name.startswith((_COMMAND, "ssl-key"))
