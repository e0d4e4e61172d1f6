"""The table of variables: name, type, default, synonyms, and one line of meaning.

Completion, `--show-settings` and the tests of the manual read it; `resolve` asks for
values by these names only. Any other variable is kept and ignored, as in mailx.
Sources: mailx(1) of Heirloom 12.5, s-nail(1), mail(1) of BSD.
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

    SWITCH = "boolean"  # on if set, with any text, as in every mailx
    TEXT = "text"
    NUMBER = "number"
    PATH = "path"
    MAILBOX = "mailbox"
    MAILBOXES = "mailboxes"
    CHOICE = "choice"


@model(kw_only=True)
class Variable:
    """A row of the table. `default` describes the value of an unset variable.

    `chained`: `NAME-USER@HOST` and `NAME-HOST` take precedence over plain `NAME`.
    `environment`: an environment variable of this name is read, too; every file overrides
    it. (Heirloom's users rely on it; not for names that other programs use.)
    """

    name: str
    names: tuple[str, ...]  # `name` and its synonyms; the first that is set wins
    kind: Kind
    meaning: str
    default: str = ""
    secret: bool = False
    chained: bool = False
    environment: bool = False
    on: bool = False  # a switch that is set until `unset`
    own: bool = False  # only pymail has it


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
        _row("smtp",                          TEXT,      "e",  "the server: HOST, HOST:PORT, or a URL (smtp, smtps, submission, submissions, lmtp), optionally with %-encoded USER:PASSWORD@"),
        _row("mta",                           TEXT,      "",   "the server as a URL; or the path of a sendmail program, or test for a dry run"),
        _row("sendmail",                      TEXT,      "e",  "the local program, used if no server is set; a URL names a server", "/usr/sbin/sendmail"),
        _row("mta-arguments",                 TEXT,      "",   "more arguments for the local program, with quotes as in a shell"),
        _row("mta-no-default-arguments",      SWITCH,    "",   "do not pass -i to the local program"),
        _row("mta-no-recipient-arguments",    SWITCH,    "",   "do not pass the recipients to the local program", "", "mta-no-receiver-arguments"),
        _row("mta-bcc-ok",                    SWITCH,    "",   "pass the Bcc field to the local program"),
        _row("mta-argv0",                     TEXT,      "",   "the name that the local program is started under (argument zero)"),
        _row("r-option-implicit",             SWITCH,    "",   "pass -f with the address of from to the local program"),
        _row("user",                          TEXT,      "c",  "the login name at the server", "", "smtp-auth-user"),
        _row("password",                      TEXT,      "cs", "the password or authorization code", "", "smtp-auth-password"),
        _row("smtp-password-command",         TEXT,      "cp", "a command that prints the password or token as its first line; it gets no input and 10 s at most"),
        _row("smtp-password-file",            PATH,      "cp", "a file whose first line is the password; only its owner may read it (0600)"),
        _row("keyring-timeout",               NUMBER,    "p",  "how long to wait for a keyring that does not answer", "5 seconds"),
        _row("smtp-auth",                     CHOICE,    "ce", "login, plain, cram-md5, scram-sha-256 (-1, -512), external, xoauth2, oauthbearer or none; naming one allows a password without TLS", "chosen from the server's offer"),
        _row("netrc-lookup",                  SWITCH,    "c",  "take the login name from ~/.netrc if nothing else sets it"),
        _row("NETRC",                         PATH,      "e",  "the file with passwords by server", "~/.netrc"),
        _row("smtp-use-starttls",             SWITCH,    "ce", "require STARTTLS, even with the value no; unset it to make STARTTLS optional", "", "smtp-use-tls"),
        _row("tls-verify",                    CHOICE,    "ce", "how to treat an untrusted certificate: strict (or ask) refuses it; warn, ignore", "strict", "ssl-verify"),
        _row("tls-ca-file",                   PATH,      "ce", "certificates of authorities to trust, PEM", "", "ssl-ca-file"),
        _row("tls-ca-dir",                    PATH,      "ce", "a directory of such certificates, hashed", "", "ssl-ca-dir"),
        _row("tls-ca-no-defaults",            SWITCH,    "ce", "do not trust the system's authorities", "", "ssl-ca-no-defaults", "ssl-no-default-ca"),
        _row("tls-crl-file",                  PATH,      "e",  "certificate revocation list, PEM", "", "ssl-crl-file"),
        _row("tls-fingerprint",               TEXT,      "c",  "the SHA-256 fingerprint of the server's certificate, in hexadecimal; it replaces the check by authorities and requires TLS"),
        _row("ssl-cert",                      PATH,      "ce", "the client's own certificate, PEM"),
        _row("ssl-key",                       PATH,      "ce", "the private key of ssl-cert, PEM", "in the file of ssl-cert"),
        _row("ssl-cipher-list",               TEXT,      "ce", "ciphers for TLS 1.2, by OpenSSL's names"),
        _row("tls-config-pairs",              TEXT,      "c",  "comma list of Certificate=, PrivateKey=, CipherString=, MinProtocol=", "", "ssl-config-pairs"),
        _row("smtp-config",                   TEXT,      "c",  "-EXTENSION words, separated by commas: do not use these extensions of the server"),
        _row("smtp-timeout",                  NUMBER,    "p",  "seconds, an upper bound for every wait of the session", "by step, RFC 5321"),
        _row("socket-connect-timeout",        NUMBER,    "",   "seconds to wait for a connection, per address of the server", "30"),
        _row("socks-proxy",                   TEXT,      "ce", "a SOCKS proxy; pymail does not support it, but refuses and keeps the mail", "", "SOCKS5_PROXY"),
        _row("smtp-fallback",                 TEXT,      "p",  "an account to use if the server cannot be reached"),
        _row("v15-compat",                    SWITCH,    "",   "with a value, quoting follows the rules of a shell; s-nail's URL and login rules always apply"),
    ),
    "Author and sender": (
        _row("from",                          MAILBOXES, "e",  "the author; with several authors, set sender, too", "LOGIN@HOSTNAME"),
        _row("sender",                        MAILBOX,   "e",  "the address that sends the mail, if that is not the author"),
        _row("reply-to",                      MAILBOXES, "e",  "the address for replies", "", "replyto", "REPLYTO"),
        _row("smtp-from",                     MAILBOX,   "p",  "the envelope sender, if it must differ from the author"),
        _row("smtp-fit-sender",               CHOICE,    "p",  "use the account's address in From and envelope: auto (if the provider insists, or the author has no full address), on, off", "auto"),
        _row("hostname",                      TEXT,      "e",  "the host name for EHLO, Message-ID and default addresses", "the machine's name"),
        _row("smtp-hostname",                 TEXT,      "c",  "the host in the envelope sender LOGIN@HOST; empty means hostname"),
        _row("ORGANIZATION",                  TEXT,      "e",  "the Organization field"),
    ),
    "The message": (
        _row("autocc",                        MAILBOXES, "e",  "Cc recipients added to every mail"),
        _row("autobcc",                       MAILBOXES, "e",  "Bcc recipients added to every mail"),
        _row("customhdr",                     TEXT,      "",   "additional header fields, separated by commas; \\, is a comma"),
        _row("signature",                     PATH,      "e",  "a file to append to every mail"),
        _row("message-inject-head",           TEXT,      "e",  "text before every body; \\n and \\t expand", "", "MAILX_HEAD"),
        _row("message-inject-tail",           TEXT,      "e",  "text after every body; \\n and \\t expand", "", "MAILX_TAIL"),
        _row("skipemptybody",                 SWITCH,    "",   "send nothing if the text is empty, as -E does", "", "skipempty"),
        _row("expandaddr",                    TEXT,      "",   "allow files and |commands as recipients; words restrict it"),
        _row("expandargv",                    TEXT,      "",   "pass options after -- to a local program; the values fail and restrict refuse them"),
        _row("expandaddr-domaincheck",        TEXT,      "",   "additional domains that domaincheck of expandaddr accepts"),
        _row("add-file-recipients",           SWITCH,    "",   "show files that are recipients in To, Cc and Bcc"),
        _row("mta-aliases",                   PATH,      "",   "a file such as /etc/aliases, for local names without an alias"),
        _row("fullnames",                     SWITCH,    "",   "accepted; pymail always keeps the names of recipients"),
        _row("allnet",                        SWITCH,    "",   "treat addresses with your local part as yours, at any host"),
        _row("metoo",                         SWITCH,    "e",  "keep your own address in aliases that contain it"),
        _row("encoding",                      CHOICE,    "e",  "8bit, quoted-printable or base64 for text that is not ASCII", "the shorter that fits", "mime-encoding"),
        _row("sendcharsets",                  TEXT,      "e",  "charsets tried in order, separated by commas", "the text's own"),
        _row("sendcharsets-else-ttycharset",  SWITCH,    "",   "without sendcharsets, send text in the charset of ttycharset"),
        _row("mimetypes-load-control",        TEXT,      "",   "files with MIME types: s /etc/mime.types, u ~/.mime.types, f=FILE; separated by commas", "su"),
        _row("mime-force-sendout",            SWITCH,    "",   "accepted; pymail sends text in any charset"),
        _row("mime-allow-text-controls",      SWITCH,    "",   "accepted; text with control characters stays text"),
        _row("mime-counter-evidence",         SWITCH,    "",   "accepted, for reading mail"),
        _row("ttycharset",                    TEXT,      "e",  "the charset of input text and arguments that are not UTF-8", "the locale's, else a guess"),
        _row("charset-7bit",                  TEXT,      "",   "the charset name for pure ASCII text", "us-ascii", "charset7"),
        _row("charset-8bit",                  TEXT,      "",   "the charset tried after sendcharsets", "utf-8", "charset"),
        _row("maximum-unencoded-line-length", NUMBER,    "e",  "encode text with a longer line, in octets; 0 encodes every text", "950"),
        _row("disposition-notification-send", SWITCH,    "",   "ask the recipient for a read receipt"),
        _row("dsn",                           CHOICE,    "p",  "when servers notify the sender about the mail: success, failure, delay, separated by commas, or never", "as the servers do"),
        _row("dsn-return",                    CHOICE,    "p",  "how much of the mail such a notification returns: full or headers", "as the servers do"),
        _row("message-id-disable",            SWITCH,    "",   "let the server add Message-ID"),
        _row("stealthmua",                    CHOICE,    "e",  "no User-Agent and no Message-ID; noagent keeps the latter"),
    ),
    "Signing and encryption": (
        _row("smime-sign",                    SWITCH,    "",   "sign every message"),
        _row("smime-sign-cert",               PATH,      "c",  "the author's private key and certificate in one file, PEM"),
        _row("smime-sign-digest",             CHOICE,    "c",  "the digest to sign with: sha224, sha256, sha384, sha512", "sha512", "smime-sign-message-digest"),
        _row("smime-sign-include-certs",      TEXT,      "c",  "files with additional certificates to include, separated by commas, PEM"),
        _row("smime-encrypt",                 PATH,      "c",  "the certificate to encrypt messages with for a recipient; append the recipient's address to the name"),
        _row("smime-force-encryption",        SWITCH,    "",   "refuse to send unencrypted messages"),
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
        _row("bsdcompat",                     SWITCH,    "",   "the same as askatend, as BSD mail always does"),
        _row("dot",                           SWITCH,    "o",  "a line with a single dot ends the text"),
        _row("ignoreeof",                     SWITCH,    "",   "an end of input (^D) does not end the text, except the 25th"),
        _row("ignore",                        SWITCH,    "",   "ignore interrupts, as -i does"),
        _row("escape",                        TEXT,      "",   "the character before an escape, only the first one is used; empty for no escapes", "~"),
        _row("sign",                          TEXT,      "",   "the text that ~a inserts; \\n and \\t expand"),
        _row("Sign",                          TEXT,      "",   "the text that ~A inserts; \\n and \\t expand"),
        _row("editheaders",                   SWITCH,    "",   "edit the header, too, in an editor"),
        _row("editalong",                     TEXT,      "",   "start with an editor: v for VISUAL, anything else for EDITOR"),
        _row("EDITOR",                        TEXT,      "e",  "the editor of ~e, optionally with arguments", "ed"),
        _row("VISUAL",                        TEXT,      "e",  "the editor of ~v", "vi"),
        _row("SHELL",                         PATH,      "e",  "the shell that runs commands", "/bin/sh"),
        _row("line-editor-disable",           SWITCH,    "",   "do not edit lines; read them as the terminal sends them"),
        _row("history-file",                  PATH,      "",   "a file that stores your input for the arrow keys"),
    ),
    "Copies and files": (
        _row("save",                          SWITCH,    "o",  "keep mail that could not be sent in dead.letter"),
        _row("DEAD",                          PATH,      "e",  "the file for mail that could not be sent", "~/dead.letter"),
        _row("record",                        PATH,      "e",  "an mbox or Maildir for copies of sent mail: a path, +NAME below folder, mbox://PATH or maildir://PATH"),
        _row("record-files",                  SWITCH,    "",   "accepted; pymail also records mail to files only"),
        _row("record-resent",                 SWITCH,    "",   "accepted; pymail never redirects mail"),
        _row("outfolder",                     SWITCH,    "",   "relative paths of record and -F are below folder"),
        _row("newfolders",                    CHOICE,    "",   "maildir: create new folders as Maildirs, not as mbox files"),
        _row("dotlock-disable",               SWITCH,    "",   "create no lock file NAME.lock beside an mbox"),
        _row("dotlock-ignore-error",          SWITCH,    "",   "accepted; see dotlock-disable"),
        _row("umask",                         TEXT,      "",   "permissions to remove from new copies, in octal", "077"),
        _row("folder",                        PATH,      "",   "the directory that + stands for; relative to the home directory"),
        _row("verbose",                       SWITCH,    "",   "show the SMTP session, as -v does"),
        _row("debug",                         SWITCH,    "",   "show everything and send nothing, as -d does"),
        _row("logfile",                       PATH,      "p",  "a file to log every attempt to send in; - is standard output"),
        _row("syslog",                        CHOICE,    "p",  "the same log line for syslog: the facility mail (default), user, or local0 to local7"),
        _row("sendwait",                      SWITCH,    "",   "accepted; pymail always waits for the result"),
        _row("explain",                       CHOICE,    "p",  "the language of advice: auto (the locale's), en or zh", "auto"),
        _row("mailx-extra-rc",                PATH,      "e",  "an additional settings file, read after the user's", "", "NAIL_EXTRA_RC"),
    ),
    "The outbox": (
        _row("outbox",                        PATH,      "p",  "the directory to keep every mail in until it is delivered, retrying temporary failures; without a value, the default directory"),
        _row("outbox-lifetime",               NUMBER,    "p",  "how long to retry; after that the mail becomes a dead letter and the sender is notified", "120 hours"),
        _row("outbox-flush",                  SWITCH,    "op", "each successful send also flushes what is due; outbox-flush=off disables it"),
        _row("smtp-max-per-connection",       NUMBER,    "p",  "how many mails of the outbox to send over one connection", "100"),
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
    """Tell whether a word means no."""
    return text.strip().lower() in ("no", "off", "false", "0")


def is_address(name: str) -> bool:
    """Whether the variable may hold a server's address that contains a password."""
    names = ("smtp", "mta", "sendmail", "SOCKS5_PROXY")
    return name in names or name.startswith(("socks-proxy", "SOCKS5_PROXY-"))


def without_password(name: str, text: str, instead: str = "") -> str:
    """Return the value with `instead` in place of a password in a server's address."""
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
    """Whether `name` holds a secret, or is similar to the name of such a variable.

    A command that prints a secret may contain it in its arguments.
    """
    if name.startswith(_FILE) or (name in BY_NAME and name != _COMMAND):
        return is_secret(name)
    import difflib

    meant = name.partition("@")[0].lower().replace("_", "-")
    names = [known for row in VARIABLES if row.secret for known in row.names]
    alike = difflib.get_close_matches(meant, names, 1, 0.8)
    return bool(alike or re.search(_MEANT, meant))


def is_private(name: str) -> bool:
    """Whether the value must never be stored or shown: it is or may be a secret."""
    return may_be_secret(name) and not name.startswith((_COMMAND, "ssl-key"))
