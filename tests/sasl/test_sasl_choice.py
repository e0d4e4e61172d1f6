"""The choice of a mechanism, and the failures without one."""

import sys

import pytest

from pymail.errors import AuthenticationError, SettingsError
from pymail.sasl.choose import choose, create, needs_secret
from pymail.secret import Secret

ALL = ["CRAM-MD5", "LOGIN", "PLAIN", "XOAUTH2", "EXTERNAL"]

CHOICES: dict[str, tuple[str, list[str], bool, bool, str]] = {
    "tls": ("", ALL, True, False, "PLAIN"),
    "tls-login": ("", ["LOGIN", "CRAM-MD5"], True, False, "LOGIN"),
    "tls-cram": ("", ["NTLM", "CRAM-MD5"], True, False, "CRAM-MD5"),
    "this-machine": ("", ALL, False, True, "PLAIN"),
    "clear": ("", ALL, False, False, "CRAM-MD5"),
    "offer-in-lower-case": ("", ["plain"], True, False, "PLAIN"),
    "named": ("login", ALL, True, False, "LOGIN"),
    "named-in-any-case": ("Cram-MD5", ["cram-md5"], True, False, "CRAM-MD5"),
    "named-in-clear": ("plain", ALL, False, False, "PLAIN"),
    "named-token-for-this-machine": ("xoauth2", ALL, False, True, "XOAUTH2"),
    "named-external": ("external", ALL, True, False, "EXTERNAL"),
    "named-anonymous-external": ("externanon", ALL, True, False, "EXTERNANON"),
}


@pytest.mark.parametrize("case", CHOICES, ids=CHOICES)
def test_one_mechanism_is_chosen(case: str) -> None:
    named, offered, encrypted, local, expected = CHOICES[case]
    assert choose(named, offered, encrypted=encrypted, local=local) == expected


@pytest.mark.parametrize("named", ["xoauth2", "OAuthBearer"])
@pytest.mark.parametrize(
    ("encrypted", "advice"),
    [
        (False, "set smtp-use-starttls, or write smtps:// in `smtp`"),
        (True, "unset tls-verify and ssl-verify, or set tls-fingerprint"),
    ],
)
def test_token_needs_tls_that_has_authenticated_the_server(
    named: str, encrypted: bool, advice: str
) -> None:
    """RFC 6750 §5.3, whatever the settings name."""
    offered = ["XOAUTH2", "OAUTHBEARER"]
    chosen = choose(named, offered, encrypted=True, local=False, proven=True)
    assert chosen == named.upper()
    assert choose(named, offered, encrypted=False, local=True) == named.upper()
    with pytest.raises(AuthenticationError, match="the access token would") as caught:
        choose(named, offered, encrypted=encrypted, local=False)
    assert caught.value.advice == advice


REFUSALS: dict[str, tuple[str, list[str], bool, str, str]] = {
    "clear": (
        "",
        ["PLAIN", "LOGIN"],
        False,
        (
            "the password would be sent in clear: the connection is not encrypted, and the"
            " server offers LOGIN, PLAIN"
        ),
        "set smtp-use-starttls, or set smtp-auth=login to insist",
    ),
    "clear-only-plain": (
        "",
        ["PLAIN"],
        False,
        (
            "the password would be sent in clear: the connection is not encrypted, and the"
            " server offers PLAIN"
        ),
        "set smtp-use-starttls, or set smtp-auth=plain to insist",
    ),
    "named-not-offered": (
        "login",
        ["PLAIN", "CRAM-MD5"],
        True,
        "the server does not offer LOGIN, it offers CRAM-MD5, PLAIN",
        "change smtp-auth, or unset it to take what is offered",
    ),
    "named-nothing-offered": (
        "login",
        [],
        True,
        "no way to log in: the server offers none",
        "set smtp-auth=none if the server takes mail without a login",
    ),
    "nothing-before-tls": (
        "",
        [],
        False,
        "no way to log in: the server offers none",
        "set smtp-use-starttls: many servers accept no login without TLS",
    ),
    "nothing-under-tls": (
        "",
        [],
        True,
        "no way to log in: the server offers none",
        "set smtp-auth=none if the server takes mail without a login",
    ),
    "only-tokens": (
        "",
        ["XOAUTH2"],
        True,
        "no way to log in: the server offers XOAUTH2",
        "set smtp-auth=xoauth2, with an access token as password",
    ),
    "only-others": (
        "",
        ["NTLM", "GSSAPI", "\x1b[31mRED"],
        True,
        "no way to log in: the server offers GSSAPI, NTLM",
        "",
    ),
}


