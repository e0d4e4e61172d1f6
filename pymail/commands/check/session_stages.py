"""The stages of --check in a session: greeting, extensions, TLS, login, each noted.

The session is opened as every mail opens it (`transport.handshake`).
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from pymail.address.envelope import Envelope
from pymail.commands.check.certificate import Certificate, read_certificate
from pymail.errors import PymailError, TlsError
from pymail.message.byte_source import FinishedMessage
from pymail.model import model
from pymail.report.checkup import Findings
from pymail.sasl.choose import needs_secret
from pymail.secret import Secret
from pymail.settings.server_models import Login, SmtpServer, TlsMode
from pymail.transport import tls
from pymail.transport.base import Trace
from pymail.transport.connect import Peer
from pymail.transport.extensions import NO_DSN
from pymail.transport.handshake import SessionOpener
from pymail.transport.smtp_session import SmtpSession
from pymail.transport.starttls import stripped_starttls

DAYS_TO_RENEW = 14
# What makes a difference to a mail.
USEFUL = ("PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING", "DSN")
SHOWN_EXTENSIONS = 30

_UNITS = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))

_TLS_BEGINS = {
    TlsMode.IMPLICIT: "TLS from the first octet",
    TlsMode.REQUIRED: "STARTTLS, required by the settings",
    TlsMode.OFFERED: "STARTTLS, because the server offers it",
}


@model(kw_only=True)
class Target:
    """The server to try, and the mail that would go there.

    `secret` is None when nobody has it, `envelope` when no mail can be made.
    """

    server: SmtpServer
    trace: Trace
    now: datetime
    secret: Secret | None = None
    envelope: Envelope | None = None
    message: FinishedMessage | None = None


class WatchedSession:
    """A session that is opened with its steps noted.

    `untrusted` is the failure of a certificate; `unverified`: nobody looked at it
    because the settings say so; `without_login`: there was no secret for it.
    """

    def __init__(self, target: Target, findings: Findings, peer: Peer) -> None:
        self.untrusted: PymailError | None = None
        self.unverified = False
        self.without_login = False
        self._target = target
        self._server = target.server
        self._findings = findings
        self._steps: Mapping[str, tuple[str, Callable[[SmtpSession], None]]] = {
            "greeting": ("greeting", self._note_greeting),
            "hello": ("extensions", self._note_extensions),
            "tls": ("tls", self._note_tls),
        }
        self._opener = SessionOpener(
            target.server,
            peer,
            trace=target.trace,
            ask_secret=lambda _login, _host: target.secret or Secret(""),
            watch=self._watch,
        )

    def open(self) -> SmtpSession:
        """Open the session and log in, as every mail does (`SessionOpener.open`)."""
        session = self._opener.connect()
        self._log_in(session)
        return session

    @contextmanager
    def _watch(self, step: str) -> Iterator[None]:
        stage, note = self._steps[step]
        session = self._opener.session
        try:
            with self._findings.step(stage):
                yield
        except TlsError as failure:
            # once there is TLS, it is a certificate with another fingerprint
            looked_at = session.tls or tls.untrusted(failure)
            self.untrusted = failure if step == "tls" and looked_at else None
            raise
        note(session)

    def _note_greeting(self, session: SmtpSession) -> None:
        self._findings.tell("greeting", str(session.last_reply))

    def _note_extensions(self, session: SmtpSession) -> None:
        ignored = self._server.ignored_extensions
        findings = self._findings
        findings.tell("extensions", *_describe_offer(session, ignored))
        if self._target.envelope:
            _note_dsn(session, self._target.envelope, findings)

    def _note_clear_text(self, session: SmtpSession) -> None:
        refused = session.has_extn("STARTTLS")
        why = f"the server {'refuses' if refused else 'offers no'} STARTTLS"
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

    def _note_tls(self, session: SmtpSession) -> None:
        if not session.tls:
            self._note_clear_text(session)
            return
        strategy = self._opener.strategy
        findings, certificate = self._findings, read_certificate(session)
        findings.tell("tls", _TLS_BEGINS[strategy.mode], *certificate.agreed)
        findings.tell("tls", *certificate.facts(self._target.now))
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
        days = certificate.days_left(self._target.now)
        if days is not None and days < DAYS_TO_RENEW:
            words = f"the certificate ends in {days:.0f} days"
            advice = "tell those who run the server to renew it"
            self._findings.warn("tls", words, advice=advice)

    def _log_in(self, session: SmtpSession) -> None:
        login, findings = self._server.login, self._findings
        if login is None:
            findings.skip("mechanism", f"offered: {_offered(session)}")
            findings.skip("login", "no login is set")
            return
        mechanism = self._mechanism(session, login)
        if self._target.secret is None and needs_secret(mechanism):
            findings.skip("login", "there is no secret to log in with")
            self.without_login = True
            return
        with findings.step("login"):
            reply = self._opener.log_in(login, mechanism)
        findings.tell("login", f"as {login.user}: {reply}")

    def _mechanism(self, session: SmtpSession, login: Login) -> str:
        findings = self._findings
        try:
            with findings.step("mechanism"):
                name = self._opener.choose_mechanism(login)
        finally:
            findings.tell("mechanism", f"offered: {_offered(session)}")
        why = "smtp-auth names it" if login.mechanism else "the first that fits"
        protected = "under TLS" if session.encrypted else "without TLS"
        findings.tell("mechanism", f"used: {name}, {why}, {protected}")
        return name


def _offered(session: SmtpSession) -> str:
    return " ".join((session.esmtp_features.get("auth") or "none").split())


def _describe_offer(session: SmtpSession, ignored: Collection[str]) -> Iterator[str]:
    """Say which extensions a server has, and which are missed."""
    names = [name.upper() for name in session.esmtp_features]
    if not names:
        yield "none"
    size = session.esmtp_features.get("size")
    if size is not None:
        yield f"SIZE: {_describe_size(size)}"
    others = [name for name in names if name not in ("SIZE", "AUTH")]
    if others:
        yield f"offered: {' '.join(others[:SHOWN_EXTENSIONS])}"
    missing = [name for name in USEFUL if name not in names and name not in ignored]
    if missing:
        yield f"not offered: {' '.join(missing)}"
    if ignored:
        yield f"not used, as smtp-config has it: {' '.join(sorted(ignored))}"


def _describe_size(size: str) -> str:
    """Say a number of octets for people; 0 is no limit (RFC 1870 §4)."""
    digits = size.isascii() and size.isdigit() and len(size) <= 20
    octets = int(size) if digits else 0
    if not octets:
        return "no limit is told"
    for unit, name in _UNITS:
        if octets >= unit:
            return f"a message of {octets / unit:.4g} {name} at most"
    return f"a message of {octets} octets at most"


def _note_dsn(session: SmtpSession, envelope: Envelope, findings: Findings) -> None:
    """Say whether notifications can be asked for, where somebody wants them."""
    notice = envelope.notice
    if not notice.asked:
        return
    if not session.has_extn("DSN"):
        findings.warn("extensions", NO_DSN)
        return
    words = " ".join((*notice.of_rcpt, *notice.of_mail))
    findings.tell("extensions", f"dsn: asked for with {words}")
