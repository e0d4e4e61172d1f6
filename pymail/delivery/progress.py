"""Progress display of a transport, on a terminal that can overwrite a line."""

from collections.abc import Callable
from typing import assert_never

from pymail.address.envelope import Envelope
from pymail.delivery.context import RunContext
from pymail.message.byte_source import FinishedMessage
from pymail.report.delivery_report import Report
from pymail.secret import Secret
from pymail.settings.server_models import (
    FileTarget,
    LmtpSocket,
    LocalMta,
    Login,
    Server,
    SmtpServer,
)
from pymail.terminal.output import rewrites_lines
from pymail.terminal.progress import FIRST_SECONDS, Progress, Transfer
from pymail.transport.base import AskSecret, Transport

_Slow = SmtpServer | LmtpSocket | LocalMta  # a file takes no time


class ShownTransport(Transport):
    """A transport that shows the progress of each message.

    `make` makes the wrapped transport; the display is its trace.
    """

    def __init__(
        self,
        server: _Slow,
        context: RunContext,
        make: Callable[..., Transport],
        ask_secret: AskSecret,
    ) -> None:
        self._words = _words(server)
        self._trace = Progress(
            context.environment,
            context.events.on_warning,
            first_seconds=0 if context.progress else FIRST_SECONDS,
        )
        self._ask_secret = ask_secret
        self._real = make(trace=self._trace, ask_secret=self._ask)
        self._real.hold_signals = context.signals.hold

    def _ask(self, login: Login, host: str) -> Secret:
        """Ask for a secret, with the display paused."""
        with self._trace.pause():
            return self._ask_secret(login, host)

    def send(
        self, envelope: Envelope, message: FinishedMessage, *, more: bool = False
    ) -> Report:
        """Send the message over the wrapped transport, and show the progress."""
        reaching, talking = self._words
        size = message.facts.size_octets
        with self._trace.show(Transfer(size, reaching=reaching, talking=talking)):
            return self._real.send(envelope, message, more=more)

    def close(self) -> None:
        """Close the wrapped transport."""
        self._real.close()


def show(
    server: Server,
    context: RunContext,
    make: Callable[..., Transport],
    ask_secret: AskSecret,
) -> Transport | None:
    """Wrap a transport with a display; None if the terminal or server has none."""
    shows = rewrites_lines(context.environment.variables)
    if isinstance(server, FileTarget) or not shows:
        return None
    return ShownTransport(server, context, make, ask_secret)


def _words(server: _Slow) -> tuple[str, str]:
    """Return the words before the content is sent: without and with a connection."""
    match server:
        case LocalMta(program=program):
            return (f"waiting for {program}",) * 2
        case LmtpSocket(path=path):
            return f"connecting to {path}", f"talking to {path}"
        case SmtpServer(host=host):
            return f"connecting to {host}", f"talking to {host}"
        case _:
            assert_never(server)
