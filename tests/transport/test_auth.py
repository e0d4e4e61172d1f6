"""Transcripts of AUTH: the server gets the secret, the trace does not."""

import hmac
from typing import Any

import pytest

from pymail.errors import (
    AuthenticationError,
    ConnectionLostError,
    ProtocolError,
    PymailError,
    TimedOutError,
)
from pymail.sasl.mechanisms import Mechanism
from pymail.settings.server_models import Login, Timeouts
from pymail.transport.auth import ROUNDS, exchange
from pymail.transport.handshake import no_secret
from tests.transport.transcripts import BYE, REST, coded


def hello(mechanisms: str = "AUTH PLAIN LOGIN CRAM-MD5 XOAUTH2 EXTERNAL") -> str:
    return f"S: 220 mx\nC: EHLO client.example\nS: 250-mx\nS: 250 {mechanisms}\n"


PLAIN = "C: AUTH PLAIN " + coded("\0joe\0s3cret")
LOGIN = f"""
    C: AUTH LOGIN {coded("joe")}
    S: 334 {coded("Password:")}
    C: {coded("s3cret")}
"""
DIGEST = hmac.new(b"s3cret", b"<1@mx>", "md5").hexdigest()
TOO_EARLY = f"""
    C: AUTH LOGIN {coded("joe")}
    S: %d 5.5.4 no initial response, please
    C: AUTH LOGIN
    S: 334 {coded("Username:")}
    C: {coded("joe")}
    S: 334 {coded("Password:")}
    C: {coded("s3cret")}
"""
IN_WORDS = f"""
    C: AUTH LOGIN {coded("joe")}
    S: 334 Username:
    C: {coded("joe")}
    S: 334 Password:
    C: {coded("s3cret")}
"""
LONG, FOREIGN = "t" * 10_000, "pässwörd✓"

# smtp-auth, the exchange, and the password
LOGINS: dict[str, tuple[str, str, str]] = {
    "plain-by-default": ("", PLAIN, "s3cret"),
    "plain": ("plain", PLAIN, "s3cret"),
    "plain-too-long-for-one-line": (
        "plain",
        f"C: AUTH PLAIN\nS: 334\nC: {coded(chr(0) + 'joe' + chr(0) + LONG)}",
        LONG,
    ),
    "plain-in-utf-8": (
        "",
        f"C: AUTH PLAIN {coded(chr(0) + 'joe' + chr(0) + FOREIGN)}",
        FOREIGN,
    ),
    "login": ("login", LOGIN, "s3cret"),
    "login-500": ("login", TOO_EARLY % 500, "s3cret"),
    "login-501": ("login", TOO_EARLY % 501, "s3cret"),
    "login-502": ("login", TOO_EARLY % 502, "s3cret"),
    "login-504": ("login", TOO_EARLY % 504, "s3cret"),
    "login-prompts-without-base64": ("login", IN_WORDS, "s3cret"),
    "cram-md5": (
        "cram-md5",
        f"C: AUTH CRAM-MD5\nS: 334 {coded('<1@mx>')}\nC: {coded(f'joe {DIGEST}')}",
        "s3cret",
    ),
    "xoauth2": (
        "xoauth2",
        "C: AUTH XOAUTH2 " + coded("user=joe\x01auth=Bearer s3cret\x01\x01"),
        "s3cret",
    ),
    "external": ("external", f"C: AUTH EXTERNAL {coded('joe')}", ""),
    "external-without-identity": ("externanon", "C: AUTH EXTERNAL =", ""),
}


def joe(mechanism: str = "") -> Login:
    return Login(user="joe", mechanism=mechanism)


@pytest.mark.parametrize("case", LOGINS)
def test_one_mechanism_logs_in(serve: Any, send: Any, case: str) -> None:
    mechanism, lines, send.password = LOGINS[case]
    server = serve(f"{hello()}{lines}\nS: 235 2.7.0 welcome\n{REST}")
    assert send(server, login=joe(mechanism)).complete
    assert server.went_as_written
    assert send.asked == ([] if "external" in case else ["joe@127.0.0.1"])
    shown = repr(vars(send.trace))
    assert "«secret»" in shown
    for secret in filter(None, (send.password, f"\0joe\0{send.password}")):
        assert secret not in shown
        assert coded(secret) not in shown


@pytest.mark.parametrize(
    ("octets", "lines"),
    [
        pytest.param(9204, "C: AUTH EXTERNAL {}", id="fits"),  # 12288 with its CRLF
        pytest.param(9205, "C: AUTH EXTERNAL\nS: 334\nC: {}", id="too-long"),
    ],
)
def test_initial_response_is_sent_only_if_it_fits_a_line(
    serve: Any, send: Any, octets: int, lines: str
) -> None:
    user = "j" * octets
    response = lines.format(coded(user))
    server = serve(f"{hello()}{response}\nS: 235 2.7.0 welcome\n{REST}")
    assert send(server, login=Login(user=user, mechanism="external")).complete
    assert server.went_as_written


def test_auth_with_an_equals_sign_is_understood(serve: Any, send: Any) -> None:
    server = serve(f"{hello('AUTH=PLAIN')}{PLAIN}\nS: 235 ok\n{REST}")
    assert send(server, login=joe()).complete


