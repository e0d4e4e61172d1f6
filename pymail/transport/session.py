"""One SMTP session on a connected socket: commands out, replies in, both bounded.

The only importer of `smtplib`, whose class carries the features of EHLO and
the command plumbing. Reading replies, writing lines, limits, TLS and the trace
are here; its own ways to connect, log in and send are closed (`CLOSED`),
because they leave out what must not be left out.

- A reply has to be whole in time; a byte now and then gains nothing.
- 421 ends the session wherever it comes (RFC 5321 §3.8), and a reply that came
  just before the line broke is still heard.
- Foreign exceptions become ours here (`failures.translated`), and nowhere else.
"""

import select
import smtplib
import socket
import ssl
from collections.abc import Iterable
from time import monotonic
from typing import NoReturn

from pymail.errors import (
    ConnectionLostError,
    Interrupted,
    ProtocolError,
    PymailError,
    TimedOutError,
)
from pymail.outcome.reply import Reply, decode, visible
from pymail.settings.records import Timeouts
from pymail.transport import tls
from pymail.transport.base import Trace
from pymail.transport.failures import translated
from pymail.transport.replies import ReplyReader

BLOCK_OCTETS = 16 * 1024  # one TLS record: progress is seen block by block
RECEIVE_OCTETS = 64 * 1024
REPLY_LINE_OCTETS = 1024  # twice what RFC 5321 §4.5.3.1.5 allows
RESET_SECONDS = 2.0
LAST_WORDS_SECONDS = 0.5  # for a reply that is already on its way


