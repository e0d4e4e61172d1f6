"""A server is tried without a message."""

from collections.abc import Callable
from typing import Any

import pytest

from pymail.errors import AuthenticationError
from pymail.secret import Secret
from pymail.settings.server_models import Login, SmtpServer, Timeouts
from pymail.transport import handshake

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


def test_login_is_tried_and_the_session_ended(
    serve: Callable[..., Any], heard: Any
) -> None:
    server = serve(LOGIN.format(verdict="235 ok"))
    handshake.verify_login(at(server.port), secret, heard)
    assert server.went_as_written


def test_refused_login_is_told_with_the_reply(
    serve: Callable[..., Any], heard: Any
) -> None:
    server = serve(LOGIN.format(verdict="535 no"))
    with pytest.raises(AuthenticationError) as caught:
        handshake.verify_login(at(server.port), secret, heard)
    assert caught.value.reply is not None
    assert caught.value.reply.code == 535
    assert server.went_as_written


def test_server_is_reached_without_a_login(
    serve: Callable[..., Any], heard: Any
) -> None:
    server = serve("S: 220 hi\nC: EHLO client.example\nS: 250 hi\nC: QUIT")
    handshake.verify_server(at(server.port), heard, 5)
    assert server.went_as_written


def test_every_wait_is_lowered_and_none_raised() -> None:
    waits = Timeouts(quit=2).at_most(60)
    assert (waits.connect, waits.greeting, waits.final_dot) == (30, 60, 60)
    assert waits.quit == 2
