"""Connecting to a server: its name resolved, its addresses tried, in the background.

Nothing here knows SMTP. What every address said is in the one message that
comes out when none of them accepts.
"""

import re
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from pymail.address.addr_spec import ascii_host
from pymail.errors import ConnectError, HostUnknownError, PymailError
from pymail.model import model
from pymail.settings.server_models import LmtpSocket, SmtpServer
from pymail.text import visible
from pymail.transport.happy_eyeballs import (
    Found,
    connect_first,
    describe_error,
    open_socket,
)


def start_thread(task: Callable[[], None]) -> Callable[[float | None], None]:
    """Start a thread, or run the task now where the machine has none to give.

    Returns the function that waits for its end.
    """
    thread = threading.Thread(target=task, daemon=True)
    try:
        thread.start()
    except RuntimeError:
        task()
        return lambda _seconds: None
    return thread.join


class Peer(Protocol):
    """Whom to talk to, and how to reach it."""

    @property
    def name(self) -> str:
        """The name that people are shown."""
        ...

    def connect(self, seconds: float, note: Callable[[str], None]) -> socket.socket:
        """Return a connected socket; `note` hears what it is connected to.

        Raises:
            HostUnknownError: there is no such name.
            ConnectError: no address accepts.
        """
        ...


@model()
class TcpPeer:
    """A port of a host, whose `addresses` may be known.

    `resolver` is called as `socket.getaddrinfo`.
    """

    host: str
    port: int
    resolver: Callable[..., list[Any]] = socket.getaddrinfo
    addresses: tuple[Found, ...] = ()

    @property
    def name(self) -> str:
        """Return host:port, an IPv6 address in brackets."""
        host = self.host.strip("[]")
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    def connect(self, seconds: float, note: Callable[[str], None]) -> socket.socket:
        """Connect to the address that answers first; each has `seconds`."""
        addresses = self.addresses or self.resolve(seconds)
        return connect_first(self.name, self.port, addresses, seconds, note)

    def resolve(self, seconds: float) -> tuple[Found, ...]:
        """Look the addresses up.

        The resolver is asked in a thread: it knows no time limit and no Ctrl-C. An
        address has no need of either, and a thread takes ten times as long.

        Raises:
            HostUnknownError, ConnectError: there are none.
        """
        doing = f"connecting to {self.name}"
        host = self.host.strip("[]")
        if not host.strip(". "):
            raise HostUnknownError("the server has no name", doing=doing)
        host = _with_number_of_zone(host, doing)
        answers: list[tuple[Found, ...] | PymailError] = []

        def ask() -> None:
            try:
                name = ascii_host(host)
                rows = self.resolver(name, self.port, type=socket.SOCK_STREAM)
            except (OSError, ValueError, OverflowError) as error:
                answers.append(resolver_failure(error, host, doing))
            else:  # /etc/hosts can have an address twice
                answers.append(tuple(dict.fromkeys((row[0], row[4]) for row in rows)))

        if _is_address(host):
            ask()
        else:
            start_thread(ask)(seconds)
        if not answers:
            raise ConnectError(f"{host}: the name server timed out", doing=doing)
        if isinstance(answers[0], PymailError):
            raise answers[0]
        return answers[0]


@model()
class SocketPeer:
    """A local socket."""

    path: Path

    @property
    def name(self) -> str:
        """Return the path."""
        return str(self.path)

    def connect(self, seconds: float, note: Callable[[str], None]) -> socket.socket:
        """Connect to the socket in the file system."""
        try:
            sock = open_socket(socket.AF_UNIX, str(self.path), seconds)
        except (OSError, ValueError) as error:
            raise ConnectError(
                describe_error(error), doing=f"connecting to {self.path}"
            ) from error
        note(f"connected to {self.path}")
        return sock


def peer_of(server: SmtpServer | LmtpSocket) -> Peer:
    """Return the peer of a server that settings name."""
    if isinstance(server, LmtpSocket):
        return SocketPeer(server.path)
    return TcpPeer(server.host, server.port)


def _with_number_of_zone(host: str, doing: str) -> str:
    """Number the zone of an IPv6 address: a name is known for link-local ones alone."""
    address, _, zone = host.partition("%")
    if not zone or zone.isdecimal():
        return host
    try:
        return f"{address}%{socket.if_nametoindex(zone)}"
    except OSError as error:
        happened = (
            f"{visible(host)}: this machine has no network interface of that name"
        )
        raise HostUnknownError(happened, doing=doing) from error


def _is_address(host: str) -> bool:
    """Whether `host` is an address; a text that has NUL is not even a name."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.inet_pton(family, host.partition("%")[0])
    except (OSError, ValueError):
        return False
    return True


_UNKNOWN_FOR_GOOD = {
    getattr(socket, name)
    for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY")
    if hasattr(socket, name)
}


def resolver_failure(error: Exception, host: str, doing: str) -> PymailError:
    """Tell a name that does not exist from a resolver that does not know now.

    A name that no resolver can be asked for (a label of 70 letters, a NUL)
    does not exist either.
    """
    if not isinstance(error, OSError) or error.errno in _UNKNOWN_FOR_GOOD:
        return HostUnknownError(f"{visible(host)}: no such host", doing=doing)
    words = "the name server says try again"
    if error.errno != socket.EAI_AGAIN:
        words = f"the name cannot be looked up: {describe_error(error)}"
    return ConnectError(f"{host}: {words}", doing=doing)


class BackgroundConnection:
    """One attempt to connect, which begins at once, in a thread of its own.

    Meanwhile the message is built, and what TLS needs is loaded.
    """

    def __init__(self, peer: Peer, seconds: float) -> None:
        self.peer = peer
        self._seconds = seconds
        self._facts: list[str] = []
        self._made: socket.socket | None = None
        self._failure: PymailError | None = None
        self._wanted = True
        self._wait = start_thread(self._connect)

    def _connect(self) -> None:
        try:
            self._made = self.peer.connect(self._seconds, self._facts.append)
        except PymailError as failure:
            self._failure = failure
        if not self._wanted:
            self.abandon()

    def result(self, note: Callable[[str], None]) -> socket.socket:
        """Wait for it; `note` hears the facts.

        Raises:
            HostUnknownError, ConnectError: as `Peer.connect` has it.
        """
        try:
            self._wait(None)
        except BaseException:  # a signal
            self.abandon()
            raise
        for fact in self._facts:
            note(fact)
        if self._failure is not None:
            raise self._failure
        assert self._made is not None  # noqa: S101 - or there is a failure
        return self._made

    def abandon(self) -> None:
        """Close it, now or when it is there."""
        self._wanted = False
        if self._made is not None:
            self._made.close()


_HOST_NAME = (
    r"(?ai:[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\.?"
    r"|\[[a-z0-9.:]+\])"
)


def hello_name(name: str, sock: socket.socket) -> str:
    """Return the name to say: ours, or the address when it is no host name.

    Servers refuse names with an underscore or Chinese letters; an address
    literal is always right (RFC 5321 §4.1.4).
    """
    if re.fullmatch(_HOST_NAME, name):
        return name
    if sock.family == socket.AF_UNIX:
        return "localhost"
    address = str(sock.getsockname()[0]).partition("%")[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def is_local(sock: socket.socket) -> bool:
    """Whether the other side is this machine."""
    if sock.family == socket.AF_UNIX:
        return True
    try:
        address = str(sock.getpeername()[0]).removeprefix("::ffff:").partition("%")[0]
    except OSError:  # reset already, as the next read says
        return False
    return address == "::1" or address.startswith("127.")
