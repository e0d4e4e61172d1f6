"""A group of commands on a line that fills, floods or breaks (RFC 2920 §3.1)."""

import signal
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from pymail.errors import (
    ConnectionLostError,
    Interrupted,
    ProtocolError,
    TimedOutError,
)
from pymail.settings.server_models import Timeouts
from pymail.transport.smtp_session import SmtpSession

LONG = ["RCPT TO:<" + "x" * 100_000 + "@example.org>"] * 40  # no buffer takes them


class Stopping(socket.socket):
    """A socket in whose use a signal comes."""

    def send(self, *_: Any) -> int:
        raise Interrupted(signal.SIGTERM)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def session(sock: socket.socket, heard: Any, seconds: float = 0.05) -> SmtpSession:
    timeouts = Timeouts(command=seconds)
    return SmtpSession(sock, peer="mx.example.org", timeouts=timeouts, trace=heard)


def test_a_server_that_takes_nothing_and_says_nothing_is_left(
    ends: Any, heard: Any
) -> None:
    talk = session(ends[0], heard)
    talk.put_group(LONG)
    with pytest.raises(TimedOutError, match="nothing is taken"):
        talk.read_reply(5)


def test_a_slow_reader_gets_it_all(ends: Any, heard: Any) -> None:
    ours, theirs = ends
    octets = bytearray()

    def read() -> None:
        while not octets.endswith(b"QUIT\r\n"):
            octets.extend(theirs.recv(1024))

    reader = threading.Thread(target=read)
    reader.start()
    session(ours, heard, seconds=10).put_group([*LONG, "QUIT"])
    reader.join()
    assert len(octets) == sum(len(line) + 2 for line in [*LONG, "QUIT"])


def test_a_server_that_answers_more_than_it_was_asked_is_left(
    ends: Any, heard: Any
) -> None:
    ours, theirs = ends
    theirs.sendall(b"250 and on\r\n" * 5_000)
    talk = session(ours, heard)
    talk.put_group(LONG)
    assert talk.read_reply(5).code == 250
    codes = iter(lambda: talk.read_reply(5).code, 0)
    with pytest.raises(ProtocolError, match="more replies than commands"):
        list(codes)


def test_what_was_said_before_the_line_broke_is_heard(ends: Any, heard: Any) -> None:
    ours, theirs = ends
    theirs.sendall(b"250 ok\r\n554 5.7.1 banned\r\n")
    theirs.shutdown(socket.SHUT_RD)
    talk = session(ours, heard)
    talk.put_group(LONG)
    assert [talk.read_reply(5).code for _ in range(2)] == [250, 554]
    with pytest.raises(ConnectionLostError):
        talk.read_reply(5)


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda talk: talk.put_group(["MAIL FROM:<>"]), id="group"),
        pytest.param(lambda talk: talk.send(b"content\r\n"), id="content"),
    ],
)
def test_a_signal_in_the_middle_of_a_line_is_no_reply(
    ends: Any, heard: Any, write: Any
) -> None:
    ours = ends[0]
    sock = Stopping(ours.family, ours.type, fileno=ours.detach())
    with sock, pytest.raises(Interrupted):
        write(session(sock, heard))
