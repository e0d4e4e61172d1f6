"""The proxy brings everything, and nothing before its time."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.benchmarks.delay import Delay

PATIENCE_SECONDS = 10
ROUND_TRIP_SECONDS = 0.04

pytestmark = pytest.mark.live


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that greets one client and sends back what it gets; its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"hello")
            while octets := connection.recv(1 << 16):
                connection.sendall(octets)

    thread = threading.Thread(target=serve)
    thread.start()
    with listener:
        yield listener.getsockname()[1]
        thread.join(PATIENCE_SECONDS)


@pytest.fixture
def client(echo: int) -> Iterator[socket.socket]:
    with Delay(echo, ROUND_TRIP_SECONDS) as delay:
        place = ("127.0.0.1", delay.port)
        with socket.create_connection(place, PATIENCE_SECONDS) as connection:
            yield connection


def test_greeting_comes_after_the_handshake(client: socket.socket) -> None:
    """Three ways for the handshake, the last of which it waits for, and its own."""
    began = time.monotonic()
    assert client.recv(5) == b"hello"
    assert time.monotonic() - began >= 1.9 * ROUND_TRIP_SECONDS


def test_answer_takes_a_round_trip(client: socket.socket) -> None:
    client.recv(5)
    for _ in range(2):
        began = time.monotonic()
        client.sendall(b"ping")
        assert client.recv(4) == b"ping"
        assert time.monotonic() - began >= ROUND_TRIP_SECONDS


def test_octets_arrive_whole_and_in_order(client: socket.socket) -> None:
    client.recv(5)
    sent = bytes(range(256)) * 4000
    threading.Thread(target=client.sendall, args=(sent,)).start()
    received = b""
    while len(received) < len(sent):
        received += client.recv(1 << 16)
    assert received == sent


def test_end_is_passed_on(client: socket.socket) -> None:
    client.sendall(b"last")
    client.shutdown(socket.SHUT_WR)
    with client.makefile("rb") as rest:
        assert rest.read() == b"hellolast"


def test_server_that_is_not_there_ends_the_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with Delay(port, 0.0) as delay:
        place = ("127.0.0.1", delay.port)
        with socket.create_connection(place, PATIENCE_SECONDS) as client:
            assert client.recv(1) == b""
