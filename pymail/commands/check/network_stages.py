"""The way of a mail to a server, up to the recipients, with every step noted.

It is the way that `opening` goes for every mail, in one session. MAIL and RCPT
are taken back with RSET: no content is ever sent. A second connection is made
only to look at a certificate, and nobody logs in over it.
"""

from pymail.commands.check import envelope_stage
from pymail.commands.check.certificate import seen
from pymail.commands.check.reachability import Reaching
from pymail.commands.check.routes import reached
from pymail.commands.check.session_stages import WatchedSession
from pymail.commands.check.target import Visit
from pymail.errors import (
    AuthenticationError,
    Interrupted,
    PymailError,
    SettingsError,
    TlsError,
)
from pymail.model import replace
from pymail.report.checkup import Findings, Verdict
from pymail.secret import Secret
from pymail.settings.server_models import Login, TlsMode, Verify
from pymail.transport.connect import Peer
from pymail.transport.handshake import SessionOpener
from pymail.transport.smtp_session import SmtpSession


def walk(asked: Visit, findings: Findings, way: Reaching | Peer) -> None:
    """Go as far as a mail would get, and note every step; nothing is sent.

    `way` is the search for the server, or a peer that needs none.

    Raises:
        Interrupted: a signal ended it; what was found is noted.
    """
    try:
        _walk(asked, findings, reached(asked, findings, way))
    except Interrupted:
        raise
    except PymailError as failure:
        _note(failure, findings)


def _walk(asked: Visit, findings: Findings, peer: Peer) -> None:
    opener = WatchedSession(asked, findings, peer)
    try:
        session = opener.open()
    except TlsError as failure:
        _note(failure, findings)
        if opener.untrusted and findings["tls"].verdict is Verdict.FAILED:
            _look(asked, findings, peer)
        return
    findings.forgive("greeting", "tls", "extensions")
    if opener.without_login or asked.envelope is None or asked.message is None:
        session.quit()
    else:
        envelope_stage.ask(session, asked.envelope, asked.message, findings)
    if opener.unverified:
        _advise_to_verify(asked, findings, peer)


def _note(failure: PymailError, findings: Findings) -> None:
    """Put down a failure that came between the steps."""
    if findings.last_failure is failure:
        return
    of_tls = isinstance(failure, TlsError | SettingsError)
    findings.fail("tls" if of_tls else "connect", failure)


# A second connection, for the certificate alone


def _look(asked: Visit, findings: Findings, peer: Peer) -> None:
    """Tell of a certificate that is not trusted."""
    session = _session(asked, peer, Verify.IGNORE)
    if isinstance(session, SmtpSession):
        findings.tell("tls", *seen(session).facts(asked.now))
        session.quit()


def _advise_to_verify(asked: Visit, findings: Findings, peer: Peer) -> None:
    """Say whether the certificate would be trusted by now."""
    session = _session(asked, peer, Verify.STRICT)
    if isinstance(session, SmtpSession):
        session.quit()
        findings.advise("tls", advice="it is trusted: unset tls-verify (or ssl-verify)")
    else:
        findings.tell("tls", session.happened)


def _session(asked: Visit, peer: Peer, verify: Verify) -> SmtpSession | PymailError:
    """Open a session without a login, and with TLS in any case."""
    tls = asked.server.tls
    mode = tls.mode if tls.mode is TlsMode.IMPLICIT else TlsMode.REQUIRED
    tls = replace(tls, mode=mode, verify=verify, pin=None)
    server = replace(asked.server, login=None, tls=tls)
    opener = SessionOpener(server, peer, trace=asked.trace, ask_secret=_nobody)
    try:
        return opener.open()
    except Interrupted:
        raise
    except PymailError as failure:
        return failure


def _nobody(login: Login, host: str) -> Secret:  # pragma: no cover - nobody logs in
    raise AuthenticationError(f"no login of {login.user} at {host} is wanted")
