"""An SMTP session over smtplib: commands and replies, bounded in time and size.

The only importer of `smtplib`, for its commands, EHLO and the list of extensions. Each
override names the fault of smtplib that it corrects.

- A reply must be complete in time; a server can't extend its time octet by octet.
- 421 ends the session after any command (RFC 5321 §3.8), and a reply that arrived
  before the connection broke is still read.
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

BLOCK_OCTETS = 64 * 1024  # four TLS records: OpenSSL accepts a block whole, or not yet
REPLY_LINE_OCTETS = 1024  # twice what RFC 5321 §4.5.3.1.5 allows
RESET_SECONDS = 2.0
LAST_WORDS_SECONDS = 0.5  # for a reply that the server sent before it hung up

# Linux delays acknowledgements by 40 ms, and a server with Nagle's algorithm waits
# for them with the rest of its reply.
_QUICKACK = getattr(socket, "TCP_QUICKACK", None)


class SmtpSession(smtplib.SMTP):
    """A session with `peer`; `doing` names the current step, for error messages.

    `encrypted`: TLS hides a secret from the network; `proven`: TLS has authenticated
    the server. A failed write is raised by the next read, after the replies that had
    arrived before it. `sock` is None once the session is closed.
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
        # smtplib looks up the name of this machine in DNS, and has no timeout
        super().__init__(local_hostname=hello_name, timeout=timeouts.command)
        self.sock = sock
        self.peer = peer
        self.timeouts = timeouts
        self.trace = trace
        self.doing = f"talking to {peer}"
        self.is_local = False  # the server is this machine
        self.encrypted = False
        self.proven = False
        self.tls = ""  # version and cipher, if TLS is in force
        self.last_reply = Reply(0)
        self.may_expire = False  # after it was kept open for another message
        # `begin_tls` replaces both; without TLS, `ssl` is not loaded
        self._not_now: tuple[type[OSError], ...] = (BlockingIOError,)
        self._translate: Callable[[Exception], PymailError] = translate_error
        self._reader = ReplyReader(trace.received)
        self._unanswered = deque([GREETING])
        self._quit_sent = False
        self._broken: PymailError | None = None  # a failure to write

    # Writing

    def putcmd(self, cmd: str, args: str = "") -> None:
        """Write one command line; smtplib accepts NUL, and logs secrets."""
        self.put_group([f"{cmd} {args}" if args else cmd])

    def put_group(self, commands: Sequence[str]) -> None:
        """Write commands in one group (RFC 2920 §3.1).

        Raises:
            ProtocolError: a command contains CR, LF or NUL, or the server sent a reply
                before a command.
            AddressError: a command is not ASCII, and SMTPUTF8 is not in force.
        """
        lines = [self._encode(command) for command in commands]
        self._expect_silence()
        self._unanswered.extend(commands)
        for line in lines:
            self.trace.sent(line)
        octets = b"".join(line + b"\r\n" for line in lines)
        self._write(octets, self.timeouts.command)

    def put_secret(self, line: bytes, placeholder: str) -> None:
        """Write a line with a secret; the trace shows `placeholder`."""
        self._unanswered.append(LOGIN)
        self.trace.secret(placeholder)
        self.send(line + b"\r\n")

    def hide(self, *secrets: bytes) -> None:
        """Mask these octets, or parts of them, in replies that repeat them."""
        self._reader.mask.hide(*secrets)

    def send(self, s: bytes) -> None:  # type: ignore[override] # no text
        """Write octets, each part within `timeout`; smtplib would close on a failure."""
        self._write(s, self.timeout)

    def end_content(self, *, quits: bool) -> bool:
        """Send the final dot, with QUIT in the same group if `quits` (RFC 2920).

        Returns whether the write succeeded.
        """
        self.trace.body_ends()
        if quits:
            self.trace.sent(b"QUIT")
        self._quit_sent = quits
        self.send(b".\r\nQUIT\r\n" if quits else b".\r\n")
        return self._broken is None

    def _write(self, octets: bytes, seconds: float) -> None:
        """Write octets; no part waits longer than `seconds`.

        While the server accepts no data, its replies are read, so that the two sides
        never wait for each other with full buffers. The next read raises a failure.
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
                        raise TimedOutError("timed out, no data is accepted") from None
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
                self._note_reply(early)
            happened = "the server sent a reply before a command"
            raise ProtocolError(happened, doing=self.doing, reply=early)

    def _open_socket(self) -> socket.socket:
        if self.sock is None:
            raise ConnectionLostError("the connection is closed")
        return self.sock

    # Reading

    def getreply(self) -> tuple[int, bytes]:
        """Read a reply; smtplib bounds neither its lines nor their total time."""
        return self.read_reply(self.timeout).code, self._reader.raw

    def read_reply(self, seconds: float) -> Reply:
        """Read one complete reply within `seconds`.

        Raises:
            ConnectionLostError: the connection broke; with `reply` if the server
                ended it (421).
            TimedOutError: the reply is not complete in time.
            ProtocolError: the server sent no valid reply.
        """
        reply = self._next_reply(seconds)
        if reply is None:
            self._raise(TimedOutError("timed out waiting for the complete reply"))
        return self._note_reply(reply)

    def early_reply(self) -> Reply | None:
        """Return a reply that arrived while octets were sent; do not wait for one.

        Raises:
            ConnectionLostError: the connection broke.
        """
        reply = self._next_reply(0)
        return self._note_reply(reply) if reply else None

    @property
    def challenge(self) -> bytes:
        """The text of the last reply, not decoded (RFC 4954 §4)."""
        return self._reader.raw

    def _next_reply(self, seconds: float) -> Reply | None:
        """Return a reply that is complete within `seconds`, or None."""
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
        """Wait up to `seconds` for octets, and feed them to the reader.

        Returns whether any arrived.
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
                happened = f'the server closed the connection after "{self._reader.unfinished}"'
            raise ConnectionLostError(happened)
        self._reader.feed(octets)
        return True

    def _raise(self, failure: PymailError) -> NoReturn:
        """Raise the first failure, unless TLS or a signal explains it better."""
        if self._broken is not None and not isinstance(failure, Interrupted | TlsError):
            failure = self._broken
        failure.doing = failure.doing or self.doing
        raise failure

    def _note_reply(self, reply: Reply) -> Reply:
        """Note which command a reply answers; those after 354 answer DATA, too."""
        last, commands = self.last_reply, self._unanswered
        answers = commands.popleft() if commands else last.answers
        greets = answers == GREETING
        self.last_reply = reply = replace(
            reply,
            answers=answers,
            logged_in=last.logged_in or reply.code == 235,
            in_tls=bool(self.tls),
            server=reply.text.partition(" ")[0] if greets else last.server,
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
        """Start TLS, and discard the extensions offered before it (RFC 3207 §4.2).

        smtplib's `starttls` keeps clear text that arrived after the reply.

        Raises:
            ProtocolError: clear text follows the reply to STARTTLS.
            TlsError: the handshake fails, or the certificate is not trusted.
        """
        from pymail.transport import tls

        if self._reader.leftover:
            happened = "the server sent clear text after its reply to STARTTLS"
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

    def rset(self) -> None:  # type: ignore[override] # the reply is dropped
        """Send RSET and ignore a failure; smtplib waits for the reply without end."""
        self._send_last("RSET", RESET_SECONDS)

    def quit(self) -> None:  # type: ignore[override] # the reply is dropped
        """Send QUIT, unless it was sent with the final dot, and close.

        smtplib raises if QUIT fails, although the message is accepted by then. The
        settings decide how long the reply is waited for.
        """
        try:
            self._send_last("QUIT", self.timeouts.quit)
        finally:
            self.close()

    def _send_last(self, line: str, seconds: float) -> None:
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
    """Acknowledge the next segment without delay; the kernel resets the option."""
    if _QUICKACK is not None and sock.family != socket.AF_UNIX:
        sock.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
