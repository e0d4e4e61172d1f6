"""The handshake of an SMTP session: greeting, EHLO, TLS, AUTH.

What another connection can mend is tried once each, in `_next_strategy`: a server
that hangs up on EHLO, a certificate that the settings forgive, and TLS that was
merely offered and does not work. RFC 5321 §3.1-3.2, RFC 3207, RFC 8314.
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
from pymail.model import model, replace
from pymail.reply import Reply
from pymail.settings.server_models import Login, SmtpServer, TlsMode, Verify
from pymail.transport.base import AskSecret, Trace
from pymail.transport.connect import BackgroundConnection, Peer, hello_name, is_local
from pymail.transport.smtp_session import SmtpSession

if TYPE_CHECKING:
    import ssl


@model()
class Strategy:
    """One way to open a session; `verb` is EHLO, LHLO or HELO.

    The `bundle` of the system's authorities is loaded where their directory fails.
    """

    verb: str
    mode: TlsMode
    verify: bool
    bundle: bool = False


# Surrounds each step: "greeting", "hello", "starttls" and "tls".
Watch = Callable[[str, SmtpSession, Strategy], AbstractContextManager[None]]


def unwatched(
    step: str, session: SmtpSession, strategy: Strategy
) -> AbstractContextManager[None]:
    """Let a step go its way."""
    del step, session, strategy
    return nullcontext()


class SessionOpener:
    """Opens sessions with one server; `watch` surrounds the steps before the login."""

    def __init__(
        self,
        server: SmtpServer,
        peer: Peer,
        *,
        trace: Trace,
        ask_secret: AskSecret,
        connecting: BackgroundConnection | None = None,
        watch: Watch = unwatched,
    ) -> None:
        self._server = server
        self._peer = peer
        self._trace = trace
        self._ask_secret = ask_secret
        self._connecting = connecting
        self._watch = watch
        self._contexts: dict[tuple[bool, bool], ssl.SSLContext] = {}
        self._downgraded: PymailError | None = None  # why TLS proves less than it might
        self._stage = ""

    def abandon(self) -> None:
        """Give up a connection that was begun and is not needed."""
        if self._connecting is not None:
            self._connecting.abandon()

    def open(self) -> SmtpSession:
        """Return a session that is ready for MAIL.

        Raises:
            PymailError: there is none to be had; the class says why.
        """
        session = self.connect()
        if self._server.login is not None:
            self.log_in(session, self.choose_mechanism(session))
        return session

    def connect(self) -> SmtpSession:
        """Return a session that is ready for the login, if there is to be one.

        Raises:
            PymailError: there is none to be had; the class says why.
        """
        settings = self._server.tls
        verify = settings.pin is None and settings.verify is not Verify.IGNORE
        verb = "LHLO" if self._server.lmtp else "EHLO"
        strategy = Strategy(verb, settings.mode, verify)
        untrusted: PymailError | None = None  # why the bundle is tried
        while True:
            try:
                return self._connect(strategy)
            except (TlsError, SettingsError, TransientError) as failure:
                another = self._next_strategy(strategy, failure)
                if another is None:
                    if untrusted and isinstance(failure, TransientError):
                        raise untrusted from untrusted.__cause__
                    raise
                untrusted = failure if another.bundle > strategy.bundle else None
                strategy = another

    def choose_mechanism(self, session: SmtpSession) -> str:
        """Return the mechanism to log in with.

        Raises:
            SettingsError, AuthenticationError: there is none that fits.
        """
        from pymail.transport.auth import choose_mechanism

        login = self._login
        with _ending_on_failure(session):
            try:
                return choose_mechanism(session, login)
            except AuthenticationError as failure:
                self._blame_tls(failure, login)
                raise

    def log_in(self, session: SmtpSession, mechanism: str) -> Reply:
        """Log in with a mechanism; return the verdict, which is yes.

        Raises:
            AuthenticationError: there is no secret, or the server does not accept it.
        """
        from pymail.transport.auth import log_in

        with _ending_on_failure(session):
            return log_in(
                session, self._server, self._login, mechanism, self._ask_secret
            )

    @property
    def _login(self) -> Login:
        login = self._server.login
        assert login is not None  # noqa: S101 - or nobody logs in
        return login

    def _blame_tls(self, failure: AuthenticationError, login: Login) -> None:
        """Say that nothing protects the secret because TLS failed, where it did."""
        from pymail.sasl.choose import takes_token

        if self._downgraded is None:
            return
        if not takes_token(login.mechanism):
            raise self._downgraded from failure
        failure.also = self._downgraded.happened

    def _connect(self, strategy: Strategy) -> SmtpSession:
        self._stage = "connect"
        sock = self._connected(strategy)
        session = SmtpSession(
            sock,
            peer=self._peer.name,
            timeouts=self._server.timeouts,
            trace=self._trace,
            hello_name=hello_name(self._server.hello_name, sock),
        )
        session.is_local = is_local(sock)
        try:
            with _ending_on_failure(session):
                self._prepare(session, strategy)
        except PymailError as failure:
            failure.unreached = self._is_speechless(strategy, failure)
            raise
        return session

    def _is_speechless(self, strategy: Strategy, failure: PymailError) -> bool:
        """Whether the server gave out before it said anything."""
        gave_out = isinstance(failure, ConnectionLostError | TimedOutError)
        implicit = strategy.mode is TlsMode.IMPLICIT
        begins = {"tls", "greeting"} if implicit else {"greeting"}
        return gave_out and failure.reply is None and self._stage in begins

    def _connected(self, strategy: Strategy) -> socket.socket:
        """Return a connection; what TLS needs is loaded while it is being made."""
        connecting, self._connecting = self._connecting, None
        if connecting is None:
            connecting = BackgroundConnection(self._peer, self._server.timeouts.connect)
        try:
            if strategy.mode in {TlsMode.IMPLICIT, TlsMode.REQUIRED}:
                self._context(strategy)
            if self._server.login:
                from pymail.transport import auth  # noqa: F401 - for later
        except BaseException:
            connecting.abandon()
            raise
        return connecting.result(self._trace.note)

    def _context(self, strategy: Strategy) -> "ssl.SSLContext":
        from pymail.transport import tls

        verify, bundle = key = strategy.verify, strategy.bundle
        if key not in self._contexts:
            made = tls.make_context(self._server.tls, verify=verify, bundle=bundle)
            self._contexts[key] = made
        return self._contexts[key]

    def _load_tls(self, strategy: Strategy) -> None:
        """Make the context; when that fails, it is TLS that does not work."""
        stage, self._stage = self._stage, "tls"
        self._context(strategy)
        self._stage = stage

    def _prepare(self, session: SmtpSession, strategy: Strategy) -> None:
        if strategy.mode is TlsMode.IMPLICIT:
            self._secure(session, strategy)
        self._greet(session, strategy)
        self._hello(session, strategy)
        may_start = strategy.mode in {TlsMode.OFFERED, TlsMode.REQUIRED}
        if may_start and self._starts_tls(session, strategy):
            self._secure(session, strategy)
            self._hello(session, strategy)
        if not session.tls and (words := stripped_starttls(session, self._server)):
            self._trace.warning(words)

    def _greet(self, session: SmtpSession, strategy: Strategy) -> None:
        self._stage = "greeting"
        inside = " in TLS" if strategy.mode is TlsMode.IMPLICIT else ""
        session.doing = f"waiting for the greeting of {session.peer}{inside}"
        with self._watch("greeting", session, strategy):
            reply = session.read_reply(self._server.timeouts.greeting)
            if reply.code != 220:
                raise refusal(reply, "the server wants no session", session.doing)

    def _hello(self, session: SmtpSession, strategy: Strategy) -> None:
        # a handshake counts when something was heard inside: alerts of TLS 1.3 are late
        inside = session.tls and strategy.mode is TlsMode.OFFERED
        self._stage = "tls" if inside else "hello"
        session.doing = f"saying {strategy.verb} to {session.peer}"
        with self._watch("hello", session, strategy):
            reply = _say_hello(session, strategy.verb)
            if reply.permanent and strategy.verb == "EHLO":
                with suppress(ConnectionLostError):  # it has said why
                    reply = _say_hello(session, "HELO")
            if not reply.positive:
                raise refusal(reply, "the server refuses the session", session.doing)
            for extension in self._server.ignored_extensions:
                session.esmtp_features.pop(extension.lower(), None)

    def _starts_tls(self, session: SmtpSession, strategy: Strategy) -> bool:
        """Ask for TLS; whether the handshake is next."""
        session.doing = f"starting TLS with {session.peer}"
        required = strategy.mode is TlsMode.REQUIRED
        with self._watch("starttls", session, strategy):
            if not session.has_extn("STARTTLS"):
                if required:
                    raise TlsError("the server offers no STARTTLS", doing=session.doing)
                return False
            session.putcmd("STARTTLS")
            self._load_tls(strategy)  # while the server has its turn
            reply = session.read_reply(session.timeouts.command)
            if required and reply.code != 220:
                happened = "the server refuses STARTTLS"
                raise TlsError(happened, doing=session.doing, reply=reply)
        if reply.code != 220:
            self._trace.note("STARTTLS refused, going on without TLS")
        return reply.code == 220

    def _secure(self, session: SmtpSession, strategy: Strategy) -> None:
        self._stage = "tls"
        session.doing = f"starting TLS with {session.peer}"
        settings = self._server.tls
        host = self._server.host.strip("[]").partition("%")[0].rstrip(".")
        with self._watch("tls", session, strategy):
            session.begin_tls(self._context(strategy), ascii_host(host))
            if settings.pin is not None:
                self._check_pin(session, settings.pin)
            session.proven = strategy.verify or settings.pin is not None
            session.encrypted = session.proven or settings.verify is not Verify.STRICT

    def _check_pin(self, session: SmtpSession, pin: bytes) -> None:
        from pymail.transport import tls

        tls.check_pin(session.sock, pin)
        self._trace.note("it is the certificate of tls-fingerprint")

    def _next_strategy(
        self, strategy: Strategy, failure: PymailError
    ) -> Strategy | None:
        if self._stage == "hello" and strategy.verb == "EHLO":
            return self._without_ehlo(strategy, failure)
        if self._stage != "tls" or failure.reply is not None:
            return None
        from pymail.transport import tls

        if tls.untrusted(failure) and strategy.verify:
            another = self._for_untrusted(strategy, failure)
            if another is not None:
                return another
        if strategy.mode is TlsMode.OFFERED:
            self._downgrade(failure, "going on without TLS")
            return replace(strategy, mode=TlsMode.NEVER)
        return None

    def _for_untrusted(
        self, strategy: Strategy, failure: PymailError
    ) -> Strategy | None:
        from pymail.transport import tls

        settings = self._server.tls
        if not strategy.bundle and tls.bundle_may_help(settings, failure):
            self._trace.note(f"{failure.happened}; trying the bundle of authorities")
            return replace(strategy, bundle=True)
        if settings.verify is Verify.WARN:
            self._trace.warning(f"{failure.happened}; going on all the same")
            return replace(strategy, verify=False)
        if strategy.mode is TlsMode.OFFERED:
            self._downgrade(failure, "going on with TLS that proves nothing")
            return replace(strategy, verify=False)
        return None

    def _without_ehlo(
        self, strategy: Strategy, failure: PymailError
    ) -> Strategy | None:
        needed = self._server.login or strategy.mode is TlsMode.REQUIRED
        hung_up = isinstance(failure, ConnectionLostError) and failure.reply is None
        if needed or not hung_up:
            return None
        self._trace.note("no answer to EHLO, trying HELO")
        return replace(strategy, verb="HELO")

    def _downgrade(self, failure: PymailError, instead: str) -> None:
        self._downgraded = failure
        self._trace.note(f"{failure.happened}; {instead}")


@contextmanager
def _ending_on_failure(session: SmtpSession) -> Iterator[None]:
    """End the session if the block fails; a server that has spoken hears QUIT."""
    try:
        yield
    except BaseException as failure:
        if isinstance(failure, PymailError):
            failure.doing = failure.doing or session.doing
            if failure.reply is not None:
                session.quit()
        session.close()
        raise


def _say_hello(session: SmtpSession, verb: str) -> Reply:
    if verb == "HELO":
        return session.command(f"HELO {session.local_hostname}")
    session.ehlo_msg = verb
    session.ehlo()
    return session.last_reply


def stripped_starttls(session: SmtpSession, server: SmtpServer) -> str:
    """Say that a server known for STARTTLS offers none; empty if it is not known."""
    if session.is_local:
        return ""
    from pymail.report import providers  # for mail in clear alone

    if not providers.offers_starttls(server.host, server.port):
        return ""
    return (
        f"{session.peer} is known to offer STARTTLS, and today there is no TLS:"
        " somebody on the way may be taking it out; to refuse that,"
        " set smtp-use-starttls"
    )


def refusal(reply: Reply, happened: str, doing: str) -> PymailError:
    """Return the failure that a reply means for the session as a whole."""
    if reply.transient:
        return TransientError(happened, doing=doing, reply=reply)
    if reply.permanent:
        return RefusedError(happened, doing=doing, reply=reply)
    return ProtocolError(f"unexpected reply {reply}", doing=doing, reply=reply)
