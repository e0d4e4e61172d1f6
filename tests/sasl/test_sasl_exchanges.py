"""What travels in each mechanism, octet for octet."""

from collections.abc import Callable

import pytest

from pymail.errors import AuthenticationError, ProtocolError
from pymail.sasl.choose import create
from pymail.sasl.mechanisms import (
    CramMd5,
    External,
    Login,
    Mechanism,
    OAuthBearer,
    Plain,
    XOAuth2,
)
from pymail.secret import Secret

Exchange = tuple[Mechanism, bytes | None, list[tuple[bytes, bytes]]]


PASSWORD = "tanstaaftanstaaf"
TOKEN = "vF9dft4q"


def plain(user: str = "tim", password: str = PASSWORD) -> Plain:
    return Plain(user, Secret(password))


def login(user: str = "tim", password: str = PASSWORD) -> Login:
    return Login(user, Secret(password))


def cram_md5(user: str = "tim", password: str = PASSWORD) -> CramMd5:
    return CramMd5(user, Secret(password))


def xoauth2(user: str = "u@example.com", token: str = TOKEN) -> XOAuth2:
    return XOAuth2(user, Secret(token))


def oauthbearer(user: str = "user@example.com", token: str = TOKEN) -> OAuthBearer:
    return OAuthBearer(user, Secret(token), "server.example.com", 587)


REFUSAL = b'{"status":"invalid_token","scope":"mail"}'
EXCHANGES: dict[str, Exchange] = {
    # RFC 4616 §4
    "plain": (plain(), b"\0tim\0tanstaaftanstaaf", []),
    "plain-utf8": (plain("用户", "пароль"), "\0用户\0пароль".encode(), []),
    "plain-raw-octets": (plain("u", "caf\udce9"), b"\0u\0caf\xe9", []),
    "plain-empty": (plain("", ""), b"\0\0", []),
    "login": (login(), b"tim", [(b"Password:", b"tanstaaftanstaaf")]),
    "login-says-nothing": (login(), b"tim", [(b"", b"tanstaaftanstaaf")]),
    "login-asks-for-the-user-all-the-same": (
        login(),
        b"tim",
        [(b"Username:", b"tim"), (b"Password:", b"tanstaaftanstaaf")],
    ),
    "login-says-odd-things": (
        login("用户", "пароль"),
        "用户".encode(),
        [(b"User Name\0", "用户".encode()), (b"User Name\0", "пароль".encode())],
    ),
    # RFC 2195 §2
    "cram-md5": (
        cram_md5(),
        None,
        [
            (
                b"<1896.697170952@postoffice.reston.mci.net>",
                b"tim b913a602c7eda7a495b4e6e7334d3890",
            )
        ],
    ),
    "external": (External(), b"", []),
    "external-as": (External("用户"), "用户".encode(), []),
    "xoauth2": (xoauth2(), b"user=u@example.com\x01auth=Bearer vF9dft4q\x01\x01", []),
    "xoauth2-refused": (
        xoauth2("u", "t"),
        b"user=u\x01auth=Bearer t\x01\x01",
        [(REFUSAL, b"")],
    ),
    # RFC 7628 §4.1 and §4.3
    "oauthbearer": (
        oauthbearer(),
        (
            b"n,a=user@example.com,\x01host=server.example.com\x01port=587"
            b"\x01auth=Bearer vF9dft4q\x01\x01"
        ),
        [(REFUSAL, b"\x01")],
    ),
    "oauthbearer-escapes": (
        oauthbearer("a=b,c", "t"),
        (
            b"n,a=a=3Db=2Cc,\x01host=server.example.com\x01port=587"
            b"\x01auth=Bearer t\x01\x01"
        ),
        [],
    ),
    "oauthbearer-nobody": (
        oauthbearer("", "t"),
        b"n,,\x01host=server.example.com\x01port=587\x01auth=Bearer t\x01\x01",
        [],
    ),
}


@pytest.mark.parametrize("exchange", EXCHANGES, ids=EXCHANGES)
def test_exchange_goes_as_its_specification_shows(exchange: str) -> None:
    mechanism, initial_response, steps = EXCHANGES[exchange]
    assert mechanism.start() == initial_response
    for challenge, answer in steps:
        assert mechanism.next(challenge) == answer


FINISHED: dict[str, tuple[Mechanism, list[bytes]]] = {
    "plain": (plain(), []),
    "login": (login(), [b"Username:", b"Password:"]),
    "cram-md5": (cram_md5(), [b"<1@example.com>"]),
    "external": (External(), []),
    "xoauth2": (xoauth2(), [REFUSAL]),
    "oauthbearer": (oauthbearer(), [REFUSAL]),
}


@pytest.mark.parametrize("exchange", FINISHED, ids=FINISHED)
def test_challenge_too_many_is_not_answered(exchange: str) -> None:
    mechanism, challenges = FINISHED[exchange]
    mechanism.start()
    for challenge in challenges:
        mechanism.next(challenge)
    with pytest.raises(ProtocolError, match=f"more than {mechanism.name} has"):
        mechanism.next(b"more")


def test_empty_challenge_has_no_digest() -> None:
    with pytest.raises(ProtocolError):
        cram_md5().next(b"")


Build = Callable[[str, str], Mechanism]
BUILDERS: dict[str, Build] = {
    "plain": plain,
    "login": login,
    "cram-md5": cram_md5,
    "xoauth2": xoauth2,
    "oauthbearer": oauthbearer,
}


def answers(mechanism: Mechanism) -> None:
    if mechanism.start() is None or mechanism.name == "LOGIN":
        mechanism.next(b"more")


@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)
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
def test_what_would_be_cut_or_mangled_is_refused(
    build: Build, user: str, secret: str, complaint: str
) -> None:
    with pytest.raises(AuthenticationError) as refusal:
        answers(build(user, secret))
    assert complaint in str(refusal.value)
    assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize("build", [xoauth2, oauthbearer], ids=["xoauth2", "bearer"])
def test_separator_in_a_token_adds_no_field(build: Build) -> None:
    with pytest.raises(AuthenticationError, match="access token contains a control"):
        build("u", "t\x01host=evil.example").start()


@pytest.mark.parametrize("name", [*BUILDERS, "external"], ids=[*BUILDERS, "external"])
def test_mechanism_never_shows_its_secret(name: str) -> None:
    mechanism = create(name, "tim", Secret("s3cret"), "h", 25)
    assert "s3cret" not in repr(mechanism)
    assert not hasattr(mechanism, "__dict__")
