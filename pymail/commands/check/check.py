"""--check: every stage on the way of a mail, and nothing is sent.

The stages are those of a mail, gone through by the same code as far as there is no
content; each is noted, and what can still be told after a failure is told.
"""

from collections.abc import Callable
from io import StringIO
from typing import assert_never

from pymail.address.envelope import Envelope
from pymail.commands.check import settings_stages
from pymail.commands.check.cron_check import check_as_cron
from pymail.commands.check.local_program import check_file, check_program
from pymail.commands.draft_options import draft_of
from pymail.commands.invocation import Invocation
from pymail.delivery.context import RunContext
from pymail.delivery.logins import forget_refusal, place_for_another
from pymail.delivery.outgoing import OutgoingMessage
from pymail.delivery.prepare import prepare
from pymail.delivery.rewrite_from import account_address
from pymail.delivery.settings import resolve_settings
from pymail.environment import Environment
from pymail.errors import Interrupted, MessageError, PymailError
from pymail.message.byte_source import FinishedMessage
from pymail.model import model, replace
from pymail.report import checkup
from pymail.report.checkup import Checkup, Findings, Verdict
from pymail.secret import Secret
from pymail.settings.loader import Loaded
from pymail.settings.models import Sealing, Settings
from pymail.settings.server_models import (
    FileTarget,
    LmtpSocket,
    LocalMta,
    SmtpServer,
    TlsMode,
)
from pymail.terminal.check_report import Waiting
from pymail.terminal.output import write
from pymail.terminal.renderer import for_stdout
from pymail.terminal.trace import Debug, NullTrace, Verbose
from pymail.transport.base import Trace
from pymail.transport.connect import Peer, SocketPeer, TcpPeer


def check(invocation: Invocation, loaded: Loaded, context: RunContext) -> int:
    """Check every stage; returns the exit status.

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

    waiting.begin("the same as cron")
    return check_as_cron(invocation, loaded, context.environment)


def _show(context: RunContext, here: Checkup, there: Checkup | None = None) -> None:
    if context.events.machine_readable:
        context.events.fields(**checkup.both_as_values(here, there))
        return

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
            settings_stages.tell(self._findings, self._loaded, self._environment, None)
            self._findings.fail(settings_stages.SETTINGS, error)
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
        with self._findings.step(settings_stages.SETTINGS):
            settings_stages.tell(
                self._findings, self._loaded, self._environment, settings
            )

    def _smtp(self, server: SmtpServer, settings: Settings) -> None:
        peer = TcpPeer(server.host, server.port)
        implicit = server.tls.mode is TlsMode.IMPLICIT
        names = checkup.IMPLICIT_TLS if implicit else checkup.SMTP
        self._begin(settings, names, peer.name)
        found = settings_stages.survey_secret(
            self._findings,
            server.login,
            server.host,
            settings.lookup,
            self._environment,
        )
        if found and server.login:
            self._findings.know_login(server.login.user, place_for_another(found))
        self._server_stages(server, settings, peer, found.secret if found else None)
        if server.login and self._findings["login"].verdict is Verdict.OK:
            forget_refusal(server, self._environment)

    def _socket(self, server: LmtpSocket, settings: Settings) -> None:
        from pymail.transport.smtp import lmtp_server

        peer = SocketPeer(server.path)
        self._begin(settings, checkup.SOCKET, peer.name)
        self._server_stages(lmtp_server(server), settings, peer)

    def _server_stages(
        self,
        server: SmtpServer,
        settings: Settings,
        peer: Peer,
        secret: Secret | None = None,
    ) -> None:
        from pymail.commands.check.network_stages import check_network, impatient
        from pymail.commands.check.session_stages import Target

        mail = self._mail(settings)
        target = Target(
            server=impatient(server, watched=_is_watched(self._invocation)),
            trace=self._trace(),
            now=self._environment.now(),
            secret=secret,
            envelope=mail.envelope,
            message=mail.message,
        )
        check_network(target, self._findings, peer)
        mail.tell(self._findings)

    def _program(self, server: LocalMta, settings: Settings) -> None:
        self._begin(settings, checkup.PROGRAM, str(server.program))
        mail = self._mail(settings)
        check_program(server, mail.envelope, self._environment, self._findings)
        for remark in mail.remarks:
            self._findings.warn("program", remark)
        mail.tell(self._findings)

    def _file(self, server: FileTarget, settings: Settings) -> None:
        self._begin(settings, checkup.FILE, str(server.path or "standard output"))
        check_file(server, self._findings)

    def _mail(self, settings: Settings) -> "_CheckMail":
        return _make_mail(self._invocation, self._loaded, settings, self._environment)

    def _trace(self) -> Trace:
        """Return the trace that --debug and -v ask for; all else is in the report."""
        stderr = self._environment.stderr
        if self._invocation.debug:
            return Debug(stderr, self._environment.clock, warn=lambda _: None)
        if self._invocation.verbose:
            return Verbose(stderr, lambda text: write(stderr, f"pymail: {text}\n"))
        return NullTrace(lambda _: None)


# ── the test mail ───────────────────────────────────────────────────────────


@model(kw_only=True)
class _CheckMail:
    """The mail that would go, as far as it can be made.

    `envelope` is None without recipients; `remarks` say what pymail changes on the way.
    """

    envelope: Envelope | None = None
    message: FinishedMessage | None = None
    remarks: tuple[str, ...] = ()
    failure: PymailError | None = None

    def tell(self, findings: Findings) -> None:
        """Add to what the server said what is known without it."""
        if self.remarks and findings["sender"].verdict is Verdict.OK:
            findings.tell("sender", *self.remarks)
        if self.failure is not None:
            findings.fail("recipients", self.failure)


def _make_mail(
    invocation: Invocation, loaded: Loaded, settings: Settings, environment: Environment
) -> _CheckMail:
    """Make an empty mail for the addresses named, or for the account itself."""
    try:
        outgoing = _outgoing(invocation, loaded, settings, environment)
    except PymailError as error:
        return _CheckMail(failure=error)
    problems = "; ".join(outgoing.problems)
    return _CheckMail(
        envelope=outgoing.envelope,
        message=outgoing.versions[0][1] if outgoing.versions else None,
        remarks=outgoing.remarks,
        failure=MessageError(problems) if problems else None,
    )


def _outgoing(
    invocation: Invocation, loaded: Loaded, settings: Settings, environment: Environment
) -> OutgoingMessage:
    draft = draft_of(invocation, loaded.files_to_attach, environment)
    if not (draft.to or draft.cc or draft.bcc):
        draft = replace(draft, to=(_own_address(settings),))
    # nobody is asked for the pass phrase of a key
    plain = replace(settings, sealing=Sealing())
    return prepare(draft, plain, environment)[0]


def _own_address(settings: Settings) -> str:
    identity = settings.identity
    author = identity.from_[0].address if identity.from_ else ""
    return (
        account_address(settings) or author or f"{identity.login}@{identity.hostname}"
    )
