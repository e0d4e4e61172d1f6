"""AUTH: a login with one mechanism, tried once (RFC 4954).

A refused password is not sent again: servers count failures and lock accounts.
The trace shows a placeholder for every line that contains the secret.
"""

from base64 import b64decode, b64encode

from pymail.errors import AuthenticationError, ProtocolError, PymailError
from pymail.reply import Reply
from pymail.sasl.choose import create, needs_secret
from pymail.sasl.mechanisms import Mechanism, octets
from pymail.secret import PLACEHOLDER, Secret
from pymail.settings.server_models import Login, SmtpServer
from pymail.transport.base import AskSecret
from pymail.transport.smtp_session import SmtpSession

LINE_OCTETS = 12_288 - 2  # RFC 4954 §4, without CRLF
_NOT_UNDERSTOOD = (500, 501, 502, 504)
# Cyrus SASL offers every installed mechanism, even if its passwords don't fit SCRAM
_NO_SCRAM = (
    "check the password; if it is right, SCRAM doesn't work on this server:"
    " set smtp-auth=plain"
)
ROUNDS = 8  # of challenge and response; no mechanism needs more than three


def log_in(
    session: SmtpSession,
    server: SmtpServer,
    login: Login,
    name: str,
    ask: AskSecret,
) -> Reply:
    """Authenticate with the mechanism `name`; return the reply that accepts it.

    Raises:
        AuthenticationError: no secret was found, or the server refused the login.
        ProtocolError: the exchange does not follow the mechanism.
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
        ProtocolError: a challenge is invalid, there are too many, or a server that
            must prove itself does not.
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
        raise _cancel_with(session, "the server sends too many challenges")
    if reply.code == 235 and not mechanism.proven:
        happened = f"{mechanism.name}: the server did not prove itself"
        session.quit()
        raise ProtocolError(happened, doing=session.doing)
    return reply


def _begin(
    session: SmtpSession, mechanism: Mechanism, user: bytes
) -> tuple[Reply, bytes | None]:
    """Send AUTH, with the initial response where every server accepts it there.

    Returns the reply, and the encoded response to send after the challenge.
    """
    command = f"AUTH {mechanism.name}"
    initial = mechanism.start()
    if initial is None:
        return session.command(command), None
    encoded = b64encode(initial)
    if len(command) + 1 + len(encoded) <= LINE_OCTETS:
        # RFC 4954 §4: "=" stands for an empty initial response
        reply = _respond(session, encoded or b"=", user, f"{command} ")
        # Some servers accept LOGIN's user name only after a challenge: they answer 501
        # (RFC 4954 §4) or another code of the table.
        if mechanism.name != "LOGIN" or reply.code not in _NOT_UNDERSTOOD:
            return reply, None
    return session.command(command), encoded


def _answer(session: SmtpSession, mechanism: Mechanism) -> bytes:
    challenge = session.challenge
    try:
        challenge = b64decode(challenge, validate=True)
    except ValueError:
        if mechanism.name != "LOGIN":  # its prompts are words, in base64 or not
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
    """Send a response; `command` stands before an initial one."""
    if encoded != b64encode(user):  # LOGIN's user name, which refusals may show
        session.hide(encoded.removeprefix(b"="))
    session.put_secret(command.encode() + encoded, command + PLACEHOLDER)
    return session.read_reply(session.timeouts.command)


def _cancel_with(session: SmtpSession, happened: str) -> ProtocolError:
    _cancel(session)
    return ProtocolError(happened, doing=session.doing)


def _cancel(session: SmtpSession) -> None:
    """Cancel the AUTH command (RFC 4954 §4), whatever the server replies."""
    session.command("*")
    session.quit()
