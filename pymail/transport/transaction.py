"""MAIL, RCPT, DATA and the content: one message to many, a fate for each.

Refusing one recipient never stops the others. A server that takes only so many
recipients at once gets the rest in a further transaction (RFC 5321
§4.5.3.1.10). The message counts as sent with the reply to the final dot, and
with nothing before it; when that reply does not come, nobody knows (RFC 1047).
Where the server offers PIPELINING, MAIL, every RCPT and DATA go out in one
group, and QUIT with the final dot (RFC 2920); each reply finds its command.
"""

from collections.abc import Callable, Iterator, Sequence

from pymail.errors import (
    ConnectionLostError,
    FateUnknownError,
    Interrupted,
    ProtocolError,
    PymailError,
    TimedOutError,
)
from pymail.message.byte_source import FinishedMessage
from pymail.message.mime_entity import dot_stuff
from pymail.report.delivery_report import Fate, RecipientFate, Report, fate_of
from pymail.report.reply import Reply
from pymail.transport.extensions import Prepared, queue_id, too_many
from pymail.transport.smtp_session import SmtpSession

_Step = tuple[str, float, Callable[[Reply], None]]  # command, seconds, what then


class SessionExpiredError(Exception):
    """A session that was kept for more messages takes no other; a fresh one may."""


