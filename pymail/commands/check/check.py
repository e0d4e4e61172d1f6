"""--check: every stage on the way of a mail, up to its content; nothing is sent.

The stages use the code that sends a mail. After a failure the check still takes the
stages that are possible, and notes the result of each.
"""

from typing import TYPE_CHECKING, assert_never

from pymail.commands.check.cron_check import check_as_cron
from pymail.commands.check.findings import Findings, Verdict
from pymail.commands.check.local_stages import (
    check_file,
    check_program,
    check_secret,
    check_settings,
)
from pymail.commands.check.report import Waiting, show
from pymail.commands.draft_options import read_options
from pymail.commands.invocation import Invocation
from pymail.delivery.context import RunContext
from pymail.delivery.logins import forget_refusal, place_for_another
from pymail.delivery.outgoing import OutgoingMessage
from pymail.delivery.prepare import prepare
from pymail.delivery.rewrite_from import account_address
from pymail.delivery.settings import resolve_settings
from pymail.errors import (
    Interrupted,
    MessageError,
    PymailError,
    SettingsError,
    TlsError,
)
from pymail.model import replace
from pymail.secret import Secret
from pymail.settings.loader import Loaded
from pymail.settings.models import Settings, SmimeSettings
from pymail.settings.server_models import (
    FileTarget,
    LmtpSocket,
    LocalMta,
    SmtpServer,
    TlsMode,
)
from pymail.terminal.output import write
from pymail.terminal.trace import choose_trace
from pymail.transport.base import Trace
from pymail.transport.connect import Peer, TcpPeer, endpoint

if TYPE_CHECKING:
    from pymail.commands.check.session_stages import Target

# The stages by kind of server, in order; stages behind a failure are skipped.
SMTP = (
    *("settings", "secret"),  # in local_stages
    *("name", "connect"),  # in network_stages
    *("greeting", "tls", "extensions"),  # this and all below in session_stages
    *("mechanism", "login", "sender", "recipients"),
)
IMPLICIT_TLS = (*SMTP[:4], "tls", "greeting", *SMTP[6:])  # TLS comes first
SOCKET = ("settings", "connect", "greeting", "extensions", "sender", "recipients")
PROGRAM = ("settings", "program", "recipients")  # in local_stages
FILE = ("settings", "file")


def check(invocation: Invocation, loaded: Loaded, context: RunContext) -> int:
    """Check every stage; returns the exit status.

    Raises:
        Interrupted: a signal ended it; the stages so far are shown.
    """
    environment, there = context.environment, None
    watched = _is_watched(invocation)
    waiting = Waiting(environment, watched=watched)
    findings = Findings(SMTP, environment.clock, begins=waiting.begin)
    try:
        _Check(invocation, loaded, context, findings).run()
        if invocation.as_cron:
            waiting.begin(context.translated("check as cron"))
            there = check_as_cron(invocation, loaded, environment)
    except Interrupted:
        waiting.end()
        show(context, findings.checkup(), verbose=watched)
        raise
    waiting.end()
    here = findings.checkup()
    show(context, here, there, verbose=watched)
    return (there.exit_status if there else 0) or here.exit_status


def _is_watched(invocation: Invocation) -> bool:
    return invocation.debug or bool(invocation.verbose)


