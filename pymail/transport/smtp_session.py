"""An SMTP session over smtplib: commands out, replies in, both bounded.

`smtplib` is imported here alone, for its commands, EHLO and the extensions that are
offered; what it does wrong is overridden, and each override says what that is.

- A reply has to be whole in time; a byte now and then gains nothing.
- 421 ends the session wherever it comes (RFC 5321 §3.8), and a reply that came
  just before the line broke is still heard.
"""

import select
import smtplib
import socket
from collections import deque
from collections.abc import Callable, Sequence
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
from pymail.transport.base import Trace, translate_error
from pymail.transport.reply_reader import ReplyReader

if TYPE_CHECKING:
    import ssl

BLOCK_OCTETS = 64 * 1024  # four records: OpenSSL takes what it is given whole, or waits
REPLY_LINE_OCTETS = 1024  # twice what RFC 5321 §4.5.3.1.5 allows
RESET_SECONDS = 2.0
LAST_WORDS_SECONDS = 0.5  # for a reply that is already on its way

# Linux: else it acknowledges after 40 ms what a server with Nagle's algorithm waits for
_QUICKACK = getattr(socket, "TCP_QUICKACK", None)


class SmtpSession(smtplib.SMTP):
    """A session with `peer`; `doing` says what for, and failures repeat it.

    `encrypted` is whether TLS protects a secret from others on the line, `proven`
    whether it has shown who the server is. A failure to write is raised by the next
    read, once what the server had said before is heard. `sock` is None once it is
    closed.
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
        self.sock = sock
        self.peer = peer
        self.timeouts = timeouts
        self.trace = trace
        self.doing = f"talking to {peer}"
        self.is_local = False  # the server is this machine
        self.encrypted = False
        self.proven = False
        self.tls = ""  # version and cipher, where there is any
        self.last_reply = Reply(0)
        self.may_expire = False  # it has waited for another message
        # TLS brings exceptions of its own; without it, its module is not loaded
        self._not_now: tuple[type[OSError], ...] = (BlockingIOError,)
        self._translate: Callable[[Exception], PymailError] = translate_error
        self._reader = ReplyReader(trace.received)
        self._unanswered = deque([GREETING])
        self._answered = ""  # what the last reply was the answer to
        self._logged_in = False
        self._greeter = ""
        self._quit_sent = False
        self._broken: PymailError | None = None  # a failure to write

    # Writing

    def putcmd(self, cmd: str, args: str = "") -> None:
        """Write one command line; smtplib lets NUL through, and traces secrets."""
        self.put_group([f"{cmd} {args}" if args else cmd])

    def put_group(self, commands: Sequence[str]) -> None:
        """Write commands in one go (RFC 2920 §3.1).

        Raises:
            ProtocolError: CR, LF or NUL would end a command early, or the server
                said something before it was asked.
            AddressError: it is not ASCII, and SMTPUTF8 is not in force.
        """
        lines = [self._encode(command) for command in commands]
        self._expect_silence()
        self._unanswered.extend(commands)
        for line in lines:
            self.trace.sent(line)
        octets = b"".join(line + b"\r\n" for line in lines)
        self._write(octets, self.timeouts.command)

    def put_secret(self, line: bytes, placeholder: str) -> None:
        """Write a line of which the trace hears only `placeholder`."""
        self._unanswered.append(LOGIN)
        self.trace.secret(placeholder)
        self.send(line + b"\r\n")

    def hide(self, *secrets: bytes) -> None:
        """Never show these octets, or a part of them, should the server repeat them."""
        self._reader.mask.hide(*secrets)

    def send(self, s: bytes) -> None:  # type: ignore[override] # no text
        """Write octets, each part within `timeout`; smtplib closes on a failure."""
        self._write(s, self.timeout)

    def end_content(self, *, quits: bool) -> bool:
        """Send the final dot, and QUIT with it when it `quits` (RFC 2920).

        Returns whether it could be written.
        """
        self.trace.body_ends()
        if quits:
            self.trace.sent(b"QUIT")
        self._quit_sent = quits
        self.send(b".\r\nQUIT\r\n" if quits else b".\r\n")
        return self._broken is None

    def _write(self, octets: bytes, seconds: float) -> None:
        """Write octets, no part of which waits longer than `seconds`.

        Replies are taken in meanwhile when nothing is taken: the two sides never
        wait for each other with full buffers. A failure is kept for the next read.
        """
        most_octets = (len(self._unanswered) + 1) * REPLY_LINE_OCTETS
        rest, poll = memoryview(octets), select.poll()
        try:
            sock = self._open_socket()
            sock.setblocking(False)
            poll.register(sock, select.POLLIN | select.POLLOUT)
            while rest:
                try:
                    rest = rest[sock.send(rest[:BLOCK_OCTETS]) :]
                except self._not_now:
                    if not poll.poll(1000 * seconds):
                        raise TimedOutError("timed out, nothing is taken") from None
                    self._receive(0)
                    if self._reader.waiting_octets > most_octets:
                        raise ProtocolError("more replies than commands") from None
        except Interrupted:
            raise
        except OSError as error:
            self._broken = self._broken or self._translate(error)
        except PymailError as failure:
            self._broken = self._broken or failure

    def _encode(self, command: str) -> bytes:
        if not {"\r", "\n", "\0"}.isdisjoint(command):
            words = f'line break or NUL in a command: "{visible(command)}"'
            raise ProtocolError(words, doing=self.doing)
        try:
            return command.encode(self.command_encoding)
        except UnicodeError as error:
            happened = "not ASCII, and the server offers no SMTPUTF8"
            raise AddressError(happened, doing=visible(command)) from error

    def _expect_silence(self) -> None:
        if self._reader.leftover:
            early = self._reader.next_reply()
            if early:
                self._hear(early)
            happened = "the server spoke before it was asked"
            raise ProtocolError(happened, doing=self.doing, reply=early)

    def _open_socket(self) -> socket.socket:
        if self.sock is None:
            raise ConnectionLostError("the connection is closed")
        return self.sock

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
        reply = self._next_reply(seconds)
        if reply is None:
            self._raise(TimedOutError("timed out, the reply is not whole"))
        return self._hear(reply)

    def early_reply(self) -> Reply | None:
        """Return a reply that came while it was our turn, without waiting for one.

        Raises:
            ConnectionLostError: the line broke.
        """
        reply = self._next_reply(0)
        return self._hear(reply) if reply else None

    @property
    def challenge(self) -> bytes:
        """The text of the last reply as it came (RFC 4954 §4)."""
        return self._reader.raw

    def _next_reply(self, seconds: float) -> Reply | None:
        """Return a reply that is whole within `seconds`, or None."""
        if self._broken:
            seconds = min(seconds or LAST_WORDS_SECONDS, LAST_WORDS_SECONDS)
        deadline = monotonic() + seconds
        try:
            while (reply := self._reader.next_reply()) is None:
                if not self._receive(max(deadline - monotonic(), 0)):
                    break
        except PymailError as failure:
            self._raise(failure)
        return reply

    def _receive(self, seconds: float) -> bool:
        """Wait for octets, and feed the reader; with 0 seconds only what is there.

        Returns whether there was any.
        """
        sock = self._open_socket()
        try:
            if seconds:
                _acknowledge_at_once(sock)
            sock.settimeout(seconds)
            octets = sock.recv(BLOCK_OCTETS)
        except self._not_now:
            return False
        except OSError as error:
            raise self._translate(error) from error
        if not octets:
            happened = "the server closed the connection"
            if self._reader.leftover:
                happened += f' after "{self._reader.unfinished}"'
            raise ConnectionLostError(happened)
        self._reader.feed(octets)
        return True

    def _raise(self, failure: PymailError) -> NoReturn:
        """Raise what went wrong first, unless TLS or a signal says more."""
        if self._broken is not None and not isinstance(failure, Interrupted | TlsError):
            failure = self._broken
        failure.doing = failure.doing or self.doing
        raise failure

    def _hear(self, reply: Reply) -> Reply:
        """Note what a reply answers: those behind 354 are to DATA, too."""
        if self._unanswered:
            self._answered = self._unanswered.popleft()
        self._logged_in = self._logged_in or reply.code == 235
        if self._answered == GREETING:
            self._greeter = reply.text.partition(" ")[0]
        self.last_reply = reply = replace(
            reply,
            answers=self._answered,
            logged_in=self._logged_in,
            in_tls=bool(self.tls),
            server=self._greeter,
        )
        if reply.code == 421:
            self.close()
            happened = "the server ends the session and closes the connection"
            raise ConnectionLostError(happened, doing=self.doing, reply=reply)
        return reply

    # Both

    def command(self, line: str, seconds: float | None = None) -> Reply:
        """Write a command and read its reply, within `seconds`."""
        self.putcmd(line)
        return self.read_reply(self.timeouts.command if seconds is None else seconds)

    def begin_tls(self, context: "ssl.SSLContext", host: str | bytes) -> None:
        """Begin TLS, and forget all that was said before it (RFC 3207 §4.2).

        `starttls` of smtplib keeps clear text that came behind the reply.

        Raises:
            ProtocolError: clear text waits where only TLS may come.
            TlsError: the handshake fails, or the certificate is not trusted.
        """
        from pymail.transport import tls

        if self._reader.leftover:
            happened = "the server sent clear text behind its answer to STARTTLS"
            raise ProtocolError(happened, doing=self.doing)
        sock = self._open_socket()
        sock.settimeout(self.timeouts.command)
        _acknowledge_at_once(sock)
        self.sock = wrapped = tls.wrap(sock, context, host, doing=self.doing)
        self._not_now, self._translate = tls.NOT_NOW, tls.translate_error
        self.esmtp_features = {}
        facts = tls.describe(wrapped)
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
        if self.sock is None or self._broken:
            return
        try:
            if not self._quit_sent:
                self.putcmd(line)
            if seconds:
                self.read_reply(seconds)
            else:
                self.early_reply()
        except Interrupted:
            raise
        except PymailError as error:
            self.trace.note(f"{line}: {error.happened}")


def _acknowledge_at_once(sock: socket.socket) -> None:
    """Acknowledge what comes next; the option wears off."""
    if _QUICKACK is not None and sock.family != socket.AF_UNIX:
        sock.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
