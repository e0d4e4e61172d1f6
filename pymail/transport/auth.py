"""AUTH: one mechanism, one try (RFC 4954).

A wrong password is offered once: servers count failures and lock addresses
out. The secret is asked for when the mechanism is known, and every line that
holds it goes to the trace as a placeholder.
"""

from base64 import b64decode, b64encode

from pymail.errors import AuthenticationError, ProtocolError, PymailError
from pymail.reply import Reply
from pymail.sasl.choose import choose, create, needs_secret
from pymail.sasl.mechanisms import Mechanism, octets
from pymail.secret import PLACEHOLDER, Secret
from pymail.settings.server_models import Login, SmtpServer
from pymail.transport.base import AskSecret
from pymail.transport.smtp_session import SmtpSession

LINE_OCTETS = 12_288 - 2  # RFC 4954 §4, without CRLF
_NOT_UNDERSTOOD = (500, 501, 502, 504)
# Cyrus SASL offers what is installed, fit for its passwords or not
_NO_SCRAM = (
    "check the password; if it is right, the server cannot do the SCRAM that it offers:"
    " set smtp-auth=plain"
)
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
    if reply.code == 235:
        return reply
    doing = session.doing
    if reply.code < 400:
        raise ProtocolError(f"unexpected reply {reply}", doing=doing, reply=reply)
    guessed = mechanism.name.startswith("SCRAM") and not login.mechanism
    raise AuthenticationError(
        "the server does not accept the login",
        doing=doing,
        reply=reply,
        advice=_NO_SCRAM if guessed else "",
    )


def exchange(session: SmtpSession, mechanism: Mechanism, user: bytes) -> Reply:
    """Run one AUTH command; return the reply that ends it.

    Raises:
        ProtocolError: a challenge makes no sense, there is no end of them, or a
            server that has to prove itself does not.
    """
    reply, held_back = _begin(session, mechanism, user)
    for _ in range(ROUNDS):
        if reply.code != 334:
            break
        encoded = held_back
        if encoded is None:
            encoded = b64encode(_answer(session, mechanism))
        held_back = None
        reply = _respond(session, encoded, user)
    else:
        raise _cancel_with(session, "the server asks on and on")
    if reply.code == 235 and not mechanism.proven:
        happened = f"{mechanism.name}: the server proves nothing"
        session.quit()
        raise ProtocolError(happened, doing=session.doing)
    return reply


def _begin(
    session: SmtpSession, mechanism: Mechanism, user: bytes
) -> tuple[Reply, bytes | None]:
    """Send AUTH, with the initial response if a server is sure to take it so.

    Returns the response, encoded, that waits for a challenge.
    """
    command = f"AUTH {mechanism.name}"
    initial = mechanism.start()
    if initial is None:
        return session.command(command), None
    encoded = b64encode(initial)
    if len(command) + 1 + len(encoded) <= LINE_OCTETS:
        # RFC 4954 §4: an empty one is an equals sign
        reply = _respond(session, encoded or b"=", user, f"{command} ")
        # LOGIN's user name may come too early: 501 (RFC 4954 §4), or as some say
        if mechanism.name != "LOGIN" or reply.code not in _NOT_UNDERSTOOD:
            return reply, None
    return session.command(command), encoded


def _answer(session: SmtpSession, mechanism: Mechanism) -> bytes:
    challenge = session.challenge
    try:
        challenge = b64decode(challenge, validate=True)
    except ValueError:
        if mechanism.name != "LOGIN":  # whose prompts are words anyway
            words = "the server's challenge is not base64"
            raise _cancel_with(session, words) from None
    try:
        answer = mechanism.next(challenge)
    except PymailError:
        _cancel(session)
        raise
    session.hide(mechanism.unshown)
    return answer


def _respond(
    session: SmtpSession, encoded: bytes, user: bytes, command: str = ""
) -> Reply:
    """Send a response, after `command` when it is the initial one."""
    if encoded != b64encode(user):  # LOGIN's first, shown in refusals
        session.hide(encoded.removeprefix(b"="))
    session.put_secret(command.encode() + encoded, command + PLACEHOLDER)
    return session.read_reply(session.timeouts.command)


def _cancel_with(session: SmtpSession, happened: str) -> ProtocolError:
    _cancel(session)
    return ProtocolError(happened, doing=session.doing)


def _cancel(session: SmtpSession) -> None:
    """Take the AUTH command back (RFC 4954 §4); the answer explains nothing."""
    session.command("*")
    session.quit()
