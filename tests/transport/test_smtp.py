"""Whole conversations with a server that follows a script."""

from typing import Any

import pytest

from pymail.errors import (
    AddressError,
    ConnectError,
    ConnectionLostError,
    FateUnknownError,
    HostUnknownError,
    Interrupted,
    MessageError,
    MessageTooLargeError,
    ProtocolError,
    RefusedError,
    TimedOutError,
    TransientError,
    UnreadableInputError,
)
from pymail.outcome.report import Fate
from pymail.settings.records import Timeouts

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


def test_a_letter_is_accepted_and_its_queue_id_known(serve: Any, send: Any) -> None:
    server = serve(script(HELLO, MAIL, DATA, LETTER, TAKEN, BYE))
    report = send(server)
    assert server.went_as_written
    assert report.complete
    assert report.queue_id == "4XYZ"
    assert str(report.reply) == "250 2.0.0 Ok: queued as 4XYZ"
    assert report.peer == f"127.0.0.1:{server.port}"
    assert report.failure is None


def test_the_trace_hears_the_whole_conversation(serve: Any, send: Any) -> None:
    server = serve(script(HELLO, MAIL, DATA, LETTER, TAKEN, BYE))
    send(server)
    assert send.trace.lines == [
        *(line.strip() for line in script(HELLO, MAIL, DATA).splitlines()),
        "*: content",
        TAKEN,
        *(line.strip() for line in BYE.strip().splitlines()),
    ]
    assert send.trace.content == b"Subject: hi\r\n\r\nhello\r\n"
    assert send.trace.notes == [f"connected to 127.0.0.1 port {server.port}"]


def test_a_greeting_may_have_many_lines(serve: Any, send: Any) -> None:
    hello = HELLO.replace("S: 220 ", "S: 220-welcome\n S: 220-to\n S: 220 ")
    server = serve(script(hello, MAIL, DATA, LETTER, TAKEN, BYE))
    assert send(server).complete
    assert server.went_as_written


def test_dots_at_line_starts_are_doubled(serve: Any, send: Any, letter: Any) -> None:
    lines = "C: ..\nC: ..x\nC: a.\nC: ."
    server = serve(script(HELLO, MAIL, DATA, lines, TAKEN, BYE))
    assert send(server, letter=letter(b".\r\n.x\r\na.\r\n")).complete
    assert server.went_as_written


def test_the_null_sender_has_an_empty_path(serve: Any, send: Any) -> None:
    mail = MAIL.replace("me@example.com", "")
    server = serve(script(HELLO, mail, DATA, LETTER, TAKEN, BYE))
    assert send(server, sender="").complete


def test_a_server_without_ehlo_is_greeted_with_helo(serve: Any, send: Any) -> None:
    hello = """
        S: 220 mx
        C: EHLO client.example
        S: 502 what
        C: HELO client.example
        S: 250 mx
    """
    server = serve(script(hello, MAIL, DATA, LETTER, TAKEN, BYE))
    assert send(server).complete
    assert server.went_as_written


def test_a_server_that_hangs_up_on_ehlo_is_tried_with_helo(
    serve: Any, send: Any
) -> None:
    server = serve(
        "S: 220 mx\nC: EHLO client.example\n<close>",
        script(HELLO.replace("EHLO", "HELO"), MAIL, DATA, LETTER, TAKEN, BYE),
    )
    assert send(server).complete
    assert server.went_as_written


def test_a_server_that_hangs_up_on_helo_too_is_left(serve: Any, send: Any) -> None:
    server = serve(
        "S: 220 mx\nC: EHLO client.example\n<close>",
        "S: 220 mx\nC: HELO client.example\n<close>",
    )
    with pytest.raises(ConnectionLostError, match="closed the connection"):
        send(server)
    assert server.went_as_written