class Session(smtplib.SMTP):
    """A session with `peer`; `doing` says what for, and failures repeat it.

    `encrypted` is whether TLS protects a secret from others on the line.
    """

    def __init__(
        self, sock: socket.socket, *, peer: str, timeouts: Timeouts, trace: Trace
    ) -> None:
        super().__init__(local_hostname="localhost", timeout=timeouts.command)
        self.sock = sock
        self.peer = peer
        self.timeouts = timeouts
        self.trace = trace
        self.doing = f"talking to {peer}"
        self.encrypted = False
        self._reader = ReplyReader(trace.received)
        self._reply = Reply(0)
        self._said: Reply | None = None  # before the line broke
        self._leaving = False  # QUIT is said
        self._broken: PymailError | None = None  # in the middle of a group

    # Writing

    def putcmd(self, cmd: str, args: str = "") -> None:
        """Write one command line.

        Raises:
            ProtocolError: CR, LF or NUL would end the command early.
            AddressError: it is not ASCII, and SMTPUTF8 is not in force.
        """
        line = self._line(f"{cmd} {args}" if args else cmd)
        self.trace.sent(line)
        self.send(line + b"\r\n")

    def put_group(self, commands: Iterable[str]) -> None:
        """Write command lines in one go, whatever their number (RFC 2920 §3.1).

        Replies are taken in meanwhile: the two sides never wait for each other
        with full buffers. When this fails, whoever reads on hears the replies
        that came before, then the failure.
        """
        lines = [self._line(command) for command in commands]
        for line in lines:
            self.trace.sent(line)
        self.timeout = self.timeouts.command
        try:
            self._send_hearing(b"".join(line + b"\r\n" for line in lines), len(lines))
        except Interrupted:
            raise
        except PymailError as failure:
            self._broken = failure

    def _send_hearing(self, octets: bytes, commands: int) -> None:
        rest = memoryview(octets)
        while rest:
            self._feed_what_is_there()
            if self._reader.waiting_octets > commands * REPLY_LINE_OCTETS:
                raise ProtocolError("more replies than commands", doing=self.doing)
            rest = rest[self._taken(rest[:BLOCK_OCTETS]) :]

    def _taken(self, block: memoryview) -> int:
        """Send what the line takes now; wait when that is nothing, and return 0."""
        sock = self._live()
        try:
            sock.setblocking(False)
            return sock.send(block)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except OSError as error:
            raise translated(error, self.doing) from error
        if not any(select.select([sock], [sock], [], self.timeout)):
            raise TimedOutError("timed out, nothing is taken", doing=self.doing)
        return 0

    def put_secret(self, line: bytes, placeholder: str) -> None:
        """Write a line of which the trace hears only `placeholder`."""
        self.trace.secret(placeholder)
        self.send(line + b"\r\n")

    def hide(self, *secrets: bytes) -> None:
        """Never show these octets, should the server repeat them."""
        self._reader.secrets.update(secret for secret in secrets if secret)

    def send(self, s: object) -> None:
        """Write octets, each block within the time that holds now."""
        if not isinstance(s, bytes):
            raise TypeError("a session sends octets")
        rest = memoryview(s)
        sock = self._live()
        try:
            while rest:
                sock.settimeout(self.timeout)
                rest = rest[sock.send(rest[:BLOCK_OCTETS]) :]
        except OSError as error:
            self._said = self._said or self._last_words()
            if self._said is None:
                raise translated(error, self.doing) from error

    def _line(self, command: str) -> bytes:
        if not {"\r", "\n", "\0"}.isdisjoint(command):
            words = f'line break or NUL in a command: "{visible(command)}"'
            raise ProtocolError(words, doing=self.doing)
        try:
            return command.encode(self.command_encoding)
        except UnicodeError as error:
            raise translated(error, visible(command)) from error

    # Reading

    def getreply(self) -> tuple[int, bytes]:
        """Read one reply, for smtplib's own methods."""
        self._reply = self.read_reply(self.timeout)
        return self._reply.code, self._reader.raw

    def read_reply(self, seconds: float) -> Reply:
        """Read one whole reply within `seconds`.

        Raises:
            ConnectionLostError: the line broke; with `reply` when the server
                said so (421).
            TimedOutError: the reply is not whole in time.
            ProtocolError: what came is no reply.
        """
        reply, self._said = self._said, None
        return self._heard(reply or self._next_reply(seconds))

    def early_reply(self) -> Reply | None:
        """Return a reply that came while it was our turn, without waiting for one.

        Raises:
            ConnectionLostError: the line broke.
        """
        reply, self._said = self._said, None
        if reply is None:
            self._feed_what_is_there()
            reply = self._reader.next_reply()
        return self._heard(reply) if reply else None

    @property
    def challenge(self) -> bytes:
        """The text of the last reply as it came (RFC 4954 §4)."""
        return self._reader.raw

    def _heard(self, reply: Reply) -> Reply:
        if reply.code == 421:
            self.close()
            happened = "the server ends the session and closes the connection"
            raise ConnectionLostError(happened, doing=self.doing, reply=reply)
        return reply

    def _next_reply(self, seconds: float) -> Reply:
        deadline = monotonic() + seconds
        try:
            while (reply := self._reader.next_reply()) is None:
                if self._broken is not None:
                    raise self._broken
                remaining = deadline - monotonic()
                if remaining <= 0:
                    raise TimedOutError("timed out, the reply is not whole")
                self._reader.feed(self._received(remaining))
        except PymailError as error:
            error.doing = error.doing or self.doing
            raise
        return reply

    def _received(self, seconds: float) -> bytes:
        sock = self._live()
        try:
            sock.settimeout(seconds)
            octets = sock.recv(RECEIVE_OCTETS)
        except OSError as error:
            raise translated(error, self.doing) from error
        return octets or self._end()

    def _feed_what_is_there(self) -> None:
        sock = self._live()
        try:
            sock.setblocking(False)
            octets = sock.recv(RECEIVE_OCTETS)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except OSError as error:
            raise translated(error, self.doing) from error
        self._reader.feed(octets or self._end())

    def _end(self) -> NoReturn:
        happened = "the server closed the connection"
        if rest := self._reader.leftover:
            happened += f' after "{visible(decode(rest[:80]))}"'
        raise ConnectionLostError(happened, doing=self.doing)

    def _last_words(self) -> Reply | None:
        """Return the reply that a server sent before it stopped listening."""
        try:
            return self._next_reply(LAST_WORDS_SECONDS)
        except Interrupted:
            raise
        except PymailError:
            return None

    # Both

    def command(self, line: str, seconds: float | None = None) -> Reply:
        """Write a command and read its reply, within `seconds` each.

        Raises:
            ProtocolError: the server said something before it was asked.
        """
        self.timeout = self.timeouts.command if seconds is None else seconds
        self._expect_silence()
        self.docmd(line)
        return self._reply

    def hello(self, verb: str, name: str) -> Reply:
        """Say EHLO, LHLO or HELO, and remember what is offered."""
        self.timeout = self.timeouts.command
        self._expect_silence()
        self.esmtp_features = {}
        if verb == "HELO":
            self.docmd(verb, name)
        else:
            self.ehlo_msg = verb
            self.ehlo(name)
        return self._reply

    def offers(self, extension: str) -> str | None:
        """Return the parameters of an extension, None when it is not offered."""
        return self.esmtp_features.get(extension.lower())

    def _expect_silence(self) -> None:
        if not self._reader.leftover:
            return
        early = self._reader.next_reply()
        if early:
            self._heard(early)
        happened = "the server spoke before it was asked"
        raise ProtocolError(happened, doing=self.doing, reply=early)

    def secure(self, context: ssl.SSLContext, host: str) -> None:
        """Begin TLS, and forget all that was said before it (RFC 3207 §4.2).

        Raises:
            ProtocolError: clear text waits where only TLS may come.
            TlsError: the handshake fails, or the certificate is not trusted.
        """
        if self._reader.leftover:
            happened = "the server sent clear text behind its answer to STARTTLS"
            raise ProtocolError(happened, doing=self.doing)
        sock = self._live()
        sock.settimeout(self.timeouts.command)
        try:
            wrapped = context.wrap_socket(
                sock, server_hostname=host, do_handshake_on_connect=False
            )
            self.sock = wrapped
            wrapped.do_handshake()
        except (OSError, ValueError) as error:
            self.close()
            raise tls.handshake_failure(error, self.doing) from error
        self.esmtp_features = {}
        for fact in tls.facts(wrapped):
            self.trace.note(fact)

    def reset(self) -> None:
        """Say RSET; nothing hangs on the answer, so it has little time."""
        self._farewell("RSET", RESET_SECONDS)

    def leave(self) -> None:
        """Say QUIT, unless that was said with the message, and close.

        What comes of it changes nothing any more; it is waited for as long as
        the settings say.
        """
        try:
            self._farewell("QUIT", self.timeouts.quit)
        finally:
            self.close()

    def end_content(self, *, leaving: bool) -> None:
        """Send the final dot; when `leaving`, and QUIT with it (RFC 2920)."""
        self.trace.body_ends()
        if leaving:
            self.trace.sent(b"QUIT")
        self._leaving = leaving
        self.send(b".\r\nQUIT\r\n" if leaving else b".\r\n")

    def _farewell(self, line: str, seconds: float) -> None:
        if self.sock is None:
            return
        try:
            if not self._leaving:
                self.timeout = self.timeouts.command
                self._expect_silence()
                self.putcmd(line)
            if seconds:
                self.read_reply(seconds)
            else:
                self.early_reply()
        except Interrupted:
            raise
        except PymailError as error:
            self.trace.note(f"{line}: {error.happened}")

    def _live(self) -> socket.socket:
        if self.sock is None:
            raise ConnectionLostError("the connection is closed", doing=self.doing)
        return self.sock


CLOSED = (
    "__enter__",
    "__exit__",
    "auth",
    "connect",
    "data",
    "login",
    "mail",
    "quit",
    "rcpt",
    "send_message",
    "sendmail",
    "set_debuglevel",
    "starttls",
)


def _closed(*_: object, **__: object) -> NoReturn:
    raise NotImplementedError("transport.smtp has its own way")


for _name in CLOSED:
    setattr(Session, _name, _closed)
