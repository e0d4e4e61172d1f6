"""The last line of a login in one group with the transaction, told whole.

RFC 4954 §4 with RFC 2920: where the server offers PIPELINING, nothing waits for
the verdict on a login but the content of the message.
"""

from base64 import b64encode
from typing import Any

import pytest

from pymail.errors import (
    AuthenticationError,
    ConnectionLostError,
    MessageTooLargeError,
    PymailError,
    TimedOutError,
)
from pymail.settings.server_models import Login, Timeouts
from pymail.transport import transaction


def coded(text: str) -> str:
    return b64encode(text.encode()).decode()


PLAIN = "C: AUTH PLAIN " + coded("\0joe\0s3cret")
LOGIN = f"""
    C: AUTH LOGIN {coded("joe")}
    S: 334 {coded("Password:")}
    C: {coded("s3cret")}
"""
BYE = "C: QUIT\nS: 221 bye"
MAIL = "C: MAIL FROM:<me@example.com>"
RCPT = "C: RCPT TO:<a@example.org>"
GROUP = f"{MAIL}\n{RCPT}\nC: DATA"
CONTENT = f"""
    <content>
    {BYE.splitlines()[0]}
    S: 250 ok queued as 7
    S: 221 bye
"""
STEPS = f"""
    S: 235 ok
    {MAIL}
    {RCPT}
    C: DATA
    S: 250 ok
    S: 250 ok
    S: 354 go on
    {CONTENT}
"""


def hello(*extensions: str) -> str:
    offer = extensions or ("PIPELINING", "AUTH PLAIN LOGIN CRAM-MD5 XOAUTH2 EXTERNAL")
    lines = ["S: 220 mx", "C: EHLO client.example", "S: 250-mx"]
    lines += [f"S: 250-{each}" for each in offer]
    return "\n".join([*lines, "S: 250 HELP", ""])


def joe(mechanism: str = "") -> Login:
    return Login(user="joe", mechanism=mechanism)


@pytest.mark.parametrize(
    ("mechanism", "exchange"),
    [
        pytest.param("plain", PLAIN, id="plain"),
        pytest.param("login", LOGIN, id="login"),
        pytest.param("external", f"C: AUTH EXTERNAL {coded('joe')}", id="external"),
    ],
)
def test_nothing_waits_for_the_verdict_but_the_content(
    serve: Any, send: Any, mechanism: str, exchange: str
) -> None:
    script = f"{hello()}{exchange}\n{GROUP}\nS: 235 ok\nS: 250 ok\nS: 250 ok\nS: 354 go"
    server = serve(f"{script}\n{CONTENT}")
    report = send(server, login=joe(mechanism))
    assert server.went_as_written
    assert report.complete
    assert report.queue_id == "7"
    assert "s3cret" not in repr(vars(send.trace))
    assert coded("s3cret") not in repr(vars(send.trace))


def test_the_trace_has_the_lines_in_the_order_of_the_line(
    serve: Any, send: Any
) -> None:
    script = f"{hello()}{PLAIN}\n{GROUP}\nS: 235 ok\nS: 250 ok\nS: 250 ok\nS: 354 go"
    send(serve(f"{script}\n{CONTENT}"), login=joe())
    at = send.trace.lines.index("C: AUTH PLAIN «secret»")
    assert send.trace.lines[at : at + 5] == [
        "C: AUTH PLAIN «secret»",
        "C: MAIL FROM:<me@example.com>",
        "C: RCPT TO:<a@example.org>",
        "C: DATA",
        "S: 235 ok",
    ]


def test_a_token_waits_for_its_verdict(serve: Any, send: Any) -> None:
    """Because a refusal would ask for an answer first (RFC 7628 §3.2.3)."""
    exchange = "C: AUTH XOAUTH2 " + coded("user=joe\x01auth=Bearer s3cret\x01\x01")
    server = serve(f"{hello()}{exchange}\n{STEPS}")
    assert send(server, login=joe("xoauth2")).complete
    assert server.went_as_written


@pytest.mark.parametrize("settings", [{}, {"ignored_extensions": {"CHUNKING"}}])
def test_a_server_that_may_do_things_twice_is_asked_step_by_step(
    serve: Any, send: Any, settings: Any
) -> None:
    """Dovecot 2.3.13, where MAIL, RCPT and DATA were the first lines of the letter."""
    offer = hello("PIPELINING", "CHUNKING", "AUTH PLAIN")
    server = serve(f"{offer}{PLAIN}\n{STEPS}")
    assert send(server, login=joe(), **settings).complete
    assert server.went_as_written


def test_a_server_that_wants_no_groups_gets_none(serve: Any, send: Any) -> None:
    offer = hello("AUTH PLAIN")
    steps = f"""
        S: 235 ok
        {MAIL}
        S: 250 ok
        {RCPT}
        S: 250 ok
        C: DATA
        S: 354 go on
        <content>
        S: 250 ok
        {BYE}
    """
    server = serve(f"{offer}{PLAIN}\n{steps}")
    assert send(server, login=joe()).complete
    assert server.went_as_written


