"""Typed settings of servers: address, TLS, login, time-outs."""

from collections.abc import Callable
from enum import Enum
from pathlib import Path

from pymail.model import field, model, replace
from pymail.secret import Secret


class TlsMode(Enum):
    """The moment when TLS starts."""

    NEVER = "never"
    OFFERED = "offered"  # STARTTLS if the server offers it; never a reason to fail
    REQUIRED = "required"  # STARTTLS, or nothing is sent
    IMPLICIT = "implicit"  # from the first octet (RFC 8314)


class Verify(Enum):
    """Treatment of an untrusted certificate (`ssl-verify`)."""

    STRICT = "strict"
    WARN = "warn"
    IGNORE = "ignore"


@model(kw_only=True)
class Tls:
    """TLS of one server.

    With a `pin`, only the certificate's fingerprint is verified, `verify` has no effect,
    and TLS is required.
    """

    mode: TlsMode = TlsMode.OFFERED
    verify: Verify = Verify.STRICT
    ca_file: Path | None = None
    ca_directory: Path | None = None
    system_authorities: bool = True
    certificate: Path | None = None  # the client's own, PEM
    key: Path | None = None
    ciphers: str = ""
    minimum_version: str = "TLSv1.2"
    crl_file: Path | None = None
    pin: bytes | None = None  # SHA-256


@model(kw_only=True)
class SecretSource:
    """A secret in the settings, or the place where they say it is stored.

    One of `secret`, `command`, `file` and `ask` is set. `place` is the line that sets it
    ("~/.mailrc:3"); `for_this_run`: set by the command line, or by the Python caller.
    """

    place: str
    secret: Secret | None = None
    command: str = ""
    file: Path | None = None
    ask: Callable[[], str] | None = None
    for_this_run: bool = False


@model(kw_only=True)
class Login:
    """A login and its mechanism.

    `mechanism` is named by the settings ("login", "plain", "cram-md5", "scram-sha-256",
    "external", "xoauth2", "oauthbearer"), which allows it without TLS; if empty, it is
    chosen from the server's offer. `sources` are the sources of the secret that the
    settings name, by precedence.
    """

    user: str
    mechanism: str = ""
    sources: tuple[SecretSource, ...] = ()


# Every kernel gives up earlier; a socket time-out can be at most 24 days.
LONGEST_CONNECT_SECONDS = 24 * 3600


@model(kw_only=True)
class Timeouts:
    """Longest waits, in seconds (RFC 5321 §4.5.3.2).

    A reply must be complete in time; the content only has to make progress.
    """

    connect: float = 30
    greeting: float = 300
    command: float = 300  # EHLO, STARTTLS, AUTH, MAIL, RCPT, RSET
    data: float = 120
    content: float = 180  # since the last progress
    final_dot: float = 600
    quit: float = 0  # not waited for

    @classmethod
    def bounded(cls, seconds: float | None, connect: float | None = None) -> "Timeouts":
        """Limit every wait to `seconds` (smtp-timeout), and set `connect`."""
        connect = min(connect or cls().connect, LONGEST_CONNECT_SECONDS)
        return replace(cls(), connect=connect).at_most(seconds or float("inf"))

    def at_most(self, seconds: float) -> "Timeouts":
        """Limit every wait for the server to `seconds`."""
        names = ("connect", "greeting", "command", "data", "content", "final_dot")
        lower = {name: min(getattr(self, name), seconds) for name in names}
        return replace(self, **lower)


@model(kw_only=True)
class SmtpServer:
    """An SMTP server, or an LMTP server (RFC 2033) if `lmtp`."""

    host: str
    port: int
    hello_name: str
    tls: Tls = field(default_factory=Tls)
    login: Login | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)
    lmtp: bool = False
    ignored_extensions: frozenset[str] = frozenset()  # smtp-config=-pipelining

    @property
    def name(self) -> str:
        """The name that messages show."""
        return f"{self.host}:{self.port}"


@model(kw_only=True)
class LmtpSocket:
    """An LMTP server on a local socket."""

    path: Path
    hello_name: str
    timeouts: Timeouts = field(default_factory=Timeouts)

    @property
    def name(self) -> str:
        """The name that messages show."""
        return str(self.path)


@model(kw_only=True)
class LocalMta:
    """A sendmail program and its arguments (see `transport.local_mta`).

    `sender_option` is the value of -f, and `sender_name` that of -F (from `-r` and
    `r-option-implicit`). `arguments` follow the default arguments.
    """

    program: Path
    argv0: str = ""
    arguments: tuple[str, ...] = ()
    default_arguments: bool = True
    recipients_as_arguments: bool = True  # else the program reads the header
    keep_bcc: bool = False
    sender_option: str | None = None
    sender_name: str = ""
    metoo: bool = False
    verbose: bool = False

    @property
    def name(self) -> str:
        """The name that messages show."""
        return str(self.program)


@model(kw_only=True)
class FileTarget:
    """`mta=test`: writes an mbox entry to a file, or to standard output if None."""

    path: Path | None = None

    @property
    def name(self) -> str:
        """The name that messages show."""
        return str(self.path or "standard output")


Server = SmtpServer | LmtpSocket | LocalMta | FileTarget


def way_of(server: Server) -> str:
    """Name the kind of server that a message is sent through."""
    ways = {LocalMta: "a local program", FileTarget: "a file"}
    return ways.get(type(server), "a server")
