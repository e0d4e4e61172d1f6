"""A search with the environment of a cron job finds the secrets that cron finds."""

from collections.abc import Callable
from typing import Any

import pytest

from pymail.commands.report_outcome import default_settings
from pymail.credentials.chain import cron_environment, make_chain
from pymail.environment import Environment
from pymail.errors import AuthenticationError
from pymail.model import replace
from pymail.settings.server_models import Login

HOST, USER = "smtp.example.com", "me@example.com"
ENTRY = f"machine {HOST} login {USER} password Zx9-code\n"

WithKeyring = Callable[[str], Environment]


def place(environment: Environment) -> str:
    chain = make_chain(cron_environment(environment), default_settings(environment))
    return chain.find(Login(user=USER), HOST).place


@pytest.mark.parametrize(
    "name", [".config/pymail/credentials", "etc/pymail/credentials", ".netrc"]
)
def test_cron_finds_the_secret_in_a_file(world: Any, name: str) -> None:
    world.write(name, ENTRY).chmod(0o600)
    assert place(world.environment("pymail")) == f"~/{name}"


def test_cron_finds_neither_keyring_nor_places_of_the_session(
    world: Any, with_keyring: WithKeyring
) -> None:
    made = with_keyring("InFile")
    world.write("keyring.json", f'{{"{HOST} {USER}": "code"}}')
    world.write("conf/pymail/credentials", ENTRY).chmod(0o600)
    more = {
        "XDG_CONFIG_HOME": str(world.directory / "conf"),
        "PYMAIL_PASSWORD": "Zx9-code",
    }
    made = replace(made, variables={**made.variables, **more}, stderr_is_terminal=True)
    with pytest.raises(AuthenticationError, match=r"no D-Bus session.*no terminal"):
        place(made)


def test_cron_job_has_four_variables(world: Any) -> None:
    assert cron_environment(world.environment("pymail")).variables == {
        "HOME": str(world.directory),
        "LOGNAME": "me",
        "PATH": "/usr/bin:/bin",
        "SHELL": "/bin/sh",
    }
