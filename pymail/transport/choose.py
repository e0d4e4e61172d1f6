"""The transport for a server's record; the others are not imported."""

from typing import TYPE_CHECKING, assert_never

from pymail.environment import Environment
from pymail.late import late
from pymail.settings.server_models import (
    FileTarget,
    LmtpSocket,
    LocalMta,
    Server,
    SmtpServer,
)
from pymail.transport.base import AskSecret, Trace, Transport

if TYPE_CHECKING:
    from pymail.transport.background_connect import Connecting
    from pymail.transport.smtp import SmtpTransport

# smtplib and socket import these, and most sessions use none of them
_RARE = (
    *("copy", "email.generator", "email.message", "email.utils"),
    *("hmac", "selectors", "ssl"),
)


def begin(server: Server) -> "Connecting | None":
    """Begin to connect to a server, where that takes time."""
    if not isinstance(server, SmtpServer):
        return None
    with late(*_RARE):
        from pymail.transport.background_connect import Connecting
        from pymail.transport.connect import TcpPeer

    peer = TcpPeer(server.host, server.port)
    return Connecting(peer, server.timeouts.connect)


def choose(
    server: Server,
    *,
    trace: Trace,
    ask_secret: AskSecret,
    environment: Environment,
    connecting: "Connecting | None" = None,
) -> Transport:
    """Make the transport that reaches `server`; `begin` may have begun it."""
    match server:
        case SmtpServer():
            with late(*_RARE):
                kind = _speaking_to(server)
            return kind(
                server, trace=trace, ask_secret=ask_secret, connecting=connecting
            )
        case LmtpSocket():
            with late(*_RARE):
                from pymail.transport.lmtp import LmtpSocketTransport

            return LmtpSocketTransport(server, trace=trace, ask_secret=ask_secret)
        case LocalMta():
            from pymail.transport.local_mta import SendmailTransport

            return SendmailTransport(server, environment, trace=trace)
        case FileTarget():
            from pymail.transport.file import FileTransport

            return FileTransport(server, environment)
        case _:
            assert_never(server)


def _speaking_to(server: SmtpServer) -> "type[SmtpTransport]":
    if server.lmtp:
        from pymail.transport.lmtp import LmtpTransport

        return LmtpTransport
    from pymail.transport.smtp import SmtpTransport

    return SmtpTransport
