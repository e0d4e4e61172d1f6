"""STARTTLS, and what to try when TLS fails: the strategies of opening a session.

TLS that was merely offered never makes a mail fail. RFC 3207, RFC 8314.
"""

from collections.abc import Callable

from pymail.errors import ConnectionLostError, PymailError, SettingsError, TlsError
from pymail.model import model, replace
from pymail.settings.server_models import SmtpServer, TlsMode, Verify
from pymail.transport.smtp_session import SmtpSession


@model()
class Strategy:
    """One way to open a session; `verb` is EHLO, LHLO or HELO.

    The `bundle` of the system's authorities is loaded where their directory fails.
    `reason` says why it is tried, which is a warning when it is `forgiven`;
    `downgraded` is the failure for which TLS proves less than it might.
    """

    verb: str
    mode: TlsMode
    verify: bool
    bundle: bool = False
    reason: str = ""
    forgiven: bool = False
    downgraded: PymailError | None = None


def starttls(
    session: SmtpSession, *, required: bool, prepare: Callable[[], object]
) -> bool:
    """Say STARTTLS; whether the handshake is next.

    `prepare` is called while the server has its turn.

    Raises:
        TlsError: it is `required`, and the server does not do it.
    """
    if not session.has_extn("STARTTLS"):
        if required:
            raise TlsError("the server offers no STARTTLS", doing=session.doing)
        return False
    session.putcmd("STARTTLS")
    prepare()
    reply = session.read_reply(session.timeouts.command)
    if reply.code == 220:
        return True
    if required:
        happened = "the server refuses STARTTLS"
        raise TlsError(happened, doing=session.doing, reply=reply)
    session.trace.note("STARTTLS refused, going on without TLS")
    return False


def starttls_warning(session: SmtpSession, server: SmtpServer) -> str:
    """Say that a server known for STARTTLS offers none; empty if it is not known."""
    if session.is_local:
        return ""
    from pymail.report import providers  # for mail in clear alone

    if not providers.offers_starttls(server.host, server.port):
        return ""
    return (
        f"{session.peer} is known to offer STARTTLS, and today there is no TLS:"
        " somebody on the way may be taking it out; to refuse that,"
        " set smtp-use-starttls"
    )


def next_strategy(
    last: Strategy, stage: str, failure: PymailError, server: SmtpServer
) -> Strategy | None:
    """Return what to try after a failure in a stage; None when nothing can help."""
    hung_up = isinstance(failure, ConnectionLostError) and failure.reply is None
    if stage == "hello" and last.verb == "EHLO" and hung_up:
        if server.login or last.mode is TlsMode.REQUIRED:
            return None
        return replace(last, verb="HELO", reason="no answer to EHLO, trying HELO")
    of_tls = stage == "tls" or isinstance(failure, SettingsError)
    if not of_tls or failure.reply is not None:
        return None
    if last.verify and (another := _for_untrusted(last, failure, server)):
        return another
    if last.mode is not TlsMode.OFFERED:
        return None
    reason = f"{failure.happened}; going on without TLS"
    return replace(last, mode=TlsMode.NEVER, downgraded=failure, reason=reason)


def _for_untrusted(
    last: Strategy, failure: PymailError, server: SmtpServer
) -> Strategy | None:
    """Return what to try when the certificate failed, if it did."""
    from pymail.transport import tls

    happened = failure.happened
    if not tls.is_untrusted(failure):
        return None
    if not last.bundle and tls.bundle_may_help(server.tls, failure):
        reason = f"{happened}; trying the bundle of authorities"
        return replace(last, bundle=True, reason=reason)
    if server.tls.verify is Verify.WARN:
        reason = f"{happened}; going on all the same"
        return replace(last, verify=False, reason=reason, forgiven=True)
    if last.mode is TlsMode.OFFERED:
        reason = f"{happened}; going on with TLS that proves nothing"
        return replace(last, verify=False, downgraded=failure, reason=reason)
    return None
