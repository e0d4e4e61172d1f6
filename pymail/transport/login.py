"""AUTH: one mechanism, one try (RFC 4954).

A wrong password is offered once: servers count failures and lock addresses
out. The secret is asked for when the mechanism is known, and every line that
holds it goes to the trace as a placeholder.
"""

from base64 import b64decode, b64encode

from pymail.errors import AuthenticationError, ProtocolError, PymailError
from pymail.outcome.reply import Reply
from pymail.sasl.choose import choose, create, needs_secret
from pymail.sasl.mechanism import Mechanism, octets
from pymail.secret import PLACEHOLDER, Secret
from pymail.settings.records import Login, SmtpServer
from pymail.transport.base import AskSecret
from pymail.transport.session import Session

LINE_OCTETS = 12_288 - 2  # RFC 4954 §4, without CRLF
ROUNDS = 8  # no mechanism takes more than three


def choose_mechanism(session: Session, login: Login, *, local: bool) -> str:
    """Return the mechanism to use, of those that the server offers.

    Raises:
        AuthenticationError: none is offered, or none that keeps the secret.
    """
    session.doing = f"logging in to {session.peer}"
    offered = (session.offers("AUTH") or "").split()
    return choose(login.mechanism, offered, encrypted=session.encrypted, local=local)


def log_in(
    session: Session, server: SmtpServer, login: Login, name: str, ask: AskSecret
) -> None:
    """Authenticate with the mechanism `name`.

    Raises:
        AuthenticationError: there is no secret, or the server does not accept it.
        ProtocolError: the exchange makes no sense.
    """
    secret = ask(login, server.host) if needs_secret(name) else Secret("")
    revealed = octets(secret.reveal(), "password")
    session.hide(revealed, b64encode(revealed))
    mechanism = create(name, login.user, secret, server.host, server.port)
    reply = exchange(session, mechanism, octets(login.user, "user name"))
    if reply.code != 235:
        raise _refused(reply, session.doing)


def exchange(session: Session, mechanism: Mechanism, user: bytes) -> Reply:
    """Run one AUTH command and return the reply that ends it.

    Raises:
        ProtocolError: a challenge makes no sense, or there is no end of them.
    """
    return _Exchange(session, mechanism, user).run()


class _Exchange:
    """The lines of one AUTH command."""

    def __init__(self, session: Session, mechanism: Mechanism, user: bytes) -> None:
        self._session = session
        self._mechanism = mechanism
        self._user = user

    def run(self) -> Reply:
        """Return the reply that ends the exchange."""
        reply, held_back = self._begin()
        for _ in range(ROUNDS):
            if reply.code != 334:
                return reply
            if held_back is None:
                response = self._answer()
            else:
                response, held_back = held_back, None
            reply = self._respond(b64encode(response), "")
        raise self._cancelled("the server asks on and on")

    def _begin(self) -> tuple[Reply, bytes | None]:
        """Send AUTH; an initial response too long for one line is held back."""
        command = f"AUTH {self._mechanism.name}"
        initial = self._mechanism.start()
        if initial is None:
            return self._session.command(command), None
        encoded = b64encode(initial) or b"="  # RFC 4954 §4: an empty one
        if len(command) + 1 + len(encoded) > LINE_OCTETS:
            return self._session.command(command), initial
        return self._respond(encoded, command + " "), None

    def _answer(self) -> bytes:
        try:
            challenge = b64decode(self._session.challenge, validate=True)
        except ValueError:
            raise self._cancelled("the server's challenge is not base64") from None
        try:
            return self._mechanism.next(challenge)
        except PymailError as error:
            error.reply = self._cancel()
            raise

    def _respond(self, encoded: bytes, command: str) -> Reply:
        """Send a response, after `command` when it is the initial one."""
        session = self._session
        if encoded != b64encode(self._user):  # LOGIN's first, shown in refusals
            session.hide(encoded.removeprefix(b"="))
        session.put_secret(command.encode() + encoded, command + PLACEHOLDER)
        return session.read_reply(session.timeouts.command)

    def _cancelled(self, happened: str) -> ProtocolError:
        doing = self._session.doing
        return ProtocolError(happened, doing=doing, reply=self._cancel())

    def _cancel(self) -> Reply:
        """Take the AUTH command back, as RFC 4954 §4 has it."""
        return self._session.command("*")


def _refused(reply: Reply, doing: str) -> PymailError:
    if reply.positive or reply.code < 400:
        return ProtocolError(f"unexpected reply {reply}", doing=doing, reply=reply)
    happened = "the server does not accept the login"
    return AuthenticationError(happened, doing=doing, reply=reply)
