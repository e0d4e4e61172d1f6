"""The stages of --check for an envelope: MAIL and RCPT without DATA, taken back."""

from pymail.address.envelope import Envelope
from pymail.errors import Interrupted, ProtocolError, PymailError
from pymail.message.byte_source import FinishedMessage
from pymail.reply import Reply
from pymail.report.checkup import Findings
from pymail.report.delivery_report import Fate, RecipientFate, Report, fate_of
from pymail.transport.extensions import Prepared, prepare
from pymail.transport.smtp_session import SmtpSession


def check(
    session: SmtpSession,
    envelope: Envelope,
    message: FinishedMessage,
    findings: Findings,
) -> None:
    """Name sender and recipients, note the replies, and take it all back."""
    try:
        _Transaction(session, envelope, message, findings).run()
        session.rset()
    except Interrupted:
        session.close()
        raise
    except PymailError:
        pass  # it is noted
    session.quit()


class _Transaction:
    """One transaction without content."""

    def __init__(
        self,
        session: SmtpSession,
        envelope: Envelope,
        message: FinishedMessage,
        findings: Findings,
    ) -> None:
        self._session = session
        self._envelope = envelope
        self._message = message
        self._findings = findings
        self._pipelining = session.has_extn("PIPELINING")

    def run(self) -> None:
        with self._findings.step("sender"):
            prepared = prepare(self._session, self._envelope, self._message)
            commands = [prepared.mail, *_rcpts(prepared)]
            self._session.put_group(commands if self._pipelining else commands[:1])
            reply = self._reply(prepared.mail)
        self._findings.tell("sender", f"{prepared.mail}: {reply}")
        if not reply.positive:
            self._refuse_sender(prepared, reply)
        if reply.positive or self._pipelining:
            self._ask_recipients(prepared, noting=reply.positive)

    def _reply(self, command: str) -> Reply:
        session = self._session
        session.doing = f"{command} at {session.peer}"
        reply = session.read_reply(session.timeouts.command)
        if reply.code < 400 and not reply.positive:
            happened = f"unexpected reply {reply}"
            raise ProtocolError(happened, doing=session.doing, reply=reply)
        return reply

    def _refuse_sender(self, prepared: Prepared, reply: Reply) -> None:
        fates = tuple(RecipientFate(a, fate_of(reply), reply) for a in prepared.asked)
        problem = f"the sender is refused: {reply}"
        self._findings.refuse("sender", problem, reply, Report(fates=fates))

    def _ask_recipients(self, prepared: Prepared, *, noting: bool) -> None:
        """Hear what becomes of each; after a refused MAIL that says nothing."""
        replies: dict[str, Reply] = {}
        with self._findings.step("recipients"):
            for address, command in zip(prepared.paths, _rcpts(prepared), strict=True):
                if not self._pipelining:
                    self._session.put_group([command])
                replies[address] = self._reply(command)
        if not noting:
            self._findings.skip("recipients")
            return
        for address, reply in replies.items():
            self._findings.tell("recipients", f"{address}: {reply}")
        self._judge(prepared, replies)

    def _judge(self, prepared: Prepared, replies: dict[str, Reply]) -> None:
        fates = dict(prepared.refused)
        for address, reply in replies.items():
            fates[address] = RecipientFate(address, fate_of(reply), reply)
        report = Report(fates=tuple(fates.values()), failure=prepared.failure)
        unfit = [row for row in report.fates if row.fate is not Fate.ACCEPTED]
        if prepared.failure is not None:
            self._findings.fail("recipients", prepared.failure)
        elif unfit and unfit[0].reply is not None:
            names = ", ".join(row.address for row in unfit)
            problem = f"not accepted: {names}: {unfit[0].reply}"
            self._findings.refuse("recipients", problem, unfit[0].reply, report)


def _rcpts(prepared: Prepared) -> list[str]:
    return [f"RCPT TO:<{path}>{prepared.rcpt}" for path in prepared.paths.values()]
