"""The transport for each kind of server; imports only the one that is needed."""

from typing import assert_never

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

# smtplib and socket import these; most sessions use none of them
_RARE = (
    *("copy", "email.generator", "email.message", "email.utils"),
    *("hmac", "selectors", "ssl"),
)


def choose(
    server: Server,
    *,
    trace: Trace,
    ask_secret: AskSecret,
    environment: Environment,
) -> Transport:
    """Make the transport for `server`, and start to connect to it."""
    match server:
        case SmtpServer() | LmtpSocket():
            with late(*_RARE):
                from pymail.transport.connect import BackgroundConnection, endpoint

                smtp, peer = endpoint(server)
                connecting = BackgroundConnection(peer, smtp.timeouts.connect)
                from pymail.transport.smtp import SmtpTransport

            return SmtpTransport(smtp, connecting, trace=trace, ask_secret=ask_secret)
        case LocalMta():
            from pymail.transport.local_mta import SendmailTransport

            return SendmailTransport(server, environment, trace=trace)
        case FileTarget():
            from pymail.transport.file import FileTransport

            return FileTransport(server, environment)
        case _:
            assert_never(server)