@pytest.mark.parametrize("line", ["535 5.7.8 wrong", "454 4.7.0 later", "535 5.5.1 x"])
@pytest.mark.parametrize(
    "rest",
    [
        pytest.param("530 first log in\\r\\n530 no\\r\\n530 no", id="strict-server"),
        pytest.param("250 ok\\r\\n250 ok\\r\\n354 go on", id="generous-server"),
    ],
)
def test_a_refused_login_sends_nothing_and_is_tried_once(
    serve: Any, send: Any, line: str, rest: str
) -> None:
    replies = f"S> {line}\\r\\n{rest}\\r\\n"
    server = serve(f"{hello()}{PLAIN}\n{GROUP}\n{replies}")
    with pytest.raises(AuthenticationError) as caught:
        send(server, login=joe())
    assert server.went_as_written
    assert str(caught.value.reply) == line
    assert caught.value.doing == f"logging in to 127.0.0.1:{server.port}"
    assert send.asked == ["joe@127.0.0.1"]


def test_421_to_a_login_is_the_answer(serve: Any, send: Any) -> None:
    server = serve(f"{hello()}{PLAIN}\n{GROUP}\nS: 421 4.3.2 shutting down\n<close>")
    with pytest.raises(ConnectionLostError) as caught:
        send(server, login=joe())
    assert str(caught.value.reply) == "421 4.3.2 shutting down"


@pytest.mark.parametrize(
    "first",
    [
        pytest.param("S: 334\n<rest>", id="asks-again"),
        pytest.param("S: 500 5.5.1 Pipelining not supported\n<close>", id="opensmtpd"),
        pytest.param("S: 503 5.5.1 not now\n<rest>", id="login-out-of-step"),
        pytest.param("<close>", id="hangs-up-at-the-login"),
        pytest.param("S: 235 ok\n<close>", id="hangs-up-behind-it"),
        pytest.param("S: 235 ok\nS: 503 5.5.1 what?\n<rest>", id="bad-sequence"),
        pytest.param("S: 235 ok\nS: 530 5.7.0 log in\n<rest>", id="too-early"),
        pytest.param(
            "S: 235 ok\nS: 554 5.5.0 Error: SMTP protocol synchronization\n<rest>",
            id="postfix",
        ),
        pytest.param(
            "S: 554 SMTP synchronization error\n<close>", id="exim-before-the-verdict"
        ),
        pytest.param("S: 235 ok\n<rest>", id="swallows-it"),
    ],
)
def test_a_server_that_minds_gets_one_command_after_the_other(
    serve: Any, send: Any, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    monkeypatch.setattr(transaction, "BEHIND_LOGIN_SECONDS", 0.2)
    group = f"{hello()}{PLAIN}\n{GROUP}\n{first}"
    server = serve(group, f"{hello()}{PLAIN}\n{STEPS}")
    report = send(server, login=joe())
    assert report.complete
    assert server.went_as_written
    assert any("starting over" in note for note in send.trace.notes)


def test_what_goes_wrong_twice_is_said(serve: Any, send: Any) -> None:
    closing = f"{hello()}{PLAIN}\nS: 235 ok\n{GROUP}\n<close>"
    server = serve(f"{hello()}{PLAIN}\n{GROUP}\nS: 235 ok\n<close>", closing)
    report = send(server, login=joe())
    assert isinstance(report.failure, ConnectionLostError)
    assert [row.fate.value for row in report.fates] == ["deferred"]


def test_a_login_without_a_verdict_times_out(serve: Any, send: Any) -> None:
    silent = f"{hello()}{PLAIN}\n<silence>"
    server = serve(f"{hello()}{PLAIN}\n{GROUP}\n<silence>", silent)
    with pytest.raises(TimedOutError):
        send(server, login=joe(), timeouts=Timeouts(command=0.2))


@pytest.mark.parametrize(
    ("line", "words"), [("250 ok", "unexpected reply 250 ok"), ("hello", "hello")]
)
def test_nonsense_for_a_verdict_is_not_tried_again(
    serve: Any, send: Any, line: str, words: str
) -> None:
    server = serve(f"{hello()}{PLAIN}\n{GROUP}\nS: {line}\n<rest>")
    with pytest.raises(PymailError, match=words):
        send(server, login=joe())
    assert server.went_as_written


def test_a_message_that_cannot_go_is_no_reason_to_log_in(
    serve: Any, send: Any, letter: Any
) -> None:
    server = serve(f"{hello('PIPELINING', 'SIZE 10', 'AUTH PLAIN')}<rest>")
    with pytest.raises(MessageTooLargeError):
        send(server, login=joe(), letter=letter(octets=b"x" * 98 + b"\r\n"))
    assert server.went_as_written
    assert server.received == b""
