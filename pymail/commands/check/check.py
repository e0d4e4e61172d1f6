"""Try every step to the server, and send nothing.

The steps are those of a mail, taken by the same code as far as there is no
content; each is noted, and what can still be told after a failure is told.
"""

from collections.abc import Callable
from io import StringIO
from typing import TYPE_CHECKING, assert_never

from pymail.commands.check import message, secret_stage, settings_stage
from pymail.commands.invocation import Invocation
from pymail.delivery.context import RunContext
from pymail.delivery.logins import forget_refusal, place_for_another
from pymail.delivery.settings import resolve_settings
from pymail.errors import Interrupted, PymailError
from pymail.report import checkup
from pymail.report.checkup import Checkup, Findings, Verdict
from pymail.secret import Secret
from pymail.settings.loader import Loaded
from pymail.settings.models import Settings
from pymail.settings.server_models import (
    FileTarget,
    LmtpSocket,
    LocalMta,
    SmtpServer,
    TlsMode,
)
from pymail.terminal.check_report import Waiting

if TYPE_CHECKING:
    from pymail.commands.check.reachability import Reaching
    from pymail.transport.base import Trace
    from pymail.transport.connect import Peer


def check(invocation: Invocation, loaded: Loaded, context: RunContext) -> int:
    """Do it; returns the exit status.

    Raises:
        Interrupted: a signal ended it; what was found is shown.
    """
    waiting = _waiting(invocation, context)
    doing = _Check(invocation, loaded, context, waiting.begin)
    try:
        here = doing.run()
        there = _as_cron(invocation, loaded, context, waiting)
    except Interrupted:
        waiting.end()
        _show(context, doing.so_far())
        raise
    waiting.end()
    _show(context, here, there)
    return (there.exit_status if there else 0) or here.exit_status


def _waiting(invocation: Invocation, context: RunContext) -> Waiting:
    """Say at a terminal what is waited for, unless it shows the session."""
    environment = context.environment
    dumb = environment.variables.get("TERM", "") in {"", "dumb"}
    if dumb or not environment.stderr_is_terminal or _is_watched(invocation):
        return Waiting(StringIO())
    return Waiting(environment.stderr)


def _is_watched(invocation: Invocation) -> bool:
    return invocation.debug or bool(invocation.verbose)


def _as_cron(
    invocation: Invocation, loaded: Loaded, context: RunContext, waiting: Waiting
) -> Checkup | None:
    if not invocation.as_cron:
        return None
    from pymail.commands.check.cron_check import once_more

    waiting.begin("the same as cron")
    return once_more(invocation, loaded, context.environment)


def _show(context: RunContext, here: Checkup, there: Checkup | None = None) -> None:
    if context.events.machine_readable:
        context.events.fields(**checkup.both_as_values(here, there))
        return
    from pymail.terminal.renderer import for_stdout

    for_stdout(context.environment).checkup(here, there)


class _Check:
    """One check, from the settings to the recipients."""

    def __init__(
        self,
        invocation: Invocation,
        loaded: Loaded,
        context: RunContext,
        begins: Callable[[str], None],
    ) -> None:
        self._begins = begins
        self._invocation = invocation
        self._loaded = loaded
        self._context = context
        self._environment = context.environment
        self._server = ""
        self._findings = Findings(
            checkup.SMTP, self._environment.clock, language=context.language
        )

    def run(self) -> Checkup:
        """Return what was found."""
        try:
            settings = resolve_settings(self._loaded, self._environment)
        except PymailError as error:
            settings_stage.tell(self._findings, self._loaded, self._environment, None)
            self._findings.fail(settings_stage.STAGE, error)
            return self.so_far()
        self._context.settings = settings
        match settings.server:
            case SmtpServer() as server:
                self._smtp(server, settings)
            case LmtpSocket() as server:
                self._socket(server, settings)
            case LocalMta() as server:
                self._program(server, settings)
            case FileTarget() as server:
                self._file(server, settings)
            case _:
                assert_never(settings.server)
        return self.so_far()

    def so_far(self) -> Checkup:
        """Return what is found by now."""
        return self._findings.checkup(self._server)

    def _begin(self, settings: Settings, names: tuple[str, ...], server: str) -> None:
        """Start the list of findings with those about the settings."""
        self._server = server
        clock, spoken = self._environment.clock, self._context.language
        self._findings = Findings(
            names, clock, server, language=spoken, begins=self._begins
        )
        with self._findings.step(settings_stage.STAGE):
            settings_stage.tell(
                self._findings, self._loaded, self._environment, settings
            )

    def _smtp(self, server: SmtpServer, settings: Settings) -> None:
        from pymail.commands.check.reachability import Reaching
        from pymail.transport.connect import TcpPeer

        peer = TcpPeer(server.host, server.port)
        way = Reaching(peer, server.timeouts.connect)  # and go on meanwhile
        implicit = server.tls.mode is TlsMode.IMPLICIT
        names = checkup.IMPLICIT_TLS if implicit else checkup.SMTP
        self._begin(settings, names, peer.name)
        found = secret_stage.survey(
            self._findings,
            server.login,
            server.host,
            settings.lookup,
            self._environment,
        )
        if found and server.login:
            self._findings.know_login(server.login.user, place_for_another(found))
        self._visit(server, settings, way, found.secret if found else None)
        if server.login and self._findings["login"].verdict is Verdict.OK:
            forget_refusal(server, self._environment)

    def _socket(self, server: LmtpSocket, settings: Settings) -> None:
        from pymail.transport.connect import SocketPeer
        from pymail.transport.smtp import lmtp_server

        peer = SocketPeer(server.path)
        self._begin(settings, checkup.SOCKET, peer.name)
        self._visit(lmtp_server(server), settings, peer)

    def _visit(
        self,
        server: SmtpServer,
        settings: Settings,
        way: "Reaching | Peer",
        secret: Secret | None = None,
    ) -> None:
        from pymail.commands.check.network_stages import walk
        from pymail.commands.check.target import Visit, impatient

        mail = self._mail(settings)
        asked = Visit(
            server=impatient(server, watched=_is_watched(self._invocation)),
            trace=self._trace(),
            now=self._environment.now(),
            secret=secret,
            envelope=mail.envelope,
            message=mail.message,
        )
        walk(asked, self._findings, way)
        mail.tell(self._findings)

    def _program(self, server: LocalMta, settings: Settings) -> None:
        from pymail.commands.check.local_program import look_at_program

        self._begin(settings, checkup.PROGRAM, str(server.program))
        mail = self._mail(settings)
        look_at_program(server, mail.envelope, self._environment, self._findings)
        for remark in mail.remarks:
            self._findings.warn("program", remark)
        mail.tell(self._findings)

    def _file(self, server: FileTarget, settings: Settings) -> None:
        from pymail.commands.check.local_program import look_at_file

        self._begin(settings, checkup.FILE, str(server.path or "standard output"))
        look_at_file(server, self._findings)

    def _mail(self, settings: Settings) -> message.Mail:
        return message.make(self._invocation, self._loaded, settings, self._environment)

    def _trace(self) -> "Trace":
        """Make what --debug and -v ask for; all else is in the report."""
        from pymail.terminal.output import write
        from pymail.terminal.trace import Debug, NullTrace, Verbose

        stderr = self._environment.stderr
        if self._invocation.debug:
            return Debug(stderr, self._environment.clock, warn=lambda _: None)
        if self._invocation.verbose:
            return Verbose(stderr, lambda text: write(stderr, f"pymail: {text}\n"))
        return NullTrace(lambda _: None)
