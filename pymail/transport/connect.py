"""A connected socket: names resolved, every address tried, each for a bounded time.

Nothing here knows SMTP. What every address said is in the one message that
comes out when none of them accepts.
"""

import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from pymail.errors import ConnectError, HostUnknownError, PymailError
from pymail.outcome.reply import visible
from pymail.record import record

SEND_BUFFER_OCTETS = 256 * 1024  # see _tuned
PORT_25_BLOCKED = (
    "port 25 is blocked on most clouds and many lines: use smtps://HOST:465,"
    " or submission://HOST:587 with smtp-use-starttls"
)

_Found = tuple[socket.AddressFamily, tuple[object, ...]]


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


@record()
class TcpPeer:
    """A port of a host; `resolver` is called as `socket.getaddrinfo`."""

    host: str
    port: int
    resolver: Callable[..., list[Any]] = socket.getaddrinfo

    @property
    def name(self) -> str:
        """Return host:port, an IPv6 address in brackets."""
        host = self.host.strip("[]")
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    def connect(self, seconds: float, note: Callable[[str], None]) -> socket.socket:
        """Try the addresses in the order of the resolver, each for `seconds`."""
        doing = f"connecting to {self.name}"
        complaints: list[str] = []
        for family, address in self._resolved(seconds, doing):
            try:
                sock = _connected(family, address, seconds)
            except OSError as error:
                complaints.append(f"{address[0]} {reason(error)}")
                continue
            note(f"connected to {address[0]} port {self.port}")
            return sock
        raise no_connection(self.port, complaints, doing)

    def _resolved(self, seconds: float, doing: str) -> list[_Found]:
        host = self.host.strip("[]")
        if not host.strip(". "):
            raise HostUnknownError("the server has no name", doing=doing)
        answer = self._looked_up(host, seconds)
        if answer is None:
            raise ConnectError(f"{host}: the name server timed out", doing=doing)
        if isinstance(answer, Exception):
            raise resolver_failure(answer, host, doing) from answer
        return answer

    def _looked_up(self, host: str, seconds: float) -> list[_Found] | Exception | None:
        """Ask the resolver in a thread: it knows no time limit and no Ctrl-C."""
        answers: list[list[_Found] | Exception] = []

        def look() -> None:
            try:
                found = self.resolver(host, self.port, type=socket.SOCK_STREAM)
            except (OSError, ValueError, OverflowError) as error:
                answers.append(error)
            else:
                answers.append([(row[0], row[4]) for row in found])

        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        thread.join(seconds)
        return answers[0] if answers else None


@record()
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
            sock = _connected(socket.AF_UNIX, str(self.path), seconds)
        except (OSError, ValueError) as error:
            raise ConnectError(
                reason(error), doing=f"connecting to {self.path}"
            ) from error
        note(f"connected to {self.path}")
        return sock


def reason(error: Exception) -> str:
    """Say in a few lower-case words what the system said."""
    if isinstance(error, TimeoutError):
        return "timed out"
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(words).lower()


def no_connection(port: int, complaints: list[str], doing: str) -> ConnectError:
    """Return the failure of every address, with what each of them said."""
    blocked = port == 25 and any("timed out" in words for words in complaints)
    advice = PORT_25_BLOCKED if blocked else ""
    return ConnectError("; ".join(complaints), doing=doing, advice=advice)


def _connected(
    family: socket.AddressFamily, address: object, seconds: float
) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        _tuned(sock)
        sock.settimeout(seconds)
        sock.connect(address)  # type: ignore[arg-type] # typeshed: any family's own
    except BaseException:
        sock.close()
        raise
    return sock


def _tuned(sock: socket.socket) -> None:
    """Let waits measure the server, not the kernel.

    Without a bound the kernel takes megabytes that the server has not read yet,
    and the wait for the reply to the final dot begins far too early.
    """
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_OCTETS)
    if sock.family != socket.AF_UNIX:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


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
        words = f"the name cannot be looked up: {reason(error)}"
    return ConnectError(f"{host}: {words}", doing=doing)
