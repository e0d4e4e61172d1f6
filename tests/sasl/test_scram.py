"""SCRAM with the examples of its RFCs, and with servers that cheat."""

import re
import subprocess
import sys
from base64 import b64encode
from typing import Any

import pytest
import scramp
from hypothesis import given
from hypothesis import strategies as st

from pymail.errors import AuthenticationError, ProtocolError, PymailError, SettingsError
from pymail.sasl.choose import create, has_scramp
from pymail.sasl.scram import LEAST_ITERATIONS, MOST_ITERATIONS, Scram
from pymail.secret import Secret

NONCE = "rOprNGfwEbeRWgbNEkqO"
PASSWORD = "pencil"
BOTH = NONCE + "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
SALT = "W22ZaJ0SNY7soEsUEjb6gQ=="
FIRST = f"r={BOTH},s={SALT},i=4096"
FINAL = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

EXAMPLES = {
    # RFC 5802 §5
    "SCRAM-SHA-1": (
        "fyko+d2lbbFgONRv9qkxdawL",
        "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
        "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
        (
            "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
            "p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="
        ),
        "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
    ),
    # RFC 7677 §3
    "SCRAM-SHA-256": (
        NONCE,
        f"n,,n=user,r={NONCE}",
        FIRST,
        f"c=biws,r={BOTH},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        FINAL,
    ),
}


def scram(password: str = PASSWORD, user: str = "user") -> Scram:
    return Scram("SCRAM-SHA-256", user, Secret(password), nonce=NONCE)


@pytest.mark.parametrize("name", EXAMPLES)
def test_exchange_follows_its_rfc(name: str) -> None:
    nonce, first, challenge, answer, verdict = EXAMPLES[name]
    mechanism = Scram(name, "user", Secret("pencil"), nonce=nonce)
    assert mechanism.start() == first.encode()
    assert mechanism.next(challenge.encode()) == answer.encode()
    before = mechanism.proven
    assert mechanism.next(verdict.encode()) == b""
    assert (before, mechanism.proven) == (False, True)


def server(name: str, password: str) -> Any:
    mechanism = scramp.ScramMechanism(name)
    known = mechanism.make_auth_info(password)
    return mechanism.make_server(lambda _: known)


@pytest.mark.parametrize("name", ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"])
@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("s3cret", "s3cret"),
        ("three words 密码", "three words 密码"),
        ("I\u00adX", "IX"),  # RFC 4013 §3
        ("\u2168", "IX"),
        ("a\u00a0b", "a b"),
        ("p,=", "p,="),
    ],
    ids=["ascii", "chinese", "soft-hyphen", "roman", "space", "separators"],
)
def test_password_is_prepared_as_the_server_prepares_it(
    name: str, typed: str, stored: str
) -> None:
    mechanism, other = (
        create(name, "li,n=", Secret(typed), "h", 25),
        server(name, stored),
    )
    other.set_client_first((mechanism.start() or b"").decode())
    other.set_client_final(mechanism.next(other.get_server_first().encode()).decode())
    assert mechanism.next(other.get_server_final().encode()) == b""
    assert mechanism.proven


def test_every_exchange_has_its_own_nonce() -> None:
    name, secret = "SCRAM-SHA-256", Secret("p")
    seen = {Scram(name, "u", secret).start() for _ in range(5)}
    assert len(seen) == 5


CHEATS = {
    "nothing": ("", "the server's challenge is not one of SCRAM"),
    "no-nonce": (f"s={SALT},i=4096", "the server's challenge is not one of SCRAM"),
    "no-salt": (f"r={BOTH},i=4096", "the server's challenge is not one of SCRAM"),
    "no-count": (f"r={BOTH},s={SALT}", "the server's challenge is not one of SCRAM"),
    "an-error": ("e=other-error", "the server's challenge is not one of SCRAM"),
    "must-know": ("m=x," + FIRST, "the server's challenge is not one of SCRAM"),
    "negative": (
        f"r={BOTH},s={SALT},i=-4096",
        "the server's challenge is not one of SCRAM",
    ),
    "other-digits": (
        f"r={BOTH},s={SALT},i=４０９６",
        "the server's challenge is not one of SCRAM",
    ),
    "endless-count": (
        f"r={BOTH},s={SALT},i=1{'0' * 5000}",
        "the server's challenge is not one of SCRAM",
    ),
    "not-base64": (
        f"r={BOTH},s=W22Za,i=4096",
        "the server's message is not one of SCRAM",
    ),
    "same-nonce": (
        f"r={NONCE},s={SALT},i=4096",
        "the server's challenge has a wrong nonce",
    ),
    "other-nonce": (
        f"r=x{BOTH},s={SALT},i=4096",
        "the server's challenge has a wrong nonce",
    ),
    "few-rounds": (
        f"r={BOTH},s={SALT},i={LEAST_ITERATIONS - 1}",
        "4095 iterations are too few to protect the password, the minimum is 4096",
    ),
    "many-rounds": (
        f"r={BOTH},s={SALT},i={MOST_ITERATIONS + 1}",
        "the server asks for 1000001 iterations, the maximum is 1000000",
    ),
}


