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


def _do_nothing() -> None:
    """Stand in for `hold_signals` until the sender sets it."""


class Transport(Protocol):
    """A way to hand a message over: to a server, to a local program, to a file.

    A transport calls `hold_signals` as soon as it knows the fates, so that a signal
    can't make a delivered message look like a lost one.
    """

    hold_signals: Callable[[], None] = staticmethod(_do_nothing)

    def send(
        self, envelope: Envelope, message: FinishedMessage, *, more: bool = False
    ) -> Report:
        """Hand the message over and report the fate of every recipient.

        With `more`, another message or `close` follows.

        A refused recipient never stops the others. A failure after MAIL is in
        `Report.failure`, and decides the fate of the recipients without a reply.

        Raises:
            PymailError: the attempt failed before MAIL.
        """

    def close(self) -> None:
        """Close a connection that is open for another message."""
        return


class Trace(Protocol):
    """A listener to the session, such as `terminal.trace`.

    Lines come without line ends. A line with a secret is reported by `secret` alone,
    so that no trace ever holds the secret.
    """

    def sent(self, line: bytes) -> None:
        """Report a command line."""

    def secret(self, placeholder: str) -> None:
        """Report a line with a secret, as "AUTH PLAIN «secret»"."""

    def received(self, line: bytes) -> None:
        """Report a reply line."""

    def body(self, octets: bytes) -> None:
        """Report a block of message content, before dot-stuffing."""

    def body_ends(self) -> None:
        """Report the end of the content."""

    def note(self, text: str) -> None:
        """Report a fact about the connection, such as address or TLS version."""

    def warning(self, text: str) -> None:
        """Warn the user, also where no trace is shown."""


class AskSecret(Protocol):
    """A function that finds the secret of a login; called only if one is needed."""

    def __call__(self, login: Login, host: str) -> Secret:
        """Return the password or access token.

        Raises:
            AuthenticationError: no source has it; the message lists the sources.
        """


Meanings = tuple[tuple[type[Exception], type[PymailError], str], ...]

# Exceptions of the system, those of pymail, and the message; the first match counts.
# `tls` adds to them.
MEANINGS: Meanings = (
    (TimeoutError, TimedOutError, "timed out"),
    (ConnectionResetError, ConnectionLostError, "the server reset the connection"),
    (BrokenPipeError, ConnectionLostError, "the server closed the connection"),
    (OSError, ConnectionLostError, "the connection broke"),
)


def translate_error(error: Exception, meanings: Meanings = MEANINGS) -> PymailError:
    """Return the PymailError for an OSError, by default for one of a socket."""
    kind, words = next(
        (kind, words) for cause, kind, words in meanings if isinstance(error, cause)
    )
    if words and isinstance(error, TimeoutError | ConnectionError):
        return kind(words)
    return kind(f"{words}: {visible(str(error)).lower()}".strip(": "))
