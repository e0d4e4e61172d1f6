"""The stages of --check in a session, from greeting to recipients.

The session is opened by the code that opens it for a mail (`transport.handshake`).
RSET cancels MAIL and RCPT, and no content is sent.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime

from pymail.address.envelope import Envelope
from pymail.commands.check.certificate import Certificate, read_certificate
from pymail.commands.check.findings import Findings
from pymail.errors import Interrupted, ProtocolError, PymailError, TlsError
from pymail.message.byte_source import FinishedMessage
from pymail.model import model
from pymail.reply import Reply
from pymail.report.delivery_report import Fate, RecipientFate, Report, fate_of
from pymail.sasl.choose import needs_secret
from pymail.secret import Secret
from pymail.settings.server_models import SmtpServer, TlsMode
from pymail.transport import tls
from pymail.transport.base import Trace
from pymail.transport.connect import Peer
from pymail.transport.extensions import NO_DSN
from pymail.transport.handshake import SessionOpener
from pymail.transport.smtp_session import SmtpSession
from pymail.transport.starttls import starttls_warning
from pymail.transport.transaction import Transaction

DAYS_TO_RENEW = 14
# The extensions that a mail uses.
USEFUL = ("PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING", "DSN")
SHOWN_EXTENSIONS = 30

_UNITS = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))

_TLS_BEGINS = {
    TlsMode.IMPLICIT: "TLS from the first octet",
    TlsMode.REQUIRED: "STARTTLS, required by the settings",
    TlsMode.OFFERED: "STARTTLS, because the server offers it",
}


@model(frozen=False, kw_only=True)
class Target:
    """The server to check, the mail for it, and the state of the check.

    `secret` is None if none was found, `envelope` if no mail can be prepared.
    `untrusted` is the failure of a certificate; `unverified` is set if the settings
    switch the verification off.
    """

    server: SmtpServer
    peer: Peer
    findings: Findings
    trace: Trace
    now: datetime
    author: str = ""
    secret: Secret | None = None
    envelope: Envelope | None = None
    message: FinishedMessage | None = None
    untrusted: PymailError | None = None
    unverified: bool = False


# ── greeting, extensions, TLS ───────────────────────────────────────────────


def open_session(target: Target) -> SessionOpener:
    """Open a session as for a mail, up to the login.

    Raises:
        PymailError: the failure is noted, unless it was raised between two stages.
    """
    notes = {
        "greeting": ("greeting", _note_greeting),
        "hello": ("extensions", _note_extensions),
        "tls": ("tls", _note_tls),
    }

    @contextmanager
    def watch(step: str) -> Iterator[None]:
        stage, note = notes[step]
        try:
            with target.findings.step(stage):
                yield
        except TlsError as failure:
            # with TLS established, the certificate has another fingerprint
            of_certificate = opener.session.tls or tls.is_untrusted(failure)
            target.untrusted = failure if of_certificate else None
            raise
        note(target, opener)

    opener = SessionOpener(
        target.server,
        target.peer,
        trace=target.trace,
        ask_secret=lambda _login, _host: target.secret or Secret(""),
        watch=watch,
    )
    opener.connect()
    return opener


def _note_greeting(target: Target, opener: SessionOpener) -> None:
    target.findings.tell("greeting", str(opener.session.last_reply))


def _note_extensions(target: Target, opener: SessionOpener) -> None:
    session, ignored = opener.session, target.server.ignored_extensions
    target.findings.tell("extensions", *_describe_offer(session, ignored))
    if target.envelope:
        _note_dsn(session, target.envelope, target.findings)


def _note_clear_text(target: Target, session: SmtpSession) -> None:
    findings, host = target.findings, target.server.host
    refused = session.has_extn("STARTTLS")
    why = f"the server {'refuses' if refused else 'offers no'} STARTTLS"
    if session.is_local:
        findings.skip("tls", f"{why}, on this machine")
    elif words := starttls_warning(session, target.server):
        findings.warn("tls", words, advice="set smtp-use-starttls")
    else:
        findings.warn(
            "tls",
            f"everything is sent unencrypted: {why}",
            advice=f"for a server outside your own network use smtps://{host}:465",
        )


def _note_tls(target: Target, opener: SessionOpener) -> None:
    session, strategy = opener.session, opener.strategy
    if not session.tls:
        _note_clear_text(target, session)
        return
    findings, certificate = target.findings, read_certificate(session)
    findings.tell("tls", _TLS_BEGINS[strategy.mode], *certificate.agreed)
    findings.tell("tls", *certificate.facts(target.now))
    if target.server.tls.pin is not None:
        findings.tell("tls", "its fingerprint is that of tls-fingerprint")
    elif strategy.verify:
        _warn_of_expiry(target, certificate)
    elif target.untrusted:
        findings.warn("tls", f"{target.untrusted.happened}; mail is sent anyway")
    else:
        target.unverified = True
        findings.warn("tls", "the certificate is not verified (tls-verify=ignore)")


def _warn_of_expiry(target: Target, certificate: Certificate) -> None:
    days = certificate.days_left(target.now)
    if days is not None and days < DAYS_TO_RENEW:
        words = f"the certificate expires in {days:.0f} days"
        advice = "ask the server's administrator to renew it"
        target.findings.warn("tls", words, advice=advice)


def _describe_offer(session: SmtpSession, ignored: Collection[str]) -> Iterator[str]:
    """Yield the extensions that a server offers, and the useful ones that it lacks."""
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
        yield f"switched off by smtp-config: {' '.join(sorted(ignored))}"


def _describe_size(size: str) -> str:
    """Describe the limit of SIZE; 0 means that there is none (RFC 1870 §4)."""
    digits = size.isascii() and size.isdigit() and len(size) <= 20
    octets = int(size) if digits else 0
    if not octets:
        return "no limit stated"
    for unit, name in _UNITS:
        if octets >= unit:
            return f"messages up to {octets / unit:.4g} {name}"
    return f"messages up to {octets} octets"


def _note_dsn(session: SmtpSession, envelope: Envelope, findings: Findings) -> None:
    """Note whether the server supports notifications, if the mail requests them."""
    dsn = envelope.dsn
    if not dsn.wanted:
        return
    if not session.has_extn("DSN"):
        findings.warn("extensions", NO_DSN)
        return
    words = " ".join((*dsn.rcpt_parameters, *dsn.mail_parameters))
    findings.tell("extensions", f"dsn: requested with {words}")


# ── mechanism and login ─────────────────────────────────────────────────────


def log_in(target: Target, opener: SessionOpener) -> bool:
    """Log in if the settings have a login; returns whether MAIL can follow.

    Raises:
        PymailError: the failure is noted.
    """
    session, findings, login = opener.session, target.findings, target.server.login
    if login is None:
        findings.skip("mechanism", f"offered: {_offered(session)}")
        findings.skip("login", "no login is set")
        return True
    try:
        with findings.step("mechanism"):
            mechanism = opener.choose_mechanism(login)
    finally:
        findings.tell("mechanism", f"offered: {_offered(session)}")
    why = "smtp-auth names it" if login.mechanism else "the first that both support"
    protected = "under TLS" if session.encrypted else "without TLS"
    findings.tell("mechanism", f"used: {mechanism}, {why}, {protected}")
    if target.secret is None and needs_secret(mechanism):
        findings.skip("login", "no password to log in with")
        return False
    with findings.step("login"):
        reply = opener.log_in(login, mechanism)
    findings.tell("login", f"as {login.user}: {reply}")
    return True


def _offered(session: SmtpSession) -> str:
    return " ".join((session.esmtp_features.get("auth") or "none").split())


# ── sender and recipients ───────────────────────────────────────────────────


def name_recipients(target: Target, session: SmtpSession) -> None:
    """Send MAIL and RCPT if there is a mail, note the replies, and cancel with RSET."""
    try:
        if target.envelope is not None and target.message is not None:
            _begin_transaction(target, session, target.envelope, target.message)
            session.rset()
    except Interrupted:
        session.close()
        raise
    except PymailError:
        pass  # already noted
    session.quit()


def _begin_transaction(
    target: Target, session: SmtpSession, envelope: Envelope, message: FinishedMessage
) -> None:
    findings, pipelining = target.findings, session.has_extn("PIPELINING")
    with findings.step("sender"):
        transaction = Transaction(session, envelope, message)
        rcpts = transaction.rcpts
        group = rcpts.values() if pipelining else ()
        session.put_group([transaction.mail, *group])
        reply = _read_reply(session, transaction.mail)
    findings.tell("sender", f"{transaction.mail}: {reply}")
    if not reply.positive:
        fate, paths = fate_of(reply), envelope.forward_paths
        report = Report(fates=tuple(RecipientFate(a, fate, reply) for a in paths))
        problem = f"the server refused the sender: {reply}"
        findings.refuse("sender", problem, reply, report)
        if not pipelining:
            return
    replies: dict[str, Reply] = {}
    with findings.step("recipients"):
        for address, command in rcpts.items():
            if not pipelining:
                session.put_group([command])
            replies[address] = _read_reply(session, command)
    if reply.positive:
        _judge_recipients(findings, transaction, replies)
    else:
        findings.skip("recipients")  # after a refused MAIL their replies mean nothing


def _read_reply(session: SmtpSession, command: str) -> Reply:
    session.doing = f"{command} at {session.peer}"
    reply = session.read_reply(session.timeouts.command)
    if reply.code < 400 and not reply.positive:
        happened = f"unexpected reply {reply}"
        raise ProtocolError(happened, doing=session.doing, reply=reply)
    return reply


def _judge_recipients(
    findings: Findings, transaction: Transaction, replies: dict[str, Reply]
) -> None:
    fates, failure = dict(transaction.fates), transaction.failure
    for address, reply in replies.items():
        findings.tell("recipients", f"{address}: {reply}")
        fates[address] = RecipientFate(address, fate_of(reply), reply)
    report = Report(fates=tuple(fates.values()), failure=failure)
    refused = [row for row in report.fates if row.fate is not Fate.ACCEPTED]
    if failure is not None:
        findings.fail("recipients", failure)
    elif refused and refused[0].reply is not None:
        names = ", ".join(row.address for row in refused)
        problem = f"the server refused {names}: {refused[0].reply}"
        findings.refuse("recipients", problem, refused[0].reply, report)