@pytest.mark.parametrize("case", CHEATS)
def test_invalid_challenge_gets_no_proof(case: str) -> None:
    challenge, happened = CHEATS[case]
    mechanism = scram()
    mechanism.start()
    with pytest.raises(ProtocolError) as refusal:
        mechanism.next(challenge.encode())
    assert refusal.value.happened == f"SCRAM-SHA-256: {happened}"


def test_challenge_that_is_not_utf8_gets_no_proof() -> None:
    mechanism = scram()
    mechanism.start()
    with pytest.raises(ProtocolError, match="not one of SCRAM"):
        mechanism.next(b"r=\xff\xfe")


@given(st.one_of(st.binary(), st.text(alphabet="rsimev=,4096AZaz/+").map(str.encode)))
def test_any_challenge_raises_our_error(challenge: bytes) -> None:
    mechanism = scram()
    mechanism.start()
    with pytest.raises(PymailError):
        mechanism.next(challenge)


@pytest.mark.parametrize(
    ("verdict", "happened"),
    [
        (
            "v=" + b64encode(bytes(32)).decode(),
            "the server does not prove that it knows the password",
        ),
        ("v=", "the server does not prove that it knows the password"),
        ("", "the server does not prove that it knows the password"),
        (FIRST, "the server does not prove that it knows the password"),
        ("v=\udcff", "the server's message is not one of SCRAM"),
    ],
    ids=["wrong", "empty", "none", "first-again", "not-utf8"],
)
def test_wrong_proof_of_the_server_is_an_error(verdict: str, happened: str) -> None:
    mechanism = scram()
    mechanism.start()
    mechanism.next(FIRST.encode())
    with pytest.raises(ProtocolError) as refusal:
        mechanism.next(verdict.encode("utf-8", "surrogateescape"))
    assert refusal.value.happened == f"SCRAM-SHA-256: {happened}"
    assert not mechanism.proven


def test_refusal_in_a_challenge_is_acknowledged() -> None:
    mechanism = scram()
    mechanism.start()
    mechanism.next(FIRST.encode())
    assert mechanism.next(b"e=invalid-proof") == b""
    assert not mechanism.proven


def test_third_challenge_is_an_error() -> None:
    mechanism = scram()
    mechanism.start()
    mechanism.next(FIRST.encode())
    mechanism.next(FINAL.encode())
    with pytest.raises(ProtocolError, match="more than SCRAM-SHA-256 has"):
        mechanism.next(FINAL.encode())


@pytest.mark.parametrize(
    ("user", "password"),
    [
        ("user", "s3cret\u0007"),
        ("user", "s3cret\0"),
        ("user", "s3cret\udcff"),
        ("user\u0007", "s3cret"),
        ("", "s3cret"),
        ("\ud800", "s3cret"),
    ],
    ids=["control", "nul", "octets", "user-control", "no-user", "user-not-text"],
)
def test_text_that_saslprep_forbids_is_refused(user: str, password: str) -> None:
    with pytest.raises(AuthenticationError) as refusal:
        scram(password, user)
    assert "s3cret" not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_scram_never_shows_its_secret() -> None:
    mechanism = scram("s3cret")
    assert "s3cret" not in repr(mechanism)
    assert not hasattr(mechanism, "__dict__")


def test_missing_library_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "scramp", None)
    with pytest.raises(SettingsError) as refusal:
        scram()
    assert refusal.value.happened == "SCRAM-SHA-256 needs the library scramp"
    assert refusal.value.advice == f"{sys.executable} -m pip install scramp"


LOOK = """
import sys
from pymail.sasl.choose import choose
choose("", ["PLAIN"], encrypted=True, local=False)
print("pymail.sasl.scram" in sys.modules)
choose("", ["PLAIN", "SCRAM-SHA-256"], encrypted=True, local=False)
print("pymail.sasl.scram" in sys.modules, "scramp" in sys.modules)
"""


def test_looking_for_the_library_does_not_load_it() -> None:
    assert has_scramp()
    output = subprocess.check_output([sys.executable, "-c", LOOK], text=True)
    assert re.findall(r"\w+", output) == ["False", "False", "False"]
