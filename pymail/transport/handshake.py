"""The handshake of an SMTP session: greeting, EHLO, STARTTLS, AUTH.

Some failures are followed by another connection (`starttls.next_strategy`), once for each
cause: a server that hangs up on EHLO, a certificate that the settings accept untrusted,
and offered TLS that doesn't work. RFC 5321 §3.1-3.2, RFC 3207, RFC 8314.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING

from pymail.address.addr_spec import ascii_host
from pymail.errors import (
    AuthenticationError,
    ConnectionLostError,
    ProtocolError,
    PymailError,
    RefusedError,
    SettingsError,
    TimedOutError,
    TlsError,
    TransientError,
)
from pymail.model import replace
from pymail.reply import Reply
from pymail.secret import Secret
from pymail.settings.server_models import Login, SmtpServer, TlsMode, Verify
from pymail.transport.base import AskSecret, Trace
from pymail.transport.connect import (
    BackgroundConnection,
    Peer,
    TcpPeer,
    hello_name,
    is_local,
)
from pymail.transport.smtp_session import SmtpSession
from pymail.transport.starttls import (
    Strategy,
    next_strategy,
    starttls,
    starttls_warning,
)

if TYPE_CHECKING:
    import ssl

VERIFY_SECONDS = 60.0  # a user is waiting


class SessionOpener:
    """Opens sessions with one server.

    `watch` is entered around each step before the login: "greeting", "hello" and "tls".
    `session` and `strategy` belong to the last connection.
    """

    session: SmtpSession
    strategy: Strategy

    def __init__(
        self,
        server: SmtpServer,
        peer: Peer,
        *,
        trace: Trace,
        ask_secret: AskSecret,
        connecting: BackgroundConnection | None = None,
        watch: Callable[[str], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._server = server
        self._peer = peer
        self._trace = trace
        self._ask_secret = ask_secret
        self._connecting = connecting
        self._watch = watch
        self._contexts: dict[tuple[bool, bool], ssl.SSLContext] = {}
        self._stage = ""

    def abandon(self) -> None:
        """Close a connection that is being made in the background, if any."""
        if self._connecting is not None:
            self._connecting.abandon()

    def open(self) -> SmtpSession:
        """Return a session that is ready for MAIL.

        Raises:
            PymailError: the connection, the handshake or the login failed.
        """
        session, login = self.connect(), self._server.login
        if login is not None:
            self.log_in(login, self.choose_mechanism(login))
        return session

    def connect(self) -> SmtpSession:
        """Return a session that is ready for the login, or for MAIL without a login.

        Raises:
            PymailError: the connection or the handshake failed.
        """
        settings = self._server.tls
        verify = settings.pin is None and settings.verify is not Verify.IGNORE
        verb = "LHLO" if self._server.lmtp else "EHLO"
        self.strategy = Strategy(verb, settings.mode, verify)
        untrusted: PymailError | None = None  # the reason to load the bundle
        while True:
            try:
                return self._try_strategy()
            except (TlsError, SettingsError, TransientError) as failure:
                last = self.strategy
                another = next_strategy(last, self._stage, failure, self._server)
                if another is None:
                    unheard = isinstance(failure, TransientError) and not failure.reply
                    if untrusted and unheard:
                        raise untrusted from untrusted.__cause__
                    raise
                warns = another.forgiven > last.forgiven
                tell = self._trace.warning if warns else self._trace.note
                tell(another.reason)
                untrusted = failure if another.bundle > last.bundle else None
                self.strategy = another

    def choose_mechanism(self, login: Login) -> str:
        """Return the mechanism to log in with, of those that the server offers.

        Raises:
            SettingsError, AuthenticationError: no mechanism fits or keeps the secret.
        """
        from pymail.sasl.choose import choose, takes_token

        session = self.session
        session.doing = f"logging in to {session.peer}"
        with _ending_on_failure(session):
            try:
                return choose(
                    login.mechanism,
                    session.esmtp_features.get("auth", "").split(),
                    encrypted=session.encrypted,
                    local=session.is_local,
                    proven=session.proven,
                )
            except AuthenticationError as failure:
                downgraded = self.strategy.downgraded
                if downgraded is None:
                    raise
                if not takes_token(login.mechanism):
                    # the failure of TLS is why nothing protects the secret
                    raise downgraded from failure
                failure.also = downgraded.happened
                raise

    def log_in(self, login: Login, mechanism: str) -> Reply:
        """Log in with a mechanism; return the reply that accepts the login.

        Raises:
            AuthenticationError: no secret was found, or the server refused it.
        """
        from pymail.transport.auth import log_in

        with _ending_on_failure(self.session):
            return log_in(
                self.session, self._server, login, mechanism, self._ask_secret
            )

    def _try_strategy(self) -> SmtpSession:
        sock = self._connect()
        session = self.session = SmtpSession(
            sock,
            peer=self._peer.name,
            timeouts=self._server.timeouts,
            trace=self._trace,
            hello_name=hello_name(self._server.hello_name, sock),
        )
        session.is_local = is_local(sock)
        try:
            with _ending_on_failure(session):
                self._prepare(session, self.strategy.mode)
        except PymailError as failure:
            lost = isinstance(failure, ConnectionLostError | TimedOutError)
            implicit = self.strategy.mode is TlsMode.IMPLICIT
            first = {"tls", "greeting"} if implicit else {"greeting"}
            silent = failure.reply is None and self._stage in first
            failure.unreached = lost and silent
            raise
        return session

    def _connect(self) -> socket.socket:
        """Return a connection; the modules for TLS and AUTH are loaded meanwhile."""
        self._stage = "connect"
        connecting, self._connecting = self._connecting, None
        if connecting is None:
            connecting = BackgroundConnection(self._peer, self._server.timeouts.connect)
        try:
            if self.strategy.mode in {TlsMode.IMPLICIT, TlsMode.REQUIRED}:
                self._context()
            if self._server.login:
                from pymail.transport import auth  # noqa: F401 - for `log_in`
        except BaseException:
            connecting.abandon()
            raise
        return connecting.result(self._trace.note)

    def _context(self) -> "ssl.SSLContext":
        from pymail.transport import tls

        verify, bundle = key = self.strategy.verify, self.strategy.bundle
        if key not in self._contexts:
            made = tls.make_context(self._server.tls, verify=verify, bundle=bundle)
            self._contexts[key] = made
        return self._contexts[key]

    # The steps

    def _prepare(self, session: SmtpSession, mode: TlsMode) -> None:
        if mode is TlsMode.IMPLICIT:
            self._secure(session)
        self._greet(session)
        self._send_ehlo(session)
        if mode in {TlsMode.OFFERED, TlsMode.REQUIRED}:
            self._secure(session)
            if session.tls:
                self._send_ehlo(session)
        if not session.tls and (words := starttls_warning(session, self._server)):
            self._trace.warning(words)

    def _greet(self, session: SmtpSession) -> None:
        self._stage = "greeting"
        inside = " in TLS" if session.tls else ""
        session.doing = f"waiting for the greeting of {session.peer}{inside}"
        with self._watch("greeting"):
            reply = session.read_reply(self._server.timeouts.greeting)
            if reply.code != 220:
                raise refusal(reply, "the server accepts no session", session.doing)

    def _send_ehlo(self, session: SmtpSession) -> None:
        # In TLS 1.3 the server's alert may arrive after the handshake: until the first
        # reply inside TLS, a failure is one of TLS.
        inside = session.tls and self.strategy.mode is TlsMode.OFFERED
        self._stage = "tls" if inside else "hello"
        verb = self.strategy.verb
        session.doing = f"saying {verb} to {session.peer}"
        with self._watch("hello"):
            reply = _hello(session, verb)
            # HELO brings neither AUTH nor STARTTLS
            if reply.permanent and verb == "EHLO" and not self._server.login:
                reply = _say_helo(session) or reply
            if not reply.positive:
                raise refusal(reply, "the server refuses the session", session.doing)
            for extension in self._server.ignored_extensions:
                session.esmtp_features.pop(extension.lower(), None)

    def _secure(self, session: SmtpSession) -> None:
        """Start TLS, after STARTTLS unless TLS is implicit."""
        session.doing = f"starting TLS with {session.peer}"
        settings = self._server.tls
        host = self._server.host.strip("[]").partition("%")[0].rstrip(".")
        with self._watch("tls"):
            mode, required = self.strategy.mode, self.strategy.mode is TlsMode.REQUIRED
            if mode is not TlsMode.IMPLICIT and not starttls(
                session, required=required, prepare=self._context
            ):
                return
            self._stage = "tls"
            session.begin_tls(self._context(), ascii_host(host))
            if settings.pin is not None:
                from pymail.transport import tls

                tls.check_pin(session.sock, settings.pin)
                self._trace.note("the certificate matches tls-fingerprint")
            session.proven = self.strategy.verify or settings.pin is not None
            session.encrypted = session.proven or settings.verify is not Verify.STRICT


@contextmanager
def _ending_on_failure(session: SmtpSession) -> Iterator[None]:
    """Close the session if the block fails, with QUIT if the failure has a reply."""
    try:
        yield
    except BaseException as failure:
        if isinstance(failure, PymailError):
            failure.doing = failure.doing or session.doing
            if failure.reply is not None:
                session.quit()
        session.close()
        raise


def _hello(session: SmtpSession, verb: str) -> Reply:
    if verb == "HELO":
        return session.command(f"HELO {session.local_hostname}")
    session.ehlo_msg = verb
    session.ehlo()
    return session.last_reply


def _say_helo(session: SmtpSession) -> Reply | None:
    """Say HELO where EHLO was refused; None if the server refuses this, too."""
    with suppress(ConnectionLostError):
        reply = _hello(session, "HELO")
        return reply if reply.positive else None
    return None


def refusal(reply: Reply, happened: str, doing: str) -> PymailError:
    """Return the failure of the whole session for a reply that refuses it."""
    if reply.transient:
        return TransientError(happened, doing=doing, reply=reply)
    if reply.permanent:
        return RefusedError(happened, doing=doing, reply=reply)
    return ProtocolError(f"unexpected reply {reply}", doing=doing, reply=reply)


# ── without a message ───────────────────────────────────────────────────────


def verify_login(
    server: SmtpServer,
    ask_secret: AskSecret,
    trace: Trace,
    seconds: float = VERIFY_SECONDS,
) -> None:
    """Connect, log in if the settings name a login, and quit; no wait exceeds `seconds`.

    Raises:
        AuthenticationError: the server refuses the login, or no mechanism fits.
        PymailError: the connection or the handshake failed.
    """
    server = replace(server, timeouts=server.timeouts.at_most(seconds))
    peer = TcpPeer(server.host, server.port)
    SessionOpener(server, peer, trace=trace, ask_secret=ask_secret).open().quit()


def verify_server(server: SmtpServer, trace: Trace, seconds: float) -> None:
    """Connect and verify TLS without a login; no wait exceeds `seconds`.

    Raises:
        PymailError: the connection or the handshake failed.
    """
    verify_login(replace(server, login=None), no_secret, trace, seconds)


def no_secret(login: Login, host: str) -> Secret:
    """Refuse to find a secret, for a session without a login."""
    raise AuthenticationError(f"no secret of {login.user} at {host} is needed")
