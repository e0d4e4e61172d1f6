"""Several loopback addresses of one host: open, closed, or without an answer."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from time import monotonic
from types import FrameType
from typing import Any, NoReturn

import pytest

from pymail.errors import ConnectError, Interrupted
from pymail.transport.connect import TcpPeer
from pymail.transport.happy_eyeballs import STAGGER_SECONDS, interleave

LONG_SECONDS = 60  # far longer than any test takes

Make = Callable[..., socket.socket]


def has_ipv6() -> bool:
    with suppress(OSError), socket.socket(socket.AF_INET6) as sock:
        sock.bind(("::1", 0))
        return True
    return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="no ::1 on this machine")


def peer(*servers: socket.socket) -> TcpPeer:
    """Return a host with the addresses of these servers, each with its own port."""
    addresses = [server.getsockname() for server in servers]

    def resolver(*_: Any, **__: Any) -> list[Any]:
        stream = socket.SOCK_STREAM
        return [(family(a[0]), stream, 6, "", a) for a in addresses]

    return TcpPeer("mx.example", 25, resolver)


def family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


@pytest.fixture
def listener() -> Iterator[Make]:
    """Make a server that accepts."""
    with ExitStack() as opened:

        def listen(host: str = "127.0.0.1") -> socket.socket:
            server = socket.create_server((host, 0), family=family(host))
            return opened.enter_context(server)

        yield listen


@pytest.fixture
def closed() -> Iterator[Make]:
    """Make a port that refuses connections: it is bound, but does not listen."""
    with ExitStack() as opened:

        def bind() -> socket.socket:
            sock = opened.enter_context(socket.socket())
            sock.bind(("127.0.0.1", 0))
            return sock

        yield bind


@pytest.mark.parametrize(
    ("found", "tried"),
    [
        ("", ""),
        ("4a", "4a"),
        ("6a 6b", "6a 6b"),
        ("6a 6b 4a 4b", "6a 4a 6b 4b"),
        ("4a 4b 6a", "4a 6a 4b"),
        ("4a 6a 6b 4b", "4a 6a 4b 6b"),
        ("6a 4a 4b 4c 6b", "6a 4a 6b 4b 4c"),
    ],
)
def test_families_alternate_in_the_order_of_the_resolver(
    found: str, tried: str
) -> None:
    families = {"4": socket.AF_INET, "6": socket.AF_INET6}
    addresses = [(families[word[0]], (word,)) for word in found.split()]
    assert " ".join(a[0] for _, a in interleave(addresses)) == tried


@pytest.mark.parametrize(
    ("dead", "good"),
    [
        ("127.0.0.1", "127.0.0.1"),
        pytest.param("::1", "127.0.0.1", marks=needs_ipv6),
        pytest.param("127.0.0.1", "::1", marks=needs_ipv6),
    ],
)
def test_address_without_an_answer_does_not_delay_the_next(
    dead: str, good: str, blackhole: Make, listener: Make
) -> None:
    server = listener(good)
    notes: list[str] = []
    started = monotonic()
    with peer(blackhole(dead), server).connect(LONG_SECONDS, notes.append) as sock:
        assert sock.getpeername() == server.getsockname()
        assert sock.gettimeout() == LONG_SECONDS
    assert STAGGER_SECONDS <= monotonic() - started < LONG_SECONDS / 2
    assert notes == [f"{dead} no answer yet", f"connected to {good} port 25"]


def test_no_other_address_is_tried_after_a_quick_answer(
    listener: Make,
) -> None:
    first, second = listener(), listener()
    notes: list[str] = []
    peer(first, second).connect(LONG_SECONDS, notes.append).close()
    assert notes == ["connected to 127.0.0.1 port 25"]
    second.setblocking(False)
    with pytest.raises(BlockingIOError):
        second.accept()


def test_next_address_is_tried_at_once_after_a_refusal(
    closed: Make, listener: Make
) -> None:
    refusing = [closed() for _ in range(40)]
    notes: list[str] = []
    started = monotonic()
    peer(*refusing, listener()).connect(LONG_SECONDS, notes.append).close()
    assert monotonic() - started < len(refusing) * STAGGER_SECONDS / 2
    assert notes[:-1] == ["127.0.0.1 connection refused"] * len(refusing)


def test_duplicate_address_is_tried_once(closed: Make) -> None:
    server = closed()
    with pytest.raises(ConnectError) as caught:
        peer(server, server).connect(LONG_SECONDS, lambda _: None)
    assert caught.value.happened == "127.0.0.1 connection refused"


def test_earlier_attempt_continues_during_a_later_one(blackhole: Make) -> None:
    """The first server accepts only after the second attempt has started."""
    slow, dead = blackhole(), blackhole()
    notes: list[str] = []
    with ExitStack() as callers:

        def accept() -> None:
            with suppress(OSError):  # until it is shut down
                while True:
                    callers.enter_context(slow.accept()[0])

        accepting = threading.Timer(STAGGER_SECONDS * 2, accept)
        accepting.start()
        with peer(slow, dead).connect(LONG_SECONDS, notes.append) as sock:
            assert sock.getpeername() == slow.getsockname()
        slow.shutdown(socket.SHUT_RDWR)  # wakes `accept`
        accepting.join()
    assert notes == ["127.0.0.1 no answer yet", "connected to 127.0.0.1 port 25"]


def test_failures_are_listed_in_the_order_of_the_resolver(
    blackhole: Make, closed: Make
) -> None:
    """The first address is the last to fail."""
    with pytest.raises(ConnectError) as caught:
        peer(blackhole(), closed()).connect(2 * STAGGER_SECONDS, lambda _: None)
    happened = "127.0.0.1 timed out; 127.0.0.1 connection refused"
    assert caught.value.happened == happened


@pytest.mark.parametrize("seconds", [STAGGER_SECONDS / 5, STAGGER_SECONDS * 2])
def test_every_address_has_its_own_timeout(seconds: float, blackhole: Make) -> None:
    started = monotonic()
    with pytest.raises(ConnectError) as caught:
        peer(*(blackhole() for _ in range(3))).connect(seconds, lambda _: None)
    assert monotonic() - started >= min(seconds, STAGGER_SECONDS) * 2 + seconds
    assert caught.value.happened == "; ".join(["127.0.0.1 timed out"] * 3)


def test_only_the_winner_stays_open(
    blackhole: Make, closed: Make, listener: Make
) -> None:
    host = peer(blackhole(), closed(), blackhole(), listener())
    before = descriptors()
    with host.connect(LONG_SECONDS, lambda _: None):
        assert descriptors() == before + 1
    assert descriptors() == before


def test_a_signal_leaves_nothing_open(blackhole: Make) -> None:
    def interrupt(number: int, _: FrameType | None) -> NoReturn:
        raise Interrupted(number)

    host = peer(blackhole(), blackhole())
    before = descriptors()
    usual = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, STAGGER_SECONDS * 2)
    try:
        with pytest.raises(Interrupted) as caught:
            host.connect(LONG_SECONDS, lambda _: None)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, usual)
    assert caught.value.__traceback__ is not None  # its frames exist, but no sockets
    assert descriptors() == before
