"""The way of a mail to a server, up to the recipients, with every step noted.

It is the way that `opening` goes for every mail, in one session. MAIL and RCPT
are taken back with RSET: no content is ever sent. A second connection is made
only to look at a certificate, and nobody logs in over it.
"""

import socket
import ssl
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pymail.address.envelope import Envelope
from pymail.errors import (
    AuthenticationError,
    ConnectError,
    Interrupted,
    PymailError,
    SettingsError,
    TlsError,
)
from pymail.message.source import FinishedMessage
from pymail.outcome.checkup import Findings
from pymail.outcome.reply import Reply
from pymail.record import record, replace
from pymail.sasl.choose import needs_secret
from pymail.secret import Secret
from pymail.settings.records import Login, SmtpServer, Timeouts, TlsMode, Verify
from pymail.transport import probe_mail
from pymail.transport.base import Trace
from pymail.transport.certificate import Certificate, seen
from pymail.transport.connect import Peer, no_connection
from pymail.transport.opening import Opener, Way
from pymail.transport.reach import CONNECT_SECONDS, Family, Reaching
from pymail.transport.session import Session

LONGEST_SECONDS = 30.0  # for any reply: whoever checks does not wait five minutes
GOODBYE_SECONDS = 1.0
DAYS_TO_RENEW = 14

# Where a server listens for mail of users, as settings have it (RFC 8314).
USUAL_PORTS: Mapping[int, str] = {
    465: "smtps://{host}:465",
    587: "smtp://{host}:587 with smtp-use-starttls",
}
_NOT_FROM_HERE = "unreachable"  # a machine without IPv6 loses nothing by it

_BEGINS = {
    TlsMode.IMPLICIT: "TLS from the first octet",
    TlsMode.REQUIRED: "STARTTLS, required by the settings",
    TlsMode.OFFERED: "STARTTLS, because the server offers it",
}
_RENEW = "tell those who run the server to renew it"
_IN_CLEAR = "for a server outside your own network use smtps://{host}:465"


@record(kw_only=True)
class Visit:
    """What is tried: the server, and the mail that would go there.

    `secret` is None when nobody has it, `envelope` when no mail can be made.
    """

    server: SmtpServer
    trace: Trace
    now: datetime
    secret: Secret | None = None
    envelope: Envelope | None = None
    message: FinishedMessage | None = None
    usual_ports: Mapping[int, str] = USUAL_PORTS


def impatient(server: SmtpServer) -> SmtpServer:
    """Bound every wait: somebody is waiting for the result."""
    usual = server.timeouts
    timeouts = Timeouts(
        connect=min(usual.connect, CONNECT_SECONDS),
        greeting=min(usual.greeting, LONGEST_SECONDS),
        command=min(usual.command, LONGEST_SECONDS),
        quit=GOODBYE_SECONDS,
    )
    return replace(server, timeouts=timeouts)


def visit(asked: Visit, findings: Findings, way: Reaching | Peer) -> None:
    """Go as far as a mail would get, and note every step; nothing is sent.

    `way` is the search for the server, or a peer that needs none.
    """
    try:
        peer = way if not isinstance(way, Reaching) else _reached(asked, findings, way)
    except Interrupted:
        raise
    except PymailError:
        return  # it is noted
    opener = _Watched(asked, findings, peer)
    try:
        session = opener.open()
    except Interrupted:
        raise
    except PymailError as failure:
        _note(failure, findings)
        if opener.untrusted is failure:
            _look(asked, findings, peer)
        return
    findings.forgive("greeting", "tls", "extensions")
    if opener.without_login or asked.envelope is None or asked.message is None:
        session.leave()
    else:
        probe_mail.ask(session, asked.envelope, asked.message, findings)
    if opener.unverified:
        _advise_to_verify(asked, findings, peer)


def _note(failure: PymailError, findings: Findings) -> None:
    """Put down a failure that came between the steps."""
    if findings.last_failure is failure:
        return
    of_tls = isinstance(failure, TlsError | SettingsError)
    findings.fail("tls" if of_tls else "connect", failure)


# Names and connections


class _Reached:
    """A server that has been reached; further connections go the same way."""

    def __init__(self, family: Family) -> None:
        self._peer = family.peer
        self._sock: socket.socket | None = family.socket()

    @property
    def name(self) -> str:
        """The name that people are shown."""
        return self._peer.name

    def connect(self, seconds: float, note: Any) -> socket.socket:
        """Return the connection that is there, then others."""
        sock, self._sock = self._sock, None
        if sock is None:
            return self._peer.connect(seconds, note)
        sock.settimeout(seconds)
        return sock


def _reached(asked: Visit, findings: Findings, reaching: Reaching) -> Peer:
    try:
        with findings.step("name"):
            found = reaching.addresses()
    finally:
        findings.took("name", reaching.lookup_seconds)
    for kind, addresses in found.items():
        findings.tell("name", f"{kind} {', '.join(addresses)}")
    with findings.step("connect"):
        ended, late = reaching.families()
        connected = [family for family in ended if family.failure is None]
        if not connected:
            raise _nobody_there(asked, reaching, ended)
    first = _Reached(connected[0])
    for other in connected[1:]:
        other.socket()
        other.abandon()
    findings.took("connect", connected[0].seconds)
    _tell_of_families(findings, ended, late)
    return first


