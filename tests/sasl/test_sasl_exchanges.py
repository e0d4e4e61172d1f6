"""The messages of each mechanism, octet for octet."""

import pytest

from pymail.errors import AuthenticationError, ProtocolError
from pymail.sasl.choose import create
from pymail.sasl.mechanisms import Mechanism
from pymail.secret import Secret

Exchange = tuple[Mechanism, bytes | None, list[tuple[bytes, bytes]]]


PASSWORD = "tanstaaftanstaaf"
TOKEN = "vF9dft4q"


def made(name: str, user: str = "tim", secret: str = PASSWORD) -> Mechanism:
    return create(name, user, Secret(secret), "server.example.com", 587)


REFUSAL = b'{"status":"invalid_token","scope":"mail"}'
EXCHANGES: dict[str, Exchange] = {
    # RFC 4616 §4
    "plain": (made("plain"), b"\0tim\0tanstaaftanstaaf", []),
    "plain-utf8": (made("plain", "用户", "пароль"), "\0用户\0пароль".encode(), []),
    "plain-raw-octets": (made("plain", "u", "caf\udce9"), b"\0u\0caf\xe9", []),
    "plain-empty": (made("plain", "", ""), b"\0\0", []),
    "login": (made("login"), b"tim", [(b"Password:", b"tanstaaftanstaaf")]),
    "login-without-prompts": (made("login"), b"tim", [(b"", b"tanstaaftanstaaf")]),
    "login-asks-for-the-user": (
        made("login"),
        b"tim",
        [(b"Username:", b"tim"), (b"Password:", b"tanstaaftanstaaf")],
    ),
    "login-with-odd-prompts": (
        made("login", "用户", "пароль"),
        "用户".encode(),
        [(b"User Name\0", "用户".encode()), (b"User Name\0", "пароль".encode())],
    ),
    # RFC 2195 §2
    "cram-md5": (
        made("cram-md5"),
        None,
        [
            (
                b"<1896.697170952@postoffice.reston.mci.net>",
                b"tim b913a602c7eda7a495b4e6e7334d3890",
            )
        ],
    ),
    "external": (made("externanon"), b"", []),
    "external-as": (made("external", "用户"), "用户".encode(), []),
    "xoauth2": (
        made("xoauth2", "u@example.com", TOKEN),
        b"user=u@example.com\x01auth=Bearer vF9dft4q\x01\x01",
        [],
    ),
    "xoauth2-refused": (
        made("xoauth2", "u", "t"),
        b"user=u\x01auth=Bearer t\x01\x01",
        [(REFUSAL, b"")],
    ),
    # RFC 7628 §4.1 and §4.3
    "oauthbearer": (
        made("oauthbearer", "user@example.com", TOKEN),
        (
            b"n,a=user@example.com,\x01host=server.example.com\x01port=587"
            b"\x01auth=Bearer vF9dft4q\x01\x01"
        ),
        [(REFUSAL, b"\x01")],
    ),
    "oauthbearer-escapes": (
        made("oauthbearer", "a=b,c", "t"),
        (
            b"n,a=a=3Db=2Cc,\x01host=server.example.com\x01port=587"
            b"\x01auth=Bearer t\x01\x01"
        ),
        [],
    ),
    "oauthbearer-without-user": (
        made("oauthbearer", "", "t"),
        b"n,,\x01host=server.example.com\x01port=587\x01auth=Bearer t\x01\x01",
        [],
    ),
}


@pytest.mark.parametrize("exchange", EXCHANGES, ids=EXCHANGES)
def test_exchange_follows_its_specification(exchange: str) -> None:
    mechanism, initial_response, steps = EXCHANGES[exchange]
    assert exchange.upper().startswith(mechanism.name)
    assert mechanism.start() == initial_response
    for challenge, answer in steps:
        assert mechanism.next(challenge) == answer


FINISHED: dict[str, tuple[Mechanism, list[bytes]]] = {
    "plain": (made("plain"), []),
    "login": (made("login"), [b"Username:", b"Password:"]),
    "cram-md5": (made("cram-md5"), [b"<1@example.com>"]),
    "external": (made("external"), []),
    "xoauth2": (made("xoauth2"), [REFUSAL]),
    "oauthbearer": (made("oauthbearer"), [REFUSAL]),
}


@pytest.mark.parametrize("exchange", FINISHED, ids=FINISHED)
def test_extra_challenge_is_not_answered(exchange: str) -> None:
    mechanism, challenges = FINISHED[exchange]
    mechanism.start()
    for challenge in challenges:
        mechanism.next(challenge)
    with pytest.raises(ProtocolError, match=f"more than {mechanism.name} has"):
        mechanism.next(b"more")


def test_empty_challenge_is_an_error_in_cram_md5() -> None:
    with pytest.raises(ProtocolError):
        made("cram-md5").next(b"")


WITH_SECRET = ["plain", "login", "cram-md5", "xoauth2", "oauthbearer"]


def answers(mechanism: Mechanism) -> None:
    if mechanism.start() is None or mechanism.name == "LOGIN":
        mechanism.next(b"more")


@pytest.mark.parametrize("name", WITH_SECRET)
@pytest.mark.parametrize(
    ("user", "secret", "complaint"),
    [
        ("a\0b", "s3cret", "the user name contains a NUL"),
        ("a", "s3cret\0", "contains a NUL"),
        ("\ud800", "s3cret", "the user name is not text"),
        ("a", "s3cret\ud800", "is not text"),
    ],
    ids=["nul-in-user", "nul-in-secret", "user-not-text", "secret-not-text"],
)
def test_nul_and_lone_surrogates_are_refused(
    name: str, user: str, secret: str, complaint: str
) -> None:
    with pytest.raises(AuthenticationError) as refusal:
        answers(made(name, user, secret))
    assert complaint in str(refusal.value)
    assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize("name", ["xoauth2", "oauthbearer"])
def test_separator_in_a_token_is_refused(name: str) -> None:
    with pytest.raises(AuthenticationError, match="access token contains a control"):
        made(name, "u", "t\x01host=evil.example").start()


@pytest.mark.parametrize("name", [*WITH_SECRET, "external"])
def test_mechanism_never_shows_its_secret(name: str) -> None:
    mechanism = made(name, secret="s3cret")
    assert "s3cret" not in repr(mechanism)
    assert not hasattr(mechanism, "__dict__")
