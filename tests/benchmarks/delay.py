"""A proxy that gives loopback the latency of a network.

Every octet arrives half a round trip after it was sent, in order; bandwidth is not
limited. The proxy also waits for the TCP handshake, which the kernel has finished
before a program notices. As a program, it prints its port.
"""

import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Self

import click

CHUNK_OCTETS = 1 << 16

# When octets are due, and the octets; none at the end.
_Travelling = SimpleQueue[tuple[float, bytes]]


@dataclass
class Delay:
    """A proxy before `target_port`; four threads for each connection."""

    target_port: int
    round_trip_seconds: float

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        _start(self._listen)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes `accept`
        self._listener.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                _start(self._connect, client)

    def _connect(self, client: socket.socket) -> None:
        half = self.round_trip_seconds / 2
        time.sleep(2 * half)  # SYN there, SYN and ACK back: the client can send
        upwards: _Travelling = SimpleQueue()
        _start(_depart, client, upwards, half)
        time.sleep(half)  # ACK there: the server knows
        with suppress(OSError):
            server = socket.create_connection(("127.0.0.1", self.target_port))
            downwards: _Travelling = SimpleQueue()
            _start(_depart, server, downwards, half)
            ways = [
                _start(_arrive, upwards, server),
                _start(_arrive, downwards, client),
            ]
            for way in ways:
                way.join()
            server.close()
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads from it
        client.close()


def _start(target: Callable[..., None], *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=target, args=arguments, daemon=True)
    thread.start()
    return thread


def _depart(source: socket.socket, way: _Travelling, half: float) -> None:
    """Note when octets were sent, until there are no more."""
    octets = b"at least one"
    while octets:
        try:
            octets = source.recv(CHUNK_OCTETS)
        except OSError:
            octets = b""
        way.put((time.monotonic() + half, octets))


def _arrive(way: _Travelling, target: socket.socket) -> None:
    """Hand octets on when they are due, the end too."""
    with suppress(OSError):
        target.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            due, octets = way.get()
            time.sleep(max(0.0, due - time.monotonic()))
            if not octets:
                target.shutdown(socket.SHUT_WR)
                return
            target.sendall(octets)


@click.command()
@click.argument("target_port", type=int)
@click.argument("round_trip_seconds", type=float)
def main(target_port: int, round_trip_seconds: float) -> None:
    """Serve until standard input ends."""
    with Delay(target_port, round_trip_seconds) as delay:
        click.echo(delay.port)
        sys.stdin.read()


if __name__ == "__main__":
    main()