def _tell_of_families(
    findings: Findings, ended: list[Family], late: list[Family]
) -> None:
    for family in ended:
        if family.failure is None:
            facts = f"{'; '.join(family.facts)} in {family.seconds:.3f} s"
            findings.tell("connect", f"{family.kind}: {facts}")
        elif _NOT_FROM_HERE in family.failure.happened:
            findings.tell("connect", f"{family.kind}: {family.failure.happened}")
        else:
            findings.warn("connect", f"{family.kind} fails: {family.failure.happened}")
    for family in late:
        findings.warn(
            "connect", f"{family.kind} does not answer, mail may have to wait"
        )


def _nobody_there(
    asked: Visit, reaching: Reaching, families: list[Family]
) -> ConnectError:
    """Say what all addresses said, and which port answers instead."""
    said = [family.failure.happened for family in families if family.failure]
    doing = f"connecting to {families[0].name}"
    failure = no_connection(asked.server.port, said, doing)
    answering = reaching.answering(asked.usual_ports)
    if answering:
        host = asked.server.host
        use = " or ".join(asked.usual_ports[p].format(host=host) for p in answering)
        ports = " and ".join(f"port {port}" for port in answering)
        verb = "answers" if len(answering) == 1 else "answer"
        failure.advice = f"{ports} of that host {verb}: use {use}"
    return failure


# Greeting, TLS, login


class _Watched(Opener):
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
        self._findings.tell("extensions", *probe_mail.offer(session, ignored))

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
        else:
            advice = _IN_CLEAR.format(host=self._server.host)
            self._findings.warn("tls", f"all is sent in clear: {why}", advice)

    def _secure(self, session: Session, way: Way) -> None:
        try:
            with self._findings.step("tls"):
                super()._secure(session, way)
        except TlsError as failure:
            self.untrusted = failure if _of_certificate(failure) else None
            raise
        sock = session.connection
        if isinstance(sock, ssl.SSLSocket):  # pragma: no branch - for mypy
            self._tell_of_tls(sock, way)

    def _tell_of_tls(self, sock: ssl.SSLSocket, way: Way) -> None:
        findings, certificate = self._findings, seen(sock)
        cipher = (sock.cipher() or ("no cipher",))[0]
        findings.tell("tls", _BEGINS[way.mode], f"{sock.version()}, {cipher}")
        findings.tell("tls", *certificate.facts(self._asked.now))
        if way.verify:
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
            self._findings.warn("tls", words, _RENEW)

    def _log_in(self, session: Session) -> None:
        if self._server.login is None:
            self._findings.skip("mechanism", f"offered: {_offered(session)}")
            self._findings.skip("login", "the settings name no user")
        super()._log_in(session)

    def _mechanism(self, session: Session, login: Login) -> str:
        findings = self._findings
        with findings.step("mechanism"):
            name = super()._mechanism(session, login)
        why = "the first that fits" if not login.mechanism else "smtp-auth names it"
        protected = "under TLS" if session.encrypted else "without TLS"
        findings.tell("mechanism", f"offered: {_offered(session)}")
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


def _of_certificate(failure: PymailError) -> bool:
    return isinstance(failure.__cause__, ssl.SSLCertVerificationError)


# A second connection, for the certificate alone


def _look(asked: Visit, findings: Findings, peer: Peer) -> None:
    """Tell of a certificate that is not trusted."""
    session = _session(asked, peer, Verify.IGNORE)
    if isinstance(session, Session):
        if isinstance(
            session.connection, ssl.SSLSocket
        ):  # pragma: no branch - for mypy
            findings.tell("tls", *seen(session.connection).facts(asked.now))
        session.leave()


def _advise_to_verify(asked: Visit, findings: Findings, peer: Peer) -> None:
    """Say whether the certificate would be trusted by now."""
    session = _session(asked, peer, Verify.STRICT)
    if isinstance(session, Session):
        session.leave()
        findings.advise("tls", "it is trusted: unset tls-verify (or ssl-verify)")
    else:
        findings.tell("tls", session.happened)


def _session(asked: Visit, peer: Peer, verify: Verify) -> Session | PymailError:
    """Open a session without a login, and with TLS in any case."""
    tls = asked.server.tls
    mode = tls.mode if tls.mode is TlsMode.IMPLICIT else TlsMode.REQUIRED
    server = replace(
        asked.server, login=None, tls=replace(tls, mode=mode, verify=verify)
    )
    verb = "LHLO" if server.lmtp else "EHLO"
    opener = Opener(server, peer, verb=verb, trace=asked.trace, ask_secret=_nobody)
    try:
        return opener.open()
    except Interrupted:
        raise
    except PymailError as failure:
        return failure


def _nobody(login: Login, host: str) -> Secret:  # pragma: no cover - nobody logs in
    raise AuthenticationError(f"no login of {login.user} at {host} is wanted")
