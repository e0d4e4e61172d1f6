"""A session, opened as `opening` has it for every mail, with every step noted."""

from pymail.commands.check import envelope_stage
from pymail.commands.check.certificate import Certificate, seen
from pymail.commands.check.target import Visit
from pymail.errors import PymailError, TlsError
from pymail.report.checkup import Findings
from pymail.report.reply import Reply
from pymail.sasl.choose import needs_secret
from pymail.secret import Secret
from pymail.settings.server_models import Login, TlsMode
from pymail.transport import tls
from pymail.transport.connect import Peer
from pymail.transport.extensions import NO_DSN
from pymail.transport.handshake import Opener, Way
from pymail.transport.smtp_session import Session

DAYS_TO_RENEW = 14

_BEGINS = {
    TlsMode.IMPLICIT: "TLS from the first octet",
    TlsMode.REQUIRED: "STARTTLS, required by the settings",
    TlsMode.OFFERED: "STARTTLS, because the server offers it",
}
_RENEW = "tell those who run the server to renew it"


class Watched(Opener):
    """An opener whose steps are noted; the verdict on a login is waited for.

    `untrusted` is the failure of a certificate; `unverified`: nobody looked at it
    because the settings say so; `without_login`: there was no secret for it.
    """

    def __init__(self, asked: Visit, findings: Findings, peer: Peer) -> None:
        super().__init__(
            asked.server,
            peer,
            verb="LHLO" if asked.server.lmtp else "EHLO",
            trace=asked.trace,
            ask_secret=lambda _login, _host: asked.secret or Secret(""),
        )
        self.step_by_step = True
        self.untrusted: PymailError | None = None
        self.unverified = False
        self.without_login = False
        self._asked = asked
        self._findings = findings

    def _greet(self, session: Session, way: Way) -> Reply:
        with self._findings.step("greeting"):
            reply = super()._greet(session, way)
        self._findings.tell("greeting", str(reply))
        return reply

    def _hello(self, session: Session, way: Way) -> None:
        with self._findings.step("extensions"):
            super()._hello(session, way)
        ignored = self._server.ignored_extensions
        self._findings.tell("extensions", *envelope_stage.offer(session, ignored))
        self._tell_of_notice(session)

    def _tell_of_notice(self, session: Session) -> None:
        """Say whether notifications can be asked for, where somebody wants them."""
        envelope = self._asked.envelope
        if envelope is None or not envelope.notice.asked:
            return
        if session.offers("DSN") is None:
            self._findings.warn("extensions", NO_DSN)
            return
        notice = envelope.notice
        words = " ".join((*notice.of_rcpt, *notice.of_mail))
        self._findings.tell("extensions", f"dsn: asked for with {words}")

    def _starts_tls(self, session: Session, way: Way) -> bool:
        with self._findings.step("tls"):
            begins = super()._starts_tls(session, way)
        if not begins:
            refused = session.offers("STARTTLS") is not None
            verb = "refuses" if refused else "offers no"
            self._tell_of_clear_text(f"the server {verb} STARTTLS")
        return begins

    def _tell_of_clear_text(self, why: str) -> None:
        if self._local:
            self._findings.skip("tls", f"{why}, on this machine")
        elif words := self._stripped():
            self._findings.warn("tls", words, advice="set smtp-use-starttls")
        else:
            host = self._server.host
            self._findings.warn(
                "tls",
                f"all is sent in clear: {why}",
                advice=f"for a server outside your own network use smtps://{host}:465",
            )

    def _secure(self, session: Session, way: Way) -> None:
        try:
            with self._findings.step("tls"):
                super()._secure(session, way)
        except TlsError as failure:
            pinned = self._server.tls.pin is not None
            looked_at = pinned or tls.untrusted(failure)
            self.untrusted = failure if looked_at else None
            raise
        self._tell_of_tls(session, way)

    def _tell_of_tls(self, session: Session, way: Way) -> None:
        findings, certificate = self._findings, seen(session)
        findings.tell("tls", _BEGINS[way.mode], *certificate.agreed)
        findings.tell("tls", *certificate.facts(self._asked.now))
        if self._server.tls.pin is not None:
            findings.tell("tls", "it has the fingerprint that tls-fingerprint names")
        elif way.verify:
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

    def _log_in(self, session: Session) -> None:
        if self._server.login is None:
            self._findings.skip("mechanism", f"offered: {_offered(session)}")
            self._findings.skip("login", "no login is set")
        super()._log_in(session)

    def _mechanism(self, session: Session, login: Login) -> str:
        findings = self._findings
        try:
            with findings.step("mechanism"):
                name = super()._mechanism(session, login)
        finally:
            findings.tell("mechanism", f"offered: {_offered(session)}")
        why = "the first that fits" if not login.mechanism else "smtp-auth names it"
        protected = "under TLS" if session.encrypted else "without TLS"
        findings.tell("mechanism", f"used: {name}, {why}, {protected}")
        return name

    def _authenticate(self, session: Session, login: Login, name: str) -> Reply | None:
        if self._asked.secret is None and needs_secret(name):
            self._findings.skip("login", "there is no secret to log in with")
            self.without_login = True
            return None
        with self._findings.step("login"):
            reply = super()._authenticate(session, login, name)
        self._findings.tell("login", f"as {login.user}: {reply}")
        return reply


def _offered(session: Session) -> str:
    return " ".join((session.offers("AUTH") or "none").split())
