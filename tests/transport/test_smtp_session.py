import socket
import ssl
from collections.abc import Iterator
from typing import Any

import pytest

from pymail.errors import (
    AddressError,
    ConnectionLostError,
    Interrupted,
    ProtocolError,
    PymailError,
    TimedOutError,
)
from pymail.reply import Reply
from pymail.settings.server_models import Timeouts
from pymail.transport.smtp_session import SmtpSession
from pymail.transport.tls import MEANINGS, translate_error


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


@pytest.fixture
def session(pair: Any, trace: Any) -> Iterator[SmtpSession]:
    made = SmtpSession(
        pair[0], peer="mx:25", timeouts=Timeouts.bounded(0.2), trace=trace
    )
    yield made
    made.close()


@pytest.mark.skipif(not hasattr(socket, "TCP_QUICKACK"), reason="Linux alone has it")
def test_replies_are_acknowledged_without_delay(trace: Any) -> None:
    """Otherwise a server with Nagle's algorithm delays the rest of a reply by 40 ms."""
    options: list[int] = []

    class Recording(socket.socket):
        def setsockopt(self, *words: Any) -> None:
            options.append(words[1])

    with socket.create_server(("127.0.0.1", 0)) as listener, Recording() as ours:
        ours.connect(listener.getsockname())
        theirs, _ = listener.accept()
        with theirs:
            theirs.sendall(b"220 mx\r\n")
            made = SmtpSession(ours, peer="mx", timeouts=Timeouts(), trace=trace)
            assert made.read_reply(5).code == 220
    assert options == [socket.TCP_QUICKACK]


def foreign_exceptions() -> list[type[Exception]]:
    named = [*vars(ssl).values(), *vars(socket).values()]
    return sorted(
        {
            kind
            for kind in named
            if isinstance(kind, type) and issubclass(kind, OSError)
        },
        key=lambda kind: kind.__name__,
    )


@pytest.mark.parametrize("kind", foreign_exceptions(), ids=lambda kind: kind.__name__)
def test_every_foreign_exception_has_a_meaning(kind: type[Exception]) -> None:
    error = kind.__new__(kind)
    failure = translate_error(error)
    assert isinstance(failure, PymailError)
    assert failure.happened


def test_list_of_foreign_exceptions_is_complete() -> None:
    names = {kind.__name__ for kind in foreign_exceptions()}
    assert {"SSLCertVerificationError", "gaierror"} <= names
    assert len({row[0] for row in MEANINGS}) == len(MEANINGS)


def test_reply_before_the_end_of_the_connection_is_read(
    session: SmtpSession, pair: Any
) -> None:
    pair[1].sendall(b"250 ok\r\n221 bye\r\n")
    pair[1].close()
    assert session.read_reply(1).code == 250
    reply = session.early_reply()
    assert reply is not None
    assert reply.code == 221


@pytest.mark.parametrize("end", ["\r", "\n", "\0", "\r\nRSET\r\n"])
def test_command_contains_no_line_end(
    session: SmtpSession, trace: Any, end: str
) -> None:
    with pytest.raises(ProtocolError, match="line break or NUL"):
        session.command(f"RCPT TO:<a@example.org{end}>")
    assert trace.lines == []


def test_non_ascii_command_needs_smtputf8(session: SmtpSession, pair: Any) -> None:
    with pytest.raises(AddressError, match="SMTPUTF8"):
        session.put_group(["RCPT TO:<\u00fc@example.org>"])
    session.command_encoding = "utf-8"
    session.put_group(["RCPT TO:<\u00fc@example.org>"])
    assert pair[1].recv(100) == "RCPT TO:<\u00fc@example.org>\r\n".encode()


def test_secret_line_reaches_the_server_but_not_the_trace(
    session: SmtpSession, pair: Any, trace: Any
) -> None:
    session.put_secret(b"hunter2", "«secret»")
    assert pair[1].recv(100) == b"hunter2\r\n"
    assert trace.lines == ["C: «secret»"]


def test_reply_before_a_failed_write_is_read(session: SmtpSession, pair: Any) -> None:
    pair[1].sendall(b"421 4.3.2 shutting down\r\n")
    pair[1].close()
    session.doing = "MAIL at mx:25"
    session.send(b"MAIL FROM:<>\r\n")
    with pytest.raises(ConnectionLostError) as caught:
        session.read_reply(0.2)
    assert str(caught.value.reply) == "421 4.3.2 shutting down"
    assert caught.value.doing == "MAIL at mx:25"


def test_reply_before_a_failed_write_of_content_is_read(
    session: SmtpSession, pair: Any
) -> None:
    pair[1].sendall(b"552 too big\r\n")
    pair[1].close()
    session.send(b"content\r\n")
    assert session.early_reply() == Reply(552, ("too big",))


def test_broken_pipe_without_a_reply_is_a_lost_connection(
    session: SmtpSession, pair: Any
) -> None:
    pair[1].close()
    with pytest.raises(ConnectionLostError, match="closed the connection"):
        session.command("NOOP")


def test_signal_at_quit_is_raised(session: SmtpSession, pair: Any) -> None:
    """The signal handler raises while the reply to QUIT is read."""

    def interrupt(_: bytes) -> None:
        raise Interrupted(15)

    session._reader._on_line = interrupt
    pair[1].sendall(b"250 ok\r\n")
    with pytest.raises(Interrupted):
        session.quit()
    assert session.sock is None


def test_signal_ends_the_wait_for_the_last_reply(
    session: SmtpSession, pair: Any
) -> None:
    def interrupt(_: bytes) -> None:
        raise Interrupted(15)

    session._reader._on_line = interrupt
    pair[1].sendall(b"250 ok\r\n")
    pair[1].close()
    session.send(b"x\r\n")
    with pytest.raises(Interrupted):
        session.read_reply(0.2)


def test_command_in_a_closed_session_is_an_error(session: SmtpSession) -> None:
    session.close()
    with pytest.raises(ConnectionLostError, match="is closed"):
        session.command("NOOP")


@pytest.mark.parametrize(
    ("unread", "words"), [(b"", "closed the connection"), (b"x", "reset")]
)
def test_end_of_the_connection_is_noticed_between_writes(
    session: SmtpSession, pair: Any, unread: bytes, words: str
) -> None:
    pair[0].sendall(unread)
    pair[1].close()
    with pytest.raises(ConnectionLostError, match=words):
        session.early_reply()


def test_early_reply_is_none_until_it_is_complete(
    session: SmtpSession, pair: Any
) -> None:
    assert session.early_reply() is None
    pair[1].sendall(b"25")
    assert session.early_reply() is None


def test_reply_without_time_left_times_out(session: SmtpSession) -> None:
    with pytest.raises(TimedOutError, match="complete reply"):
        session.read_reply(0)
