"""One SMTP session on a connected socket: commands out, replies in, both bounded.

The only importer of `smtplib`, whose class carries the features of EHLO and
the command plumbing. Reading replies, writing commands, limits and the trace
are here; its own ways to connect, log in and send are closed (`CLOSED`),
because they leave out what must not be left out.

- A reply has to be whole in time; a byte now and then gains nothing.
- 421 ends the session wherever it comes (RFC 5321 §3.8), and a reply that came
  just before the line broke is still heard.
- Foreign exceptions become ours in `line` and here, and nowhere else.
"""

import smtplib
import socket
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, NoReturn

from pymail.errors import (
    ConnectionLostError,
    Interrupted,
    ProtocolError,
    PymailError,
    TimedOutError,
    TlsError,
)
from pymail.model import replace
from pymail.report.reply import GREETING, LOGIN, Reply, visible
from pymail.settings.server_models import Timeouts
from pymail.transport.base import Trace
from pymail.transport.failures import translated
from pymail.transport.reply_reader import ReplyReader
from pymail.transport.socket_io import Line

if TYPE_CHECKING:
    import ssl

REPLY_LINE_OCTETS = 1024  # twice what RFC 5321 §4.5.3.1.5 allows
RESET_SECONDS = 2.0
LAST_WORDS_SECONDS = 0.5  # for a reply that is already on its way


