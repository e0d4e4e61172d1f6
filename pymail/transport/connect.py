"""Connections to a server: name resolution, and a connection made in the background.

Nothing here knows SMTP. If no address accepts, the error lists the result of each.
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
from pymail.settings.server_models import LmtpSocket, SmtpServer, Tls, TlsMode
from pymail.text import system_message, visible
from pymail.transport.happy_eyeballs import (
    Found,
    connect_first,
    open_socket,
)


def start_thread(task: Callable[[], None]) -> Callable[[float | None], None]:
    """Start a thread, or run the task at once if the system allows no more threads.

    Returns the function that waits for the end of the task.
    """
    thread = threading.Thread(target=task, daemon=True)
    try:
        thread.start()
    except RuntimeError:
        task()
        return lambda _seconds: None
    return thread.join


class Peer(Protocol):
    """The other end of a connection."""

    @property
    def name(self) -> str:
        """The name that messages show."""

    def connect(self, seconds: float, note: Callable[[str], None]) -> socket.socket:
        """Return a connected socket; `note` receives its address.

        Raises:
            HostUnknownError: the host name does not exist.
            ConnectError: no address accepts.
        """


@model()
class TcpPeer:
    """A port of a host; without `addresses`, `resolver` (`getaddrinfo`) finds them."""

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
        """Connect to the address that answers first; each may take `seconds`."""
        addresses = self.addresses or self.resolve(seconds)
        return connect_first(self.name, self.port, addresses, seconds, note)

    def resolve(self, seconds: float) -> tuple[Found, ...]:
        """Look up the addresses of the host.

        The resolver runs in a thread, because neither a time limit nor Control-C
        stops it. A numeric address is looked up without a thread, ten times as fast.

        Raises:
            HostUnknownError, ConnectError: the lookup failed.
        """
        doing = f"connecting to {self.name}"
        host = self.host.strip("[]")
        if not host.strip(". "):
            raise HostUnknownError("the host name of the server is empty", doing=doing)
        host = _number_zone(host, doing)
        answers: list[tuple[Found, ...] | PymailError] = []

        def look_up() -> None:
            try:
                name = ascii_host(host)
                rows = self.resolver(name, self.port, type=socket.SOCK_STREAM)
            except (OSError, ValueError, OverflowError) as error:
                answers.append(_resolver_failure(error, host, doing))
            else:  # /etc/hosts may list an address twice
                answers.append(tuple(dict.fromkeys((row[0], row[4]) for row in rows)))

        if _is_address(host):
            look_up()
        else:
            start_thread(look_up)(seconds)
        if not answers:
            raise _resolver_failure(TimeoutError(), host, doing)
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
        """Connect to the socket at the path."""
        try:
            sock = open_socket(socket.AF_UNIX, str(self.path), seconds)
        except (OSError, ValueError) as error:
            raise ConnectError(
                system_message(error), doing=f"connecting to {self.path}"
            ) from error
        note(f"connected to {self.path}")
        return sock


def endpoint(server: SmtpServer | LmtpSocket) -> tuple[SmtpServer, Peer]:
    """Return the server as a session needs it, and the peer to connect to.

    A local socket becomes a server without a name, TLS or login.
    """
    if isinstance(server, SmtpServer):
        return server, TcpPeer(server.host, server.port)
    as_server = SmtpServer(
        host="localhost",
        port=0,
        hello_name=server.hello_name,
        tls=Tls(mode=TlsMode.NEVER),
        timeouts=server.timeouts,
        lmtp=True,
    )
    return as_server, SocketPeer(server.path)


def _number_zone(host: str, doing: str) -> str:
    """Replace the zone of an IPv6 address by its number.

    The resolver takes a name as the zone of link-local addresses only.
    """
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
    """Tell whether `host` is a numeric address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.inet_pton(family, host.partition("%")[0])
    except (OSError, ValueError):  # ValueError: it contains NUL
        return False
    return True


_UNKNOWN_FOR_GOOD = {
    getattr(socket, name)
    for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY")
    if hasattr(socket, name)
}


def _resolver_failure(error: Exception, host: str, doing: str) -> PymailError:
    """Return the failure of a lookup: no such host, or an error that may pass.

    A name that no resolver accepts (a label of 70 letters, a NUL) does not exist.
    """
    if not isinstance(error, OSError) or error.errno in _UNKNOWN_FOR_GOOD:
        return HostUnknownError(f"{visible(host)}: no such host", doing=doing)
    words = system_message(error)
    if error.errno == socket.EAI_AGAIN:
        words = "temporary DNS failure"
    return ConnectError(f"{host}: the name cannot be looked up: {words}", doing=doing)


class BackgroundConnection:
    """An attempt to connect that starts at once in a thread of its own.

    Meanwhile the main thread builds the message and loads the modules for TLS.
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
        """Wait for the socket; `note` receives the facts about it.

        Raises:
            HostUnknownError, ConnectError: see `Peer.connect`.
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
        assert self._made is not None  # noqa: S101 - else there is a failure
        return self._made

    def abandon(self) -> None:
        """Close the connection, now or as soon as it is made."""
        self._wanted = False
        if self._made is not None:
            self._made.close()


_HOST_NAME = (
    r"(?ai:[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\.?"
    r"|\[[a-z0-9.:]+\])"
)


def hello_name(name: str, sock: socket.socket) -> str:
    """Return the name for EHLO: `name`, or the address if `name` is no host name.

    Servers refuse names with an underscore or Chinese letters; an address
    literal is always valid (RFC 5321 §4.1.4).
    """
    if re.fullmatch(_HOST_NAME, name):
        return name
    if sock.family == socket.AF_UNIX:
        return "localhost"
    address = str(sock.getsockname()[0]).partition("%")[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def is_local(sock: socket.socket) -> bool:
    """Tell whether the peer is this machine."""
    if sock.family == socket.AF_UNIX:
        return True
    try:
        address = str(sock.getpeername()[0]).removeprefix("::ffff:").partition("%")[0]
    except OSError:  # already reset; the next read reports it
        return False
    return address == "::1" or address.startswith("127.")
