"""Secrets that are put into the keyring, and removed."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from pymail.credentials.keyring import Keyring
from pymail.environment import Environment
from pymail.errors import CannotKeepError
from pymail.secret import PLACEHOLDER, Secret
from pymail.settings.server_models import Login

HOST, USER, SECRET = "smtp.example.com", "me@example.com", "Zx9 密码 \"'\\"
PATIENCE_SECONDS = 60.0

WithKeyring = Callable[[str], Environment]


def put(environment: Environment, secret: str = SECRET) -> str:
    keeping = Keyring(environment, PATIENCE_SECONDS)
    return keeping.put(USER, HOST.title(), Secret(secret))


def test_keyring_gives_back_what_was_put(world: Any, with_keyring: WithKeyring) -> None:
    made = with_keyring("InFile")
    assert put(made, "old") == put(made) == f"keyring: {HOST} (fake_keyrings)"
    entries = json.loads((world.directory / "keyring.json").read_text())
    assert entries == {f"{HOST} {USER}": SECRET}
    found = Keyring(made, PATIENCE_SECONDS).find(Login(user=USER), HOST)
    assert getattr(found, "secret", None) == Secret(SECRET)


def test_keyring_forgets_what_is_removed(world: Any, with_keyring: WithKeyring) -> None:
    made = with_keyring("InFile")
    put(made)
    keeping = Keyring(made, PATIENCE_SECONDS)
    assert keeping.remove(USER, HOST.upper())
    assert not keeping.remove(USER, HOST)
    assert json.loads((world.directory / "keyring.json").read_text()) == {}


@pytest.mark.parametrize(
    ("backend", "expected"),
    [
        pytest.param(
            "keyring.backends.null.Keyring",
            "keyring: switched off: its null backend keeps nothing",
            id="null",
        ),
        pytest.param(
            "Forgetful",
            "keyring: it took the secret and does not have it (fake_keyrings)",
            id="forgetful",
        ),
        pytest.param(
            "Asking",
            "keyring: it asks for a pass phrase, and there is nobody to type it",
            id="asking",
        ),
        pytest.param("Odd", "keyring: it fails (ValueError)", id="odd"),
        pytest.param(
            "Talkative",
            f"keyring: it fails: cannot store {PLACEHOLDER}:  [31m{'x' * 161}",
            id="talkative",
        ),
    ],
)
def test_keyring_that_does_not_keep_it_says_so_without_the_secret(
    with_keyring: WithKeyring, backend: str, expected: str
) -> None:
    with pytest.raises(CannotKeepError) as caught:
        put(with_keyring(backend), "Zx9 code")
    assert "Zx9" not in str(caught.value)
    assert str(caught.value).startswith(expected[:150])
    assert "--store file" in caught.value.advice


def test_nothing_is_put_where_no_keyring_is_reached(world: Any) -> None:
    with pytest.raises(CannotKeepError, match="no D-Bus session"):
        put(world.environment("pymail"))