@pytest.mark.parametrize(
    ("lines", "failure", "status"),
    [
        pytest.param("S: 450 later\n" + BYE, TransientError, 450, id="greeting-4yz"),
        pytest.param("S: 554 no\n" + BYE, RefusedError, 554, id="greeting-5yz"),
        pytest.param("S: 521 never\n" + BYE, RefusedError, 521, id="greeting-521"),
        pytest.param("S: 250 what\n" + BYE, ProtocolError, 250, id="greeting-250"),
        pytest.param("S: 421 busy", ConnectionLostError, 421, id="greeting-421"),
        pytest.param(
            "S: 220 x\nC: EHLO client.example\nS: 421 bye\n<close>",
            ConnectionLostError,
            421,
            id="ehlo-421",
        ),
        pytest.param(
            "S: 220 x\nC: EHLO client.example\nS: 451 later\n" + BYE,
            TransientError,
            451,
            id="ehlo-4yz",
        ),
        pytest.param(
            "S: 220 x\nC: EHLO client.example\nS: 504 no\nC: HELO client.example\n"
            "S: 504 no\n" + BYE,
            RefusedError,
            504,
            id="helo-5yz",
        ),
    ],
)
def test_a_server_that_wants_no_session_says_why(
    serve: Any, send: Any, lines: str, failure: type[Exception], status: int
) -> None:
    server = serve(lines)
    with pytest.raises(failure) as caught:
        send(server)
    assert caught.value.reply.code == status  # type: ignore[attr-defined] # a PymailError
    assert server.went_as_written


@pytest.mark.parametrize(
    ("lines", "failure", "happened"),
    [
        pytest.param("<close>", ConnectionLostError, "closed", id="close"),
        pytest.param("<silence>", TimedOutError, "timed out", id="silence"),
        pytest.param("<drip>", TimedOutError, "timed out", id="drip"),
        pytest.param("<flood>", ProtocolError, "1000 lines", id="flood"),
        pytest.param("S: hello", ProtocolError, "hello", id="nonsense"),
        pytest.param("S> 220 hal\n<close>", ConnectionLostError, "hal", id="half"),
    ],
)
def test_a_server_that_does_not_greet_is_left_soon(
    serve: Any,
    send: Any,
    lines: str,
    failure: type[Exception],
    happened: str,
) -> None:
    server = serve(lines)
    with pytest.raises(failure, match=happened) as caught:
        send(server, timeouts=Timeouts.bounded(0.2))
    assert str(caught.value).startswith(
        f"waiting for the greeting of 127.0.0.1:{server.port}: "
    )


def test_a_server_that_resets_at_once_may_work_later(serve: Any, send: Any) -> None:
    with pytest.raises(TransientError, match="reset"):
        send(serve("<reset>"))


def test_a_silent_server_may_speak_tls(serve: Any, send: Any) -> None:
    with pytest.raises(TimedOutError) as caught:
        send(serve("<silence>"), timeouts=Timeouts.bounded(0.2))
    assert "smtps://" in caught.value.advice


def test_a_closed_port_names_host_and_address(serve: Any, send: Any) -> None:
    server = serve()
    server.stop()
    with pytest.raises(
        ConnectError, match=r"127\.0\.0\.1 connection refused"
    ) as caught:
        send(server)
    assert caught.value.doing == f"connecting to 127.0.0.1:{server.port}"


def test_an_unknown_host_is_named(send: Any, serve: Any) -> None:
    with pytest.raises(HostUnknownError, match="no such host"):
        send(serve(), host="a" * 70 + ".example")


def test_localhost_works_by_name(serve: Any, send: Any) -> None:
    server = serve(script(HELLO, MAIL, DATA, LETTER, TAKEN, BYE))
    assert send(server, host="localhost").complete


def test_every_address_is_tried(serve: Any, send: Any) -> None:
    """A name with an IPv6 and an IPv4 address, of which one listens."""
    server = serve(script(HELLO, MAIL, DATA, LETTER, TAKEN, BYE))
    assert send(server, host="localhost").complete
    server.stop()
    with pytest.raises(ConnectError, match=r"127\.0\.0\.1 connection refused"):
        send(server, host="localhost")


@pytest.mark.parametrize("name", ["my_host", "主机", "two words", "", "a..b"])
def test_a_name_that_is_no_host_name_gives_way_to_the_address(
    serve: Any, send: Any, name: str
) -> None:
    hello = HELLO.replace("client.example", "[127.0.0.1]")
    server = serve(script(hello, MAIL, DATA, LETTER, TAKEN, BYE))
    assert send(server, hello_name=name).complete
    assert server.went_as_written


