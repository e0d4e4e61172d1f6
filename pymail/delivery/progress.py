"""Progress display around a transport, on a terminal that can go back in a line."""

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
from pymail.terminal.progress import FIRST_SECONDS, Display, Progress, Transfer
from pymail.transport.base import AskSecret, Transport

_Slow = SmtpServer | LmtpSocket | LocalMta  # a file takes no time


class ShownTransport(Transport):
    """A transport whose messages are shown while they go.

    `make` makes the real one with the trace that shows them.
    """

    def __init__(
        self,
        server: _Slow,
        context: RunContext,
        make: Callable[..., Transport],
        ask_secret: AskSecret,
    ) -> None:
        environment = context.environment
        self._words = _words(server)
        self._trace = Progress(
            Display(
                environment.stderr, colors=not environment.variables.get("NO_COLOR")
            ),
            warn=context.events.on_warning,
            clock=environment.clock,
            columns=lambda: (
                environment.columns() if environment.owns_terminal() else None
            ),
            first_seconds=0 if context.progress else FIRST_SECONDS,
        )
        self._ask_secret = ask_secret
        self._real = make(trace=self._trace, ask_secret=self._ask)
        self._real.hold_signals = context.signals.hold

    def _ask(self, login: Login, host: str) -> Secret:
        """Let the user be asked for a secret with nothing else on the line."""
        with self._trace.pause():
            return self._ask_secret(login, host)

    def send(
        self, envelope: Envelope, message: FinishedMessage, *, more: bool = False
    ) -> Report:
        """Hand the message over, as the transport does, and show how far it is."""
        reaching, talking = self._words
        size = message.facts.size_octets
        with self._trace.show(Transfer(size, reaching=reaching, talking=talking)):
            return self._real.send(envelope, message, more=more)

    def close(self) -> None:
        """End what was kept open."""
        self._real.close()


def show(
    server: Server,
    context: RunContext,
    make: Callable[..., Transport],
    ask_secret: AskSecret,
) -> Transport | None:
    """Make a transport whose messages are shown; None where nothing can be shown."""
    shows = rewrites_lines(context.environment.variables)
    if isinstance(server, FileTarget) or not shows:
        return None
    return ShownTransport(server, context, make, ask_secret)


def _words(server: _Slow) -> tuple[str, str]:
    """Say what is done before content goes, without and with a connection."""
    match server:
        case LocalMta(program=program):
            return (f"waiting for {program}",) * 2
        case LmtpSocket(path=path):
            return f"connecting to {path}", f"talking to {path}"
        case SmtpServer(host=host):
            return f"connecting to {host}", f"talking to {host}"
        case _:
            assert_never(server)
