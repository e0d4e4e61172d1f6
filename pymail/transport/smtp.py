"""The SMTP and LMTP transport: a session, the messages in it, and QUIT.

What was accepted stays accepted, whatever QUIT leads to. RFC 5321, RFC 2033.
"""

from contextlib import suppress

from pymail.address.envelope import Envelope
from pymail.errors import AuthenticationError, Interrupted, MessageError
from pymail.message.byte_source import FinishedMessage
from pymail.report.delivery_report import Report
from pymail.settings.server_models import LmtpSocket, SmtpServer, Tls, TlsMode
from pymail.transport.base import AskSecret, Trace, Transport
from pymail.transport.connect import BackgroundConnection
from pymail.transport.handshake import SessionOpener
from pymail.transport.smtp_session import SmtpSession
from pymail.transport.transaction import SessionExpiredError, Transaction


class SmtpTransport(Transport):
    """Sends through one server, in one session as far as that lasts.

    `connecting` is the connection for the first of them, which has begun.
    """

    def __init__(
        self,
        server: SmtpServer | LmtpSocket,
        connecting: BackgroundConnection,
        *,
        trace: Trace,
        ask_secret: AskSecret,
    ) -> None:
        self._trace = trace
        self._session: SmtpSession | None = None  # that waits for another message
        self._login_refused: AuthenticationError | None = None
        self._opener = SessionOpener(
            lmtp_server(server) if isinstance(server, LmtpSocket) else server,
            connecting.peer,
            trace=trace,
            ask_secret=ask_secret,
            connecting=connecting,
        )

    def send(
        self, envelope: Envelope, message: FinishedMessage, *, more: bool = False
    ) -> Report:
        """Hand the message over and tell the fate of every recipient.

        A login that was refused for good is not tried again: servers count.

        Raises:
            PymailError: the attempt ended before MAIL.
        """
        if self._login_refused is not None:
            raise self._login_refused
        session, self._session = self._session, None
        try:
            if session is not None:
                try:
                    return self._send(session, envelope, message, more=more)
                except SessionExpiredError as error:
                    self._trace.note(f"{error}; starting over")
            return self._send(self._opener.open(), envelope, message, more=more)
        except AuthenticationError as error:
            self._login_refused = None if error.transient else error
            raise

    def _send(
        self,
        session: SmtpSession,
        envelope: Envelope,
        message: FinishedMessage,
        *,
        more: bool,
    ) -> Report:
        """Send a message, and say QUIT or keep the session for the next one."""
        try:
            transaction = Transaction(session, envelope, message, more=more)
            report = transaction.run(self.hold_signals)
            if more and session.sock is not None:
                if not report.complete:
                    session.rset()
                session.may_expire = True
                self._session = session
            else:
                with suppress(Interrupted):  # too late to change anything
                    session.quit()
        except MessageError:
            session.quit()
            raise
        finally:
            if session is not self._session:
                session.close()  # at once when a signal ends it
        return report

    def close(self) -> None:
        """Say QUIT to a server that was left waiting."""
        session, self._session = self._session, None
        self._opener.abandon()
        if session is not None:
            with suppress(Interrupted):
                session.quit()


def lmtp_server(server: LmtpSocket) -> SmtpServer:
    """Describe a local socket as a server: no name, no TLS, no login."""
    return SmtpServer(
        host="localhost",
        port=0,
        hello_name=server.hello_name,
        tls=Tls(mode=TlsMode.NEVER),
        timeouts=server.timeouts,
        lmtp=True,
    )
