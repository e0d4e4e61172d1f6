"""Messages handed to an SMTP server: a session, deliveries, a goodbye.

What was accepted stays accepted, whatever QUIT leads to.
"""

from contextlib import suppress

from pymail.address.envelope import Envelope
from pymail.errors import AuthenticationError, Interrupted, MessageError
from pymail.message.byte_source import FinishedMessage
from pymail.report.delivery_report import Report
from pymail.settings.server_models import SmtpServer
from pymail.transport.background_connect import Connecting
from pymail.transport.base import AskSecret, Trace, Transport
from pymail.transport.connect import Peer, TcpPeer
from pymail.transport.extensions import Prepared, prepare
from pymail.transport.handshake import SessionOpener
from pymail.transport.smtp_session import Session
from pymail.transport.transaction import Delivery, SessionExpiredError


class SmtpTransport(Transport):
    """Sends through one SMTP server, in one session as far as that lasts.

    `connecting` is a connection to it that has begun already.
    """

    reply_each = False

    def __init__(
        self,
        server: SmtpServer,
        *,
        trace: Trace,
        ask_secret: AskSecret,
        connecting: Connecting | None = None,
    ) -> None:
        self._trace = trace
        self._session: Session | None = None  # that waits for another message
        self._login_refused: AuthenticationError | None = None
        self._opener = SessionOpener(
            server,
            self._peer(server),
            trace=trace,
            ask_secret=ask_secret,
            connecting=connecting,
        )

    def _peer(self, server: SmtpServer) -> Peer:
        return TcpPeer(server.host, server.port)

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
        while True:
            try:
                return self._sent(session, envelope, message, more=more)
            except AuthenticationError as error:
                self._login_refused = None if error.transient else error
                raise
            except SessionExpiredError as error:
                self._trace.note(f"{error}; starting over")
                session = None

    def _sent(
        self,
        session: Session | None,
        envelope: Envelope,
        message: FinishedMessage,
        *,
        more: bool,
    ) -> Report:
        used = session is not None
        session = session or self._opener.open()
        try:
            prepared = self._prepared(session, envelope, message)
            delivery = Delivery(
                session,
                prepared,
                reply_each=self.reply_each,
                more=more,
                used=used,
                settled=self.hold_signals,
            )
            report = delivery.run()
            self._part(session, report, more=more)
        finally:
            if session is not self._session:
                session.close()  # at once when a signal ends it
        return report

    def _prepared(
        self, session: Session, envelope: Envelope, message: FinishedMessage
    ) -> Prepared:
        try:
            return prepare(session, envelope, message)
        except MessageError:
            session.leave()
            raise

    def _part(self, session: Session, report: Report, *, more: bool) -> None:
        """Say goodbye, or keep the session for the next message."""
        if more and not session.closed:
            if not report.complete:
                session.reset()
            self._session = session
        else:
            with suppress(Interrupted):  # too late to change anything
                session.leave()

    def close(self) -> None:
        """Say goodbye to a server that was left waiting."""
        session, self._session = self._session, None
        self._opener.abandon()
        if session is not None:
            with suppress(Interrupted):
                session.leave()
