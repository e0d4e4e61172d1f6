"""An SMTP server that accepts every mail as fast as it can, and counts.

It stores nothing and checks no password. It sends its replies once all received
commands are processed (PIPELINING, RFC 2920). As a program, it prints its port, and
then its counts as JSON for each line of its input.
"""

import json
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

import click

CHUNK_OCTETS = 1 << 20
# Below 2^31, which is where some clients stop counting.
SIZE_OCTETS = (1 << 31) - 1
FINAL_DOT = b"\r\n.\r\n"


@dataclass
class Tally:
    """Mails and octets that arrived since the last query."""

    messages: int = 0
    recipients: int = 0
    octets: int = 0


@dataclass(frozen=True, kw_only=True)
class Offer:
    """Features of the server; `certificate` is a PEM file with certificate and key."""

    certificate: Path | None = None
    implicit_tls: bool = False
    login: bool = False
    nagle: bool = False  # and every reply by itself

    def context(self) -> ssl.SSLContext | None:
        """Load the certificate, if there is one."""
        if self.certificate is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        return context


class Arrivals:
    """Octets from a connection: by line, or up to the final dot.

    Raises:
        EOFError: the client has disconnected; from every method that reads.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._here = b""
        self._at = 0

    @property
    def has_line(self) -> bool:
        return self._here.find(b"\n", self._at) >= 0

    def line(self) -> bytes:
        """Read a line, without its end."""
        while (end := self._here.find(b"\n", self._at)) < 0:
            self._here = self._rest() + self._receive()
        line = self._here[self._at : end]
        self._at = end + 1
        return line.rstrip(b"\r")

    def drop_text(self) -> int:
        """Read up to the final dot; returns how many octets came before it."""
        octets = -len(b"\r\n")  # the line end of DATA, so that a lone dot is found
        here = b"\r\n" + self._rest()
        while (end := here.find(FINAL_DOT)) < 0:
            kept = here[1 - len(FINAL_DOT) :]
            octets += len(here) - len(kept)
            here = kept + self._receive()
        self._here, self._at = here, end + len(FINAL_DOT)
        return octets + end + len(b"\r\n")

    def _rest(self) -> bytes:
        rest = self._here[self._at :]
        self._here, self._at = b"", 0
        return rest

    def _receive(self) -> bytes:
        if not (octets := self._connection.recv(CHUNK_OCTETS)):
            raise EOFError
        return octets


class Session:
    """One client's session."""

    def __init__(
        self,
        connection: socket.socket,
        offer: Offer,
        context: ssl.SSLContext | None,
        count: Callable[[Tally], None],
    ) -> None:
        self._offer = offer
        self._context = context
        self._count = count
        self._secure = False
        self._over = False
        self._replies: list[bytes] = []
        self._use(connection)
        self._verbs: Mapping[bytes, Callable[[bytes], None]] = {
            b"EHLO": self._ehlo,
            b"STARTTLS": self._starttls,
            b"AUTH": self._auth,
            b"RCPT": self._rcpt,
            b"DATA": self._data,
            b"QUIT": self._quit,
        }

    def run(self) -> None:
        """Serve until the client disconnects."""
        if self._offer.implicit_tls:
            self._secure_now()
        self._reply("220 sink ESMTP")
        while not self._over:
            if not self._arrivals.has_line:
                self._flush()
            verb, _, rest = self._arrivals.line().partition(b" ")
            self._verbs.get(verb.upper(), self._other)(rest)
        self._flush()

    def close(self) -> None:
        """Close the connection, whichever it is by now."""
        self._connection.close()

    def _use(self, connection: socket.socket) -> None:
        self._connection = connection
        self._arrivals = Arrivals(connection)

    def _secure_now(self) -> None:
        assert self._context is not None
        self._use(self._context.wrap_socket(self._connection, server_side=True))
        self._secure = True

    def _reply(self, *lines: str) -> None:
        self._replies.extend(line.encode() + b"\r\n" for line in lines)

    def _flush(self) -> None:
        pieces = self._replies if self._offer.nagle else [b"".join(self._replies)]
        for piece in pieces:
            self._connection.sendall(piece)
        self._replies.clear()

    def _ehlo(self, _rest: bytes) -> None:
        offered = {
            "PIPELINING": True,
            f"SIZE {SIZE_OCTETS}": True,
            "8BITMIME": True,
            "SMTPUTF8": True,
            "DSN": True,
            "STARTTLS": self._context is not None and not self._secure,
            "AUTH PLAIN LOGIN": self._offer.login,
            "ENHANCEDSTATUSCODES": True,
        }
        lines = ["sink", *(name for name, here in offered.items() if here)]
        self._reply(*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}")

    def _starttls(self, _rest: bytes) -> None:
        if self._context is None or self._secure:
            self._reply("502 5.5.1 not here")
            return
        self._reply("220 2.0.0 go on")
        self._flush()
        self._secure_now()

    def _auth(self, rest: bytes) -> None:
        words = rest.split()
        asks = {b"PLAIN": 1, b"LOGIN": 2}.get(words[0].upper() if words else b"")
        if asks is None:
            self._reply("504 5.5.4 PLAIN or LOGIN")
            return
        for _ in range(asks - len(words[1:])):
            self._reply("334 ")
            self._flush()
            self._arrivals.line()
        self._reply("235 2.7.0 welcome")

    def _rcpt(self, _rest: bytes) -> None:
        self._count(Tally(recipients=1))
        self._reply("250 2.1.5 ok")

    def _data(self, _rest: bytes) -> None:
        self._reply("354 go on")
        self._flush()
        octets = self._arrivals.drop_text()
        self._count(Tally(messages=1, octets=octets))
        self._reply("250 2.0.0 queued")

    def _quit(self, _rest: bytes) -> None:
        self._reply("221 2.0.0 bye")
        self._over = True

    def _other(self, _rest: bytes) -> None:
        self._reply("250 2.0.0 ok")


@dataclass
class Sink:
    """The server; a thread for each client."""

    offer: Offer
    _tally: Tally = field(default_factory=Tally)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        self._context = self.offer.context()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes `accept`
        self._listener.close()

    def take(self) -> Tally:
        """Report the arrivals, and reset the counters."""
        with self._lock:
            taken, self._tally = self._tally, Tally()
        return taken

    def _count(self, more: Tally) -> None:
        with self._lock:
            self._tally.messages += more.messages
            self._tally.recipients += more.recipients
            self._tally.octets += more.octets

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(
                    target=self._serve, args=(connection,), daemon=True
                ).start()

    def _serve(self, connection: socket.socket) -> None:
        if not self.offer.nagle:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        session = Session(connection, self.offer, self._context, self._count)
        with suppress(OSError, EOFError):
            session.run()
        session.close()


@click.command()
@click.option("--certificate", type=click.Path(path_type=Path))
@click.option("--implicit-tls", is_flag=True)
@click.option("--login", is_flag=True)
@click.option("--nagle", is_flag=True)
def main(
    certificate: Path | None, *, implicit_tls: bool, login: bool, nagle: bool
) -> None:
    """Serve until standard input ends."""
    offer = Offer(
        certificate=certificate, implicit_tls=implicit_tls, login=login, nagle=nagle
    )
    with Sink(offer) as sink:
        click.echo(sink.port)
        for _ in sys.stdin:
            click.echo(json.dumps(asdict(sink.take())))


if __name__ == "__main__":
    main()
