"""A message handed to an SMTP server: a session, a delivery, a goodbye.

What was accepted stays accepted, whatever QUIT leads to.
"""

from contextlib import suppress

from pymail.address.envelope import Envelope
from pymail.errors import Interrupted, MessageError
from pymail.message.source import FinishedMessage
from pymail.outcome.report import Report
from pymail.settings.records import SmtpServer
from pymail.transport.base import AskSecret, Trace
from pymail.transport.connect import Peer, TcpPeer
from pymail.transport.opening import Opener
from pymail.transport.prepare import prepare
from pymail.transport.session import Session
from pymail.transport.transaction import Delivery


class SmtpTransport:
    """Sends through one SMTP server, each message in a session of its own."""

    verb = "EHLO"
    reply_each = False

    def __init__(
        self, server: SmtpServer, *, trace: Trace, ask_secret: AskSecret
    ) -> None:
        self._opener = Opener(
            server,
            self._peer(server),
            verb=self.verb,
            trace=trace,
            ask_secret=ask_secret,
        )

    def _peer(self, server: SmtpServer) -> Peer:
        return TcpPeer(server.host, server.port)

    def send(self, envelope: Envelope, message: FinishedMessage) -> Report:
        """Hand the message over and tell the fate of every recipient.

        Raises:
            PymailError: the attempt ended before MAIL.
        """
        session = self._opener.open()
        try:
            report = self._deliver(session, envelope, message)
            with suppress(Interrupted):  # too late to change anything
                session.leave()
        finally:
            session.close()  # at once when a signal ends it
        return report

    def _deliver(
        self, session: Session, envelope: Envelope, message: FinishedMessage
    ) -> Report:
        try:
            prepared = prepare(session, envelope, message)
        except MessageError:
            session.leave()
            raise
        return Delivery(session, prepared, reply_each=self.reply_each).run()
