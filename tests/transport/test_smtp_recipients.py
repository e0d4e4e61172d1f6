"""MAIL and RCPT, told whole: a fate for every recipient."""

import signal
from collections.abc import Iterator
from typing import Any

import pytest

from pymail.errors import Interrupted, ProtocolError
from pymail.report.delivery_report import Fate

HELLO = """
    S: 220 mx.example.org ESMTP
    C: EHLO client.example
    S: 250 mx.example.org
"""
MAIL = """
    C: MAIL FROM:<me@example.com>
    S: 250 2.1.0 ok
    C: RCPT TO:<a@example.org>
    S: 250 2.1.5 ok
"""
DATA = """
    C: DATA
    S: 354 go on
"""
LETTER = """
    C: Subject: hi
    C:
    C: hello
    C: .
"""
TAKEN = "S: 250 2.0.0 Ok: queued as 4XYZ"
BYE = """
    C: QUIT
    S: 221 bye
"""
THREE = ("one@example.org", "two@example.org", "three@example.org")


def offering(*extensions: str) -> str:
    lines = ["S: 220 mx", "C: EHLO client.example", "S: 250-mx"]
    lines += [f"S: 250-{extension}" for extension in extensions[:-1]]
    return "\n".join([*lines, f"S: 250 {extensions[-1]}", ""])


def script(*parts: str) -> str:
    return "\n".join(part.strip() for part in parts)


def words(report: Any) -> dict[str, str]:
    return {row.address: row.fate.value for row in report.fates}


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


# Pipelining

PIPELINED = "C: MAIL FROM:<me@example.com>\nC: RCPT TO:<a@example.org>\nC: DATA\n"


def test_mail_rcpt_and_data_go_out_together_where_that_is_offered(
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


@pytest.mark.parametrize(
    ("replies", "fate"),
    [
        pytest.param(
            "S: 451 4.7.1 later\nS: 503 no\nS: 503 no", "deferred", id="sender"
        ),
        pytest.param(
            "S: 550 no\nS: 503 5.5.1 no\nS: 554 5.5.1 no", "refused", id="sender-554"
        ),
    ],
)
def test_a_refused_sender_in_a_group_speaks_for_the_recipients(
    serve: Any, send: Any, replies: str, fate: str
) -> None:
    server = serve(script(offering("PIPELINING"), PIPELINED, replies, BYE))
    report = send(server)
    assert words(report) == {"a@example.org": fate}
    assert server.went_as_written


def test_a_group_without_recipients_is_reset(serve: Any, send: Any) -> None:
    replies = "S: 250 ok\nS: 550 5.1.1 no\nS: 554 5.5.1 no valid recipients"
    reset = "C: RSET\nS: 250 ok"
    server = serve(script(offering("PIPELINING"), PIPELINED, replies, reset, BYE))
    assert words(send(server)) == {"a@example.org": "refused"}
    assert server.went_as_written


@pytest.mark.parametrize("answer", ["250 ok", "554 5.5.1 no valid recipients"])
def test_data_that_was_taken_for_nobody_is_ended_empty(
    serve: Any, send: Any, answer: str
) -> None:
    """RFC 2920 §3.1: the message itself must not go there."""
    replies = f"""
        S: 250 ok
        S: 550 5.1.1 no
        S: 354 go on
        C: .
        S: {answer}
        C: RSET
        S: 250 ok
    """
    server = serve(script(offering("PIPELINING"), PIPELINED, replies, BYE))
    assert words(send(server)) == {"a@example.org": "refused"}
    assert server.went_as_written


def test_refused_data_in_a_group_is_the_fate_of_those_who_were_taken(
    serve: Any, send: Any
) -> None:
    replies = "S: 250 ok\nS: 250 ok\nS: 451 4.3.0 later"
    server = serve(script(offering("PIPELINING"), PIPELINED, replies, BYE))
    assert words(send(server)) == {"a@example.org": "deferred"}
    assert server.went_as_written


def test_those_beyond_the_limit_of_a_group_get_another(serve: Any, send: Any) -> None:
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


@pytest.mark.parametrize(
    "replies",
    [
        pytest.param("S: 250 ok\nS: 250 ok\nS: 421 4.3.2 bye\n<close>", id="421"),
        pytest.param("S: 250 ok\nS: 250 ok\n<close>", id="closed"),
        pytest.param("S: 250 ok\nS: 250 ok\nS> 35\n<close>", id="in-a-line"),
        pytest.param("S: 250 ok\n<close>", id="after-mail"),
        pytest.param("<close>", id="before-all"),
        pytest.param("S: 250 ok\n<reset>", id="reset"),
    ],
)
def test_a_group_that_breaks_leaves_nobody_served(
    serve: Any, send: Any, replies: str
) -> None:
    report = send(serve(script(offering("PIPELINING"), PIPELINED, replies)))
    assert words(report) == {"a@example.org": "deferred"}
    assert "*: content" not in send.trace.lines


def test_replies_in_pieces_find_their_commands(serve: Any, send: Any) -> None:
    replies = "S> 250-o\nS> k\\r\\n250 ok\\r\\n25\nS> 0 ok\\r\\n354 go\\r\\n"
    end = (LETTER, "C: QUIT", TAKEN, "S: 221 bye")
    server = serve(script(offering("PIPELINING"), PIPELINED, replies, *end))
    assert send(server).complete
    assert server.went_as_written


def test_a_group_of_any_size_fills_no_buffer(serve: Any, send: Any) -> None:
    """The server answers each line before it reads on, and both sides are full."""
    everybody = [f"user{n}@example.org" for n in range(20_000)]
    server = serve(script(offering("PIPELINING"), "<talkative>"))
    report = send(server, *everybody)
    assert report.complete
    assert len(report.fates) == 20_000


def test_an_ignored_extension_is_not_used(serve: Any, send: Any) -> None:
    hello = offering("PIPELINING", "SIZE 1")
    server = serve(script(hello, MAIL, DATA, LETTER, TAKEN, BYE))
    ignored = frozenset({"Pipelining", "size", "dsn"})
    assert send(server, ignored_extensions=ignored).complete
    assert server.went_as_written
