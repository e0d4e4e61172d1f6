"""Transcripts of MAIL and RCPT: a fate for every recipient."""

import signal
from collections.abc import Iterator
from typing import Any

import pytest

from pymail.errors import Interrupted, ProtocolError
from pymail.report.delivery_report import Fate
from tests.transport.transcripts import (
    BYE,
    DATA,
    HELLO,
    LETTER,
    MAIL,
    TAKEN,
    THREE,
    offering,
    script,
    words,
)


def test_refused_recipient_does_not_stop_the_others(serve: Any, send: Any) -> None:
    mail = """
        C: MAIL FROM:<me@example.com>
        S: 250 ok
        C: RCPT TO:<one@example.org>
        S: 251 will forward
        C: RCPT TO:<two@example.org>
        S: 550 5.1.1 no such user
        C: RCPT TO:<three@example.org>
        S: 450 4.2.0 busy
    """
    server = serve(script(HELLO, mail, DATA, LETTER, TAKEN, BYE))
    report = send(server, *THREE)
    assert server.went_as_written
    assert words(report) == {
        "one@example.org": "accepted",
        "two@example.org": "refused",
        "three@example.org": "deferred",
    }
    assert [str(row.reply) for row in report.fates[1:]] == [
        "550 5.1.1 no such user",
        "450 4.2.0 busy",
    ]


def test_nobody_left_means_no_content(serve: Any, send: Any) -> None:
    mail = """
        C: MAIL FROM:<me@example.com>
        S: 250 ok
        C: RCPT TO:<a@example.org>
        S: 550 5.1.1 no such user
        C: RSET
        S: 250 ok
    """
    server = serve(script(HELLO, mail, BYE))
    assert words(send(server)) == {"a@example.org": "refused"}
    assert server.went_as_written


@pytest.mark.parametrize(
    ("line", "fate"), [("552 5.3.4 too big", "refused"), ("451 later", "deferred")]
)
def test_refused_sender_decides_for_everybody(
    serve: Any, send: Any, line: str, fate: str
) -> None:
    server = serve(script(HELLO, f"C: MAIL FROM:<me@example.com>\nS: {line}", BYE))
    report = send(server, *THREE)
    assert set(words(report).values()) == {fate}
    assert str(report.reply) == line
    assert server.went_as_written


@pytest.mark.parametrize(
    "line",
    ["199 early", "25", "abc def", "+250 ok", "", "354 go", "250-a\nS: 550 b"],
)
def test_an_odd_reply_is_not_success(serve: Any, send: Any, line: str) -> None:
    server = serve(script(HELLO, f"C: MAIL FROM:<me@example.com>\nS: {line}"))
    report = send(server)
    assert isinstance(report.failure, ProtocolError)
    assert not report.complete
    assert server.went_as_written


CROWD = """
    C: MAIL FROM:<me@example.com>
    S: 250 ok
    C: RCPT TO:<one@example.org>
    S: 250 ok
    C: RCPT TO:<two@example.org>
    S: 452 4.5.3 too many recipients
    C: RCPT TO:<three@example.org>
    S: 552 too many recipients
"""


def alone(name: str, reply: str = "250 ok") -> str:
    """A transaction for one recipient, up to the reply to RCPT."""
    return f"""
        C: MAIL FROM:<me@example.com>
        S: 250 ok
        C: RCPT TO:<{name}@example.org>
        S: {reply}
    """


RESET = "C: RSET\nS: 250 ok"


def test_too_many_recipients_get_further_transactions(serve: Any, send: Any) -> None:
    """Of the size that the server showed it takes."""
    taken = TAKEN.replace("4XYZ", "5ABC")
    server = serve(
        script(
            *(HELLO, CROWD, DATA, LETTER, TAKEN),
            *(alone("two"), DATA, LETTER, taken),
            *(alone("three"), DATA, LETTER, taken, BYE),
        )
    )
    report = send(server, *THREE)
    assert server.went_as_written
    assert report.complete
    assert report.queue_id == "4XYZ 5ABC"


def test_a_signal_in_a_further_transaction_leaves_those_served_who_were(
    serve: Any, send: Any, letter: Any
) -> None:
    server = serve(script(HELLO, CROWD, DATA, LETTER, TAKEN, alone("two"), DATA))
    passes: list[int] = []

    class Interrupting(letter):  # type: ignore[misc]
        def chunks(self) -> Iterator[bytes]:
            passes.append(1)
            if len(passes) > 1:
                raise Interrupted(signal.SIGTERM)
            yield self.octets

    report = send(server, *THREE, letter=Interrupting())
    fates = [row.fate for row in report.fates]
    assert fates[0] is Fate.ACCEPTED
    assert Fate.ACCEPTED not in fates[1:]
    assert isinstance(report.failure, Interrupted)


