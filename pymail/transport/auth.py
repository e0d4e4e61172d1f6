"""AUTH: one mechanism, one try (RFC 4954).

A wrong password is offered once: servers count failures and lock addresses
out. The secret is asked for when the mechanism is known, and every line that
holds it goes to the trace as a placeholder.
"""

from base64 import b64decode, b64encode

from pymail.errors import AuthenticationError, ProtocolError, PymailError
from pymail.report.reply import Reply
from pymail.sasl.choose import choose, create, needs_secret
from pymail.sasl.mechanism import Mechanism, octets
from pymail.secret import PLACEHOLDER, Secret
from pymail.settings.server_models import Login, SmtpServer
from pymail.transport.base import AskSecret
from pymail.transport.smtp_session import SmtpSession

LINE_OCTETS = 12_288 - 2  # RFC 4954 §4, without CRLF
_NOT_UNDERSTOOD = (500, 501, 502, 504)
ROUNDS = 8  # no mechanism takes more than three


def choose_mechanism(session: SmtpSession, login: Login) -> str:
    """Return the mechanism to use, of those that the server offers.

    Raises:
        AuthenticationError: none is offered, or none that keeps the secret.
    """
    session.doing = f"logging in to {session.peer}"
    offered = session.esmtp_features.get("auth", "").split()
    return choose(
        login.mechanism,
        offered,
        encrypted=session.encrypted,
        local=session.is_local,
        proven=session.proven,
    )


def log_in(
    session: SmtpSession,
    server: SmtpServer,
    login: Login,
    name: str,
    ask: AskSecret,
) -> Reply:
    """Authenticate with the mechanism `name`; returns what the server said.

    Raises:
        AuthenticationError: there is no secret, or the server does not accept it.
        ProtocolError: the exchange makes no sense.
    """
    secret = ask(login, server.host) if needs_secret(name) else Secret("")
    revealed = octets(secret.reveal(), "password")
    session.hide(revealed)
    mechanism = create(name, login.user, secret, server.host, server.port)
    user = octets(login.user, "user name")
    reply = exchange(session, mechanism, user)
    if login.mechanism or not mechanism.name.startswith("SCRAM"):
        check_login(reply, session.doing)
    else:  # Cyrus SASL offers what is installed, fit for its passwords or not
        check_login(
            reply,
            session.doing,
            advice="check the password; if it is right, the server cannot do the SCRAM"
            " that it offers: set smtp-auth=plain",
        )
    return reply


def check_login(reply: Reply, doing: str, *, advice: str = "") -> None:
    """Take the verdict on a login; `advice` is for one that is no.

    Raises:
        AuthenticationError: the server does not accept it.
        ProtocolError: it is no verdict.
    """
    if reply.code == 235:
        return
    if reply.code < 400:
        raise ProtocolError(f"unexpected reply {reply}", doing=doing, reply=reply)
    happened = "the server does not accept the login"
    raise AuthenticationError(happened, doing=doing, reply=reply, advice=advice)


def exchange(session: SmtpSession, mechanism: Mechanism, user: bytes) -> Reply:
    """Run one AUTH command; return the reply that ends it.

    Raises:
        ProtocolError: a challenge makes no sense, there is no end of them, or a
            server that has to prove itself does not.
    """
    reply = _Exchange(session, mechanism, user).run()
    if reply.code == 235 and not mechanism.proven:
        happened = f"{mechanism.name}: the server proves nothing"
        session.quit()
        raise ProtocolError(happened, doing=session.doing)
    return reply


class _Exchange:
    """The lines of one AUTH command."""

    def __init__(self, session: SmtpSession, mechanism: Mechanism, user: bytes) -> None:
        self._session = session
        self._mechanism = mechanism
        self._user = user
        self._held_back: bytes | None = None  # an initial response, encoded

    def run(self) -> Reply:
        """Return the reply that ends the exchange."""
        reply = self._begin()
        for _ in range(ROUNDS):
            if reply.code != 334:
                return reply
            encoded, self._held_back = self._held_back, None
            if encoded is None:
                encoded = b64encode(self._answer())
            reply = self._respond(encoded, "")
        raise self._cancelled("the server asks on and on")

    def _begin(self) -> Reply:
        """Send AUTH, with the initial response if a server is sure to take it so."""
        command = f"AUTH {self._mechanism.name}"
        initial = self._mechanism.start()
        if initial is None:
            return self._session.command(command)
        encoded = b64encode(initial)
        if len(command) + 1 + len(encoded) <= LINE_OCTETS:
            # RFC 4954 §4: an empty one is an equals sign
            reply = self._respond(encoded or b"=", command + " ")
            if not self._wants_to_speak_first(reply):
                return reply
        self._held_back = encoded
        return self._session.command(command)

    def _wants_to_speak_first(self, reply: Reply) -> bool:
        """Whether LOGIN's user name came too early: 501 (RFC 4954 §4), or as some say."""
        return reply.code in _NOT_UNDERSTOOD and self._mechanism.name == "LOGIN"

    def _answer(self) -> bytes:
        challenge = self._session.challenge
        try:
            challenge = b64decode(challenge, validate=True)
        except ValueError:
            if self._mechanism.name != "LOGIN":  # whose prompts are words anyway
                raise self._cancelled("the server's challenge is not base64") from None
        try:
            answer = self._mechanism.next(challenge)
        except PymailError:
            self._cancel()
            raise
        self._session.hide(self._mechanism.unshown)
        return answer

    def _respond(self, encoded: bytes, command: str) -> Reply:
        """Send a response, after `command` when it is the initial one."""
        session = self._session
        if encoded != b64encode(self._user):  # LOGIN's first, shown in refusals
            session.hide(encoded.removeprefix(b"="))
        session.put_secret(command.encode() + encoded, command + PLACEHOLDER)
        return session.read_reply(session.timeouts.command)

    def _cancelled(self, happened: str) -> ProtocolError:
        self._cancel()
        return ProtocolError(happened, doing=self._session.doing)

    def _cancel(self) -> None:
        """Take the AUTH command back (RFC 4954 §4); the answer explains nothing."""
        self._session.command("*")
        self._session.quit()