# Recipients


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
    assert len(server.conversations[0]) == len(server.scripts[0])


def test_too_many_recipients_get_a_second_transaction(serve: Any, send: Any) -> None:
    mail = """
        C: MAIL FROM:<me@example.com>
        S: 250 ok
        C: RCPT TO:<one@example.org>
        S: 250 ok
        C: RCPT TO:<two@example.org>
        S: 452 4.5.3 too many recipients
        C: RCPT TO:<three@example.org>
        S: 452 4.5.3 too many recipients
    """
    rest = """
        C: MAIL FROM:<me@example.com>
        S: 250 ok
        C: RCPT TO:<two@example.org>
        S: 250 ok
        C: RCPT TO:<three@example.org>
        S: 552 too many recipients
    """
    last = rest.replace("C: RCPT TO:<two@example.org>\n        S: 250 ok\n", "")
    last = last.replace("S: 552 too many recipients", "S: 250 ok")
    taken = TAKEN.replace("4XYZ", "5ABC")
    server = serve(
        script(
            *(HELLO, mail, DATA, LETTER, TAKEN),
            *(rest, DATA, LETTER, taken),
            *(last, DATA, LETTER, taken, BYE),
        )
    )
    report = send(server, *THREE)
    assert server.went_as_written
    assert report.complete
    assert report.queue_id == "4XYZ 5ABC"


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


def test_mail_and_rcpt_go_out_together_where_that_is_offered(
    serve: Any, send: Any
) -> None:
    group = """
        C: MAIL FROM:<me@example.com>
        C: RCPT TO:<one@example.org>
        C: RCPT TO:<two@example.org>
        C: RCPT TO:<three@example.org>
        S: 250 ok
        S: 250 ok
        S: 550 5.1.1 no such user
        S: 250 ok
    """
    hello = offering("PIPELINING")
    server = serve(script(hello, group, DATA, LETTER, TAKEN, BYE))
    report = send(server, *THREE)
    assert server.went_as_written
    assert [row.fate for row in report.fates] == [
        Fate.ACCEPTED,
        Fate.REFUSED,
        Fate.ACCEPTED,
    ]


def test_a_refused_sender_in_a_group_speaks_for_the_recipients(
    serve: Any, send: Any
) -> None:
    group = """
        C: MAIL FROM:<me@example.com>
        C: RCPT TO:<a@example.org>
        S: 451 4.7.1 later
        S: 503 5.5.1 no sender
    """
    server = serve(script(offering("PIPELINING"), group, BYE))
    report = send(server)
    assert words(report) == {"a@example.org": "deferred"}
    assert server.went_as_written


def test_groups_are_bounded(serve: Any, send: Any) -> None:
    everybody = [f"user{n}@example.org" for n in range(150)]
    lines = ["C: MAIL FROM:<me@example.com>"]
    lines += [f"C: RCPT TO:<{address}>" for address in everybody[:99]]
    lines += ["S: 250 ok"] * 100
    lines += [f"C: RCPT TO:<{address}>" for address in everybody[99:]]
    lines += ["S: 250 ok"] * 51
    hello = offering("PIPELINING", "SIZE 0")
    lines[0] += " SIZE=22"
    server = serve(script(hello, "\n".join(lines), DATA, LETTER, TAKEN, BYE))
    assert send(server, *everybody).complete
    assert server.went_as_written


def test_an_ignored_extension_is_not_used(serve: Any, send: Any) -> None:
    hello = offering("PIPELINING", "SIZE 1")
    server = serve(script(hello, MAIL, DATA, LETTER, TAKEN, BYE))
    ignored = frozenset({"Pipelining", "size", "dsn"})
    assert send(server, ignored_extensions=ignored).complete
    assert server.went_as_written


# What the server offers


