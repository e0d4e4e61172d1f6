"""The transport for a server's record; the others are not imported."""

from typing import TYPE_CHECKING, assert_never

from pymail.environment import Environment
from pymail.late import late
from pymail.settings.records import (
    FileTarget,
    LmtpSocket,
    LocalMta,
    Server,
    SmtpServer,
)
from pymail.transport.base import AskSecret, Trace, Transport

if TYPE_CHECKING:
    from pymail.transport.smtp import SmtpTransport

# smtplib and socket import these, and most sessions use none of them
_RARE = (
    *("copy", "email.generator", "email.message", "email.utils"),
    *("hmac", "selectors", "ssl"),
)


def choose(
    server: Server, *, trace: Trace, ask_secret: AskSecret, environment: Environment
) -> Transport:
    """Make the transport that reaches `server`; a connection is begun at once."""
    match server:
        case SmtpServer():
            return _over_tcp(server, trace, ask_secret)
        case LmtpSocket():
            with late(*_RARE):
                from pymail.transport.lmtp import LmtpSocketTransport

            return LmtpSocketTransport(server, trace=trace, ask_secret=ask_secret)
        case LocalMta():
            from pymail.transport.sendmail import SendmailTransport

            return SendmailTransport(server, environment, trace=trace)
        case FileTarget():
            from pymail.transport.file import FileTransport

            return FileTransport(server, environment)
        case _:
            assert_never(server)


def _over_tcp(server: SmtpServer, trace: Trace, ask_secret: AskSecret) -> Transport:
    """Connect while smtplib and the rest is loaded."""
    with late(*_RARE):
        from pymail.transport.connect import TcpPeer
        from pymail.transport.connecting import Connecting

        peer = TcpPeer(server.host, server.port)
        connecting = Connecting(peer, server.timeouts.connect)
        if server.lmtp:
            from pymail.transport import lmtp

            kind: type[SmtpTransport] = lmtp.LmtpTransport
        else:
            from pymail.transport import smtp

            kind = smtp.SmtpTransport
    return kind(server, trace=trace, ask_secret=ask_secret, connecting=connecting)
