"""The keyring of the desktop, asked without ever holding up a mail.

The library is loaded in a process of its own, see `apart`; here is what is
known before, so that cron's mails do not pay for a keyring they cannot have.
"""

import stat
import sys
from collections.abc import Mapping
from pathlib import Path

from pymail.credentials import isolated_call
from pymail.credentials.base import Found, Missing
from pymail.credentials.isolated_call import Words
from pymail.environment import Environment
from pymail.model import model
from pymail.secret import Secret
from pymail.settings.server_models import Login

_BUS = "DBUS_SESSION_BUS_ADDRESS"


@model()
class Keychain:
    """The keyring as a source; it is waited for at most `seconds`."""

    environment: Environment
    seconds: float

    def __call__(self, login: Login, host: str, /) -> Found | Missing:
        """Look for the secret of `login`."""
        answer = self.ask("get", user=login.user, host=host.lower())
        if isinstance(answer, Missing):
            return answer
        return Found(Secret(answer["secret"]), answer["place"])

    def ask(self, task: str, **words: str) -> Words | Missing:
        """Let `keyring_door` do a task; what it cannot do is missing."""
        if reason := obstacle(self.environment):
            return Missing(reason)
        answer = isolated_call.ask(
            "keyring_process",
            {"task": task, **words},
            variables=_variables(self.environment),
            seconds=self.seconds,
            hint="; is it waiting to be unlocked? (keyring-timeout)",
        )
        if isinstance(answer, Missing) or "failed" not in answer:
            return answer
        return Missing(answer["failed"])


def obstacle(environment: Environment, platform: str = sys.platform) -> str:
    """Tell why no keyring can be reached, without looking; empty if one may be."""
    variables = environment.variables
    if platform == "darwin" or _BUS in _variables(environment):
        return ""
    if variables.get("PYTHON_KEYRING_BACKEND") or _is_configured(environment):
        return ""  # a backend of its own needs no D-Bus
    return "not reachable: no D-Bus session, as usual under cron"


def _is_configured(environment: Environment) -> bool:
    home = environment.variables.get("XDG_CONFIG_HOME") or environment.home / ".config"
    return Path(home, "python_keyring", "keyringrc.cfg").exists()


def _variables(environment: Environment) -> Mapping[str, str]:
    """What the process sees: the library knows a bus by its variable alone."""
    variables = {**environment.variables, "HOME": str(environment.home)}
    runtime = variables.get("XDG_RUNTIME_DIR")
    if not variables.get(_BUS):
        variables.pop(_BUS, None)
        if runtime and _is_socket(bus := Path(runtime, "bus")):
            variables[_BUS] = f"unix:path={bus}"
    return variables


def _is_socket(path: Path) -> bool:
    try:
        return stat.S_ISSOCK(path.stat().st_mode)
    except OSError:
        return False