def test_who_waits_is_not_lost_when_those_before_are_refused(
    serve: Any, send: Any
) -> None:
    server = serve(
        script(
            *(HELLO, CROWD, DATA, LETTER, TAKEN),
            *(alone("two", "550 5.1.1 who?"), RESET),
            *(alone("three"), DATA, LETTER, TAKEN, BYE),
        )
    )
    report = send(server, *THREE)
    assert server.went_as_written
    assert list(words(report).values()) == ["accepted", "refused", "accepted"]


def test_who_waits_is_put_off_when_the_content_is_refused(
    serve: Any, send: Any
) -> None:
    server = serve(
        script(
            *(HELLO, CROWD, DATA, LETTER, TAKEN),
            *(alone("two"), DATA, LETTER, "S: 554 5.7.1 no", BYE),
        )
    )
    report = send(server, *THREE)
    assert server.went_as_written
    assert list(words(report).values()) == ["accepted", "refused", "deferred"]


def test_further_transactions_come_to_an_end(serve: Any, send: Any) -> None:
    mail = """
        C: MAIL FROM:<me@example.com>
        S: 250 ok
        C: RCPT TO:<one@example.org>
        S: 250 ok
        C: RCPT TO:<two@example.org>
        S: 452 no storage
    """
    rest = """
        C: MAIL FROM:<me@example.com>
        S: 250 ok
        C: RCPT TO:<two@example.org>
        S: 452 no storage
        C: RSET
        S: 250 ok
    """
    server = serve(script(HELLO, mail, DATA, LETTER, TAKEN, rest, BYE))
    report = send(server, "one@example.org", "two@example.org")
    assert server.went_as_written
    assert words(report) == {
        "one@example.org": "accepted",
        "two@example.org": "deferred",
    }


@pytest.mark.parametrize(
    ("line", "fate"),
    [("452 4.2.2 mailbox full", "deferred"), ("552 5.2.2 mailbox full", "refused")],
)
def test_a_full_mailbox_is_not_too_many_recipients(
    serve: Any, send: Any, line: str, fate: str
) -> None:
    mail = MAIL + f"C: RCPT TO:<b@example.org>\nS: {line}\n"
    server = serve(script(HELLO, mail, DATA, LETTER, TAKEN, BYE))
    report = send(server, "a@example.org", "b@example.org")
    assert words(report)["b@example.org"] == fate
    assert server.went_as_written


@pytest.mark.parametrize(
    ("answer", "fate"), [("554 5.5.1 no way", "refused"), ("451 later", "deferred")]
)
def test_postponed_recipients_wait_when_the_message_is_refused(
    serve: Any, send: Any, answer: str, fate: str
) -> None:
    mail = MAIL + "C: RCPT TO:<b@example.org>\nS: 452 4.5.3 too many recipients\n"
    server = serve(script(HELLO, mail, f"C: DATA\nS: {answer}", BYE))
    report = send(server, "a@example.org", "b@example.org")
    assert server.went_as_written
    assert words(report) == {"a@example.org": fate, "b@example.org": "deferred"}
    assert str(report.reply) == answer


def test_421_at_a_recipient_keeps_what_was_decided(serve: Any, send: Any) -> None:
    mail = """
        C: MAIL FROM:<me@example.com>
        S: 250 ok
        C: RCPT TO:<one@example.org>
        S: 550 no
        C: RCPT TO:<two@example.org>
        S: 421 4.3.2 closing
        <close>
    """
    server = serve(script(HELLO, mail))
    report = send(server, *THREE)
    assert server.went_as_written
    assert words(report) == {
        "one@example.org": "refused",
        "two@example.org": "deferred",
        "three@example.org": "deferred",
    }
    assert str(report.failure.reply) == "421 4.3.2 closing"


def test_an_ignored_extension_is_not_used(serve: Any, send: Any) -> None:
    hello = offering("PIPELINING", "SIZE 1")
    server = serve(script(hello, MAIL, DATA, LETTER, TAKEN, BYE))
    ignored = frozenset({"Pipelining", "size", "dsn"})
    assert send(server, ignored_extensions=ignored).complete
    assert server.went_as_written
