"""Pipelining (RFC 2920): groups of commands, and sessions that break within a group.

Wherever the server stops: no recipient is accepted before the reply to the final dot, no
fate is unknown before the dot was sent, the content waits for 354, and a refused
recipient stays refused.
"""

import itertools
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
from pymail.report.delivery_report import Fate
from pymail.settings.server_models import Timeouts
from pymail.transport.smtp_session import SmtpSession
from tests.transport.transcripts import (
    BYE,
    LETTER,
    TAKEN,
    THREE,
    offering,
    script,
    words,
)

PIPELINED = "C: MAIL FROM:<me@example.com>\nC: RCPT TO:<a@example.org>\nC: DATA\n"


def test_mail_rcpt_and_data_are_one_group_with_pipelining(
    serve: Any, send: Any
) -> None:
    group = """
        C: MAIL FROM:<me@example.com>
        C: RCPT TO:<one@example.org>
        C: RCPT TO:<two@example.org>
        C: RCPT TO:<three@example.org>
        C: DATA
        S: 250 ok
        S: 250 ok
        S: 550 5.1.1 no such user
        S: 250 ok
        S: 354 go on
    """
    hello = offering("PIPELINING")
    server = serve(script(hello, group, LETTER, "C: QUIT", TAKEN, "S: 221 bye"))
    report = send(server, *THREE)
    assert server.went_as_written
    assert [row.fate for row in report.fates] == [
        Fate.ACCEPTED,
        Fate.REFUSED,
        Fate.ACCEPTED,
    ]
    at = send.trace.lines.index("*: content")
    assert send.trace.lines[at : at + 3] == ["*: content", "C: QUIT", TAKEN]


RESET = "C: RSET\nS: 250 ok"
NO_USER = "S: 250 ok\nS: 550 5.1.1 no"

