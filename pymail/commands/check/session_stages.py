"""A session, opened as `opening` has it for every mail, with every step noted."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from pymail.commands.check import envelope_stage
from pymail.commands.check.certificate import Certificate, seen
from pymail.commands.check.target import Visit
from pymail.errors import PymailError, TlsError
from pymail.report.checkup import Findings
from pymail.sasl.choose import needs_secret
from pymail.secret import Secret
from pymail.settings.server_models import TlsMode
from pymail.transport import tls
from pymail.transport.connect import Peer
from pymail.transport.extensions import NO_DSN
from pymail.transport.handshake import SessionOpener, Strategy, stripped_starttls
from pymail.transport.smtp_session import SmtpSession

DAYS_TO_RENEW = 14

_BEGINS = {
    TlsMode.IMPLICIT: "TLS from the first octet",
    TlsMode.REQUIRED: "STARTTLS, required by the settings",
    TlsMode.OFFERED: "STARTTLS, because the server offers it",
}
_RENEW = "tell those who run the server to renew it"


_Note = Callable[[SmtpSession, Strategy], None]


class WatchedSession:
    """A session that is opened with its steps noted.

    `untrusted` is the failure of a certificate; `unverified`: nobody looked at it
    because the settings say so; `without_login`: there was no secret for it.
    """

    def __init__(self, asked: Visit, findings: Findings, peer: Peer) -> None:
        self.untrusted: PymailError | None = None
        self.unverified = False
        self.without_login = False
        self._asked = asked
        self._server = asked.server
        self._findings = findings
        self._steps: Mapping[str, tuple[str, _Note]] = {
            "greeting": ("greeting", self._tell_of_greeting),
            "hello": ("extensions", self._tell_of_hello),
            "starttls": ("tls", self._tell_of_starttls),
            "tls": ("tls", self._tell_of_tls),
        }
        self._opener = SessionOpener(
            asked.server,
            peer,
            trace=asked.trace,
            ask_secret=lambda _login, _host: asked.secret or Secret(""),
            watch=self._watch,
        )

    def open(self) -> SmtpSession:
        """Open the session and log in, as every mail does (`SessionOpener.open`)."""
        session = self._opener.connect()
        self._log_in(session)
        return session

    @contextmanager
    def _watch(
        self, step: str, session: SmtpSession, strategy: Strategy
    ) -> Iterator[None]:
        finding, note = self._steps[step]
        try:
            with self._findings.step(finding):
                yield
        except TlsError as failure:
            if step == "tls":
                pinned = self._server.tls.pin is not None
                looked_at = pinned or tls.untrusted(failure)
                self.untrusted = failure if looked_at else None
            raise
        note(session, strategy)

    def _tell_of_greeting(self, session: SmtpSession, _: Strategy) -> None:
        self._findings.tell("greeting", str(session.last_reply))

    def _tell_of_hello(self, session: SmtpSession, _: Strategy) -> None:
        ignored = self._server.ignored_extensions
        self._findings.tell("extensions", *envelope_stage.offer(session, ignored))
        self._tell_of_notice(session)

    def _tell_of_notice(self, session: SmtpSession) -> None:
        """Say whether notifications can be asked for, where somebody wants them."""
        envelope = self._asked.envelope
        if envelope is None or not envelope.notice.asked:
            return
        if not session.has_extn("DSN"):
            self._findings.warn("extensions", NO_DSN)
            return
        notice = envelope.notice
        words = " ".join((*notice.of_rcpt, *notice.of_mail))
        self._findings.tell("extensions", f"dsn: asked for with {words}")

    def _tell_of_starttls(self, session: SmtpSession, _: Strategy) -> None:
        if not session.has_extn("STARTTLS"):
            self._tell_of_clear_text(session, "the server offers no STARTTLS")
        elif session.last_reply.code != 220:
            self._tell_of_clear_text(session, "the server refuses STARTTLS")

    def _tell_of_clear_text(self, session: SmtpSession, why: str) -> None:
        if session.is_local:
            self._findings.skip("tls", f"{why}, on this machine")
        elif words := stripped_starttls(session, self._server):
            self._findings.warn("tls", words, advice="set smtp-use-starttls")
        else:
            host = self._server.host
            self._findings.warn(
                "tls",
                f"all is sent in clear: {why}",
                advice=f"for a server outside your own network use smtps://{host}:465",
            )

    def _tell_of_tls(self, session: SmtpSession, strategy: Strategy) -> None:
        findings, certificate = self._findings, seen(session)
        findings.tell("tls", _BEGINS[strategy.mode], *certificate.agreed)
        findings.tell("tls", *certificate.facts(self._asked.now))
        if self._server.tls.pin is not None:
            findings.tell("tls", "it has the fingerprint that tls-fingerprint names")
        elif strategy.verify:
            self._warn_of_end(certificate)
        elif self.untrusted:
            findings.warn("tls", f"{self.untrusted.happened}; mail goes all the same")
        else:
            self.unverified = True
            findings.warn("tls", "the certificate is not verified (tls-verify=ignore)")

    def _warn_of_end(self, certificate: Certificate) -> None:
        days = certificate.days_left(self._asked.now)
        if days is not None and days < DAYS_TO_RENEW:
            words = f"the certificate ends in {days:.0f} days"
            self._findings.warn("tls", words, advice=_RENEW)

    def _log_in(self, session: SmtpSession) -> None:
        login, findings = self._server.login, self._findings
        if login is None:
            findings.skip("mechanism", f"offered: {_offered(session)}")
            findings.skip("login", "no login is set")
            return
        mechanism = self._mechanism(session, named=bool(login.mechanism))
        if self._asked.secret is None and needs_secret(mechanism):
            findings.skip("login", "there is no secret to log in with")
            self.without_login = True
            return
        with findings.step("login"):
            reply = self._opener.log_in(session, mechanism)
        findings.tell("login", f"as {login.user}: {reply}")

    def _mechanism(self, session: SmtpSession, *, named: bool) -> str:
        findings = self._findings
        try:
            with findings.step("mechanism"):
                name = self._opener.choose_mechanism(session)
        finally:
            findings.tell("mechanism", f"offered: {_offered(session)}")
        why = "smtp-auth names it" if named else "the first that fits"
        protected = "under TLS" if session.encrypted else "without TLS"
        findings.tell("mechanism", f"used: {name}, {why}, {protected}")
        return name


def _offered(session: SmtpSession) -> str:
    return " ".join((session.esmtp_features.get("auth") or "none").split())
