"""Happy Eyeballs: overlapping attempts to connect to the addresses of a host (RFC 8305).

The address families alternate (§4). The next attempt starts 250 ms after the last one,
or as soon as an attempt fails (§5), while earlier ones continue. The first to connect
wins, and the others are closed. Each attempt has its own time limit.
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
from pymail.text import system_message

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
    """Connect to the address that answers first; each attempt may take `seconds`.

    `note` receives the result of each attempt, the successful one last.

    Raises:
        ConnectError: no address accepts; the message lists the result of each.
    """
    race = _Race(addresses, seconds)
    sock = race.run()
    failures = [
        f"{found[1][0]} {race.failures[found]}"
        for found in addresses
        if found in race.failures
    ]
    if sock is None:
        raise ConnectError("; ".join(failures), doing=f"connecting to {name}")
    for failure in failures:
        note(failure)
    note(f"connected to {race.winner} port {port}")
    return sock


class _Race:
    """One attempt for each address; `failures` has the results of the others."""

    def __init__(self, addresses: Sequence[Found], seconds: float) -> None:
        self.failures: dict[Found, str] = {}
        self.winner = ""
        self._seconds = seconds
        self._waiting = interleave(addresses)
        self._running: dict[socket.socket, tuple[Found, float]] = {}  # with deadline

    def run(self) -> socket.socket | None:
        """Return the first socket that connects, or None if all attempts failed.

        Every other socket is closed, also after a signal.
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
                    self._lose(sock, system_message(OSError(code, os.strerror(code))))
                self._close_overdue()
            return None
        finally:
            for sock in list(self._running):
                self._lose(sock, "no answer yet")

    def _start_next(self) -> None:
        """Start the next attempt that does not fail at once."""
        while self._waiting:
            found = self._waiting.pop(0)
            deadline = monotonic() + self._seconds
            try:
                self._running[open_socket(*found, 0)] = found, deadline
            except OSError as error:
                self.failures[found] = system_message(error)
            else:
                return

    def _wait(self) -> list[socket.socket]:
        """Wait for the end or deadline of an attempt, or until the next one is due.

        Returns the sockets whose attempts ended.
        """
        now = monotonic()
        waits = [deadline - now for _, deadline in self._running.values()]
        if self._waiting:
            waits.append(STAGGER_SECONDS)
        poll = select.poll()  # unlike `select.select`, it takes any descriptor
        for sock in self._running:
            poll.register(sock, select.POLLOUT)
        ended = {n for n, _ in poll.poll(1000 * max(min(waits, default=0), 0))}
        return [sock for sock in self._running if sock.fileno() in ended]

    def _close_overdue(self) -> None:
        now = monotonic()
        for sock, (_, deadline) in list(self._running.items()):
            if now >= deadline:
                self._lose(sock, "timed out")

    def _lose(self, sock: socket.socket, words: str) -> None:
        sock.close()
        found, _ = self._running.pop(sock)
        self.failures[found] = words


def interleave(addresses: Sequence[Found]) -> list[Found]:
    """Alternate the address families, the first address's first (RFC 8305 §4)."""
    first = [found for found in addresses if found[0] == addresses[0][0]]
    other = [found for found in addresses if found[0] != addresses[0][0]]
    turns = zip_longest(first, other)
    return [found for turn in turns for found in turn if found is not None]


def open_socket(
    family: socket.AddressFamily, address: tuple[Any, ...] | str, seconds: float
) -> socket.socket:
    """Return a connected socket; with 0 seconds, one that is still connecting.

    Raises:
        OSError: the attempt failed, after `seconds` at most.
    """
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        # Without a limit the kernel buffers megabytes that the server has not read yet,
        # and the wait for the reply to the final dot starts far too early.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_OCTETS)
        if family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(seconds)
        sock.connect(address)
    except BaseException as error:
        # EAGAIN, also a BlockingIOError, means a local socket with a full queue
        if getattr(error, "errno", None) != errno.EINPROGRESS:
            sock.close()
            raise
    return sock
