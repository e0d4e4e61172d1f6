"""Secrets never print: not by accident, not in traces, not in reports."""

import base64
import copy
import pickle
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.secret import PLACEHOLDER, Secret
from pymail.settings.server_models import SecretSource
from pymail.settings.variables import VARIABLES
from tests.scripted import USUAL, Reply, Server

PASSWORD = "Zx9-authorization-code"
USER = "me@example.com"

# ── the value ───────────────────────────────────────────────────────────────

SHOWN: dict[str, Callable[[Secret], str]] = {
    "repr": repr,
    "str": str,
    "format": lambda secret: f"{secret} {secret!r} {secret!s} {secret:>40}",
    "percent": lambda secret: "%s %r" % (secret, secret),  # noqa: UP031
    "format-method": lambda secret: "{} {!r}".format(secret, secret),  # noqa: UP032
    "in-a-list": lambda secret: str([secret, (secret,), {"password": secret}]),
    "in-a-record": lambda secret: repr(SecretSource(place="here", secret=secret)),
    "dir": lambda secret: str([*dir(secret), secret.__doc__]),
}


@pytest.mark.parametrize("show", SHOWN.values(), ids=SHOWN)
def test_secret_shows_a_placeholder(show: Callable[[Secret], str]) -> None:
    assert PASSWORD not in show(Secret(PASSWORD))


@given(st.text(min_size=1))
def test_no_secret_prints(value: str) -> None:
    assert (
        str(Secret(value)) == repr(Secret(value)) == f"{Secret(value)}" == PLACEHOLDER
    )
    assert Secret(value).reveal() == value


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_secret_is_not_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(Secret(PASSWORD), protocol)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy], ids=["copy", "deepcopy"])
def test_secret_is_not_copied(copied: Callable[[Secret], Secret]) -> None:
    with pytest.raises(TypeError, match="can't be pickled or copied"):
        copied(Secret(PASSWORD))


def test_secret_has_no_attributes_to_look_at() -> None:
    with pytest.raises(TypeError):
        vars(Secret(PASSWORD))


def test_secret_has_no_hash() -> None:
    with pytest.raises(TypeError):
        hash(Secret(PASSWORD))


def test_traceback_with_locals_shows_a_placeholder() -> None:
    def fail(password: Secret) -> None:
        raise ValueError(password)

    with pytest.raises(ValueError, match=PLACEHOLDER) as caught:
        fail(Secret(PASSWORD))
    told = traceback.TracebackException.from_exception(
        caught.value, capture_locals=True
    )
    text = "".join(told.format())
    frames = [line for line in text.splitlines() if "PASSWORD" not in line]
    assert PASSWORD not in "\n".join(frames)
    assert f"password = {PLACEHOLDER}" in text


def test_secrets_are_compared_by_value() -> None:
    assert Secret(PASSWORD) == Secret(PASSWORD)
    assert Secret(PASSWORD) != Secret("other")
    assert Secret(PASSWORD) != PASSWORD
    assert not Secret("")


# ── --show-settings ─────────────────────────────────────────────────────────

SECRET_NAMES = [name for row in VARIABLES if row.secret for name in row.names]


@pytest.mark.parametrize("name", SECRET_NAMES)
@pytest.mark.parametrize(
    "chain",
    [
        pytest.param("", id="plain"),
        pytest.param("-me@example.com@mail.example.com", id="user-at-host"),
        pytest.param("-me@example.com", id="user"),
        pytest.param("-mail.example.com:587", id="host-and-port"),
    ],
)
def test_show_settings_hides_passwords(
    pymail: Callable[..., Any], name: str, chain: str
) -> None:
    ended = pymail("--show-settings", rc=f"set {name}{chain}={PASSWORD} from=me@x.org")
    assert ended.status == 0
    assert f"{name}{chain}" in ended.out
    assert PLACEHOLDER in ended.out
    assert PASSWORD not in ended.out + ended.err


def test_show_settings_hides_passwords_of_the_command_line_and_the_environment(
    pymail: Callable[..., Any],
) -> None:
    variables = {"smtp-auth-password": PASSWORD}
    ended = pymail("--show-settings", "-S", f"password={PASSWORD}", variables=variables)
    assert ended.out.count(PLACEHOLDER) == 2
    assert PASSWORD not in ended.out + ended.err


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(f"smtp://me:{PASSWORD}@mail.example.com", id="smtp"),
        pytest.param(f"smtps://me%40x.org:{PASSWORD}@mail.example.com:465", id="smtps"),
        pytest.param(f"submission://:{PASSWORD}@mail.example.com", id="no-user"),
        pytest.param(f"me:{PASSWORD}@mail.example.com", id="no-scheme"),
        pytest.param(f"smtp://me@x.org:{PASSWORD}@mail.example.com", id="two-at-signs"),
        pytest.param(f"smtp://me:a@{PASSWORD}@mail.example.com", id="at-sign-in-it"),
        pytest.param(f"smtp://me:a/{PASSWORD}@mail.example.com", id="slash-in-it"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["smtp", "mta"])
