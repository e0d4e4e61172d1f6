"""Transcripts of several messages in one session."""

import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pymail.address.envelope import Envelope
from pymail.errors import (
    AuthenticationError,
    ConnectError,
    MessageTooLargeError,
    SettingsError,
)
from pymail.settings.server_models import Login, Timeouts, Tls, TlsMode
from pymail.transport.connect import BackgroundConnection, TcpPeer, is_local

HELLO = "S: 220 mx\nC: EHLO client.example\nS: 250-mx\nS: 250-SIZE 100\nS: 250 "
PLAIN_HELLO = f"{HELLO}HELP\n"
BYE = "C: QUIT\nS: 221 bye"


def mail(name: str = "a", reply: str = "250 ok") -> str:
    """Return a transaction without pipelining."""
    return f"""
        C: MAIL FROM:<me@example.com> SIZE=22
        S: 250 ok
        C: RCPT TO:<{name}@example.org>
        S: 250 ok
        C: DATA
        S: 354 go on
        <content>
        S: {reply}
    """


def group(name: str = "a") -> str:
    """Return a transaction with pipelining, without the last reply."""
    return f"""
        C: MAIL FROM:<me@example.com> SIZE=22
        C: RCPT TO:<{name}@example.org>
        C: DATA
        S: 250 ok
        S: 250 ok
        S: 354 go on
        <content>
    """


def to(name: str) -> Envelope:
    return Envelope(
        reverse_path="me@example.com", forward_paths=(f"{name}@example.org",)
    )


def send_all(send: Any, letter: Any, port: int, names: str, **settings: Any) -> Any:
    """Send a message to each name; return the reports."""
    transport = send.transport(port, **settings)
    reports = [
        transport.send(to(name), letter(), more=n < len(names))
        for n, name in enumerate(names, 1)
    ]
    transport.close()
    return reports


A, AGAIN = f"{PLAIN_HELLO}{mail('a')}", f"{PLAIN_HELLO}{mail('b')}{BYE}"
GROUPS = f"{HELLO}PIPELINING\n{group('a')}\nS: 250 ok\n{group('b')}\nC: QUIT\nS: 250 ok"
REFUSED = f"{PLAIN_HELLO}{mail('a', '554 spam')}C: RSET\n"
RESET = f"{REFUSED}S: 250 ok\n{mail('b')}{BYE}"
MIDDLE = mail("b").partition("S: 354")[0]
ENOUGH = "C: MAIL FROM:<me@example.com> SIZE=22\nS: 452 4.7.0 too many messages"

# the sessions, and whether each message is complete
# fmt: off
SESSIONS: dict[str, tuple[tuple[str, ...], tuple[bool, ...]]] = {
    "one-for-all": ((f"{A}{mail('b')}{mail('c')}{BYE}",), (True, True, True)),
    "quit-with-the-last-dot": ((f"{GROUPS}\nS: 221 bye",), (True, True)),
    "refused-message-is-reset": ((RESET,), (False, True)),
    "ended-at-the-reset": ((f"{REFUSED}S: 421 4.4.2 enough", AGAIN), (False, True)),
    "breaks-after-mail": ((f"{A}{MIDDLE}<close>",), (True, False)),
    "closed-while-it-waits": ((f"{A}<close>", AGAIN), (True, True)),
    "ended-while-it-waits": ((f"{A}S: 421 4.4.2 idle\n<close>", AGAIN), (True, True)),
    "message-limit-of-the-session": ((f"{A}{ENOUGH}", AGAIN), (True, True)),
}
# fmt: on


@pytest.mark.parametrize("case", SESSIONS)
def test_messages_share_a_session_until_the_server_ends_it(
    serve: Any, send: Any, letter: Any, case: str
) -> None:
    scripts, complete = SESSIONS[case]
    server = serve(*scripts)
    reports = send_all(send, letter, server.port, "abc"[: len(complete)])
    assert tuple(report.complete for report in reports) == complete
    assert server.went_as_written
    again = any("starting over" in note for note in send.trace.notes)
    assert again is (len(scripts) > 1)


def test_close_sends_quit_in_an_idle_session(
    serve: Any, send: Any, letter: Any
) -> None:
    server = serve(f"{PLAIN_HELLO}{mail('a')}{BYE}")
    transport = send.transport(server.port)
    assert transport.send(to("a"), letter(), more=True).complete
    transport.close()
    transport.close()
    assert server.went_as_written


def test_one_login_serves_all_messages(serve: Any, send: Any, letter: Any) -> None:
    login = "C: AUTH PLAIN AGpvZQBzM2NyZXQ=\nS: 235 ok\n"
    server = serve(
        f"{HELLO}PIPELINING\n".replace("S: 250 P", "S: 250-AUTH PLAIN\nS: 250 P")
        + f"{login}{group('a')}\nS: 250 ok\n{group('b')}\nC: QUIT\nS: 250 ok\nS: 221 bye"
    )
    user = Login(user="joe")
    reports = send_all(send, letter, server.port, "ab", login=user)
    assert all(report.complete for report in reports)
    assert server.went_as_written
    assert send.asked == ["joe@127.0.0.1"]


