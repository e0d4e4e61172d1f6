"""The keyring as a store: put and remove."""

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


def test_stored_secret_is_found(world: Any, with_keyring: WithKeyring) -> None:
    made = with_keyring("InFile")
    assert put(made, "old") == put(made) == f"keyring: {HOST} (fake_keyrings)"
    entries = json.loads((world.directory / "keyring.json").read_text())
    assert entries == {f"{HOST} {USER}": SECRET}
    found = Keyring(made, PATIENCE_SECONDS).find(Login(user=USER), HOST)
    assert getattr(found, "secret", None) == Secret(SECRET)


def test_removed_secret_is_not_found(world: Any, with_keyring: WithKeyring) -> None:
    made = with_keyring("InFile")
    put(made)
    keeping = Keyring(made, PATIENCE_SECONDS)
    assert keeping.remove(USER, HOST.upper())
    assert not keeping.remove(USER, HOST)
    assert json.loads((world.directory / "keyring.json").read_text()) == {}


@pytest.mark.parametrize(
    ("backend", "expected"),
    [
        pytest.param("keyring.backends.null.Keyring", "keyring: switched off: its null backend stores nothing", id="null"),
        pytest.param("Forgetful", "keyring: it accepts the secret but does not store it (fake_keyrings)", id="forgetful"),
        pytest.param("Asking", "keyring: it asks for a pass phrase, and pymail has no terminal for it", id="asking"),
        pytest.param("Odd", "keyring: it fails (ValueError)", id="odd"),
        pytest.param("Talkative", f"keyring: it fails: cannot store {PLACEHOLDER}:  [31m{'x' * 161}", id="talkative"),
    ],
)  # fmt: skip
def test_failure_to_store_is_reported_without_the_secret(
    with_keyring: WithKeyring, backend: str, expected: str
) -> None:
    with pytest.raises(CannotKeepError) as caught:
        put(with_keyring(backend), "Zx9 code")
    assert "Zx9" not in str(caught.value)
    assert str(caught.value).startswith(expected[:150])
    assert "--store file" in caught.value.advice


def test_unreachable_keyring_is_reported(world: Any) -> None:
    with pytest.raises(CannotKeepError, match="no D-Bus session"):
        put(world.environment("pymail"))
