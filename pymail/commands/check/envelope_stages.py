"""The stages of --check for an envelope: MAIL and RCPT without DATA, taken back."""

from pymail.address.envelope import Envelope
from pymail.errors import Interrupted, ProtocolError, PymailError
from pymail.message.byte_source import FinishedMessage
from pymail.reply import Reply
from pymail.report.checkup import Findings
from pymail.report.delivery_report import Fate, RecipientFate, Report, fate_of
from pymail.transport.smtp_session import SmtpSession
from pymail.transport.transaction import Transaction


def check(
    session: SmtpSession,
    envelope: Envelope,
    message: FinishedMessage,
    findings: Findings,
) -> None:
    """Name sender and recipients, note the replies, and take it all back."""
    try:
        _EnvelopeCheck(session, findings).run(envelope, message)
        session.rset()
    except Interrupted:
        session.close()
        raise
    except PymailError:
        pass  # it is noted
    session.quit()


class _EnvelopeCheck:
    """A transaction without content."""

    def __init__(self, session: SmtpSession, findings: Findings) -> None:
        self._session = session
        self._findings = findings
        self._pipelining = session.has_extn("PIPELINING")

    def run(self, envelope: Envelope, message: FinishedMessage) -> None:
        session = self._session
        with self._findings.step("sender"):
            transaction = Transaction(session, envelope, message)
            commands = [transaction.mail, *transaction.rcpts.values()]
            session.put_group(commands if self._pipelining else commands[:1])
            reply = self._reply(transaction.mail)
        self._findings.tell("sender", f"{transaction.mail}: {reply}")
        if not reply.positive:
            self._refuse_sender(envelope, reply)
        if reply.positive or self._pipelining:
            self._ask_recipients(transaction, noting=reply.positive)

    def _reply(self, command: str) -> Reply:
        session = self._session
        session.doing = f"{command} at {session.peer}"
        reply = session.read_reply(session.timeouts.command)
        if reply.code < 400 and not reply.positive:
            happened = f"unexpected reply {reply}"
            raise ProtocolError(happened, doing=session.doing, reply=reply)
        return reply

    def _refuse_sender(self, envelope: Envelope, reply: Reply) -> None:
        fate, paths = fate_of(reply), envelope.forward_paths
        report = Report(fates=tuple(RecipientFate(a, fate, reply) for a in paths))
        problem = f"the sender is refused: {reply}"
        self._findings.refuse("sender", problem, reply, report)

    def _ask_recipients(self, transaction: Transaction, *, noting: bool) -> None:
        """Hear what becomes of each; after a refused MAIL that says nothing."""
        replies: dict[str, Reply] = {}
        with self._findings.step("recipients"):
            for address, command in transaction.rcpts.items():
                if not self._pipelining:
                    self._session.put_group([command])
                replies[address] = self._reply(command)
        if not noting:
            self._findings.skip("recipients")
            return
        for address, reply in replies.items():
            self._findings.tell("recipients", f"{address}: {reply}")
        self._judge(transaction, replies)

    def _judge(self, transaction: Transaction, replies: dict[str, Reply]) -> None:
        fates = dict(transaction.fates)
        for address, reply in replies.items():
            fates[address] = RecipientFate(address, fate_of(reply), reply)
        failure = transaction.failure
        report = Report(fates=tuple(fates.values()), failure=failure)
        unfit = [row for row in report.fates if row.fate is not Fate.ACCEPTED]
        if failure is not None:
            self._findings.fail("recipients", failure)
        elif unfit and unfit[0].reply is not None:
            names = ", ".join(row.address for row in unfit)
            problem = f"not accepted: {names}: {unfit[0].reply}"
            self._findings.refuse("recipients", problem, unfit[0].reply, report)
