import errno
import socket
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from pymail.errors import ConnectError, HostUnknownError
from pymail.text import system_message
from pymail.transport.connect import (
    SocketPeer,
    TcpPeer,
    hello_name,
    is_local,
)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("mx.example.org", "mx.example.org:25"),
        ("::1", "[::1]:25"),
        ("[::1]", "[::1]:25"),
    ],
)
def test_peer_has_the_name_of_a_url(host: str, name: str) -> None:
    assert TcpPeer(host, 25).name == name


@pytest.mark.parametrize("host", ["", ".", " ", "a" * 70 + ".example", "a\0b"])
def test_invalid_host_name_does_not_exist(host: str) -> None:
    with pytest.raises(HostUnknownError):
        TcpPeer(host, 25).connect(5, lambda _: None)


def test_resolver_without_an_answer_times_out() -> None:
    answered = threading.Event()

    def resolver(*_: Any, **__: Any) -> list[Any]:
        answered.wait(10)
        return []

    peer = TcpPeer("mx.example", 25, resolver)
    with pytest.raises(
        ConnectError, match=r"mx\.example: the name cannot be looked up: timed out"
    ):
        peer.connect(0.05, lambda _: None)
    answered.set()


@pytest.mark.parametrize(
    ("host", "asked"),
    [("mx.example", b"mx.example"), ("bücher.example", b"xn--bcher-kva.example")],
    ids=["ascii", "idna"],
)
def test_resolver_gets_octets_in_idna(host: str, asked: bytes) -> None:
    names: list[str | bytes] = []

    def resolver(name: str | bytes, *_: Any, **__: Any) -> list[Any]:
        names.append(name)
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with pytest.raises(HostUnknownError):
        TcpPeer(host, 25, resolver).connect(5, lambda _: None)
    assert names == [asked]


@pytest.mark.parametrize("host", ["192.0.2.1", "[2001:db8::1]", "2001:db8::1"])
def test_numeric_address_is_looked_up_without_a_thread(host: str) -> None:
    asked_by: list[int] = []

    def resolver(*_: Any, **__: Any) -> list[Any]:
        asked_by.append(threading.get_ident())
        raise socket.gaierror(socket.EAI_FAMILY, "no such family here")

    with pytest.raises(ConnectError, match="no such family"):
        TcpPeer(host, 25, resolver).connect(5, lambda _: None)
    assert asked_by == [threading.get_ident()]


def test_every_address_is_tried() -> None:
    """The first port is closed, and the second address is of the wrong family."""
    stream = socket.SOCK_STREAM
    with socket.create_server(("127.0.0.1", 0)) as good:
        address = good.getsockname()

        def resolver(host: bytes, port: int, **_: Any) -> list[Any]:
            assert (host, port) == (b"mx.example", address[1])
            return [
                (socket.AF_INET, stream, 6, "", ("127.0.0.2", address[1])),
                (socket.AF_INET6, stream, 6, "", address),
                (socket.AF_INET, stream, 6, "", address),
            ]

        notes: list[str] = []
        peer = TcpPeer("mx.example", address[1], resolver)
        peer.connect(5, notes.append).close()
    refused, strange, connected = notes
    assert refused == "127.0.0.2 connection refused"
    assert strange.startswith("127.0.0.1 ")
    assert connected == f"connected to 127.0.0.1 port {address[1]}"
    with pytest.raises(ConnectError) as caught:
        peer.connect(5, notes.append)
    assert caught.value.happened.count("127.0.0.") == 3
    assert "127.0.0.2 connection refused" in caught.value.happened


def test_local_socket_with_a_full_queue_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "lmtp"
    with socket.socket(socket.AF_UNIX) as listener, ExitStack() as waiting:
        listener.bind(str(path))
        listener.listen(0)
        for _ in range(3):
            caller = waiting.enter_context(socket.socket(socket.AF_UNIX))
            caller.setblocking(False)
            caller.connect_ex(str(path))
        with pytest.raises(ConnectError, match="connecting to"):
            SocketPeer(path).connect(5, lambda _: None)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TimeoutError(), "timed out"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "refused"),
        (OSError("AF_UNIX path too long"), "path too long"),
        (OSError(), "oserror"),
    ],
    ids=["time", "errno", "words", "nothing"],
)
def test_system_error_is_described_in_lower_case(error: OSError, words: str) -> None:
    assert words in system_message(error)


class AddressedSocket(socket.socket):
    """A socket with addresses that the test sets."""

    ours = theirs = "::1"

    def getsockname(self) -> Any:
        return self.ours, 25, 0, 0

    def getpeername(self) -> Any:
        return self.theirs, 25, 0, 0


@pytest.mark.parametrize(
    ("address", "literal"),
    [("192.0.2.1", "[192.0.2.1]"), ("fe80::1%eth0", "[IPv6:fe80::1]")],
)
def test_invalid_hello_name_becomes_an_address_literal(
    address: str, literal: str
) -> None:
    with AddressedSocket() as sock:
        sock.ours = address
        assert hello_name("my_host", sock) == literal


@pytest.mark.parametrize(
    "name",
    ["localhost", "client.example.org", "x-1.example.", "[192.0.2.1]", "[IPv6:::1]"],
)
def test_valid_hello_name_is_unchanged(name: str) -> None:
    with AddressedSocket() as sock:
        assert hello_name(name, sock) == name


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("192.0.2.127", False),
        ("2001:db8::1", False),
    ],
)
def test_loopback_is_local(address: str, local: bool) -> None:
    with AddressedSocket() as sock:
        sock.theirs = address
        assert is_local(sock) is local


def test_zone_of_an_ipv6_address_becomes_a_number() -> None:
    """The resolver accepts interface names only for link-local addresses."""
    asked: list[Any] = []

    def resolver(name: Any, *_: Any, **__: Any) -> list[Any]:
        asked.append(name)
        return []

    number, name = socket.if_nameindex()[0]
    for zone in (name, str(number)):
        assert TcpPeer(f"::1%{zone}", 25, resolver).resolve(5) == ()
    assert asked == [f"::1%{number}".encode()] * 2
    with pytest.raises(HostUnknownError, match="no network interface of that name"):
        TcpPeer("fe80::1%no-such0", 25, resolver).resolve(5)
