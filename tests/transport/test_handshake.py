"""Transcripts from the connection to a session."""

from typing import Any

import pytest

from pymail.errors import (
    AuthenticationError,
    ConnectError,
    ConnectionLostError,
    ProtocolError,
    RefusedError,
    TimedOutError,
    TransientError,
)
from pymail.report.explain import explain, explain_failure
from pymail.secret import Secret
from pymail.settings.server_models import Login, SmtpServer, Timeouts
from pymail.transport.handshake import verify_login, verify_server
from tests.transport.transcripts import BYE, DATA, HELLO, LETTER, MAIL, TAKEN, script


def test_accepted_message_has_a_queue_id(serve: Any, send: Any) -> None:
    server = serve(script(HELLO, MAIL, DATA, LETTER, TAKEN, BYE))
    report = send(server)
    assert server.went_as_written
    assert report.complete
    assert report.queue_id == "4XYZ"
    assert str(report.reply) == "250 2.0.0 Ok: queued as 4XYZ"
    assert report.peer == f"127.0.0.1:{server.port}"
    assert report.failure is None


def test_trace_receives_the_whole_session(serve: Any, send: Any) -> None:
    server = serve(script(HELLO, MAIL, DATA, LETTER, TAKEN, BYE))
    send(server, timeouts=Timeouts(quit=5))
    assert send.trace.lines == [
        *(line.strip() for line in script(HELLO, MAIL, DATA).splitlines()),
        "*: content",
        TAKEN,
        *(line.strip() for line in BYE.strip().splitlines()),
    ]
    assert send.trace.content == b"Subject: hi\r\n\r\nhello\r\n"
    assert send.trace.notes == [f"connected to 127.0.0.1 port {server.port}"]


MANY_LINES = HELLO.replace("S: 220 ", "S: 220-welcome\n S: 220-to\n S: 220 ")
NO_SENDER = MAIL.replace("me@example.com", "")
DOTS = "C: ..\nC: ..x\nC: a.\nC: ."
EHLO = "S: 220 mx\nC: EHLO client.example\n"
HELO = "C: HELO client.example\nS: 250 mx\n"
BY_ADDRESS = HELLO.replace("client.example", "[127.0.0.1]")
END = (DATA, LETTER, TAKEN, BYE)
ONLY_HELO = script(f"S: 220 mx\n{HELO}", MAIL, *END)

# the scripts of the server, and the settings of the message
# fmt: off
OPENS: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "greeting-of-many-lines": ((script(MANY_LINES, MAIL, *END),), {}),
    "null-sender": ((script(HELLO, NO_SENDER, *END),), {"sender": ""}),
    "localhost-by-name": ((script(HELLO, MAIL, *END),), {"host": "localhost"}),
    "ehlo-is-unknown": ((script(f"{EHLO}S: 502 what\n{HELO}", MAIL, *END),), {}),
    "hangs-up-on-ehlo": ((f"{EHLO}<close>", ONLY_HELO), {}),
    **{
        f"hello-name-{name}": ((script(BY_ADDRESS, MAIL, *END),), {"hello_name": name})
        for name in ("my_host", "主机", "two words", "", "a..b")
    },
}
# fmt: on


@pytest.mark.parametrize("case", OPENS)
def test_session_is_opened_with_the_greeting_that_the_server_accepts(
    serve: Any, send: Any, case: str
) -> None:
    scripts, how = OPENS[case]
    server = serve(*scripts)
    assert send(server, **how).complete
    assert server.went_as_written


def test_dots_at_line_starts_are_doubled(serve: Any, send: Any, letter: Any) -> None:
    server = serve(script(HELLO, MAIL, DATA, DOTS, TAKEN, BYE))
    assert send(server, letter=letter(b".\r\n.x\r\na.\r\n")).complete
    assert server.went_as_written


def test_refusal_of_ehlo_is_kept_if_the_server_hangs_up_after_it(
    serve: Any, send: Any
) -> None:
    lines = "S: 220 mx\nC: EHLO client.example\nS: 501 invalid name\n<close>"
    server = serve(lines)
    with pytest.raises(RefusedError, match="refuses the session") as caught:
        send(server)
    assert str(caught.value.reply) == "501 invalid name"
    assert "hostname" in explain_failure(caught.value).next_step


