"""STARTTLS, and the next strategy when a session can't be opened.

TLS that is offered but not required never makes a mail fail. RFC 3207, RFC 8314.
"""

from collections.abc import Callable

from pymail.errors import ConnectionLostError, PymailError, SettingsError, TlsError
from pymail.model import model, replace
from pymail.settings.server_models import SmtpServer, TlsMode, Verify
from pymail.transport.smtp_session import SmtpSession


@model()
class Strategy:
    """One way to open a session; `verb` is EHLO, LHLO or HELO.

    With `bundle`, the system's bundle of authorities is loaded, because their directory
    did not suffice. `reason` says why this strategy is tried; it is a warning if
    `forgiven`. `downgraded` is the failure that made TLS unverified or absent.
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
    """Send STARTTLS; return whether the handshake is next.

    `prepare` is called while the server works on its reply.

    Raises:
        TlsError: TLS is `required`, and the server does not offer it or refuses.
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
    session.trace.note("STARTTLS refused; continuing without TLS")
    return False


def starttls_warning(session: SmtpSession, server: SmtpServer) -> str:
    """Return a warning if a server that is known for STARTTLS did not offer it."""
    if session.is_local:
        return ""
    from pymail.report import providers  # only needed without TLS

    if not providers.offers_starttls(server.host, server.port):
        return ""
    return (
        f"{session.peer} is known to offer STARTTLS, but this session has no TLS:"
        " an attacker in the network may have removed it; to require TLS,"
        " set smtp-use-starttls"
    )


def next_strategy(
    last: Strategy, stage: str, failure: PymailError, server: SmtpServer
) -> Strategy | None:
    """Return the strategy to try after a failure in a stage; None if none can help."""
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
    reason = f"{failure.happened}; continuing without TLS"
    return replace(last, mode=TlsMode.NEVER, downgraded=failure, reason=reason)


def _for_untrusted(
    last: Strategy, failure: PymailError, server: SmtpServer
) -> Strategy | None:
    """Return the strategy to try if the certificate is not trusted."""
    from pymail.transport import tls

    happened = failure.happened
    if not tls.is_untrusted(failure):
        return None
    if not last.bundle and tls.bundle_may_help(server.tls, failure):
        reason = f"{happened}; trying the bundle of authorities"
        return replace(last, bundle=True, reason=reason)
    if server.tls.verify is Verify.WARN:
        reason = f"{happened}; continuing because of tls-verify=warn"
        return replace(last, verify=False, reason=reason, forgiven=True)
    if last.mode is TlsMode.OFFERED:
        reason = f"{happened}; continuing with unverified TLS"
        return replace(last, verify=False, downgraded=failure, reason=reason)
    return None