class Delivery:
    """One message on its way to its recipients.

    `reply_each` is LMTP's way: after the final dot, one reply for every accepted
    recipient (RFC 2033 §4.2). `more` says that another message follows in the
    session. A session that is `used` has served others before. `settled` is called
    when all fates are known.
    """

    def __init__(
        self,
        session: SmtpSession,
        prepared: Prepared,
        *,
        reply_each: bool,
        more: bool = False,
        used: bool = False,
        settled: Callable[[], None] = lambda: None,
    ) -> None:
        self._session = session
        self._prepared = prepared
        self._reply_each = reply_each
        self._more = more
        self._used = used
        self._settled = settled
        self._begun = False  # MAIL is answered
        self._pipelining = session.has_extn("PIPELINING")
        self._undecided = list(prepared.paths)
        self._fates = dict(prepared.refused)
        self._mail_taken = False
        self._dot_sent = False  # and not answered yet
        self._accepted: list[str] = []  # by RCPT, in this transaction
        self._postponed: dict[str, Reply | None] = {}  # to a further transaction
        self._limit: int | None = None  # of recipients, once the server showed it
        self._data_reply: Reply | None = None
        self._last: Reply | None = None
        self._queue_ids: list[str] = []

    def run(self) -> Report:
        """Deliver; the session is closed when it ended in the middle.

        Raises:
            SessionExpiredError: nobody was asked for yet; try another session.
        """
        failure: PymailError | None = None
        try:
            while self._undecided:
                self._undecided = self._transaction()
            self._settled()
        except Interrupted as signal:
            failure = self._interrupted(signal)
        except PymailError as error:
            failure = error
            failure.doing = failure.doing or self._session.doing
        if failure is not None:
            self._session.close()
            self._check_begun(failure)
            self._settle_postponed()
        return self._report(failure)

    def _interrupted(self, signal: Interrupted) -> PymailError:
        """Say what a signal has ended; nothing, when nobody has the message yet."""
        if self._dot_sent:
            failure = _unknown("interrupted by a signal", self._session.doing)
            failure.__cause__ = signal
            return failure
        if any(row.fate is Fate.ACCEPTED for row in self._fates.values()):
            return signal
        raise signal

    def _check_begun(self, failure: PymailError) -> None:
        """Raise a failure that is not this message's."""
        gave_out = isinstance(failure, ConnectionLostError | TimedOutError)
        if gave_out and self._used and not self._begun:
            raise SessionExpiredError(failure.happened) from failure

    def _report(self, failure: PymailError | None) -> Report:
        if failure is not None:
            for address in self._prepared.paths:
                row = RecipientFate(address, fate_of(failure), failure.reply)
                self._fates.setdefault(address, row)
        return Report(
            fates=tuple(self._fates[path] for path in self._prepared.asked),
            peer=self._session.peer,
            tls=self._session.tls,
            reply=self._last or (failure.reply if failure else None),
            queue_id=" ".join(self._queue_ids),
            failure=failure or self._prepared.failure,
            remarks=self._prepared.remarks,
        )

    def _transaction(self) -> list[str]:
        """Hand over one copy; return those who wait for another."""
        self._mail_taken, self._accepted, self._postponed = False, [], {}
        self._data_reply = None
        offered, waiting = self._undecided[: self._limit], []
        if self._limit is not None:
            waiting = self._undecided[self._limit :]
        steps = [self._mail_step(), *map(self._rcpt_step, offered)]
        self._exchange(steps)
        if not self._accepted:
            self._give_up()
            return waiting if self._mail_taken else []
        if self._postponed:
            self._limit = len(self._accepted)
        another = bool(self._postponed or waiting) or self._more
        if self._data() and self._content(quits=self._pipelining and not another):
            return [*self._postponed, *waiting]
        self._postponed.update(dict.fromkeys(waiting, self._last))
        self._settle_postponed()
        return []

    # MAIL and RCPT

    def _mail_step(self) -> _Step:
        return self._prepared.mail, self._session.timeouts.command, self._mail_answered

    def _mail_answered(self, reply: Reply) -> None:
        if self._used and not self._begun and reply.transient:
            # enough messages in one session
            self._session.close()
            raise SessionExpiredError(f"the server says {reply}")
        self._begun = True
        if reply.positive:
            self._mail_taken = True
        else:
            self._last = reply
            self._refuse(self._undecided, reply)

    def _rcpt_step(self, address: str) -> _Step:
        def answered(reply: Reply) -> None:
            if not self._mail_taken:
                return  # a pipelined RCPT after a refused MAIL says nothing
            if reply.positive:
                self._accepted.append(address)
            elif self._accepted and too_many(reply):
                self._postponed[address] = reply
            else:
                self._refuse([address], reply)

        path = self._prepared.paths[address]
        command = f"RCPT TO:<{path}>{self._prepared.rcpt}"
        return command, self._session.timeouts.command, answered

    def _exchange(self, steps: Sequence[_Step]) -> None:
        """Send commands and give every reply to its step, in order."""
        if self._pipelining:
            self._group([*steps, self._data_step()])
            return
        for step in steps:
            self._group([step])
            if not self._mail_taken:
                return

    def _group(self, steps: Sequence[_Step]) -> None:
        session = self._session
        self._doing(steps[0][0])
        session.put_group([command for command, _, _ in steps])
        for command, seconds, answered in steps:
            self._doing(command)
            answered(session.read_reply(seconds))

    def _give_up(self) -> None:
        """End a transaction that has no recipient (RFC 5321 §3.3)."""
        self._settle_postponed()
        if self._data_reply and self._data_reply.code == 354:
            # DATA was on its way: an empty message, to nobody (RFC 2920 §3.1)
            self._doing("ending an empty message")
            self._session.command(".", self._session.timeouts.final_dot)
        if self._mail_taken:
            self._session.rset()

    # DATA

    def _data_step(self) -> _Step:
        return "DATA", self._session.timeouts.data, self._data_answered

    def _data_answered(self, reply: Reply) -> None:
        self._data_reply = reply

    def _data(self) -> bool:
        self._doing("DATA")
        reply = self._data_reply
        if reply is None:
            reply = self._session.command("DATA", self._session.timeouts.data)
        if reply.code == 354:
            return True
        self._last = reply
        self._refuse(self._accepted, reply)
        return False

    def _content(self, *, quits: bool) -> bool:
        """Send the content, and QUIT when `quits`; whether the server took it."""
        self._doing("sending the message")
        early = self._stream(quits=quits)
        if early is not None:
            return self._answered_early(early)
        self._doing("waiting for the reply to the final dot")
        groups = [self._accepted]
        if self._reply_each:
            groups = [[address] for address in self._accepted]
        for addresses in groups:
            reply = self._final_reply()
            self._settle(addresses, reply)
            self._learn(reply)
        self._dot_sent = False
        return any(self._fates[a].fate is Fate.ACCEPTED for a in self._accepted)

    def _stream(self, *, quits: bool) -> Reply | None:
        """Send content and final dot; return the reply that came before its end."""
        session = self._session
        session.timeout = session.timeouts.content
        for block in dot_stuff(self._heard(self._prepared.message)):
            session.send(block)
            if early := session.early_reply():
                return early
        self._dot_sent = True
        session.end_content(quits=quits)
        self._dot_sent = not session.broken
        return None

    def _heard(self, message: FinishedMessage) -> Iterator[bytes]:
        for chunk in message.chunks():
            self._session.trace.body(chunk)
            yield chunk

    def _answered_early(self, reply: Reply) -> bool:
        """Stop: a server that refuses in mid-content gets no final dot."""
        self._session.close()
        self._last = reply
        self._refuse(self._accepted, reply)
        return False

    def _final_reply(self) -> Reply:
        session = self._session
        try:
            reply = session.read_reply(session.timeouts.final_dot)
        except Interrupted:
            raise
        except PymailError as error:
            if error.reply is not None or not self._dot_sent:
                raise  # 421: the server says it did not take it
            raise _unknown(error.happened, session.doing) from error
        if reply.code < 400 and not reply.positive:
            raise _unknown(f"unexpected reply {reply}", session.doing)
        return reply

    def _learn(self, reply: Reply) -> None:
        self._last = reply
        name = queue_id(reply) if reply.positive else ""
        if name and name not in self._queue_ids:
            self._queue_ids.append(name)

    # Fates

    def _refuse(self, addresses: Sequence[str], reply: Reply) -> None:
        """Settle with a reply where success would make no sense."""
        if reply.code < 400:
            happened = f"unexpected reply {reply}"
            raise ProtocolError(happened, doing=self._session.doing, reply=reply)
        self._settle(addresses, reply)

    def _settle(self, addresses: Sequence[str], reply: Reply) -> None:
        fate = fate_of(reply)
        for address in addresses:
            self._fates[address] = RecipientFate(address, fate, reply)

    def _settle_postponed(self) -> None:
        for address, reply in self._postponed.items():
            self._fates[address] = RecipientFate(address, Fate.DEFERRED, reply)
        self._postponed = {}

    def _doing(self, what: str) -> None:
        self._session.doing = f"{what} at {self._session.peer}"


def _unknown(happened: str, doing: str) -> FateUnknownError:
    return FateUnknownError(happened, doing=doing)
