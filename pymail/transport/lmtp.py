"""LMTP, the protocol of the last hop: LHLO, and a reply for every recipient.

Over TCP, or a local socket. RFC 2033.
"""

from pymail.settings.server_models import LmtpSocket, SmtpServer, Tls, TlsMode
from pymail.transport.base import AskSecret, Trace
from pymail.transport.connect import Peer, SocketPeer
from pymail.transport.smtp import SmtpTransport


class LmtpTransport(SmtpTransport):
    """Hands messages to an LMTP server."""

    reply_each = True


class LmtpSocketTransport(LmtpTransport):
    """Hands messages to an LMTP server on a local socket."""

    def __init__(
        self, server: LmtpSocket, *, trace: Trace, ask_secret: AskSecret
    ) -> None:
        self._path = server.path
        super().__init__(spoken_to(server), trace=trace, ask_secret=ask_secret)

    def _peer(self, server: SmtpServer) -> Peer:
        del server
        return SocketPeer(self._path)


def spoken_to(server: LmtpSocket) -> SmtpServer:
    """Describe a local socket as a server: no name, no TLS, no login."""
    return SmtpServer(
        host="localhost",
        port=0,
        hello_name=server.hello_name,
        tls=Tls(mode=TlsMode.NEVER),
        timeouts=server.timeouts,
        lmtp=True,
    )
