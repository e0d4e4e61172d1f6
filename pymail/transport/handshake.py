"""From nothing to a session that is ready for a message: greeting, EHLO, TLS, AUTH.

What can be mended by another connection is tried once each, in `_other_way`:
a server that hangs up on EHLO, a certificate that the settings forgive, and
TLS that was merely offered and does not work. RFC 5321 §3.1–3.2, RFC 3207,
RFC 8314.
"""

import re
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from pymail.address.addr_spec import ascii_host
from pymail.errors import (
    AuthenticationError,
    ConnectionLostError,
    PymailError,
    SettingsError,
    TimedOutError,
    TlsError,
)
from pymail.model import model, replace
from pymail.report.reply import Reply
from pymail.settings.server_models import Login, SmtpServer, TlsMode, Verify
from pymail.transport.background_connect import Connecting
from pymail.transport.base import AskSecret, Trace
from pymail.transport.connect import Peer
from pymail.transport.failures import refusal
from pymail.transport.smtp_session import Session

if TYPE_CHECKING:
    import ssl

_NAME = (
    r"(?ai:[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\.?"
    r"|\[[a-z0-9.:]+\])"
)


@model()
class Way:
    """One way to open a session."""

    verb: str
    mode: TlsMode
    verify: bool


class Opener:
    """Opens sessions with one server; `verb` is EHLO, or LHLO for LMTP.

    Unless `step_by_step` the last line of the login may wait in the session for
    the transaction, where the server takes that. Each step is a method, for
    `probe` to watch.
    """

    def __init__(
        self,
        server: SmtpServer,
        peer: Peer,
        *,
        verb: str,
        trace: Trace,
        ask_secret: AskSecret,
        connecting: Connecting | None = None,
    ) -> None:
        self._server = server
        self._peer = peer
        self._trace = trace
        self._ask_secret = ask_secret
        self._verb = verb
        self.step_by_step = False
        self._groups_login = False
        self._connecting = connecting
        self._contexts: dict[bool, ssl.SSLContext] = {}
        self._forgiven: PymailError | None = None
        self._stage = ""
        self._local = False
        self._name = ""

    def abandon(self) -> None:
        """Give up a connection that was begun and is not needed."""
        if self._connecting is not None:
            self._connecting.abandon()

    def open(self) -> Session:
        """Return a session that is ready for MAIL.

        Raises:
            PymailError: there is none to be had; the class says why.
        """
        settings = self._server.tls
        verify = settings.pin is None and settings.verify is not Verify.IGNORE
        way = Way(self._verb, settings.mode, verify)
        while True:
            try:
                return self._opened(way)
            except (TlsError, SettingsError, ConnectionLostError, TimedOutError) as f:
                another = self._other_way(way, f)
                if another is None:
                    raise
                way = another

    def _opened(self, way: Way) -> Session:
        self._stage = "connect"
        timeouts = self._server.timeouts
        sock = self._connected(way)
        self._local = is_local(sock)
        self._name = hello_name(self._server.hello_name, sock)
        session = Session(
            sock,
            peer=self._peer.name,
            timeouts=timeouts,
            trace=self._trace,
        )
        try:
            self._prepare(session, way)
        except PymailError as failure:
            failure.doing = failure.doing or session.doing
            failure.unreached = self._is_speechless(way, failure)
            if failure.reply is not None:
                session.leave()
            raise
        finally:
            if self._stage != "ready":  # also when a signal ends it
                session.close()
        return session

    def _is_speechless(self, way: Way, failure: PymailError) -> bool:
        """Whether the server gave out before it said anything."""
        gave_out = isinstance(failure, ConnectionLostError | TimedOutError)
        begins = {"tls", "greeting"} if way.mode is TlsMode.IMPLICIT else {"greeting"}
        return gave_out and failure.reply is None and self._stage in begins

    def _connected(self, way: Way) -> socket.socket:
        """Return a connection; what TLS needs is loaded while it is being made."""
        connecting, self._connecting = self._connecting, None
        if connecting is None:
            connecting = Connecting(self._peer, self._server.timeouts.connect)
        try:
            if way.mode in {TlsMode.IMPLICIT, TlsMode.REQUIRED}:
                self._context(way)
            if self._server.login:
                from pymail.transport import auth  # noqa: F401 - for later
        except BaseException:
            connecting.abandon()
            raise
        return connecting.result(self._trace.note)

    def _context(self, way: Way) -> "ssl.SSLContext":
        from pymail.transport import tls

        if way.verify not in self._contexts:
            made = tls.context(self._server.tls, verify=way.verify)
            self._contexts[way.verify] = made
        return self._contexts[way.verify]

    def _load_tls(self, way: Way) -> None:
        """Make the context; when that fails, it is TLS that does not work."""
        stage, self._stage = self._stage, "tls"
        self._context(way)
        self._stage = stage

    def _prepare(self, session: Session, way: Way) -> None:
        if way.mode is TlsMode.IMPLICIT:
            self._secure(session, way)
        self._greet(session, way)
        self._hello(session, way)
        may_start = way.mode in {TlsMode.OFFERED, TlsMode.REQUIRED}
        if may_start and self._starts_tls(session, way):
            self._secure(session, way)
            self._hello(session, way)
        if not session.tls and (words := self._stripped()):
            self._trace.warning(words)
        self._log_in(session)
        self._stage = "ready"

    def _greet(self, session: Session, way: Way) -> Reply:
        self._stage = "greeting"
        inside = " in TLS" if way.mode is TlsMode.IMPLICIT else ""
        session.doing = f"waiting for the greeting of {session.peer}{inside}"
        reply = session.read_reply(self._server.timeouts.greeting)
        if reply.code != 220:
            raise refusal(reply, "the server wants no session", session.doing)
        return reply

    def _hello(self, session: Session, way: Way) -> None:
        # a handshake counts when something was heard inside: alerts of TLS 1.3 are late
        inside = session.tls and way.mode is TlsMode.OFFERED
        self._stage = "tls" if inside else "hello"
        session.doing = f"saying {way.verb} to {session.peer}"
        reply = session.hello(way.verb, self._name)
        if reply.permanent and way.verb == "EHLO":
            with suppress(ConnectionLostError):  # it has said why
                reply = session.hello("HELO", self._name)
        if not reply.positive:
            raise refusal(reply, "the server refuses the session", session.doing)
        self._groups_login = _takes_commands_behind_login(session)
        for extension in self._server.ignored_extensions:
            session.esmtp_features.pop(extension.lower(), None)

    def _starts_tls(self, session: Session, way: Way) -> bool:
        """Ask for TLS; whether the handshake is next."""
        session.doing = f"starting TLS with {session.peer}"
        required = way.mode is TlsMode.REQUIRED
        if session.offers("STARTTLS") is None:
            if required:
                raise TlsError("the server offers no STARTTLS", doing=session.doing)
            return False
        reply = session.command("STARTTLS", meanwhile=lambda: self._load_tls(way))
        if reply.code == 220:
            return True
        if required:
            happened = "the server refuses STARTTLS"
            raise TlsError(happened, doing=session.doing, reply=reply)
        self._trace.note("STARTTLS refused, going on without TLS")
        return False

    def _secure(self, session: Session, way: Way) -> None:
        self._stage = "tls"
        session.doing = f"starting TLS with {session.peer}"
        settings = self._server.tls
        host = self._server.host.strip("[]").partition("%")[0].rstrip(".")
        session.secure(self._context(way), ascii_host(host))
        if settings.pin is not None:
            self._check_pin(session, settings.pin)
        session.proven = way.verify or settings.pin is not None
        session.encrypted = session.proven or settings.verify is not Verify.STRICT

    def _stripped(self) -> str:
        """Say that a server which is known for STARTTLS offers none; empty if it is not."""
        if self._local:
            return ""
        from pymail.report import providers  # for mail in clear alone

        server = self._server
        if not providers.offers_starttls(server.host, server.port):
            return ""
        return (
            f"{self._peer.name} is known to offer STARTTLS, and today there is no TLS:"
            " somebody on the way may be taking it out; to refuse that,"
            " set smtp-use-starttls"
        )

    def _check_pin(self, session: Session, pin: bytes) -> None:
        from pymail.transport import tls

        tls.check_pin(session.connection, pin)
        self._trace.note("it is the certificate of tls-fingerprint")

    def _log_in(self, session: Session) -> None:
        login = self._server.login
        if login is None:
            return
        self._stage = "login"
        self._authenticate(session, login, self._mechanism(session, login))

    def _mechanism(self, session: Session, login: Login) -> str:
        from pymail.sasl.choose import takes_token
        from pymail.transport.auth import choose_mechanism

        try:
            return choose_mechanism(session, login, local=self._local)
        except AuthenticationError as failure:
            if self._forgiven is None:
                raise
            if takes_token(login.mechanism):
                failure.also = self._forgiven.happened
                raise
            # Nothing protects the secret, because TLS failed: say that instead.
            raise self._forgiven from failure

    def _authenticate(self, session: Session, login: Login, name: str) -> Reply | None:
        from pymail.transport.auth import log_in

        in_groups = session.offers("PIPELINING") is not None
        hold = in_groups and self._groups_login and not self.step_by_step
        return log_in(session, self._server, login, name, self._ask_secret, hold=hold)

    def _other_way(self, way: Way, failure: PymailError) -> Way | None:
        settings = self._server.tls
        if self._stage == "hello" and way.verb == "EHLO":
            return self._without_ehlo(way, failure)
        if self._stage != "tls" or failure.reply is not None:
            return None
        from pymail.transport import tls

        offered = way.mode is TlsMode.OFFERED
        if tls.untrusted(failure) and way.verify:
            if settings.verify is Verify.WARN:
                self._trace.warning(f"{failure.happened}; going on all the same")
                return replace(way, verify=False)
            if offered:
                self._forgive(failure, "going on with TLS that proves nothing")
                return replace(way, verify=False)
        if offered:
            self._forgive(failure, "going on without TLS")
            return replace(way, mode=TlsMode.NEVER)
        return None

    def _without_ehlo(self, way: Way, failure: PymailError) -> Way | None:
        needed = self._server.login or way.mode is TlsMode.REQUIRED
        hung_up = isinstance(failure, ConnectionLostError) and failure.reply is None
        if needed or not hung_up:
            return None
        self._trace.note("no answer to EHLO, trying HELO")
        return replace(way, verb="HELO")

    def _forgive(self, failure: PymailError, instead: str) -> None:
        self._forgiven = failure
        self._trace.note(f"{failure.happened}; {instead}")


def _takes_commands_behind_login(session: Session) -> bool:
    """Whether commands may go out before the verdict on a login.

    Dovecot before 2.3.15 carries them out twice, the second time as content, and
    no reply shows it. Like many it offers CHUNKING, and all of them are spared. Of
    the servers that do not, those that were tried take it, or say that they mind.
    """
    return session.offers("CHUNKING") is None


def hello_name(name: str, sock: socket.socket) -> str:
    """Return the name to say: ours, or the address when it is no host name.

    Servers refuse names with an underscore or Chinese letters; an address
    literal is always right (RFC 5321 §4.1.4).
    """
    if re.fullmatch(_NAME, name):
        return name
    if sock.family == socket.AF_UNIX:
        return "localhost"
    address = str(sock.getsockname()[0]).partition("%")[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def is_local(sock: socket.socket) -> bool:
    """Whether the other side is this machine."""
    if sock.family == socket.AF_UNIX:
        return True
    try:
        address = str(sock.getpeername()[0]).removeprefix("::ffff:").partition("%")[0]
    except OSError:  # reset already: whoever reads hears of it
        return False
    return address == "::1" or address.startswith("127.")
