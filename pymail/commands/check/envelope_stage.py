"""MAIL and RCPT without DATA: whether a server would take a mail, and from whom."""

from collections.abc import Collection, Iterator

from pymail.address.envelope import Envelope
from pymail.errors import Interrupted, ProtocolError, PymailError
from pymail.message.byte_source import FinishedMessage
from pymail.reply import Reply
from pymail.report.checkup import Findings
from pymail.report.delivery_report import Fate, RecipientFate, Report, fate_of
from pymail.transport.extensions import Prepared, prepare
from pymail.transport.smtp_session import SmtpSession

# What makes a difference to a mail.
USEFUL = ("PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING", "DSN")
SHOWN_EXTENSIONS = 30

_UNITS = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


def offer(session: SmtpSession, ignored: Collection[str]) -> Iterator[str]:
    """Say which extensions a server has, and which are missed."""
    names = [name.upper() for name in session.esmtp_features]
    if not names:
        yield "none"
    size = session.esmtp_features.get("size")
    if size is not None:
        yield f"SIZE: {_in_words(size)}"
    others = [name for name in names if name not in ("SIZE", "AUTH")]
    if others:
        yield f"offered: {' '.join(others[:SHOWN_EXTENSIONS])}"
    missing = [name for name in USEFUL if name not in names and name not in ignored]
    if missing:
        yield f"not offered: {' '.join(missing)}"
    if ignored:
        yield f"not used, as smtp-config has it: {' '.join(sorted(ignored))}"


def _in_words(size: str) -> str:
    """Say a number of octets for people; 0 is no limit (RFC 1870 §4)."""
    digits = size.isascii() and size.isdigit() and len(size) <= 20
    octets = int(size) if digits else 0
    if not octets:
        return "no limit is told"
    for unit, name in _UNITS:
        if octets >= unit:
            return f"a message of {octets / unit:.4g} {name} at most"
    return f"a message of {octets} octets at most"


def ask(
    session: SmtpSession,
    envelope: Envelope,
    message: FinishedMessage,
    findings: Findings,
) -> None:
    """Name sender and recipients, note the replies, and take it all back."""
    try:
        _Asking(session, envelope, message, findings).run()
        session.rset()
    except Interrupted:
        session.close()
        raise
    except PymailError:
        pass  # it is noted
    session.quit()


class _Asking:
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
