"""Happy Eyeballs: overlapping attempts to connect to the addresses of a host (RFC 8305).

The families take turns (§4). The next attempt starts 250 ms after the last one,
or at once when one fails (§5); those before it go on meanwhile. The first that
connects wins, and the others are closed. Each has its own time.
"""

import errno
import os
import select
import socket
from collections.abc import Callable, Sequence
from itertools import zip_longest
from time import monotonic
from typing import Any

from pymail.errors import ConnectError

STAGGER_SECONDS = 0.25  # RFC 8305 §5: the Connection Attempt Delay
SEND_BUFFER_OCTETS = 256 * 1024

Found = tuple[socket.AddressFamily, tuple[Any, ...]]


def connect_first(
    name: str,
    port: int,
    addresses: Sequence[Found],
    seconds: float,
    note: Callable[[str], None],
) -> socket.socket:
    """Connect to the address that answers first; each has `seconds`.

    `note` hears what it is, and what each of the others said that was tried.

    Raises:
        ConnectError: none of them accepts; it tells what each one said.
    """
    race = _Race(addresses, seconds)
    sock = race.run()
    said = race.failures
    failures = [f"{found[1][0]} {said[found]}" for found in addresses if found in said]
    if sock is None:
        raise ConnectError("; ".join(failures), doing=f"connecting to {name}")
    for failure in failures:
        note(failure)
    note(f"connected to {race.winner} port {port}")
    return sock


class _Race:
    """One attempt at each address; `failures` has what became of the others."""

    def __init__(self, addresses: Sequence[Found], seconds: float) -> None:
        self.failures: dict[Found, str] = {}
        self.winner = ""
        self._seconds = seconds
        self._waiting = interleave(addresses)
        self._running: dict[socket.socket, tuple[Found, float]] = {}  # until when

    def run(self) -> socket.socket | None:
        """Return the first socket that connects; None means that all have failed.

        No other socket stays open, also when a signal ends it.
        """
        try:
            while self._waiting or self._running:
                self._start_next()
                for sock in self._wait():
                    code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    if not code:
                        sock.settimeout(self._seconds)
                        self.winner = str(self._running.pop(sock)[0][1][0])
                        return sock
                    self._lose(sock, describe_error(OSError(code, os.strerror(code))))
                self._end_late()
            return None
        finally:
            for sock in list(self._running):
                self._lose(sock, "no answer yet")

    def _start_next(self) -> None:
        """Begin an attempt, the first that does not fail at once."""
        while self._waiting:
            found = self._waiting.pop(0)
            late = monotonic() + self._seconds
            try:
                self._running[open_socket(*found, 0)] = found, late
            except OSError as error:
                self.failures[found] = describe_error(error)
            else:
                return

    def _wait(self) -> list[socket.socket]:
        """Wait until an attempt ends, is late, or has to be followed by another."""
        now = monotonic()
        waits = [late - now for _, late in self._running.values()]
        if self._waiting:
            waits.append(STAGGER_SECONDS)
        poll = select.poll()  # unlike `select.select`, it takes any descriptor
        for sock in self._running:
            poll.register(sock, select.POLLOUT)
        ended = {n for n, _ in poll.poll(1000 * max(min(waits, default=0), 0))}
        return [sock for sock in self._running if sock.fileno() in ended]

    def _end_late(self) -> None:
        now = monotonic()
        for sock, (_, late) in list(self._running.items()):
            if now >= late:
                self._lose(sock, "timed out")

    def _lose(self, sock: socket.socket, words: str) -> None:
        sock.close()
        found, _ = self._running.pop(sock)
        self.failures[found] = words


def interleave(addresses: Sequence[Found]) -> list[Found]:
    """Let the families take turns, beginning with the first (RFC 8305 §4)."""
    first = [found for found in addresses if found[0] == addresses[0][0]]
    other = [found for found in addresses if found[0] != addresses[0][0]]
    turns = zip_longest(first, other)
    return [found for turn in turns for found in turn if found is not None]


def open_socket(
    family: socket.AddressFamily, address: tuple[Any, ...] | str, seconds: float
) -> socket.socket:
    """Return a socket that is connected; with 0 seconds, one that still tries.

    Raises:
        OSError: the address fails, which takes `seconds` at most.
    """
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        # without a bound the kernel takes megabytes that the server has not read yet,
        # and the wait for the reply to the final dot begins far too early
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_OCTETS)
        if family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(seconds)
        sock.connect(address)
    except BaseException as error:
        # another BlockingIOError is of a local socket with a full queue
        if getattr(error, "errno", None) != errno.EINPROGRESS:
            sock.close()
            raise
    return sock


def describe_error(error: Exception) -> str:
    """Return the system's words for an error, few and in lower case."""
    if isinstance(error, TimeoutError):
        return "timed out"
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(words).lower()