def test_show_settings_hides_the_password_of_a_url(
    pymail: Callable[..., Any], name: str, url: str
) -> None:
    ended = pymail("--show-settings", rc=f'set {name}="{url}"')
    assert "mail.example.com" in ended.out
    assert PASSWORD not in ended.out + ended.err


@pytest.mark.parametrize(
    "rc",
    [
        pytest.param(f"set smtp=smtp://me@x.org:{PASSWORD}@mail.example.com", id="url"),
        pytest.param(f"smtp-auth-password={PASSWORD}", id="without-set"),
        pytest.param(f"set smtp-auth-password = {PASSWORD}", id="blanks"),
        pytest.param(f"set smtp-auth-password={PASSWORD} more <x", id="cut"),
    ],
)
def test_warnings_about_settings_do_not_quote_passwords(
    pymail: Callable[..., Any], rc: str
) -> None:
    ended = pymail("-d", "ops@example.com", rc=f"{rc}\nset from=me@x.org")
    assert ended.err
    assert PASSWORD not in ended.out + ended.err


# ── a whole run ─────────────────────────────────────────────────────────────


def forms_of(secret: str) -> list[str]:
    """Every form of a secret that a session might show."""
    octets = secret.encode()
    plain = b"\0" + USER.encode() + b"\0" + octets
    forms = [octets.hex(), *(base64.b64encode(x).decode() for x in (octets, plain))]
    return [secret, secret[::-1], *forms]


CHALLENGES = {
    "LOGIN": (b"Username:", b"Password:"),
    "CRAM-MD5": (b"<1@mail.example.com>",),
}


class AuthServer(Server):
    """Offers one mechanism, and repeats the client's lines, as broken servers do."""

    def __init__(self, mechanism: str, *, accepts: bool) -> None:
        challenges = CHALLENGES.get(mechanism, ())
        self._replies = [f"334 {base64.b64encode(x).decode()}" for x in challenges]
        self._verdict = "235 ok" if accepts else "535 5.7.8 bad login"
        self.got: list[str] = []
        super().__init__({"EHLO": f"250-mail.example.com\n250 AUTH {mechanism}"})

    def reply_to(self, line: str) -> Reply:
        verb, *words = line.split()
        if verb != "AUTH" and verb in USUAL:
            return super().reply_to(line)
        self.got += words[1:] if verb == "AUTH" else [line]
        verdict = f"{self._verdict} {' '.join(self.got)}"
        return self._replies.pop(0) if self._replies else verdict


@pytest.fixture
def auth_server() -> Iterator[Callable[..., AuthServer]]:
    servers: list[AuthServer] = []

    def start(mechanism: str, *, accepts: bool) -> AuthServer:
        servers.append(AuthServer(mechanism, accepts=accepts))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


MECHANISMS = ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", "OAUTHBEARER"]


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("accepts", [True, False], ids=["accepted", "refused"])
@pytest.mark.parametrize("how", ["--debug", "-v", "--subject=x"])
def test_no_run_shows_the_password(
    pymail: Callable[..., Any],
    auth_server: Callable[..., AuthServer],
    mechanism: str,
    accepts: bool,
    how: str,
) -> None:
    server = auth_server(mechanism, accepts=accepts)
    ended = pymail(
        how,
        "ops@example.com",
        stdin=b"text\n",
        rc=f"set smtp=127.0.0.1:{server.port} from={USER} user={USER}\n"
        f"set smtp-auth-password={PASSWORD} smtp-auth={mechanism.lower()}\n",
    )
    assert server.got, ended.err
    assert ended.status == (0 if accepts else 77), ended.err
    said = ended.out + ended.err
    secrets = [*forms_of(PASSWORD), *server.got[-1:]]
    assert [form for form in secrets if form in said] == []
    assert how != "--debug" or PLACEHOLDER in ended.err


def test_dead_letter_of_a_failed_login_has_no_password(
    pymail: Callable[..., Any], auth_server: Callable[..., AuthServer], world: Any
) -> None:
    server = auth_server("PLAIN", accepts=False)
    url = f"smtp://me:{PASSWORD}@127.0.0.1:{server.port}"
    ended = pymail("ops@example.com", stdin=b"text\n", rc=f"set smtp={url}")
    assert ended.status == 77
    assert "text" in world.dead_letter
    assert PASSWORD not in world.dead_letter + ended.err
