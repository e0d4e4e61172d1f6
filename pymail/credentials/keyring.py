"""The desktop's keyring as source and store of secrets.

The keyring library is loaded in a process of its own (`isolated_call`), where
`answer` runs, so that a keyring never blocks a mail. `obstacle` first checks without
the library whether a keyring can be reached at all, which cron's mails can't.
"""

import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pymail.credentials import isolated_call
from pymail.credentials.isolated_call import Words
from pymail.credentials.secret_text import Found, Missing
from pymail.environment import Environment
from pymail.errors import CannotKeepError
from pymail.model import model
from pymail.secret import PLACEHOLDER, Secret
from pymail.settings.server_models import Login

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend


_BUS = "DBUS_SESSION_BUS_ADDRESS"


@model()
class Keyring:
    """The keyring, with entries by server name; each call takes `seconds` at most."""

    environment: Environment
    seconds: float

    def find(self, login: Login, host: str) -> Found | Missing:
        """Look for the secret of `login`."""
        answer = self.ask("get", login.user, host)
        if isinstance(answer, Missing):
            return answer
        return Found(Secret(answer["secret"]), answer["place"])

    def put(self, user: str, host: str, secret: Secret) -> str:
        """Store the secret of `user` at `host`, and read it back; returns its place.

        A secret stored before for the same user and host is replaced.

        Raises:
            CannotKeepError: the keyring does not store it.
        """
        return self._change("put", user, host, secret=secret.reveal())["place"]

    def remove(self, user: str, host: str) -> bool:
        """Remove the secret that `put` stored; returns whether there was one.

        Raises:
            CannotKeepError: the keyring does not remove it.
        """
        return bool(self._change("remove", user, host)["removed"])

    def _change(self, task: str, user: str, host: str, **more: str) -> Words:
        answer = self.ask(task, user, host, **more)
        if isinstance(answer, Missing):
            raise CannotKeepError(
                f"keyring: {answer.reason}", advice="--store file stores it in a file"
            )
        return answer

    def ask(self, task: str, user: str, host: str, **more: str) -> Words | Missing:
        """Run a task (`get`, `put` or `remove`) in a process of its own."""
        if reason := obstacle(self.environment):
            return Missing(reason)
        answer = isolated_call.ask(
            {"task": task, "user": user, "host": host.lower(), **more},
            variables=_variables(self.environment),
            seconds=self.seconds,
        )
        if isinstance(answer, Missing) or "failed" not in answer:
            return answer
        return Missing(answer["failed"])


def obstacle(environment: Environment, platform: str = sys.platform) -> str:
    """Return the reason why no keyring can be reached, empty if one may be."""
    variables = environment.variables
    if platform == "darwin" or _BUS in _variables(environment):
        return ""
    if variables.get("PYTHON_KEYRING_BACKEND") or _is_configured(environment):
        return ""  # a configured backend may need no D-Bus
    return "not reachable: no D-Bus session, as usual under cron"


def _is_configured(environment: Environment) -> bool:
    home = environment.variables.get("XDG_CONFIG_HOME") or environment.home / ".config"
    return Path(home, "python_keyring", "keyringrc.cfg").exists()


def _variables(environment: Environment) -> Mapping[str, str]:
    """Return the process's variables; the library finds the bus only by its variable."""
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


# ── in the process of its own ───────────────────────────────────────────────

_USELESS = {  # backends that store nothing
    "keyring.backends.fail": "not found: no Secret Service or KWallet answers",
    "keyring.backends.null": "switched off: its null backend stores nothing",
}
_REASONS = {  # by the names of exceptions
    "NoKeyringError": _USELESS["keyring.backends.fail"],
    "KeyringLocked": "locked, and not unlocked at its prompt",
    "LockedException": "locked, and not unlocked at its prompt",
    "InitError": "locked or never set up, and its prompt was not answered",
    "PromptDismissedException": "its prompt was dismissed",
    "EOFError": "it asks for a pass phrase, and pymail has no terminal for it",
}
# Messages of other exceptions are not quoted: they may contain the secret.
_QUOTED = {"ImportError", "ModuleNotFoundError", "RuntimeError"}
_QUOTED_LIBRARIES = {"keyring", "secretstorage", "jeepney"}
_LONGEST_REASON = 200
_GMAIL = {"smtp.gmail.com", "smtp.googlemail.com"}


def answer(question: Words) -> Words:
    """Run a task, `get`, `put` or `remove`, with `host`, `user` and maybe `secret`."""
    try:
        import keyring

        ring = keyring.get_keyring()
        if reason := _USELESS.get(type(ring).__module__):
            return {"failed": reason}
        return _TASKS[question["task"]](ring, question)
    except Exception as error:  # noqa: BLE001 - backends raise anything
        reason = _failure(error)
        if secret := question.get("secret"):
            reason = reason.replace(secret, PLACEHOLDER)
        return {"failed": reason}


def _get(ring: "KeyringBackend", question: Words) -> Words:
    host, user = question["host"], question["user"]
    for service in _services(host):
        secret = ring.get_password(service, user)
        if secret is not None:
            return {"secret": secret, "place": f"keyring: {service} ({_name(ring)})"}
    for program, secret in _search_other_programs(ring, host, user):
        return {"secret": secret, "place": f"keyring, stored by {program}"}
    return {"failed": f"no entry {host} with user {user} ({_name(ring)})"}


def _put(ring: "KeyringBackend", question: Words) -> Words:
    host, user, secret = question["host"], question["user"], question["secret"]
    ring.set_password(host, user, secret)
    if ring.get_password(host, user) != secret:
        return {
            "failed": f"it accepts the secret but does not store it ({_name(ring)})"
        }
    return {"place": f"keyring: {host} ({_name(ring)})"}


def _remove(ring: "KeyringBackend", question: Words) -> Words:
    host, user = question["host"], question["user"]
    if ring.get_password(host, user) is None:
        return {"removed": ""}
    ring.delete_password(host, user)
    return {"removed": host}


_TASKS = {"get": _get, "put": _put, "remove": _remove}


def _services(host: str) -> list[str]:
    """Return the names under which scripts store a server's secret, pymail's own first."""
    others = ["yagmail"] if host in _GMAIL else []
    return [host, f"smtp://{host}", "pymail", *others]


def _search_other_programs(
    ring: Any, host: str, user: str
) -> Iterator[tuple[str, str]]:
    """Yield program and secret of entries that other programs have stored.

    They are items of the Secret Service with the attributes of that program.
    """
    attributes = {
        "msmtp": {"host": host, "service": "smtp", "user": user},
        "git": {"server": host, "protocol": "smtp", "user": user},
    }
    for backend in getattr(ring, "backends", [ring]):
        if not hasattr(backend, "get_preferred_collection"):
            continue
        collection = backend.get_preferred_collection()
        with closing(collection.connection):
            for program, wanted in attributes.items():
                for item in collection.search_items(wanted):
                    backend.unlock(item)
                    # git stores more lines below the password
                    yield program, item.get_secret().decode().partition("\n")[0]


def _name(ring: object) -> str:
    return type(ring).__module__.rpartition(".")[2]


def _failure(error: Exception) -> str:
    kinds = [kind.__name__ for kind in type(error).__mro__]
    for kind in kinds:
        if kind in _REASONS:
            return _REASONS[kind]
    library = type(error).__module__.partition(".")[0]
    if library in _QUOTED_LIBRARIES or kinds[0] in _QUOTED:
        text = "".join(c if c.isprintable() else " " for c in str(error))
        return f"it fails: {text[:_LONGEST_REASON]}"
    return f"it fails ({kinds[0]})"
