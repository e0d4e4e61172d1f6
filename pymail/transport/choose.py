"""The transport for a server's record; the others are not imported."""

from typing import assert_never

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

# smtplib and socket import these, and most sessions use none of them
_RARE = (
    *("copy", "email.generator", "email.message", "email.utils"),
    *("hmac", "selectors", "ssl"),
)


def choose(
    server: Server, *, trace: Trace, ask_secret: AskSecret, environment: Environment
) -> Transport:
    """Make the transport that reaches `server`."""
    match server:
        case SmtpServer(lmtp=False):
            with late(*_RARE):
                from pymail.transport.smtp import SmtpTransport

            return SmtpTransport(server, trace=trace, ask_secret=ask_secret)
        case SmtpServer():
            with late(*_RARE):
                from pymail.transport.lmtp import LmtpTransport

            return LmtpTransport(server, trace=trace, ask_secret=ask_secret)
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
