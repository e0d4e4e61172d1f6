"""A connection that is being made while something else is done.

Whoever waits for the network waits less: the message is built, and what TLS
needs is loaded, while names are looked up and servers answer.
"""

import socket
from collections.abc import Callable

from pymail.errors import PymailError
from pymail.transport.connect import Peer, begun


class Connecting:
    """One attempt to connect, which begins at once, in a thread of its own."""

    def __init__(self, peer: Peer, seconds: float) -> None:
        self._peer = peer
        self._seconds = seconds
        self._facts: list[str] = []
        self._made: socket.socket | None = None
        self._failure: PymailError | None = None
        self._wanted = True
        self._wait = begun(self._connect)

    def _connect(self) -> None:
        try:
            self._made = self._peer.connect(self._seconds, self._facts.append)
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
