"""A real keyring: unlocked, locked, never set up, and none at all."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from pymail.commands.report_outcome import default_settings
from pymail.credentials.chain import cron_environment, make_chain
from pymail.credentials.keyring import Keyring
from pymail.credentials.secret_text import Found, Missing
from pymail.errors import AuthenticationError, CannotKeepError
from pymail.model import replace
from pymail.secret import Secret
from pymail.settings.server_models import Login

pytestmark = pytest.mark.keyring

HOST, USER, SECRET = "smtp.example.com", "me@example.com", "three words 密码"
PATIENCE_SECONDS = 60.0
SHORT_SECONDS = 3.0

Sessions = Callable[..., AbstractContextManager[Any]]


def ask(session: Any, seconds: float = PATIENCE_SECONDS) -> Found | Missing:
    return Keyring(session.environment, seconds).find(Login(user=USER), HOST)


def put(session: Any, secret: str = SECRET) -> str:
    keeping = Keyring(session.environment, PATIENCE_SECONDS)
    return keeping.put(USER, HOST, Secret(secret))


def test_unlocked_keyring_stores_finds_and_removes(session: Sessions) -> None:
    with session("unlocked") as desktop:
        assert put(desktop, "old") == put(desktop)
        place = f"keyring: {HOST} (SecretService)"
        assert ask(desktop) == Found(Secret(SECRET), place)
        assert desktop.run("secret-tool", "lookup", "service", HOST) == SECRET
        keeping = Keyring(desktop.environment, PATIENCE_SECONDS)
        assert [keeping.remove(USER, HOST) for _ in range(2)] == [True, False]
        expected = f"no entry {HOST} with user {USER} (SecretService)"
        assert ask(desktop) == Missing(expected)


@pytest.mark.parametrize(
    ("attributes", "kept", "place"),
    [
        pytest.param(["host", HOST, "service", "smtp", "user", USER], SECRET, "keyring, stored by msmtp", id="msmtp"),
        pytest.param(
            ["server", HOST, "protocol", "smtp", "user", USER, "port", "587"],
            f"{SECRET}\npassword_expiry_utc=9999999999",
            "keyring, stored by git",
            id="git",
        ),
    ],
)  # fmt: skip
def test_secret_stored_by_another_program_is_found(
    session: Sessions, attributes: list[str], kept: str, place: str
) -> None:
    with session("unlocked") as desktop:
        desktop.run("secret-tool", "store", "--label=x", *attributes, text=kept)
        assert ask(desktop) == Found(Secret(SECRET), place)


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param(["host", HOST, "service", "imap", "user", USER], id="imap"),
        pytest.param(["server", HOST, "protocol", "https", "user", USER], id="https"),
        pytest.param(["host", HOST, "service", "smtp", "user", "you"], id="user"),
    ],
)
def test_secret_stored_for_another_purpose_is_not_found(
    session: Sessions, attributes: list[str]
) -> None:
    with session("unlocked") as desktop:
        desktop.run("secret-tool", "store", "--label=x", *attributes, text=SECRET)
        assert isinstance(ask(desktop), Missing)


def test_locked_keyring_is_reported(session: Sessions) -> None:
    with session("unlocked") as desktop:
        put(desktop)
    with session("locked") as desktop:
        assert ask(desktop) == Missing("locked, and not unlocked at its prompt")
        with pytest.raises(CannotKeepError, match="keyring: locked"):
            put(desktop)


def test_wait_at_an_unanswered_prompt_is_limited(session: Sessions) -> None:
    with session("unlocked") as desktop:
        put(desktop)
    with session("locked") as desktop, desktop.silent_prompter():
        shown = getattr(ask(desktop, SHORT_SECONDS), "reason", "")
        assert shown.startswith("no answer within 3 s; is it waiting to be unlocked?")


def test_keyring_without_a_collection_is_reported(session: Sessions) -> None:
    expected = "locked or never set up, and its prompt was not answered"
    with session("locked") as desktop:
        assert ask(desktop) == Missing(expected)


def test_session_without_a_keyring_is_reported(session: Sessions) -> None:
    expected = "not found: no Secret Service or KWallet answers"
    with session() as desktop:
        assert ask(desktop) == Missing(expected)
    assert ask(desktop) == Missing(expected)  # the session is over


def test_cron_does_not_find_the_keyring_of_a_session(session: Sessions) -> None:
    with session("unlocked") as desktop:
        put(desktop)
        environment = cron_environment(desktop.environment)
        places = make_chain(environment, default_settings(environment))
        with pytest.raises(AuthenticationError, match="no D-Bus session"):
            places.find(Login(user=USER), HOST)


def test_socket_of_the_runtime_directory_is_enough(session: Sessions) -> None:
    with session("unlocked") as desktop:
        put(desktop)
        variables = dict(desktop.environment.variables)
        address = variables.pop("DBUS_SESSION_BUS_ADDRESS")
        path = address.removeprefix("unix:path=").partition(",")[0]
        runtime = desktop.environment.home / "run"
        (runtime / "bus").symlink_to(path)
        lesser = replace(desktop.environment, variables=variables)
        found = Keyring(lesser, PATIENCE_SECONDS).find(Login(user=USER), HOST)
    assert getattr(found, "secret", None) == Secret(SECRET)
