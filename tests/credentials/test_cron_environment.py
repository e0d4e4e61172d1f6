"""What cron would find is looked for with what cron has."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pymail.credentials import isolated_call
from pymail.credentials.cron_environment import cron_variables, look
from pymail.environment import Environment
from pymail.model import replace
from pymail.settings.models import Lookup

HOST, USER = "smtp.example.com", "me@example.com"
ENTRY = f"machine {HOST} login {USER} password Zx9-code\n"

WithKeyring = Callable[[str], Environment]


def seen(environment: Environment) -> str:
    lookup = Lookup(netrc=environment.home / ".netrc", keyring_seconds=60)
    return look(environment, lookup, USER, HOST)


@pytest.mark.parametrize(
    "name", [".config/pymail/credentials", "etc/pymail/credentials", ".netrc"]
)
def test_file_that_has_it_is_named(world: Any, name: str) -> None:
    path = world.write(name, ENTRY)
    path.chmod(0o600)
    assert seen(world.environment("pymail")) == str(path)


def test_file_that_others_can_read_is_not_found(world: Any) -> None:
    world.write(".config/pymail/credentials", ENTRY).chmod(0o644)
    assert seen(world.environment("pymail")) == ""


def test_cron_does_not_have_what_the_session_has(
    world: Any, with_keyring: WithKeyring
) -> None:
    """Neither its keyring nor a place that a variable of the session names."""
    made = with_keyring("InFile")
    world.write("keyring.json", f'{{"{HOST} {USER}": "code"}}')
    world.write("conf/pymail/credentials", ENTRY).chmod(0o600)
    more = {"XDG_CONFIG_HOME": str(world.directory / "conf")}
    made = replace(made, variables={**made.variables, **more})
    assert seen(made) == ""


def test_cron_reaches_a_keyring_that_needs_no_session(
    world: Any, tmp_path: Path, with_keyring: WithKeyring
) -> None:
    world.write("keyring.json", f'{{"{HOST} {USER}": "code"}}')
    variables = with_keyring("InFile").variables
    assert "keyring" in ask(world, tmp_path, variables)["place"]


def test_cron_has_four_variables(world: Any) -> None:
    assert cron_variables(world.environment("pymail")) == {
        "HOME": str(world.directory),
        "LOGNAME": "me",
        "PATH": "/usr/bin:/bin",
        "SHELL": "/bin/sh",
    }


def ask(world: Any, tmp_path: Path, variables: Mapping[str, str]) -> Any:
    question = {"user": USER, "host": HOST, "netrc": str(tmp_path / ".netrc")}
    question |= {"seconds": "60", "system": str(tmp_path / "etc")}
    variables = {**variables, **cron_variables(world.environment("pymail"))}
    return isolated_call.ask(
        "cron_environment", question, variables=variables, seconds=60
    )


def test_answer_has_the_place_and_not_the_secret(
    world: Any, tmp_path: Path, measured: Mapping[str, str]
) -> None:
    assert ask(world, tmp_path, measured) == {"place": ""}
    path = world.write(".netrc", ENTRY)
    path.chmod(0o600)
    assert ask(world, tmp_path, measured) == {"place": str(path)}


def test_process_that_fails_finds_nothing(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.write(".netrc", ENTRY).chmod(0o600)
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    assert seen(world.environment("pymail")) == ""
