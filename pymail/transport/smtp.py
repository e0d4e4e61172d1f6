"""The SMTP and LMTP transport: a session, the messages in it, and QUIT.

An accepted message stays accepted, whatever happens at QUIT. RFC 5321, RFC 2033.
"""

from contextlib import suppress

from pymail.address.envelope import Envelope
from pymail.errors import AuthenticationError, Interrupted, MessageError
from pymail.message.byte_source import FinishedMessage
from pymail.report.delivery_report import Report
from pymail.settings.server_models import SmtpServer
from pymail.transport.base import AskSecret, Trace, Transport
from pymail.transport.connect import BackgroundConnection
from pymail.transport.handshake import SessionOpener
from pymail.transport.smtp_session import SmtpSession
from pymail.transport.transaction import SessionExpiredError, Transaction


class SmtpTransport(Transport):
    """Sends through one server, in one session for as long as the server keeps it.

    `connecting` is the connection of the first session, already being made.
    """

    def __init__(
        self,
        server: SmtpServer,
        connecting: BackgroundConnection,
        *,
        trace: Trace,
        ask_secret: AskSecret,
    ) -> None:
        self._trace = trace
        self._session: SmtpSession | None = None  # open for another message
        self._login_refused: AuthenticationError | None = None
        self._opener = SessionOpener(
            server,
            connecting.peer,
            trace=trace,
            ask_secret=ask_secret,
            connecting=connecting,
        )

    def send(
        self, envelope: Envelope, message: FinishedMessage, *, more: bool = False
    ) -> Report:
        """Hand the message over and report the fate of every recipient.

        A permanently refused login is not tried again: servers count the attempts.

        Raises:
            PymailError: the attempt failed before MAIL.
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
        """Send a message, then send QUIT or keep the session for the next one."""
        try:
            transaction = Transaction(session, envelope, message, more=more)
            report = transaction.run(self.hold_signals)
            if more and session.sock is not None:
                if not report.complete:
                    session.rset()
                session.may_expire = True
                self._session = session
            else:
                with suppress(Interrupted):  # the fates are known
                    session.quit()
        except MessageError:
            session.quit()
            raise
        finally:
            if session is not self._session:
                session.close()  # at once, also after a signal
        return report

    def close(self) -> None:
        """Send QUIT in the session that is open for another message, if any."""
        session, self._session = self._session, None
        self._opener.abandon()
        if session is not None:
            with suppress(Interrupted):
                session.quit()
