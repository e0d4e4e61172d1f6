"""Progress display around a transport, on a terminal that can go back in a line."""

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


class ProgressDisplay:
    """Shows the mails that go to one server; `trace` hears what a transport does.

    `words` say what is done before content goes, without and with a connection.
    """

    def __init__(self, server: _Slow, context: RunContext) -> None:
        environment = context.environment
        self.words = _words(server)
        self.trace = Progress(
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

    def pausing(self, ask_secret: AskSecret) -> AskSecret:
        """Let the user be asked for a secret with nothing else on the line."""

        def ask(login: Login, host: str) -> Secret:
            with self.trace.pause():
                return ask_secret(login, host)

        return ask

    def around(self, transport: Transport) -> Transport:
        """Show the mails that this transport takes."""
        return _Shown(transport, self.trace, *self.words)


def display_for(server: Server, context: RunContext) -> ProgressDisplay | None:
    """Return what shows mails on their way, None where nothing can be shown."""
    shows = rewrites_lines(context.environment.variables)
    if isinstance(server, FileTarget) or not shows:
        return None
    return ProgressDisplay(server, context)


class _Shown(Transport):
    """A transport whose mails are shown."""

    def __init__(
        self, real: Transport, trace: Progress, reaching: str, talking: str
    ) -> None:
        self._real = real
        self._trace = trace
        self._words = reaching, talking
        self.hold_signals = real.hold_signals
        self.heed_signals = real.heed_signals

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
