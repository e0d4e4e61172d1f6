"""What goes wrong on a connection, as exceptions of ours."""

from pymail.errors import (
    AddressError,
    AuthenticationError,
    ConnectionLostError,
    ProtocolError,
    PymailError,
    RefusedError,
    TimedOutError,
    TransientError,
)
from pymail.report.reply import Reply, visible

Meanings = tuple[tuple[type[Exception], type[PymailError], str], ...]

# Foreign exceptions and ours, the first that fits; `tls` has more.
MEANINGS: Meanings = (
    (TimeoutError, TimedOutError, "timed out"),
    (ConnectionResetError, ConnectionLostError, "the server reset the connection"),
    (BrokenPipeError, ConnectionLostError, "the server closed the connection"),
    (OSError, ConnectionLostError, "the connection broke"),
    (UnicodeError, AddressError, "not ASCII, and the server offers no SMTPUTF8"),
)


def translated(
    error: Exception, doing: str, meanings: Meanings = MEANINGS
) -> PymailError:
    """Return our exception for one of socket, ssl or smtplib, all of them OSErrors."""
    kind, words = next(
        (kind, words) for theirs, kind, words in meanings if isinstance(error, theirs)
    )
    said = visible(str(error)).lower()
    plain = words and isinstance(error, TimeoutError | ConnectionError | UnicodeError)
    return kind(words if plain else f"{words}: {said}".strip(": "), doing=doing)


def refusal(reply: Reply, happened: str, doing: str) -> PymailError:
    """Return the failure that a reply means for the session as a whole."""
    if reply.transient:
        return TransientError(happened, doing=doing, reply=reply)
    if reply.permanent:
        return RefusedError(happened, doing=doing, reply=reply)
    return ProtocolError(f"unexpected reply {reply}", doing=doing, reply=reply)


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