class _Check:
    """One check, from the settings to the recipients."""

    def __init__(
        self,
        invocation: Invocation,
        loaded: Loaded,
        context: RunContext,
        findings: Findings,
    ) -> None:
        self._invocation = invocation
        self._loaded = loaded
        self._context = context
        self._environment = context.environment
        self._findings = findings

    def run(self) -> None:
        """Check the stages for the kind of server that the settings name."""
        findings, loaded, environment = self._findings, self._loaded, self._environment
        findings.language = self._context.language
        try:
            settings = resolve_settings(loaded, environment)
        except PymailError as error:
            check_settings(findings, loaded, environment, None)
            findings.fail("settings", error)
            return
        self._context.settings = settings
        findings.language = self._context.language
        with findings.step("settings"):
            check_settings(findings, loaded, environment, settings)
        match settings.server:
            case SmtpServer() as server:
                self._smtp(server, settings)
            case LmtpSocket() as server:
                findings.expect(SOCKET, str(server.path))
                as_server, peer = endpoint(server)
                self._server_stages(as_server, settings, peer)
            case LocalMta() as server:
                self._program(server, settings)
            case FileTarget() as server:
                findings.expect(FILE, str(server.path or "standard output"))
                check_file(server, findings)
            case _:
                assert_never(settings.server)

    def _smtp(self, server: SmtpServer, settings: Settings) -> None:
        findings, environment = self._findings, self._environment
        peer = TcpPeer(server.host, server.port)
        implicit = server.tls.mode is TlsMode.IMPLICIT
        findings.expect(IMPLICIT_TLS if implicit else SMTP, peer.name)
        login = server.login
        found = check_secret(findings, server, settings, environment)
        if found and login:
            findings.user, findings.place = login.user, place_for_another(found)
        self._server_stages(server, settings, peer, found.secret if found else None)
        if login and findings["login"].verdict is Verdict.OK:
            forget_refusal(server, environment)

    def _server_stages(
        self,
        server: SmtpServer,
        settings: Settings,
        peer: Peer,
        secret: Secret | None = None,
    ) -> None:
        from pymail.commands.check.network_stages import impatient
        from pymail.commands.check.session_stages import Target

        findings, (outgoing, failure) = self._findings, self._prepare(settings)
        versions = outgoing.versions if outgoing else ()
        target = Target(
            server=impatient(server, watched=_is_watched(self._invocation)),
            peer=peer,
            findings=findings,
            trace=self._trace(),
            now=self._environment.now(),
            secret=secret,
            author=_author(settings),
            envelope=outgoing.envelope if outgoing else None,
            message=versions[0][1] if versions else None,
        )
        check_server(target)
        if outgoing and outgoing.remarks and findings["sender"].verdict is Verdict.OK:
            findings.tell("sender", *outgoing.remarks)
        if failure is not None:
            findings.fail("recipients", failure)

    def _program(self, server: LocalMta, settings: Settings) -> None:
        findings, (outgoing, failure) = self._findings, self._prepare(settings)
        findings.expect(PROGRAM, str(server.program))
        envelope = outgoing.envelope if outgoing else None
        check_program(server, envelope, self._environment, findings)
        for remark in outgoing.remarks if outgoing else ():
            findings.warn("program", remark)
        if failure is not None:
            findings.fail("recipients", failure)

    def _prepare(
        self, settings: Settings
    ) -> tuple[OutgoingMessage | None, PymailError | None]:
        """Prepare an empty mail for the named addresses, or for the account itself.

        Returns it with its problem, or None with the reason.
        """
        environment, files = self._environment, self._loaded.files_to_attach
        # without S/MIME, which might prompt for the pass phrase of a key
        settings = replace(settings, smime=SmimeSettings())
        try:
            *_, draft = read_options(self._invocation, files, environment)
            if not (draft.to or draft.cc or draft.bcc):
                draft = replace(draft, to=(_own_address(settings),))
            outgoing = prepare(draft, settings, environment)
        except PymailError as error:
            return None, error
        problems = "; ".join(outgoing.problems)
        return outgoing, MessageError(problems) if problems else None

    def _trace(self) -> Trace:
        """Return the trace for --debug and -v; the report has everything else."""
        environment, verbose = self._environment, bool(self._invocation.verbose)

        def warn(text: str, *, shown: bool = False) -> None:
            if verbose and not shown:
                write(environment.stderr, f"pymail: {text}\n")

        debug = self._invocation.debug
        return choose_trace(environment, warn, verbose=verbose, debug=debug)


def check_server(target: "Target") -> None:
    """Check as far as a mail would get, and note every stage; sends no content.

    Raises:
        Interrupted: a signal ended it; the stages so far are noted.
    """
    from pymail.commands.check import network_stages, session_stages

    findings = target.findings
    try:
        network_stages.connect(target)
        opener = session_stages.open_session(target)
        can_continue = session_stages.log_in(target, opener)
    except Interrupted:
        raise
    except PymailError as failure:
        if findings.last_failure is not failure:  # it was raised between two stages
            of_tls = isinstance(failure, TlsError | SettingsError)
            findings.fail("tls" if of_tls else "connect", failure)
        looked_at = isinstance(failure, TlsError) and target.untrusted
        if looked_at and findings["tls"].verdict is Verdict.FAILED:
            network_stages.describe_untrusted(target)
        return
    findings.forgive("greeting", "tls", "extensions")
    if can_continue:
        session_stages.name_recipients(target, opener.session)
    else:
        opener.session.quit()
    if target.envelope and not opener.session.is_local:
        from pymail.commands.check.domain import check_domain

        check_domain(findings, target.server, target.author, target.envelope)
    if target.unverified:
        network_stages.advise_to_verify(target)


def _author(settings: Settings) -> str:
    """Return the address of from; empty if it is not set."""
    return settings.from_[0].address if settings.from_ else ""


def _own_address(settings: Settings) -> str:
    own = f"{settings.login_name}@{settings.hostname}"
    return account_address(settings) or _author(settings) or own