class Session(smtplib.SMTP):
    """A session with `peer`; `doing` says what for, and failures repeat it.

    `encrypted` is whether TLS protects a secret from others on the line, `proven`
    whether it has shown who the server is.
    `last_reply` is what was heard last.
    """

    def __init__(
        self, sock: socket.socket, *, peer: str, timeouts: Timeouts, trace: Trace
    ) -> None:
        super().__init__(local_hostname="localhost", timeout=timeouts.command)
        self.peer = peer
        self.timeouts = timeouts
        self.trace = trace
        self.doing = f"talking to {peer}"
        self.encrypted = False
        self.proven = False
        self.is_local = False  # the other side is this machine
        self.tls = ""  # version and cipher, where there is any
        self._line = Line(sock)
        self._reader = ReplyReader(trace.received)
        self.last_reply = Reply(0)
        self._asked = deque([GREETING])  # what is to be answered yet
        self._answered = ""  # what the last reply was the answer to
        self._logged_in = False
        self._said: Reply | None = None  # before the line broke
        self._leaving = False  # QUIT is said
        self._broken: PymailError | None = None  # in the middle of a group

    @property
    def closed(self) -> bool:
        """Whether nothing can be said any more."""
        return self._line.sock is None

    @property
    def connection(self) -> socket.socket | None:
        """The socket, None once it is closed."""
        return self._line.sock

    def close(self) -> None:
        """Close the connection without a word."""
        self._line.close()

    @contextmanager
    def ending_on_failure(self) -> Iterator[None]:
        """End the session if the block fails; a server that has spoken hears QUIT."""
        try:
            yield
        except BaseException as failure:
            if isinstance(failure, PymailError):
                failure.doing = failure.doing or self.doing
                if failure.reply is not None:
                    self.leave()
            self.close()
            raise

    # Writing

    def putcmd(self, cmd: str, args: str = "") -> None:
        """Write one command line.

        Raises:
            ProtocolError: CR, LF or NUL would end the command early.
            AddressError: it is not ASCII, and SMTPUTF8 is not in force.
        """
        line = self._encoded(f"{cmd} {args}" if args else cmd)
        self._asked.append(line.decode())
        self.trace.sent(line)
        self.send(line + b"\r\n")

    def put_group(self, commands: Sequence[str]) -> None:
        """Write commands in one go (RFC 2920 §3.1).

        Replies are taken in meanwhile: the two sides never wait for each other
        with full buffers. When this fails, whoever reads on hears the replies
        that came before, then the failure.
        """
        lines = [self._encoded(command) for command in commands]
        octets = b"".join(line + b"\r\n" for line in lines)
        self._asked.extend(commands)
        for line in lines:
            self.trace.sent(line)
        try:
            self._send_hearing(octets, len(lines))
        except Interrupted:
            raise
        except PymailError as failure:
            self._broken = failure

    def _send_hearing(self, octets: bytes, commands: int) -> None:
        rest = memoryview(octets)
        while rest:
            self._feed_what_is_there()
            if self._reader.waiting_octets > commands * REPLY_LINE_OCTETS:
                raise ProtocolError("more replies than commands")
            rest = rest[self._line.write_what_fits(rest, self.timeouts.command) :]

    def put_secret(self, line: bytes, placeholder: str) -> None:
        """Write a line of which the trace hears only `placeholder`."""
        self._asked.append(LOGIN)
        self.trace.secret(placeholder)
        self.send(line + b"\r\n")

    def hide(self, *secrets: bytes) -> None:
        """Never show these octets, or a part of them, should the server repeat them."""
        self._reader.mask.hide(*secrets)

    def send(self, s: object) -> None:
        """Write octets, each part within the time that holds now."""
        if not isinstance(s, bytes):
            raise TypeError("a session sends octets")
        try:
            self._line.write(s, self.timeout)
        except Interrupted:
            raise
        except PymailError as error:
            self._said = self._said or (None if self.closed else self._last_words())
            if self._said is None:
                error.doing = error.doing or self.doing
                raise

    def _encoded(self, command: str) -> bytes:
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
        return self.read_reply(self.timeout).code, self._reader.raw

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
        try:
            reply = reply or self._reader.next_reply()
            if reply is None:
                self._feed_what_is_there()
                reply = self._reader.next_reply()
        except PymailError as error:
            error.doing = error.doing or self.doing
            raise
        return self._heard(reply) if reply else None

    @property
    def challenge(self) -> bytes:
        """The text of the last reply as it came (RFC 4954 §4)."""
        return self._reader.raw

    def _heard(self, reply: Reply) -> Reply:
        """Note what a reply answers: those behind 354 are to DATA, too."""
        self._answered = self._asked.popleft() if self._asked else self._answered
        self._logged_in = self._logged_in or reply.code == 235
        reply = replace(
            reply,
            answers=self._answered,
            logged_in=self._logged_in,
            in_tls=bool(self.tls),
        )
        self.last_reply = reply
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
                self._reader.feed(self._line.read(remaining) or self._end())
        except PymailError as error:
            error.doing = error.doing or self.doing
            raise
        return reply

    def _feed_what_is_there(self) -> None:
        octets = self._line.read_what_is_there()
        if octets is not None:
            self._reader.feed(octets or self._end())

    def _end(self) -> NoReturn:
        happened = "the server closed the connection"
        if self._reader.leftover:
            happened += f' after "{self._reader.unfinished}"'
        raise ConnectionLostError(happened)

    def _last_words(self) -> Reply | None:
        """Return the reply that a server sent before it stopped listening.

        Raises:
            TlsError: it said so in TLS, and why.
        """
        try:
            return self._next_reply(LAST_WORDS_SECONDS)
        except (Interrupted, TlsError):
            raise
        except PymailError:
            return None

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

        Raises:
            ProtocolError: the server said something before it was asked.
        """
        self.timeout = self.timeouts.command if seconds is None else seconds
        self._expect_silence()
        self.putcmd(line)
        meanwhile()
        return self.read_reply(self.timeout)

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
        return self.last_reply

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

    def secure(self, context: "ssl.SSLContext", host: str | bytes) -> None:
        """Begin TLS, and forget all that was said before it (RFC 3207 §4.2).

        Raises:
            ProtocolError: clear text waits where only TLS may come.
            TlsError: the handshake fails, or the certificate is not trusted.
        """
        if self._reader.leftover:
            happened = "the server sent clear text behind its answer to STARTTLS"
            raise ProtocolError(happened, doing=self.doing)
        try:
            facts = self._line.secure(context, host, self.timeouts.command)
        except PymailError as error:
            error.doing = error.doing or self.doing
            raise
        self.esmtp_features = {}
        self.tls = facts[0]
        for fact in facts:
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
        if self.closed:
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


CLOSED = (
    *("__enter__", "__exit__", "auth", "connect", "data", "login", "mail", "quit"),
    *("rcpt", "send_message", "sendmail", "set_debuglevel", "starttls"),
)


def _closed(*_: object, **__: object) -> NoReturn:
    raise NotImplementedError("transport.smtp has its own way")


for _name in CLOSED:
    setattr(Session, _name, _closed)