@pytest.mark.parametrize("size", ["SIZE", "SIZE 0", "SIZE lots", "SIZE 5000"])
def test_the_size_is_announced_when_the_server_asks(
    serve: Any, send: Any, size: str
) -> None:
    mail = MAIL.replace("e.com>", "e.com> SIZE=22")
    server = serve(script(offering(size), mail, DATA, LETTER, TAKEN, BYE))
    assert send(server).complete
    assert server.went_as_written


def test_a_message_over_the_limit_is_not_sent(
    serve: Any, send: Any, letter: Any
) -> None:
    server = serve(script(offering("SIZE 1000"), BYE))
    with pytest.raises(MessageTooLargeError, match=r"5000 octets.*1000 \(SIZE\)"):
        send(server, letter=letter(claimed_octets=5000))
    assert server.went_as_written


def test_8bit_text_says_so_where_8bitmime_is_offered(
    serve: Any, send: Any, letter: Any
) -> None:
    mail = MAIL.replace("e.com>", "e.com> BODY=8BITMIME")
    lines = "C: caf\u00e9\nC: ."
    server = serve(script(offering("8bitmime"), mail, DATA, lines, TAKEN, BYE))
    octets = "caf\u00e9\r\n".encode()
    assert send(server, letter=letter(octets, eight_bit=True)).complete
    assert server.went_as_written


def test_8bit_text_is_encoded_where_8bitmime_is_not_offered(
    serve: Any, send: Any, letter: Any
) -> None:
    lines = "C: caf=C3=A9\nC: ."
    server = serve(script(HELLO, MAIL, DATA, lines, TAKEN, BYE))
    text = letter(b"caf\xc3\xa9\r\n", eight_bit=True, converted=b"caf=C3=A9\r\n")
    assert send(server, letter=text).complete
    assert server.went_as_written


def test_8bit_text_that_cannot_be_encoded_goes_as_it_is(
    serve: Any, send: Any, letter: Any
) -> None:
    lines = "C: caf\u00e9\nC: ."
    server = serve(script(HELLO, MAIL, DATA, lines, TAKEN, BYE))
    assert send(server, letter=letter(b"caf\xc3\xa9\r\n", eight_bit=True)).complete
    assert "8BITMIME" in send.trace.notes[-1]


def test_smtputf8_is_used_where_it_is_needed_and_offered(serve: Any, send: Any) -> None:
    mail = """
        C: MAIL FROM:<me@example.com> SMTPUTF8
        S: 250 ok
        C: RCPT TO:<\u00fcser@b\u00fccher.example>
        S: 250 ok
    """
    hello = offering("SMTPUTF8")
    server = serve(script(hello, mail, DATA, LETTER, TAKEN, BYE))
    assert send(server, "\u00fcser@b\u00fccher.example").complete
    assert server.went_as_written


def test_a_domain_goes_in_ascii_where_smtputf8_is_not_offered(
    serve: Any, send: Any
) -> None:
    mail = MAIL.replace("a@example.org", "user@xn--bcher-kva.example")
    server = serve(script(HELLO, mail, DATA, LETTER, TAKEN, BYE))
    report = send(server, "user@b\u00fccher.example")
    assert words(report) == {"user@b\u00fccher.example": "accepted"}
    assert server.went_as_written


def test_a_recipient_who_needs_smtputf8_is_refused_and_the_others_are_not(
    serve: Any, send: Any
) -> None:
    server = serve(script(HELLO, MAIL, DATA, LETTER, TAKEN, BYE))
    report = send(
        server, "\u00fcser@example.org", "a@example.org", "\u00e4@example.org"
    )
    assert server.went_as_written
    assert words(report) == {
        "\u00fcser@example.org": "refused",
        "a@example.org": "accepted",
        "\u00e4@example.org": "refused",
    }
    assert "\u00fcser@example.org: not ASCII" in str(report.failure)


@pytest.mark.parametrize(
    ("how", "failure"),
    [
        pytest.param({"sender": "\u00fc@example.com"}, AddressError, id="sender"),
        pytest.param({"needs_smtputf8": True}, MessageError, id="header"),
        pytest.param({"to": "\u00fc@example.org"}, AddressError, id="recipient"),
    ],
)
def test_what_the_server_cannot_take_ends_before_mail(
    serve: Any, send: Any, letter: Any, how: dict[str, Any], failure: type[Exception]
) -> None:
    server = serve(script(HELLO, BYE))
    with pytest.raises(failure):
        send(
            server,
            how.get("to", "a@example.org"),
            sender=how.get("sender", "me@example.com"),
            letter=letter(needs_smtputf8=how.get("needs_smtputf8", False)),
        )
    assert server.went_as_written


