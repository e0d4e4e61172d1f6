"""Verification of a server or a login, without a message."""

from pymail.model import replace
from pymail.settings.server_models import SmtpServer, Timeouts
from pymail.transport.base import AskSecret, Trace, no_secret
from pymail.transport.connect import TcpPeer
from pymail.transport.handshake import SessionOpener

TRIAL_SECONDS = 60.0  # a user waits for it


def log_in(server: SmtpServer, ask_secret: AskSecret, trace: Trace) -> None:
    """Open a session up to the login that the settings ask for.

    Raises:
        AuthenticationError: the server does not accept it, or offers no way.
        PymailError: it came not so far.
    """
    opener = SessionOpener(
        shorten_timeouts(server, TRIAL_SECONDS),
        TcpPeer(server.host, server.port),
        trace=trace,
        ask_secret=ask_secret,
    )
    opener.open().quit()


def reach(server: SmtpServer, trace: Trace, seconds: float) -> None:
    """Open a session without a login; TLS is begun and verified.

    Raises:
        PymailError: there is no such server.
    """
    log_in(replace(shorten_timeouts(server, seconds), login=None), no_secret, trace)


def shorten_timeouts(server: SmtpServer, seconds: float) -> SmtpServer:
    """Lower every wait."""
    own = server.timeouts
    names = ("connect", "greeting", "command", "data", "content", "final_dot")
    lower = {name: min(getattr(own, name), seconds) for name in names}
    return replace(server, timeouts=Timeouts(**lower))
