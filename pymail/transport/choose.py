"""The transport for each kind of server; only the one that is needed is imported."""

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
    from pymail.transport.connect import BackgroundConnection

# smtplib and socket import these, and most sessions use none of them
_RARE = (
    *("copy", "email.generator", "email.message", "email.utils"),
    *("hmac", "selectors", "ssl"),
)


def begin(server: Server) -> "BackgroundConnection | None":
    """Begin to connect to a server, where that takes time."""
    if not isinstance(server, SmtpServer):
        return None
    with late(*_RARE):
        from pymail.transport.connect import BackgroundConnection, TcpPeer

    peer = TcpPeer(server.host, server.port)
    return BackgroundConnection(peer, server.timeouts.connect)


def choose(
    server: Server,
    *,
    trace: Trace,
    ask_secret: AskSecret,
    environment: Environment,
    connecting: "BackgroundConnection | None" = None,
) -> Transport:
    """Make the transport that reaches `server`; `begin` may have begun it."""
    match server:
        case SmtpServer():
            with late(*_RARE):
                from pymail.transport.smtp import SmtpTransport

            return SmtpTransport(
                server, trace=trace, ask_secret=ask_secret, connecting=connecting
            )
        case LmtpSocket():
            with late(*_RARE):
                from pymail.transport.connect import SocketPeer
                from pymail.transport.smtp import SmtpTransport, lmtp_server

            peer = SocketPeer(server.path)
            return SmtpTransport(
                lmtp_server(server), peer=peer, trace=trace, ask_secret=ask_secret
            )
        case LocalMta():
            from pymail.transport.local_mta import SendmailTransport

            return SendmailTransport(server, environment, trace=trace)
        case FileTarget():
            from pymail.transport.file import FileTransport

            return FileTransport(server, environment)
        case _:
            assert_never(server)