@pytest.mark.parametrize("case", REFUSALS, ids=REFUSALS)
def test_failure_names_the_offer_and_the_setting(case: str) -> None:
    named, offered, encrypted, happened, advice = REFUSALS[case]
    with pytest.raises(AuthenticationError) as refusal:
        choose(named, offered, encrypted=encrypted, local=False)
    assert refusal.value.happened == happened
    assert refusal.value.advice == advice


SCRAM = ["SCRAM-SHA-1", "SCRAM-SHA-256", "PLAIN", "CRAM-MD5"]
PREFERENCES: dict[str, tuple[str, list[str], bool, bool, str]] = {
    "before-plain": ("", SCRAM, True, True, "SCRAM-SHA-256"),
    "strongest": ("", [*SCRAM, "SCRAM-SHA-512"], True, True, "SCRAM-SHA-512"),
    "weakest": ("", ["PLAIN", "SCRAM-SHA-1"], True, True, "SCRAM-SHA-1"),
    "in-clear": ("", SCRAM, False, True, "SCRAM-SHA-256"),
    "bound-to-the-channel": ("", ["SCRAM-SHA-1-PLUS", "PLAIN"], True, True, "PLAIN"),
    "not-installed": ("", SCRAM, True, False, "PLAIN"),
    "not-installed-in-clear": ("", SCRAM, False, False, "CRAM-MD5"),
    "named": ("scram-sha-1", SCRAM, True, True, "SCRAM-SHA-1"),
    "other-named": ("plain", SCRAM, True, True, "PLAIN"),
}


@pytest.mark.parametrize("case", PREFERENCES, ids=PREFERENCES)
def test_scram_is_preferred_if_its_library_is_installed(case: str) -> None:
    named, offered, encrypted, installed, expected = PREFERENCES[case]
    name = choose(
        named, offered, encrypted=encrypted, local=False, has_scram=lambda: installed
    )
    assert name == expected


def test_named_scram_needs_its_library() -> None:
    with pytest.raises(SettingsError) as refusal:
        choose("scram-sha-256", SCRAM, encrypted=True, local=True, has_scram=bool)
    assert refusal.value.happened == "SCRAM-SHA-256 needs the library scramp"
    assert refusal.value.advice == f"{sys.executable} -m pip install scramp"


def test_offer_of_scram_alone_needs_its_library() -> None:
    with pytest.raises(AuthenticationError) as refusal:
        choose("", ["SCRAM-SHA-1"], encrypted=True, local=True, has_scram=bool)
    assert refusal.value.happened == "no way to log in: the server offers SCRAM-SHA-1"
    assert refusal.value.advice == f"{sys.executable} -m pip install scramp"


def test_library_is_not_looked_for_without_scram() -> None:
    def look() -> bool:
        raise AssertionError

    for named in ("", "plain"):
        assert choose(named, ALL, encrypted=True, local=True, has_scram=look) == "PLAIN"


def test_long_offer_is_cut_in_the_message() -> None:
    offered = [f"X-{number}" for number in range(5000)]
    with pytest.raises(AuthenticationError) as refusal:
        choose("", offered, encrypted=True, local=True)
    assert len(str(refusal.value)) < 200


def test_unknown_mechanism_is_a_settings_error() -> None:
    with pytest.raises(SettingsError) as refusal:
        choose("gssapi", ALL, encrypted=True, local=False)
    assert str(refusal.value) == (
        "smtp-auth='gssapi': not one of none, plain, login, cram-md5,"
        " scram-sha-1, scram-sha-256, scram-sha-512, xoauth2, oauthbearer, external,"
        " externanon"
    )
    with pytest.raises(SettingsError):
        create("gssapi", "u", Secret("p"), "h", 25)


@pytest.mark.parametrize(
    ("name", "needed"),
    [("plain", True), ("xoauth2", True), ("external", False), ("externanon", False)],
)
def test_only_external_needs_no_secret(name: str, *, needed: bool) -> None:
    assert needs_secret(name) is needed
