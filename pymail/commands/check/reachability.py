"""The ways to a server, tried one beside the other: each family of addresses.

A mail takes the first address that answers; whoever checks wants to know of
all. It begins at once, in threads, and something else can be done meanwhile.
"""

import socket
from collections.abc import Callable
from queue import Empty, SimpleQueue
from time import monotonic

from pymail.errors import PymailError
from pymail.transport.connect import BackgroundConnection, KnownPeer, TcpPeer, begun
from pymail.transport.happy_eyeballs import Found

CONNECT_SECONDS = 10.0  # four tries of TCP; whoever checks does not wait longer
OTHERS_SECONDS = 1.0  # once one has connected

FAMILIES = {socket.AF_INET: "IPv4", socket.AF_INET6: "IPv6"}


class Family:
    """An attempt at the addresses of one family, which begins at once.

    `ended` is told when it is over.
    """

    def __init__(
        self, peer: KnownPeer, seconds: float, ended: Callable[["Family"], None]
    ) -> None:
        self.peer = peer
        self.kind = FAMILIES[peer.addresses[0][0]]
        self.seconds = 0.0
        self.facts: list[str] = []  # which address, and who of the others failed
        self.failure: PymailError | None = None
        self._ended = ended
        self._connecting = BackgroundConnection(self, seconds)

    @property
    def name(self) -> str:
        """The name that people are shown."""
        return self.peer.name

    def connect(self, seconds: float, note: Callable[[str], None]) -> socket.socket:
        """Connect, and note how long it took (`Peer.connect`)."""
        start = monotonic()
        try:
            return self.peer.connect(seconds, note)
        except PymailError as failure:
            self.failure = failure
            raise
        finally:
            self.seconds = monotonic() - start
            self._ended(self)

    def socket(self) -> socket.socket:
        """Return the socket, when there is no failure."""
        return self._connecting.result(self.facts.append)

    def abandon(self) -> None:
        """Close the socket, now or when it is there."""
        self._connecting.abandon()


class Reaching:
    """The search for a way to `peer`, which begins at once."""

    def __init__(self, peer: TcpPeer, seconds: float) -> None:
        self._peer = peer
        self._seconds = min(seconds, CONNECT_SECONDS)
        self._failure: PymailError | None = None
        self._addresses: list[Found] = []
        self._ended: SimpleQueue[Family] = SimpleQueue()
        self._families: list[Family] = []
        self.lookup_seconds = 0.0
        self._wait = begun(self._look)

    def _look(self) -> None:
        start = monotonic()
        try:
            self._addresses = self._peer.resolved(self._seconds)
        except PymailError as failure:
            self._failure = failure
        self.lookup_seconds = monotonic() - start
        for kind in dict.fromkeys(kind for kind, _ in self._addresses):
            addresses = [found for found in self._addresses if found[0] is kind]
            peer = KnownPeer(self._peer.name, self._peer.port, addresses)
            self._families.append(Family(peer, self._seconds, self._ended.put))

    def addresses(self) -> dict[str, list[str]]:
        """Wait for the name service; return the addresses of each family.

        Raises:
            HostUnknownError, ConnectError: there are none.
        """
        self._wait(None)
        if self._failure is not None:
            raise self._failure
        found: dict[str, list[str]] = {}
        for kind, address in self._addresses:
            found.setdefault(FAMILIES[kind], []).append(str(address[0]))
        return found

    def families(self) -> tuple[list[Family], list[Family]]:
        """Wait until one connects, or all have failed; return those, and the late.

        Once one has connected, the others have a second more.
        """
        ended = _first_ones(self._ended, len(self._families))
        late = [family for family in self._families if family not in ended]
        for family in late:
            family.abandon()
        return [family for family in self._families if family in ended], late


def _first_ones(queue: "SimpleQueue[Family]", count: int) -> list[Family]:
    """Take what ends, until a second after the first success."""
    ended: list[Family] = []
    late: float | None = None
    while len(ended) < count:
        wait = None if late is None else max(late - monotonic(), 0)
        try:
            ended.append(queue.get(timeout=wait))
        except Empty:
            break
        if late is None and ended[-1].failure is None:
            late = monotonic() + OTHERS_SECONDS
    return ended
