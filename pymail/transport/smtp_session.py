"""An SMTP session over smtplib: commands out, replies in, both bounded.

`smtplib` is imported here alone, for its commands, EHLO and the extensions that are
offered; what it does wrong is overridden, and each override says what that is.

- A reply has to be whole in time; a byte now and then gains nothing.
- 421 ends the session wherever it comes (RFC 5321 §3.8), and a reply that came
  just before the line broke is still heard.
"""

import smtplib
import socket
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, NoReturn

from pymail.errors import (
    AddressError,
    ConnectionLostError,
    Interrupted,
    ProtocolError,
    PymailError,
    TimedOutError,
    TlsError,
)
from pymail.model import replace
from pymail.reply import GREETING, LOGIN, Reply
from pymail.settings.server_models import Timeouts
from pymail.text import visible
from pymail.transport.base import Trace
from pymail.transport.reply_reader import ReplyReader
from pymail.transport.socket_io import TimedSocket

if TYPE_CHECKING:
    import ssl

REPLY_LINE_OCTETS = 1024  # twice what RFC 5321 §4.5.3.1.5 allows
RESET_SECONDS = 2.0
LAST_WORDS_SECONDS = 0.5  # for a reply that is already on its way


class SmtpSession(smtplib.SMTP):
    """A session with `peer`; `doing` says what for, and failures repeat it.

    `encrypted` is whether TLS protects a secret from others on the line, `proven`
    whether it has shown who the server is. A failure to write is raised by the next
    read, once what the server had said before is heard.
    """

    def __init__(
        self,
        sock: socket.socket,
        *,
        peer: str,
        timeouts: Timeouts,
        trace: Trace,
        hello_name: str = "localhost",
    ) -> None:
        # smtplib asks DNS for our own name, and waits for a server without end
        super().__init__(local_hostname=hello_name, timeout=timeouts.command)
        self.peer = peer
        self.timeouts = timeouts
        self.trace = trace
        self.doing = f"talking to {peer}"
        self.is_local = False  # the server is this machine
        self.encrypted = False
        self.proven = False
        self.tls = ""  # version and cipher, where there is any
        self.last_reply = Reply(0)
        self._socket = TimedSocket(sock)
        self._reader = ReplyReader(trace.received)
        self._unanswered = deque([GREETING])
        self._answered = ""  # what the last reply was the answer to
        self._logged_in = False
        self._quit_sent = False
        self._broken: PymailError | None = None  # a failure to write

    @property
    def closed(self) -> bool:
        """Whether the connection is closed."""
        return self._socket.sock is None

    @property
    def broken(self) -> bool:
        """Whether something could not be written."""
        return self._broken is not None

    @property
    def connection(self) -> socket.socket | None:
        """The socket, None once it is closed."""
        return self._socket.sock

    def close(self) -> None:
        """Close the connection without a word; smtplib knows no `TimedSocket`."""
        self._socket.close()

    @contextmanager
    def ending_on_failure(self) -> Iterator[None]:
        """End the session if the block fails; a server that has spoken hears QUIT."""
        try:
            yield
        except BaseException as failure:
            if isinstance(failure, PymailError):
                failure.doing = failure.doing or self.doing
                if failure.reply is not None:
                    self.quit()
            self.close()
            raise

    # Writing

    def putcmd(self, cmd: str, args: str = "") -> None:
        """Write one command line; smtplib lets NUL through, and traces secrets.

        Raises:
            ProtocolError: CR, LF or NUL would end the command early, or the server
                said something before it was asked.
            AddressError: it is not ASCII, and SMTPUTF8 is not in force.
        """
        line = self._encoded(f"{cmd} {args}" if args else cmd)
        self._expect_silence()
        self._unanswered.append(line.decode())
        self.trace.sent(line)
        self.send(line + b"\r\n")

    def put_group(self, commands: Sequence[str]) -> None:
        """Write commands in one go (RFC 2920 §3.1).

        Replies are taken in meanwhile: the two sides never wait for each other
        with full buffers.
        """
        lines = [self._encoded(command) for command in commands]
        self._unanswered.extend(commands)
        for line in lines:
            self.trace.sent(line)
        rest = memoryview(b"".join(line + b"\r\n" for line in lines))
        with self._breaking():
            while rest:
                self._feed_what_is_there()
                if self._reader.waiting_octets > len(lines) * REPLY_LINE_OCTETS:
                    raise ProtocolError("more replies than commands")
                rest = rest[self._socket.write_some(rest, self.timeouts.command) :]

    def put_secret(self, line: bytes, placeholder: str) -> None:
        """Write a line of which the trace hears only `placeholder`."""
        self._unanswered.append(LOGIN)
        self.trace.secret(placeholder)
        self.send(line + b"\r\n")

    def hide(self, *secrets: bytes) -> None:
        """Never show these octets, or a part of them, should the server repeat them."""
        self._reader.mask.hide(*secrets)

    def send(self, s: object) -> None:
        """Write octets, each part within `timeout`; smtplib closes on a failure."""
        if not isinstance(s, bytes):
            raise TypeError("a session sends octets")
        with self._breaking():
            self._socket.write(s, self.timeout)

    def end_content(self, *, quits: bool) -> None:
        """Send the final dot; when it `quits`, QUIT goes with it (RFC 2920)."""
        self.trace.body_ends()
        if quits:
            self.trace.sent(b"QUIT")
        self._quit_sent = quits
        self.send(b".\r\nQUIT\r\n" if quits else b".\r\n")

    @contextmanager
    def _breaking(self) -> Iterator[None]:
        """Keep a failure to write for the next read."""
        try:
            yield
        except Interrupted:
            raise
        except PymailError as failure:
            self._broken = self._broken or failure

    def _encoded(self, command: str) -> bytes:
        if not {"\r", "\n", "\0"}.isdisjoint(command):
            words = f'line break or NUL in a command: "{visible(command)}"'
            raise ProtocolError(words, doing=self.doing)
        try:
            return command.encode(self.command_encoding)
        except UnicodeError as error:
            happened = "not ASCII, and the server offers no SMTPUTF8"
            raise AddressError(happened, doing=visible(command)) from error

    # Reading

    def getreply(self) -> tuple[int, bytes]:
        """Read a reply; smtplib reads lines without end, and waits anew for each."""
        return self.read_reply(self.timeout).code, self._reader.raw

    def read_reply(self, seconds: float) -> Reply:
        """Read one whole reply within `seconds`.

        Raises:
            ConnectionLostError: the line broke; with `reply` when the server
                said so (421).
            TimedOutError: the reply is not whole in time.
            ProtocolError: what came is no reply.
        """
        try:
            reply = self._next_reply(seconds)
        except PymailError as failure:
            self._raise(failure)
        return self._heard(reply)

    def early_reply(self) -> Reply | None:
        """Return a reply that came while it was our turn, without waiting for one.

        Raises:
            ConnectionLostError: the line broke.
        """
        if self._broken is not None:
            return self.read_reply(LAST_WORDS_SECONDS)
        try:
            reply = self._reader.next_reply()
            if reply is None:
                self._feed_what_is_there()
                reply = self._reader.next_reply()
        except PymailError as failure:
            self._raise(failure)
        return self._heard(reply) if reply else None

    @property
    def challenge(self) -> bytes:
        """The text of the last reply as it came (RFC 4954 §4)."""
        return self._reader.raw

    def _next_reply(self, seconds: float) -> Reply:
        if self._broken is not None:
            seconds = min(seconds, LAST_WORDS_SECONDS)
        deadline = monotonic() + seconds
        while (reply := self._reader.next_reply()) is None:
            remaining = deadline - monotonic()
            if remaining <= 0:
                raise TimedOutError("timed out, the reply is not whole")
            self._reader.feed(self._socket.read(remaining) or self._end())
        return reply

    def _raise(self, failure: PymailError) -> NoReturn:
        """Raise what went wrong first, unless TLS or a signal says more."""
        if self._broken is not None and not isinstance(failure, Interrupted | TlsError):
            failure = self._broken
        failure.doing = failure.doing or self.doing
        raise failure

    def _heard(self, reply: Reply) -> Reply:
        """Note what a reply answers: those behind 354 are to DATA, too."""
        self._answered = (
            self._unanswered.popleft() if self._unanswered else self._answered
        )
        self._logged_in = self._logged_in or reply.code == 235
        self.last_reply = reply = replace(
            reply,
            answers=self._answered,
            logged_in=self._logged_in,
            in_tls=bool(self.tls),
        )
        if reply.code == 421:
            self.close()
            happened = "the server ends the session and closes the connection"
            raise ConnectionLostError(happened, doing=self.doing, reply=reply)
        return reply

    def _feed_what_is_there(self) -> None:
        octets = self._socket.read_what_is_there()
        if octets is not None:
            self._reader.feed(octets or self._end())

    def _end(self) -> NoReturn:
        happened = "the server closed the connection"
        if self._reader.leftover:
            happened += f' after "{self._reader.unfinished}"'
        raise ConnectionLostError(happened)

    def _expect_silence(self) -> None:
        if not self._reader.leftover:
            return
        early = self._reader.next_reply()
        if early:
            self._heard(early)
        happened = "the server spoke before it was asked"
        raise ProtocolError(happened, doing=self.doing, reply=early)

    # Both

    def command(
        self,
        line: str,
        seconds: float | None = None,
        *,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> Reply:
        """Write a command and read its reply, within `seconds` each.

        `meanwhile` is done while the server has its turn.
        """
        self.timeout = self.timeouts.command if seconds is None else seconds
        self.putcmd(line)
        meanwhile()
        return self.read_reply(self.timeout)

    def begin_tls(self, context: "ssl.SSLContext", host: str | bytes) -> None:
        """Begin TLS, and forget all that was said before it (RFC 3207 §4.2).

        `starttls` of smtplib keeps clear text that came behind the reply.

        Raises:
            ProtocolError: clear text waits where only TLS may come.
            TlsError: the handshake fails, or the certificate is not trusted.
        """
        if self._reader.leftover:
            happened = "the server sent clear text behind its answer to STARTTLS"
            raise ProtocolError(happened, doing=self.doing)
        try:
            facts = self._socket.begin_tls(context, host, self.timeouts.command)
        except PymailError as error:
            error.doing = error.doing or self.doing
            raise
        self.esmtp_features = {}
        self.tls = facts[0]
        for fact in facts:
            self.trace.note(fact)

    def rset(self) -> None:  # type: ignore[override] # its answer is dropped
        """Say RSET; smtplib waits for the answer, on which nothing hangs."""
        self._say_last("RSET", RESET_SECONDS)

    def quit(self) -> None:  # type: ignore[override] # its answer is dropped
        """Say QUIT, unless that was said with the message, and close.

        smtplib raises what comes of it, which changes nothing any more; it is waited
        for as long as the settings say.
        """
        try:
            self._say_last("QUIT", self.timeouts.quit)
        finally:
            self.close()

    def _say_last(self, line: str, seconds: float) -> None:
        if self.closed or self.broken:
            return
        try:
            if not self._quit_sent:
                self.timeout = self.timeouts.command
                self.putcmd(line)
            if seconds:
                self.read_reply(seconds)
            else:
                self.early_reply()
        except Interrupted:
            raise
        except PymailError as error:
            self.trace.note(f"{line}: {error.happened}")