# the replies to the group and the rest of the session, and the fate of the recipient
ANSWERS: dict[str, tuple[tuple[str, ...], str]] = {
    "sender-deferred": (("S: 451 4.7.1 later\nS: 503 no\nS: 503 no",), "deferred"),
    "sender-refused": (
        ("S: 550 no\nS: 503 5.5.1 no\nS: 554 5.5.1 no",),
        "refused",
    ),
    "no-recipient-left": (
        (NO_USER, "S: 554 5.5.1 no valid recipients", RESET),
        "refused",
    ),
    # RFC 2920 §3.1: without recipients, only the final dot is sent
    "data-without-recipients": (
        (NO_USER, "S: 354 go on\nC: .\nS: 250 ok", RESET),
        "refused",
    ),
    "data-without-recipients-refused": (
        (NO_USER, "S: 354 go on\nC: .\nS: 554 5.5.1 no", RESET),
        "refused",
    ),
    "data-deferred": (("S: 250 ok\nS: 250 ok\nS: 451 4.3.0 later",), "deferred"),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_replies_of_a_group_decide_like_those_of_single_commands(
    serve: Any, send: Any, case: str
) -> None:
    replies, fate = ANSWERS[case]
    server = serve(script(offering("PIPELINING"), PIPELINED, *replies, BYE))
    assert words(send(server)) == {"a@example.org": fate}
    assert server.went_as_written


def test_recipients_beyond_the_limit_get_another_group(serve: Any, send: Any) -> None:
    first = """
        C: MAIL FROM:<me@example.com>
        C: RCPT TO:<one@example.org>
        C: RCPT TO:<two@example.org>
        C: RCPT TO:<three@example.org>
        C: DATA
        S: 250 ok
        S: 250 ok
        S: 452 4.5.3 too many recipients
        S: 250 ok
        S: 354 go on
    """
    second = """
        C: MAIL FROM:<me@example.com>
        C: RCPT TO:<two@example.org>
        C: DATA
        S: 250 ok
        S: 250 ok
        S: 354 go on
    """
    end = (LETTER, "C: QUIT", TAKEN, "S: 221 bye")
    server = serve(script(offering("PIPELINING"), first, LETTER, TAKEN, second, *end))
    assert send(server, *THREE).complete
    assert server.went_as_written


def test_large_group_does_not_block(serve: Any, send: Any) -> None:
    """The server answers each line before it reads the next, so both buffers fill."""
    addresses = [f"user{n}@example.org" for n in range(20_000)]
    server = serve(script(offering("PIPELINING"), "<talkative>"))
    report = send(server, *addresses)
    assert report.complete
    assert len(report.fates) == 20_000


ACCEPTED, REFUSED = "a@example.org", "b@example.org"
GREETED = "S: 220 mx\nC: EHLO client.example\nS: 250-mx\nS: 250 PIPELINING"
GROUP = f"""
    C: MAIL FROM:<me@example.com>
    C: RCPT TO:<{ACCEPTED}>
    C: RCPT TO:<{REFUSED}>
    C: DATA
"""
REPLIES = ("250 ok", "250 ok", "550 5.1.1 no such user", "354 go on")
END = ("250 2.0.0 queued as 7", "221 bye")
ENDINGS = {
    "closes": "<close>",
    "resets": "<reset>",
    "says-421": "S: 421 4.3.2 shutting down\n<close>",
    "breaks-off-in-a-line": "S> 25\n<close>",
    "talks-nonsense": "S: what?\n<close>",
    "falls-silent": "<silence>",
}
STOPS = len(REPLIES) + len(END)


def broken_off(stop: int, ending: str) -> str:
    """Return a session that ends after `stop` replies."""
    replies = [f"S: {line}" for line in REPLIES[:stop]]
    if stop >= len(REPLIES):
        replies += ["<content>"]
        replies += [f"S: {line}" for line in END[: stop - len(REPLIES)]]
    return "\n".join([GREETED, GROUP, *replies, ENDINGS[ending]])


@pytest.mark.parametrize(
    ("stop", "ending"), [*itertools.product(range(STOPS), ENDINGS)]
)
def test_report_is_true_wherever_a_session_breaks(
    serve: Any, send: Any, stop: int, ending: str
) -> None:
    server = serve(broken_off(stop, ending))
    report = send(server, ACCEPTED, REFUSED, timeouts=Timeouts.bounded(0.2))
    dot_was_sent = "*: content" in send.trace.lines
    assert dot_was_sent is (stop >= len(REPLIES))
    fates = {row.address: row.fate for row in report.fates}
    assert (fates[ACCEPTED] is Fate.ACCEPTED) is (stop > len(REPLIES))
    assert dot_was_sent or fates[ACCEPTED] is not Fate.UNKNOWN
    assert fates[REFUSED] is not Fate.ACCEPTED
    assert stop < 3 or fates[REFUSED] is Fate.REFUSED


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_replies_may_arrive_in_pieces_of_any_size(
    serve: Any, send: Any, size: int
) -> None:
    octets = "".join(f"{line}\\r\\n" for line in REPLIES).replace("\\r\\n", "\r\n")
    pieces = [octets[n : n + size] for n in range(0, len(octets), size)]
    lines = [f"S> {each.encode('unicode_escape').decode()}" for each in pieces]
    # the server strips a blank at the end of a script's line
    lines = [line.replace(" ", "\\x20").replace("S>\\x20", "S> ", 1) for line in lines]
    end = [f"S: {line}" for line in END]
    server = serve("\n".join([GREETED, GROUP, *lines, "<content>", *end]))
    report = send(server, ACCEPTED, REFUSED)
    assert {row.address: row.fate for row in report.fates} == {
        ACCEPTED: Fate.ACCEPTED,
        REFUSED: Fate.REFUSED,
    }


# Full buffers, too many replies, broken connections

LONG = ["RCPT TO:<" + "x" * 100_000 + "@example.org>"] * 40  # larger than any buffer


class Stopping(socket.socket):
    """A socket whose `send` is interrupted by a signal."""

    def send(self, *_: Any) -> int:
        raise Interrupted(signal.SIGTERM)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def session(sock: socket.socket, trace: Any, seconds: float = 0.05) -> SmtpSession:
    timeouts = Timeouts(command=seconds)
    return SmtpSession(sock, peer="mx.example.org", timeouts=timeouts, trace=trace)


def test_group_that_the_server_does_not_accept_times_out(ends: Any, trace: Any) -> None:
    talk = session(ends[0], trace)
    talk.put_group(LONG)
    with pytest.raises(TimedOutError, match="no data is accepted"):
        talk.read_reply(5)


def test_content_that_the_server_does_not_accept_times_out(
    ends: Any, trace: Any
) -> None:
    talk = session(ends[0], trace)
    talk.timeout = 0.05
    talk.send(b"x" * 4_000_000)
    with pytest.raises(TimedOutError, match="no data is accepted"):
        talk.early_reply()


def test_slow_reader_gets_every_octet(ends: Any, trace: Any) -> None:
    ours, theirs = ends
    octets = bytearray()

    def read() -> None:
        while not octets.endswith(b"QUIT\r\n"):
            octets.extend(theirs.recv(1024))

    reader = threading.Thread(target=read)
    reader.start()
    session(ours, trace, seconds=10).put_group([*LONG, "QUIT"])
    reader.join()
    assert len(octets) == sum(len(line) + 2 for line in [*LONG, "QUIT"])


def test_more_replies_than_commands_are_an_error(ends: Any, trace: Any) -> None:
    ours, theirs = ends
    theirs.sendall(b"250 and on\r\n" * 5_000)
    talk = session(ours, trace)
    talk.put_group(LONG)
    assert talk.read_reply(5).code == 250
    codes = iter(lambda: talk.read_reply(5).code, 0)
    with pytest.raises(ProtocolError, match="more replies than commands"):
        list(codes)


def test_replies_before_a_broken_connection_are_read(ends: Any, trace: Any) -> None:
    ours, theirs = ends
    theirs.sendall(b"250 ok\r\n554 5.7.1 banned\r\n")
    theirs.shutdown(socket.SHUT_RD)
    talk = session(ours, trace)
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
def test_signal_during_a_write_is_raised(ends: Any, trace: Any, write: Any) -> None:
    ours = ends[0]
    sock = Stopping(ours.family, ours.type, fileno=ours.detach())
    with sock, pytest.raises(Interrupted):
        write(session(sock, trace))