# Content


@pytest.mark.parametrize("line", ["250 what data", "221 bye", "334 more"])
def test_only_354_opens_the_content(serve: Any, send: Any, line: str) -> None:
    server = serve(script(HELLO, MAIL, f"C: DATA\nS: {line}"))
    report = send(server)
    assert words(report) == {"a@example.org": "refused"}
    assert isinstance(report.failure, ProtocolError)
    assert server.went_as_written


def test_a_refusal_of_the_content_is_the_last_word(serve: Any, send: Any) -> None:
    server = serve(script(HELLO, MAIL, DATA, LETTER, "S: 552 5.2.2 mailbox full", BYE))
    report = send(server)
    assert words(report) == {"a@example.org": "refused"}
    assert str(report.reply) == "552 5.2.2 mailbox full"
    assert report.queue_id == ""


@pytest.mark.parametrize(
    ("lines", "happened"),
    [
        pytest.param("<close>", "closed the connection", id="close"),
        pytest.param("<reset>", "reset the connection", id="reset"),
        pytest.param("<silence>", "timed out", id="silence"),
        pytest.param("S: what", "not an SMTP reply", id="nonsense"),
        pytest.param("S: 354 again", "unexpected reply 354", id="more"),
    ],
)
def test_without_a_reply_to_the_final_dot_nobody_knows(
    serve: Any, send: Any, lines: str, happened: str
) -> None:
    server = serve(script(HELLO, MAIL, DATA, LETTER, lines))
    report = send(server, timeouts=Timeouts(final_dot=0.2))
    assert words(report) == {"a@example.org": "unknown"}
    assert isinstance(report.failure, FateUnknownError)
    assert happened in report.failure.happened
    assert "possible duplicate" in report.failure.advice
    assert len(server.conversations) == 1


def test_421_to_the_final_dot_is_known_not_to_be_taken(serve: Any, send: Any) -> None:
    lines = script(HELLO, MAIL, DATA, LETTER, "S: 421 4.3.2 shutting down\n<close>")
    report = send(serve(lines))
    assert words(report) == {"a@example.org": "deferred"}
    assert report.failure.reply.code == 421


def test_unknown_fate_is_only_for_those_the_server_accepted(
    serve: Any, send: Any
) -> None:
    mail = MAIL + (
        "C: RCPT TO:<b@example.org>\nS: 550 no\n"
        "C: RCPT TO:<c@example.org>\nS: 452 4.5.3 too many recipients\n"
    )
    server = serve(script(HELLO, mail, DATA, LETTER, "<close>"))
    report = send(server, "a@example.org", "b@example.org", "c@example.org")
    assert words(report) == {
        "a@example.org": "unknown",
        "b@example.org": "refused",
        "c@example.org": "deferred",
    }


def test_a_large_message_arrives_as_it_is(serve: Any, send: Any, letter: Any) -> None:
    octets = b"0123456789abcdef.\r\n" * 60_000
    server = serve(script(HELLO, MAIL, DATA, "<content>", TAKEN, BYE))
    assert send(server, letter=letter(octets)).complete
    assert server.received == octets + b".\r\n"


@pytest.mark.parametrize(
    ("lines", "fate", "failure"),
    [
        pytest.param("S: 552 5.3.4 too big\n<close>", "refused", None, id="552"),
        pytest.param("S: 451 full\n<silence>", "deferred", None, id="451"),
        pytest.param("S: 421 out\n<close>", "deferred", ConnectionLostError, id="421"),
        pytest.param("S: 250 ok\n<silence>", "refused", ProtocolError, id="250"),
        pytest.param("<close>", "deferred", ConnectionLostError, id="close"),
        pytest.param("<reset>", "deferred", ConnectionLostError, id="reset"),
    ],
)
def test_what_the_server_says_in_mid_content_is_heard(
    serve: Any, send: Any, lines: str, fate: str, failure: type[Exception] | None
) -> None:
    server = serve(script(HELLO, MAIL, DATA, "<some content>", lines))
    report = send(server, letter=send.large)
    assert words(report) == {"a@example.org": fate}
    assert isinstance(report.failure, failure) if failure else not report.failure
    if failure is None:
        assert report.reply is not None
        assert f"S: {report.reply}" == lines.partition("\n")[0]


