"""Who sees how far a mail is: a terminal that can go back in a line."""

from typing import assert_never

from pymail.address.envelope import Envelope
from pymail.delivery.context import RunContext
from pymail.environment import Environment
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
from pymail.terminal.pace import Pace
from pymail.terminal.progress import FIRST_SECONDS, Progress, choose
from pymail.terminal.stream import rewrites_lines
from pymail.transport.base import AskSecret, Transport

_Slow = SmtpServer | LmtpSocket | LocalMta  # a file takes no time


class Watch:
    """Shows the mails that go to one server; `trace` hears what a transport does."""

    def __init__(self, server: _Slow, context: RunContext) -> None:
        environment = context.environment
        self._words = _words(server)
        self.trace = Progress(
            environment.stderr,
            draw=lambda: choose(environment.stderr, environment.variables),
            clock=environment.clock,
            columns=lambda: _columns(environment),
            first_seconds=0 if context.progress else FIRST_SECONDS,
        )

    def asking(self, ask_secret: AskSecret) -> AskSecret:
        """Let somebody be asked for a secret with nothing else on the line."""

        def ask(login: Login, host: str) -> Secret:
            with self.trace.aside():
                return ask_secret(login, host)

        return ask

    def around(self, transport: Transport) -> Transport:
        """Show the mails that this transport takes."""
        return _Shown(transport, self)

    def pace(self, message: FinishedMessage) -> Pace:
        """Begin with a mail."""
        reaching, talking = self._words
        return Pace(message.facts.size_octets, reaching=reaching, talking=talking)


def of(server: Server, context: RunContext) -> Watch | None:
    """Return what shows mails on their way, None where nothing can be shown."""
    shows = rewrites_lines(context.environment.variables)
    if isinstance(server, FileTarget) or not shows:
        return None
    return Watch(server, context)


class _Shown(Transport):
    """A transport whose mails are shown."""

    def __init__(self, real: Transport, watch: Watch) -> None:
        self._real = real
        self._watch = watch
        self.hold_signals = real.hold_signals
        self.heed_signals = real.heed_signals

    def send(
        self, envelope: Envelope, message: FinishedMessage, *, more: bool = False
    ) -> Report:
        """Hand the message over, as the transport does, and show how far it is."""
        with self._watch.trace.of(self._watch.pace(message)):
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


def _columns(environment: Environment) -> int | None:
    """How much room there is; none on a terminal that shows another program."""
    return environment.columns() if environment.owns_terminal() else None
