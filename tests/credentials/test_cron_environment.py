"""What cron would find is looked for with what cron has."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pymail.credentials import isolated_call
from pymail.credentials.cron_environment import CronLookup, cron_variables, look
from pymail.environment import Environment
from pymail.model import replace
from pymail.settings.models import Lookup

HOST, USER = "smtp.example.com", "me@example.com"
ENTRY = f"machine {HOST} login {USER} password Zx9-code\n"

WithKeyring = Callable[[str], Environment]


def seen(environment: Environment) -> CronLookup:
    lookup = Lookup(netrc=environment.home / ".netrc", keyring_seconds=60)
    return look(environment, lookup, USER, HOST)


@pytest.mark.parametrize(
    "name", [".config/pymail/credentials", "etc/pymail/credentials", ".netrc"]
)
def test_file_that_has_it_is_named(world: Any, name: str) -> None:
    path = world.write(name, ENTRY)
    path.chmod(0o600)
    assert seen(world.environment("pymail")) == CronLookup(str(path))


def test_every_miss_has_its_reason(world: Any) -> None:
    world.write(".config/pymail/credentials", ENTRY).chmod(0o644)
    own, system, netrc = (
        world.directory / name
        for name in (".config/pymail/credentials", "etc/pymail/credentials", ".netrc")
    )
    misses = {
        "credentials file": f"{own}: others can read it (chmod 600)",
        "system credentials file": f"{system}: no such file or directory",
        "netrc": f"{netrc}: no such file or directory",
        "keyring": "not reachable: no D-Bus session, as usual under cron",
    }
    assert seen(world.environment("pymail")) == CronLookup(misses=misses)


def test_cron_does_not_have_what_the_session_has(
    world: Any, with_keyring: WithKeyring
) -> None:
    """Neither its keyring nor a place that a variable of the session names."""
    made = with_keyring("InFile")
    world.write("keyring.json", f'{{"{HOST} {USER}": "code"}}')
    world.write("conf/pymail/credentials", ENTRY).chmod(0o600)
    more = {"XDG_CONFIG_HOME": str(world.directory / "conf")}
    made = replace(made, variables={**made.variables, **more})
    answer = seen(made)
    assert answer.place == ""
    assert "no D-Bus session" in answer.misses["keyring"]


def test_cron_reaches_a_keyring_that_needs_no_session(world: Any) -> None:
    world.write(
        ".config/python_keyring/keyringrc.cfg",
        "[backend]\ndefault-keyring=keyring.backends.null.Keyring\n",
    )
    answer = seen(world.environment("pymail"))
    assert answer.misses["keyring"] == "switched off: its null backend keeps nothing"


def test_cron_has_four_variables(world: Any) -> None:
    assert cron_variables(world.environment("pymail")) == {
        "HOME": str(world.directory),
        "LOGNAME": "me",
        "PATH": "/usr/bin:/bin",
        "SHELL": "/bin/sh",
    }


def test_answer_has_the_place_and_not_the_secret(
    world: Any, tmp_path: Path, measured: Mapping[str, str]
) -> None:
    question = {"user": USER, "host": HOST, "netrc": str(tmp_path / ".netrc")}
    question |= {"seconds": "60", "system": str(tmp_path / "etc")}
    variables = {**cron_variables(world.environment("pymail")), **measured}

    def ask() -> object:
        return isolated_call.ask(
            "cron_environment", question, variables=variables, seconds=60
        )

    assert "netrc" in getattr(ask(), "keys", list)()
    path = world.write(".netrc", ENTRY)
    path.chmod(0o600)
    assert ask() == {"place": str(path)}


def test_try_that_fails_is_told(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    reason = "cannot start Python: no such file or directory"
    assert seen(world.environment("pymail")) == CronLookup(misses={"the try": reason})