def test_a_server_that_stops_reading_times_out(
    serve: Any, send: Any, letter: Any
) -> None:
    server = serve(script(HELLO, MAIL, DATA, "<some content>", "<stall>"))
    big = letter(b"0123456789abcde\r\n" * 1_000_000)
    report = send(server, letter=big, timeouts=Timeouts(content=0.2))
    assert isinstance(report.failure, TimedOutError)
    assert words(report) == {"a@example.org": "deferred"}


def test_a_slow_but_steady_reader_gets_its_time(
    serve: Any, send: Any, letter: Any
) -> None:
    """The whole takes longer than the limit, no block does."""
    octets = b"0123456789abcdef\r\n" * 120_000
    server = serve(script(HELLO, MAIL, DATA, "<slow content>", TAKEN, BYE))
    report = send(server, letter=letter(octets), timeouts=Timeouts(content=0.3))
    assert report.complete
    assert server.received == octets + b".\r\n"


@pytest.mark.parametrize(
    "failure", [UnreadableInputError("disk on fire"), OSError("bug"), Interrupted(2)]
)
def test_a_message_that_cannot_be_read_never_gets_its_final_dot(
    serve: Any, send: Any, letter: Any, failure: Exception
) -> None:
    server = serve(script(HELLO, MAIL, DATA, "<rest>"))
    broken = letter(b"half\r\n", failure=failure)
    if isinstance(failure, UnreadableInputError):
        assert send(server, letter=broken).failure is failure
    else:
        with pytest.raises(type(failure)):
            send(server, letter=broken)
    assert server.went_as_written
    assert b"\r\n.\r\n" not in server.received
    assert b"QUIT" not in server.received


# QUIT


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("<close>", id="close"),
        pytest.param("<reset>", id="reset"),
        pytest.param("<silence>", id="silence"),
        pytest.param("S: 554 no", id="refused"),
        pytest.param("S: 421 bye", id="421"),
        pytest.param("S> \\x00\\x00\\x00\\x1a\\x00\\x00\\x00\n<close>", id="zeros"),
        pytest.param("S> \\xff\\xfe what?\\r\\n", id="garbage"),
    ],
)
def test_the_answer_to_quit_changes_nothing(serve: Any, send: Any, answer: str) -> None:
    server = serve(script(HELLO, MAIL, DATA, LETTER, TAKEN, "C: QUIT", answer))
    report = send(server, timeouts=Timeouts(quit=0.2))
    assert report.complete
    assert report.failure is None


def test_a_connection_that_ends_right_after_the_250_is_success(
    serve: Any, send: Any
) -> None:
    server = serve(script(HELLO, MAIL, DATA, LETTER, TAKEN, "<close>"))
    assert send(server).complete


# Out of turn


@pytest.mark.parametrize(
    ("extra", "failure", "happened"),
    [
        pytest.param("S> 250 x\\r\\n250 y\\r\\n", ProtocolError, "before", id="reply"),
        pytest.param("S> 250 x\\r\\n25", ProtocolError, "before", id="part"),
        pytest.param(
            "S> 250 x\\r\\n421 y\\r\\n", ConnectionLostError, "ends", id="421"
        ),
    ],
)
def test_a_server_that_speaks_out_of_turn_is_left(
    serve: Any, send: Any, extra: str, failure: type[Exception], happened: str
) -> None:
    mail = "C: MAIL FROM:<me@example.com>\nS: 250 ok\nC: RCPT TO:<a@example.org>"
    server = serve(script(HELLO, mail, extra))
    report = send(server)
    assert isinstance(report.failure, failure)
    assert happened in str(report.failure)
    assert server.went_as_written
