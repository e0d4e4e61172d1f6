"""The interface of transports, the trace, and the failures of sockets."""

from collections.abc import Callable
from typing import Protocol

from pymail.address.envelope import Envelope
from pymail.errors import ConnectionLostError, PymailError, TimedOutError
from pymail.message.byte_source import FinishedMessage
from pymail.report.delivery_report import Report
from pymail.secret import Secret
from pymail.settings.server_models import Login
from pymail.text import visible


def _nothing() -> None:
    """Hold no signals."""


class Transport(Protocol):
    """A way for a message to leave.

    `hold_signals` is called as soon as the fates are known: a signal must not make
    a mail that has left look like one that has not.
    """

    hold_signals: Callable[[], None] = staticmethod(_nothing)

    def send(
        self, envelope: Envelope, message: FinishedMessage, *, more: bool = False
    ) -> Report:
        """Hand the message over and tell the fate of every recipient.

        `more` says that another message follows, or `close`.

        Refusing one recipient never stops the others. What ends the attempt
        once the transaction has begun is in `Report.failure`, with the fates of
        those it left undecided.

        Raises:
            PymailError: the attempt ended before any recipient was asked for.
        """
        ...

    def close(self) -> None:
        """End what was kept open for more, if anything."""
        return


class Trace(Protocol):
    """A listener to the session; `terminal.trace` writes what it hears.

    Octets come without line ends. A secret line goes to `secret`,
    so that no tracer ever holds it.
    """

    def sent(self, line: bytes) -> None:
        """Hear a command line."""
        ...

    def secret(self, placeholder: str) -> None:
        """Hear that a secret line was sent ("AUTH PLAIN «secret»")."""
        ...

    def received(self, line: bytes) -> None:
        """Hear a reply line."""
        ...

    def body(self, octets: bytes) -> None:
        """Hear a block of message content, before dot-stuffing."""
        ...

    def body_ends(self) -> None:
        """Hear that the content is complete."""
        ...

    def note(self, text: str) -> None:
        """Hear a fact about the connection (address, TLS version, certificate)."""
        ...

    def warning(self, text: str) -> None:
        """Hear what a user should know even without a trace."""
        ...


class AskSecret(Protocol):
    """A function that finds the secret of a login, asked only when it is needed."""

    def __call__(self, login: Login, host: str) -> Secret:
        """Return the secret.

        Raises:
            AuthenticationError: none was found; the message says where it was
                looked for.
        """
        ...


Meanings = tuple[tuple[type[Exception], type[PymailError], str], ...]

# Foreign exceptions and ours, the first that fits; `tls` has more.
MEANINGS: Meanings = (
    (TimeoutError, TimedOutError, "timed out"),
    (ConnectionResetError, ConnectionLostError, "the server reset the connection"),
    (BrokenPipeError, ConnectionLostError, "the server closed the connection"),
    (OSError, ConnectionLostError, "the connection broke"),
)


def translate_error(error: Exception, meanings: Meanings = MEANINGS) -> PymailError:
    """Return our exception for one of socket or ssl, all of them OSErrors."""
    kind, words = next(
        (kind, words) for theirs, kind, words in meanings if isinstance(error, theirs)
    )
    if words and isinstance(error, TimeoutError | ConnectionError):
        return kind(words)
    return kind(f"{words}: {visible(str(error)).lower()}".strip(": "))