@pytest.mark.parametrize(
    ("line", "transient"),
    [
        pytest.param("535 5.7.8 wrong", False, id="535"),
        pytest.param("454 4.7.0 later", True, id="454"),
        pytest.param("503 5.5.1 not now", False, id="503"),
        pytest.param("526 Authentication failure[0]", False, id="526"),
        pytest.param("501 5.5.2 no", False, id="501-to-a-password"),
    ],
)
def test_a_refused_login_is_tried_once(
    serve: Any, send: Any, line: str, transient: bool
) -> None:
    server = serve(f"{hello()}{PLAIN}\nS: {line}\n{BYE}")
    with pytest.raises(AuthenticationError) as caught:
        send(server, login=joe())
    assert server.went_as_written
    assert str(caught.value.reply) == line
    assert caught.value.transient is transient
    assert caught.value.doing == f"logging in to 127.0.0.1:{server.port}"


BARE, MORE = "!!!not*base64!!", coded("more")

# the session after the greeting, smtp-auth, and the failure
# fmt: off
FAILS: dict[str, tuple[str, str, type[PymailError], str]] = {
    "250-is-no-login": (f"{hello()}{PLAIN}\nS: 250 ok\n{BYE}", "", ProtocolError, "unexpected"),
    "354-is-no-login": (f"{hello()}{PLAIN}\nS: 354 go on\n{BYE}", "", ProtocolError, "unexpected"),
    "no-auth-at-all": (hello("8BITMIME"), "", AuthenticationError, "offers no"),
    "not-offered": (hello("AUTH LOGIN"), "plain", AuthenticationError, "LOGIN"),
    "challenge-without-base64": (
        f"{hello()}C: AUTH CRAM-MD5\nS: 334 {BARE}\nC: *\nS: 501 5.5.2 no\n{BYE}",
        "cram-md5", ProtocolError, "not base64",
    ),
    "one-challenge-too-many": (
        f"{hello()}{PLAIN}\nS: 334 {MORE}\nC: *\nS: 501 5.5.2 no\n{BYE}",
        "plain", ProtocolError, "PLAIN",
    ),
}
# fmt: on


@pytest.mark.parametrize("case", FAILS)
def test_invalid_login_exchange_ends_the_session(
    serve: Any, send: Any, case: str
) -> None:
    lines, mechanism, kind, words = FAILS[case]
    server = serve(lines)
    with pytest.raises(kind, match=words):
        send(server, login=joe(mechanism))
    assert server.went_as_written
    assert bool(send.asked) is (kind is ProtocolError)


def test_auth_is_not_sent_without_a_secret(serve: Any, send: Any) -> None:
    def ask(login: Login, host: str) -> Any:
        raise AuthenticationError(f"no password for {login.user}@{host}")

    send.ask = ask
    server = serve(hello())
    with pytest.raises(AuthenticationError, match="no password for joe"):
        send(server, login=joe())
    assert server.went_as_written


def test_session_without_a_login_refuses_to_find_a_secret() -> None:
    with pytest.raises(AuthenticationError, match="no secret of joe at mx"):
        no_secret(joe(), "mx")


class Patient(Mechanism):
    """A mechanism that answers every challenge."""

    name = "XPATIENT"

    def start(self) -> None:
        return None

    def next(self, challenge: bytes) -> bytes:
        return challenge


def test_session_ends_after_too_many_challenges(serve: Any, connect: Any) -> None:
    rounds = f"S: 334 {coded('again')}\nC: {coded('again')}\n" * ROUNDS
    cancelled = f"S: 334 {coded('again')}\nC: *\nS: 501 no\n{BYE}"
    server = serve(f"C: AUTH XPATIENT\n{rounds}{cancelled}")
    with pytest.raises(ProtocolError, match="too many challenges"):
        exchange(connect(server), Patient(), b"joe")
    assert server.went_as_written


def test_refusal_of_a_token_in_a_challenge_is_acknowledged(
    serve: Any, send: Any
) -> None:
    """XOAUTH2 explains the refusal in a challenge, and expects an empty answer."""
    lines = "C: AUTH XOAUTH2 " + coded("user=joe\x01auth=Bearer s3cret\x01\x01")
    lines += f"\nS: 334 {coded('{}')}\nC:\nS: 535 5.7.8 no\n{BYE}"
    server = serve(hello() + lines)
    with pytest.raises(AuthenticationError):
        send(server, login=joe("xoauth2"))
    assert server.went_as_written


def test_421_at_the_login_keeps_the_reply(serve: Any, send: Any) -> None:
    server = serve(f"{hello()}{PLAIN}\nS: 421 4.3.2 shutting down\n<close>")
    with pytest.raises(ConnectionLostError) as caught:
        send(server, login=joe())
    assert str(caught.value.reply) == "421 4.3.2 shutting down"


def test_login_without_a_reply_times_out(serve: Any, send: Any) -> None:
    server = serve(f"{hello()}{PLAIN}\n<silence>")
    with pytest.raises(TimedOutError):
        send(server, login=joe(), timeouts=Timeouts(command=0.2))


@pytest.mark.parametrize(
    "echo", ["s3cret", coded("s3cret"), coded("\0joe\0s3cret")], ids=len
)
def test_a_secret_that_the_server_repeats_is_not_shown(
    serve: Any, send: Any, echo: str
) -> None:
    server = serve(f"{hello()}{PLAIN}\nS: 535 not {echo}\n{BYE}")
    with pytest.raises(AuthenticationError) as caught:
        send(server, login=joe())
    assert str(caught.value.reply) == "535 not <secret>"
    assert echo not in repr(send.trace.lines)


def test_user_name_is_not_masked(serve: Any, send: Any) -> None:
    server = serve(f"{hello()}{LOGIN}\nS: 535 joe {coded('joe')}\n{BYE}")
    with pytest.raises(AuthenticationError) as caught:
        send(server, login=joe("login"))
    assert str(caught.value.reply) == f"535 joe {coded('joe')}"
    assert "C: AUTH LOGIN «secret»" in send.trace.lines
    assert "C: «secret»" in send.trace.lines