def test_reply_names_the_command_that_it_answers(serve: Any, send: Any) -> None:
    mail = MAIL.replace("S: 250 2.1.5 ok", "S: 550 5.1.1 no")
    server = serve(script(HELLO, mail, "C: RSET\nS: 250 ok", BYE))
    (row,) = send(server).fates
    assert row.reply is not None
    assert row.reply.answers == "RCPT TO:<a@example.org>"
    assert (row.reply.step, row.reply.logged_in, row.reply.in_tls) == (
        *("RCPT", False),
        False,
    )


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param("C: DATA\nS: 554 5.7.1 spam", id="to-the-command"),
        pytest.param(f"{DATA}C: Subject: hi\nS: 554 5.7.1 spam\n<rest>", id="within"),
        pytest.param(f"{DATA}{LETTER}S: 554 5.7.1 spam", id="to-the-final-dot"),
    ],
)
def test_refused_message_has_the_same_explanation_at_every_step(
    serve: Any, send: Any, refusal: str
) -> None:
    (row,) = send(serve(script(HELLO, MAIL, refusal, "<rest>"))).fates
    assert row.reply is not None
    assert "spam" in explain(row.reply).meaning


def test_hanging_up_on_ehlo_and_helo_is_a_lost_connection(
    serve: Any, send: Any
) -> None:
    server = serve(
        "S: 220 mx\nC: EHLO client.example\n<close>",
        "S: 220 mx\nC: HELO client.example\n<close>",
    )
    with pytest.raises(ConnectionLostError, match="closed the connection"):
        send(server)
    assert server.went_as_written


def test_helo_is_not_tried_with_a_login(serve: Any, send: Any) -> None:
    server = serve(f"{EHLO}S: 502 what\n{BYE}")
    with pytest.raises(RefusedError, match="502 what"):
        send(server, login=Login(user="me"))
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
def test_refused_session_has_the_reply_of_the_server(
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
def test_missing_or_invalid_greeting_ends_the_session(
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


def test_connection_reset_before_the_greeting_is_transient(
    serve: Any, send: Any
) -> None:
    with pytest.raises(TransientError, match="reset"):
        send(serve("<reset>"))


def test_refused_connection_names_host_and_address(serve: Any, send: Any) -> None:
    server = serve()
    server.stop()
    with pytest.raises(
        ConnectError, match=r"127\.0\.0\.1 connection refused"
    ) as caught:
        send(server)
    assert caught.value.doing == f"connecting to 127.0.0.1:{server.port}"


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
def test_reply_before_a_command_ends_the_session(
    serve: Any, send: Any, extra: str, failure: type[Exception], happened: str
) -> None:
    mail = "C: MAIL FROM:<me@example.com>\nS: 250 ok\nC: RCPT TO:<a@example.org>"
    server = serve(script(HELLO, mail, extra))
    report = send(server)
    assert isinstance(report.failure, failure)
    assert happened in str(report.failure)
    assert server.went_as_written


# Without a message

LOGIN = """
    S: 220 hi
    C: EHLO client.example
    S: 250-hi
    S: 250-PIPELINING
    S: 250 AUTH PLAIN
    C: AUTH PLAIN AG1lAHMzY3JldA==
    S: {verdict}
    C: QUIT
"""


def at(port: int) -> SmtpServer:
    return SmtpServer(
        host="127.0.0.1",
        port=port,
        hello_name="client.example",
        login=Login(user="me"),
        timeouts=Timeouts.bounded(10),
    )


def secret(login: Login, host: str) -> Secret:  # noqa: ARG001 - as it is asked
    return Secret("s3cret")


def test_verified_login_ends_with_quit(serve: Any, trace: Any) -> None:
    server = serve(LOGIN.format(verdict="235 ok"))
    verify_login(at(server.port), secret, trace)
    assert server.went_as_written


def test_refused_verification_has_the_reply(serve: Any, trace: Any) -> None:
    server = serve(LOGIN.format(verdict="535 no"))
    with pytest.raises(AuthenticationError) as caught:
        verify_login(at(server.port), secret, trace)
    assert caught.value.reply is not None
    assert caught.value.reply.code == 535
    assert server.went_as_written


def test_server_is_verified_without_a_login(serve: Any, trace: Any) -> None:
    server = serve("S: 220 hi\nC: EHLO client.example\nS: 250 hi\nC: QUIT")
    verify_server(at(server.port), trace, 5)
    assert server.went_as_written


def test_every_wait_is_lowered_and_none_raised() -> None:
    waits = Timeouts(quit=2).at_most(60)
    assert (waits.connect, waits.greeting, waits.final_dot) == (30, 60, 60)
    assert waits.quit == 2
