"""The mail transaction: MAIL, RCPT, DATA and the content, a fate for each recipient.

A refused recipient never stops the others. If the server limits the recipients of a
transaction, the rest get another one (RFC 5321 §4.5.3.1.10). Only the reply to the
final dot makes a message accepted; without that reply its fate is unknown (RFC 1047).
Where the server offers PIPELINING, MAIL, every RCPT and DATA are sent in one group,
and QUIT with the final dot (RFC 2920); each reply is matched to its command.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from pymail.address.envelope import Envelope
from pymail.errors import (
    ConnectionLostError,
    FateUnknownError,
    Interrupted,
    ProtocolError,
    PymailError,
    TimedOutError,
)
from pymail.message.byte_source import FinishedMessage, dot_stuff
from pymail.reply import Reply
from pymail.report.delivery_report import Fate, RecipientFate, Report, fate_of
from pymail.transport.extensions import (
    NO_DSN,
    fit_message,
    fit_recipients,
    queue_id,
    too_many_recipients,
)
from pymail.transport.smtp_session import SmtpSession


class SessionExpiredError(Exception):
    """A session that was kept for more messages accepts no further one."""


class Transaction:
    """One message to its recipients in a session.

    `mail` and `rcpts`, by address, are its commands. `fates` starts with the recipients
    whose addresses the server can't take, and `failure` is the reason. With `more`,
    another message follows in the session.

    Raises:
        MessageError: the server can't take the message, or none of the addresses.
    """

    def __init__(
        self,
        session: SmtpSession,
        envelope: Envelope,
        message: FinishedMessage,
        *,
        more: bool = False,
    ) -> None:
        session.doing = f"preparing the message for {session.peer}"
        self._message, self.mail = fit_message(session, envelope, message)
        self.rcpts, self.failure = fit_recipients(session, envelope)
        self.fates = {
            address: RecipientFate(address, Fate.REFUSED)
            for address in envelope.forward_paths
            if address not in self.rcpts
        }
        self._session = session
        self._envelope = envelope
        self._more = more
        self._pipelining = session.has_extn("PIPELINING")
        self._dot_sent = False  # and the reply is still missing
        self._accepted: list[str] = []  # by RCPT, in this transaction
        self._postponed: dict[str, Reply | None] = {}  # to a further transaction
        self._limit: int | None = None  # of recipients, once the server refused more
        self._last: Reply | None = None
        self._queue_ids: list[str] = []

    def run(self, hold_signals: Callable[[], None] = lambda: None) -> Report:
        """Deliver the message; a failure closes the session.

        `hold_signals` is called when all fates are known.

        Raises:
            SessionExpiredError: the session ended before RCPT; a new one may work.
        """
        failure: PymailError | None = None
        undecided = list(self.rcpts)
        try:
            while undecided:
                undecided = self._transaction(undecided)
            hold_signals()
        except Interrupted as signal:
            failure = self._interrupted(signal)
        except PymailError as error:
            failure = error
            failure.doing = failure.doing or self._session.doing
        if failure is not None:
            self._session.close()
            lost = isinstance(failure, ConnectionLostError | TimedOutError)
            if lost and self._session.may_expire:
                raise SessionExpiredError(failure.happened) from failure
            self._defer(self._postponed)
            for address in self.rcpts:
                row = RecipientFate(address, fate_of(failure), failure.reply)
                self.fates.setdefault(address, row)
        offers_dsn = self._session.has_extn("DSN")
        return Report(
            fates=tuple(self.fates[path] for path in self._envelope.forward_paths),
            peer=self._session.peer,
            tls=self._session.tls,
            reply=self._last or (failure.reply if failure else None),
            queue_id=" ".join(self._queue_ids),
            failure=failure or self.failure,
            remarks=(NO_DSN,) if self._envelope.dsn.wanted and not offers_dsn else (),
        )

    def _interrupted(self, signal: Interrupted) -> PymailError:
        """Return the failure for a signal, or raise the signal if no fate needs a report."""
        if self._dot_sent:
            failure = self._unknown("interrupted by a signal")
            failure.__cause__ = signal
            return failure
        if any(row.fate is Fate.ACCEPTED for row in self.fates.values()):
            return signal
        raise signal

    def _transaction(self, undecided: list[str]) -> list[str]:
        """Deliver to as many recipients as the server takes; return the others."""
        self._accepted, self._postponed = [], {}
        offered = undecided[: self._limit]
        waiting = undecided[len(offered) :]
        commands = [self.mail, *(self.rcpts[each] for each in offered), "DATA"]
        answers = self._answers(commands)
        if not self._is_mail_accepted(next(answers), undecided):
            self._end_nothing(list(answers)[-1] if self._pipelining else None)
            return []
        for address, reply in zip(offered, answers, strict=False):
            self._note_rcpt(address, reply)
        if not self._accepted:
            self._end_nothing(next(answers) if self._pipelining else None)
            self._session.rset()
            return waiting
        if self._postponed:
            self._limit = len(self._accepted)
        data = next(answers)
        if data.code == 354:
            last = not (self._postponed or waiting or self._more)
            self._send_content(quits=self._pipelining and last)
        else:
            self._last = data
            self._refuse(self._accepted, data)
        if any(self.fates[a].fate is Fate.ACCEPTED for a in self._accepted):
            return [*self._postponed, *waiting]
        self._defer(self._postponed | dict.fromkeys(waiting, self._last))
        return []

    def _answers(self, commands: Sequence[str]) -> Iterator[Reply]:
        """Yield the reply to each command; without PIPELINING each is sent in turn."""
        session = self._session
        if self._pipelining:
            session.doing = f"{commands[0]} at {session.peer}"
            session.put_group(commands)
        for command in commands:
            session.doing = f"{command} at {session.peer}"
            timeouts = session.timeouts
            seconds = timeouts.data if command == "DATA" else timeouts.command
            if self._pipelining:
                yield session.read_reply(seconds)
            else:
                yield session.command(command, seconds)

    def _is_mail_accepted(self, reply: Reply, undecided: Sequence[str]) -> bool:
        session = self._session
        if reply.transient and session.may_expire:  # a limit of messages per session
            session.close()
            raise SessionExpiredError(f"the server says {reply}")
        session.may_expire = False
        if not reply.positive:
            self._last = reply
            self._refuse(undecided, reply)
        return reply.positive

    def _note_rcpt(self, address: str, reply: Reply) -> None:
        if reply.positive:
            self._accepted.append(address)
        elif self._accepted and too_many_recipients(reply):
            self._postponed[address] = reply
        else:
            self._refuse([address], reply)

    def _end_nothing(self, data: Reply | None) -> None:
        """End a transaction without recipients, in which `data` answers DATA, if sent."""
        if data and data.code == 354:
            # only the final dot ends DATA that was pipelined (RFC 2920 §3.1)
            self._session.doing = f"ending an empty message at {self._session.peer}"
            self._session.command(".", self._session.timeouts.final_dot)

    def _send_content(self, *, quits: bool) -> None:
        """Send the content, with QUIT if `quits`, and note the fates."""
        session = self._session
        session.doing = f"sending the message at {session.peer}"
        session.timeout = session.timeouts.content
        for block in dot_stuff(self._trace_content(self._message)):
            session.send(block)
            if early := session.early_reply():
                # a refusal within the content: without the final dot nothing is sent
                session.close()
                self._last = early
                self._refuse(self._accepted, early)
                return
        self._dot_sent = True  # before the write, which a signal may interrupt
        self._dot_sent = session.end_content(quits=quits)
        session.doing = f"waiting for the reply to the final dot at {session.peer}"
        each = [[address] for address in self._accepted]  # LMTP (RFC 2033 §4.2)
        for addresses in each if session.ehlo_msg == "LHLO" else [self._accepted]:
            reply = self._last = self._final_reply()
            self._settle(addresses, reply)
            name = queue_id(reply) if reply.positive else ""
            if name and name not in self._queue_ids:
                self._queue_ids.append(name)
        self._dot_sent = False

    def _trace_content(self, message: FinishedMessage) -> Iterator[bytes]:
        for chunk in message.chunks():
            self._session.trace.body(chunk)
            yield chunk

    def _final_reply(self) -> Reply:
        session = self._session
        try:
            reply = session.read_reply(session.timeouts.final_dot)
        except Interrupted:
            raise
        except PymailError as error:
            if error.reply is not None or not self._dot_sent:
                raise  # 421: the server did not accept the message
            raise self._unknown(error.happened) from error
        if reply.code < 400 and not reply.positive:
            raise self._unknown(f"unexpected reply {reply}")
        return reply

    # Fates

    def _unknown(self, happened: str) -> FateUnknownError:
        return FateUnknownError(happened, doing=self._session.doing)

    def _refuse(self, addresses: Iterable[str], reply: Reply) -> None:
        """Note the fate of addresses after a reply that is no success.

        Raises:
            ProtocolError: neither 4yz nor 5yz.
        """
        if reply.code < 400:
            happened = f"unexpected reply {reply}"
            raise ProtocolError(happened, doing=self._session.doing, reply=reply)
        self._settle(addresses, reply)

    def _settle(self, addresses: Iterable[str], reply: Reply) -> None:
        fate = fate_of(reply)
        for address in addresses:
            self.fates[address] = RecipientFate(address, fate, reply)

    def _defer(self, replies: dict[str, Reply | None]) -> None:
        for address, reply in replies.items():
            self.fates[address] = RecipientFate(address, Fate.DEFERRED, reply)