def test_refused_login_is_not_tried_for_the_next_message(
    serve: Any, send: Any, letter: Any
) -> None:
    hello = PLAIN_HELLO.replace("S: 250-SIZE 100", "S: 250-AUTH PLAIN")
    refused = "C: AUTH PLAIN AGpvZQBzM2NyZXQ=\nS: 535 5.7.8 wrong"
    server = serve(f"{hello}{refused}\n{BYE}")
    transport = send.transport(server.port, login=Login(user="joe"))
    for name in "abc":
        with pytest.raises(AuthenticationError, match="does not accept"):
            transport.send(to(name), letter(), more=True)
    transport.close()
    assert server.went_as_written
    assert len(server.conversations) == 1


def test_deferred_login_is_tried_for_the_next_message(
    serve: Any, send: Any, letter: Any
) -> None:
    hello = PLAIN_HELLO.replace("S: 250-SIZE 100", "S: 250-AUTH PLAIN")
    later = f"{hello}C: AUTH PLAIN AGpvZQBzM2NyZXQ=\nS: 454 4.7.0 later\n{BYE}"
    server = serve(later, later)
    transport = send.transport(server.port, login=Login(user="joe"))
    for name in "ab":
        with pytest.raises(AuthenticationError):
            transport.send(to(name), letter(), more=True)
    assert server.went_as_written


def test_new_session_follows_a_silent_one(serve: Any, send: Any, letter: Any) -> None:
    silent = "C: MAIL FROM:<me@example.com> SIZE=22\n<silence>"
    server = serve(
        f"{PLAIN_HELLO}{mail('a')}{silent}", f"{PLAIN_HELLO}{mail('b')}{BYE}"
    )
    bound = Timeouts.bounded(0.3)
    reports = send_all(send, letter, server.port, "ab", timeouts=bound)
    assert all(report.complete for report in reports)


def test_unsendable_message_ends_its_session_but_not_the_transport(
    serve: Any, send: Any, letter: Any
) -> None:
    server = serve(f"{PLAIN_HELLO}{mail('a')}{BYE}", f"{PLAIN_HELLO}{mail('c')}{BYE}")
    transport = send.transport(server.port)
    assert transport.send(to("a"), letter(), more=True).complete
    with pytest.raises(MessageTooLargeError):
        transport.send(to("b"), letter(octets=b"x" * 98 + b"\r\n" * 2), more=True)
    assert transport.send(to("c"), letter()).complete
    assert server.went_as_written


# The connection made in the background


class Slow:
    """A peer that connects when the test says so."""

    def __init__(self, real: TcpPeer) -> None:
        self.may_go = threading.Event()
        self.real = real
        self.name = real.name

    def connect(self, seconds: float, note: Callable[[str], None]) -> socket.socket:
        assert self.may_go.wait(seconds)
        return self.real.connect(seconds, note)


class Interrupting:
    """A thread whose `join` is interrupted by a signal."""

    def join(self, _seconds: float | None) -> None:
        raise KeyboardInterrupt


def test_first_message_uses_the_background_connection(
    serve: Any, send: Any, letter: Any
) -> None:
    server = serve(f"{PLAIN_HELLO}{mail('a')}{BYE}")
    assert send.transport(server.port).send(to("a"), letter()).complete
    assert server.went_as_written
    assert send.trace.notes == [f"connected to 127.0.0.1 port {server.port}"]


def test_unused_connection_is_closed(serve: Any, send: Any) -> None:
    server = serve("<rest>")
    transport = send.transport(server.port)
    transport.close()
    assert server.went_as_written
    assert server.received == b""


def test_abandoned_connection_is_closed_once_it_is_made(
    serve: Any,
) -> None:
    server = serve("<rest>")
    slow = Slow(TcpPeer("127.0.0.1", server.port))
    connecting = BackgroundConnection(slow, 5)
    connecting.abandon()
    slow.may_go.set()
    assert server.went_as_written


def test_failure_in_the_background_is_raised_by_send(
    serve: Any, send: Any, letter: Any
) -> None:
    server = serve()
    server.stop()
    transport = send.transport(server.port)
    with pytest.raises(ConnectError, match="connection refused"):
        transport.send(to("a"), letter())


def test_signal_abandons_the_background_connection(serve: Any) -> None:
    server = serve("<rest>")
    slow = Slow(TcpPeer("127.0.0.1", server.port))
    connecting = BackgroundConnection(slow, 5)
    connecting._wait = Interrupting().join
    with pytest.raises(KeyboardInterrupt):
        connecting.result(lambda _: None)
    slow.may_go.set()
    assert server.went_as_written


def test_invalid_tls_settings_abandon_the_background_connection(
    serve: Any, send: Any, tmp_path: Path
) -> None:
    server = serve("<rest>")
    tls = Tls(mode=TlsMode.IMPLICIT, ca_file=tmp_path / "no such file")
    with pytest.raises(SettingsError, match="no such file"):
        send(server, tls=tls)
    assert server.went_as_written
    assert server.received == b""


def test_disconnected_peer_is_not_local() -> None:
    with socket.socket() as sock:
        assert not is_local(sock)


def test_system_without_threads_connects_at_once(
    serve: Any, send: Any, letter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(f"{PLAIN_HELLO}{mail('a')}{BYE}")
    monkeypatch.setattr(threading.Thread, "start", no_thread)
    assert send.transport(server.port).send(to("a"), letter()).complete


def no_thread(_self: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")
