"""Try every step to the server, and send nothing.

The steps are those of a mail, taken by the same code as far as there is no
content; each is noted, and what can still be told after a failure is told.
"""

from typing import TYPE_CHECKING, assert_never

from pymail.cli import check_mail, check_secret, check_settings
from pymail.cli.desk import Desk
from pymail.cli.invocation import Invocation
from pymail.cli.load import Loaded, resolve_settings
from pymail.errors import PymailError
from pymail.outcome import checkup
from pymail.outcome.checkup import Checkup, Findings, Verdict
from pymail.record import record
from pymail.settings.records import (
    FileTarget,
    LmtpSocket,
    LocalMta,
    Login,
    Settings,
    SmtpServer,
    TlsMode,
)

if TYPE_CHECKING:
    from pymail.transport.base import Trace


def check(invocation: Invocation, loaded: Loaded, desk: Desk) -> int:
    """Do it; returns the exit status."""
    here = _Check(invocation, loaded, desk).run()
    if not invocation.as_cron:
        _show(invocation, desk, here)
        return here.exit_status
    from pymail.cli.as_cron import once_more

    there = once_more(invocation, loaded, desk.environment)
    _show(invocation, desk, here, there)
    return there.exit_status or here.exit_status


def _show(
    invocation: Invocation, desk: Desk, here: Checkup, there: Checkup | None = None
) -> None:
    if invocation.json:
        from pymail.terminal.as_json import render

        desk.print(render(here, there))
        return
    from pymail.terminal.choose import choose

    world = desk.environment
    face = choose(
        world.stdout, is_terminal=world.stdout_is_terminal, variables=world.variables
    )
    face.checkup(here, there)


@record()
class _Check:
    """One check, from the settings to the recipients."""

    invocation: Invocation
    loaded: Loaded
    desk: Desk

    def run(self) -> Checkup:
        """Return what was found."""
        world = self.desk.environment
        try:
            settings = resolve_settings(self.loaded, self.invocation, world)
        except PymailError as error:
            return self._without_server(error)
        self.desk.settings = settings
        match settings.server:
            case SmtpServer() as server:
                return self._smtp(server, settings)
            case LmtpSocket() as server:
                return self._socket(server, settings)
            case LocalMta() as server:
                return self._program(server, settings)
            case FileTarget() as server:
                return self._file(server, settings)
            case _:
                assert_never(settings.server)

    def _without_server(self, error: PymailError) -> Checkup:
        findings = Findings(checkup.SMTP, self.desk.environment.clock)
        check_settings.tell(findings, self.loaded, self.desk.environment)
        findings.fail(check_settings.STAGE, error)
        return findings.checkup("")

    def _begun(
        self, settings: Settings, names: tuple[str, ...], host: str = ""
    ) -> Findings:
        """Start a list of findings with those about the settings."""
        world = self.desk.environment
        findings = Findings(names, world.clock, host)
        with findings.step(check_settings.STAGE):
            check_settings.tell(findings, self.loaded, world)
            check_settings.tell_of_values(findings, settings)
        return findings

    def _mail(self, settings: Settings) -> check_mail.Mail:
        world = self.desk.environment
        return check_mail.make(self.invocation, self.loaded, settings, world)

    def _trace(self) -> "Trace":
        """Make what --debug and -v ask for; all else is in the report."""
        world = self.desk.environment
        if self.invocation.debug or self.invocation.verbose:
            from pymail.terminal import transcript

            if self.invocation.debug:
                return transcript.Debug(world.stderr, world.clock)
            return transcript.Verbose(world.stderr)
        from pymail.terminal.quiet import Silent

        return Silent(world.stderr)

    def _smtp(self, server: SmtpServer, settings: Settings) -> Checkup:
        from pymail.transport.connect import TcpPeer
        from pymail.transport.reach import Reaching

        peer = TcpPeer(server.host, server.port)
        reaching = Reaching(peer, server.timeouts.connect)  # and go on meanwhile
        world = self.desk.environment
        implicit = server.tls.mode is TlsMode.IMPLICIT
        names = checkup.IMPLICIT_TLS if implicit else checkup.SMTP
        findings = self._begun(settings, names, peer.name)
        secret = check_secret.survey(
            findings, server.login, server.host, settings.lookup, world
        )
        from pymail.transport.probe import Visit, impatient, visit

        mail = self._mail(settings)
        asked = Visit(
            server=impatient(server),
            trace=self._trace(),
            now=world.now(),
            secret=secret,
            envelope=mail.envelope,
            message=mail.message,
        )
        visit(asked, findings, reaching)
        mail.tell(findings)
        if server.login and findings["login"].verdict is Verdict.OK:
            _forget_refusal(server.login, server)
        return findings.checkup(peer.name)

    def _socket(self, server: LmtpSocket, settings: Settings) -> Checkup:
        from pymail.transport.connect import SocketPeer
        from pymail.transport.lmtp import spoken_to
        from pymail.transport.probe import Visit, impatient, visit

        peer = SocketPeer(server.path)
        findings = self._begun(settings, checkup.SOCKET, peer.name)
        mail = self._mail(settings)
        asked = Visit(
            server=impatient(spoken_to(server)),
            trace=self._trace(),
            now=self.desk.environment.now(),
            envelope=mail.envelope,
            message=mail.message,
        )
        visit(asked, findings, peer)
        mail.tell(findings)
        return findings.checkup(peer.name)

    def _program(self, server: LocalMta, settings: Settings) -> Checkup:
        from pymail.transport.probe_local import look_at_program

        findings = self._begun(settings, checkup.PROGRAM)
        mail = self._mail(settings)
        look_at_program(server, mail.envelope, self.desk.environment, findings)
        mail.tell(findings)
        return findings.checkup(str(server.program))

    def _file(self, server: FileTarget, settings: Settings) -> Checkup:
        from pymail.transport.probe_local import look_at_file

        findings = self._begun(settings, checkup.FILE)
        look_at_file(server, findings)
        return findings.checkup(str(server.path or "standard output"))


def _forget_refusal(login: Login, server: SmtpServer) -> None:
    """Hold no refusal of this login against it any more: it works."""
    del login, server
