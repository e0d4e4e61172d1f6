"""Happy Eyeballs: overlapping attempts to connect to the addresses of a host (RFC 8305).

The families take turns (§4). The next attempt starts 250 ms after the last one,
or at once when one fails (§5); those before it go on meanwhile. The first that
connects wins, and the others are closed. Each has its own time.
"""

import errno
import os
import select
import socket
from itertools import zip_longest
from time import monotonic
from typing import Any

STAGGER_SECONDS = 0.25  # RFC 8305 §5: the Connection Attempt Delay
SEND_BUFFER_OCTETS = 256 * 1024  # see _tune

Found = tuple[socket.AddressFamily, tuple[Any, ...]]


class Race:
    """One attempt at each address; `losers` tells what became of the others."""

    def __init__(self, addresses: list[Found], seconds: float) -> None:
        self._addresses = addresses
        self._seconds = seconds
        self._waiting = interleave(addresses)
        self._running: dict[socket.socket, tuple[Found, float]] = {}  # until when
        self._lost: dict[Found, str] = {}

    @property
    def losers(self) -> list[str]:
        """Return what each address said that was tried, in the resolver's order."""
        tried = [found for found in self._addresses if found in self._lost]
        return [f"{found[1][0]} {self._lost[found]}" for found in tried]

    def run(self) -> tuple[str, socket.socket] | None:
        """Return the first address that connects, and its socket.

        None means that all have failed. No other socket stays open, also when
        a signal ends it.
        """
        try:
            while self._waiting or self._running:
                self._start_next()
                for sock in self._ended():
                    if self._connected(sock):
                        return self._won(sock)
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
                self._lost[found] = describe_error(error)
            else:
                return

    def _ended(self) -> list[socket.socket]:
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

    def _connected(self, sock: socket.socket) -> bool:
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._lose(sock, describe_error(OSError(code, os.strerror(code))))
        return not code

    def _end_late(self) -> None:
        now = monotonic()
        for sock, (_, late) in list(self._running.items()):
            if now >= late:
                self._lose(sock, "timed out")

    def _won(self, sock: socket.socket) -> tuple[str, socket.socket]:
        sock.settimeout(self._seconds)
        found, _ = self._running.pop(sock)
        return str(found[1][0]), sock

    def _lose(self, sock: socket.socket, words: str) -> None:
        sock.close()
        found, _ = self._running.pop(sock)
        self._lost[found] = words


def interleave(addresses: list[Found]) -> list[Found]:
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
        _tune(sock)
        sock.settimeout(seconds)
        _start_connecting(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


def _start_connecting(sock: socket.socket, address: tuple[Any, ...] | str) -> None:
    try:
        sock.connect(address)
    except BlockingIOError as error:
        if error.errno != errno.EINPROGRESS:  # a local socket with a full queue
            raise


def describe_error(error: Exception) -> str:
    """Say in a few lower-case words what the system said."""
    if isinstance(error, TimeoutError):
        return "timed out"
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(words).lower()


def _tune(sock: socket.socket) -> None:
    """Let waits measure the server, not the kernel.

    Without a bound the kernel takes megabytes that the server has not read yet,
    and the wait for the reply to the final dot begins far too early.
    """
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_OCTETS)
    if sock.family != socket.AF_UNIX:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
