"""The keyring library's door, opened only in a process of its own (`apart`).

Backends raise anything, and say "nothing there" for "switched off"; here all of
it becomes words. An answer has `failed` and the reason, or what was asked for.
"""

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from pymail.credentials.isolated_call import Words
from pymail.secret import PLACEHOLDER

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

_OF_NO_USE = {  # backends that are none
    "keyring.backends.fail": "there is none: no Secret Service or KWallet answers",
    "keyring.backends.null": "switched off: its null backend keeps nothing",
}
_REASONS = {  # by the names of exceptions
    "NoKeyringError": _OF_NO_USE["keyring.backends.fail"],
    "KeyringLocked": "locked, and nobody unlocks it",
    "LockedException": "locked, and nobody unlocks it",
    "InitError": "locked, or never set up, and nobody answers its prompt",
    "PromptDismissedException": "its prompt was dismissed",
    "EOFError": "it asks for a pass phrase, and there is nobody to type it",
}
# Only these are quoted: others, of whatever backend, may have the secret in them.
_QUOTED = {"ImportError", "ModuleNotFoundError", "RuntimeError"}
_QUOTED_LIBRARIES = {"keyring", "secretstorage", "jeepney"}
_LONGEST_REASON = 200
_GMAIL = {"smtp.gmail.com", "smtp.googlemail.com"}


def answer(question: Words) -> Words:
    """Do one task: `look`, `get`, `put` or `remove`, with `host`, `user`, `secret`."""
    try:
        import keyring

        ring = keyring.get_keyring()
        if reason := _OF_NO_USE.get(type(ring).__module__):
            return {"failed": reason}
        return _TASKS[question["task"]](ring, question)
    except Exception as error:  # noqa: BLE001 - backends raise anything
        reason = _reason(error)
        if secret := question.get("secret"):
            reason = reason.replace(secret, PLACEHOLDER)
        return {"failed": reason}


def _look(ring: "KeyringBackend", _question: Words) -> Words:
    return {"name": _name(ring)}


def _get(ring: "KeyringBackend", question: Words) -> Words:
    host, user = question["host"], question["user"]
    for service in _services(host):
        secret = ring.get_password(service, user)
        if secret is not None:
            return {"secret": secret, "place": f"keyring: {service} ({_name(ring)})"}
    for program, secret in _of_others(ring, host, user):
        return {"secret": secret, "place": f"keyring, stored by {program}"}
    return {"failed": f"no entry {host} with user {user} ({_name(ring)})"}


def _put(ring: "KeyringBackend", question: Words) -> Words:
    host, user, secret = question["host"], question["user"], question["secret"]
    ring.set_password(host, user, secret)
    if ring.get_password(host, user) != secret:
        return {"failed": f"it took the secret and does not have it ({_name(ring)})"}
    return {"place": f"keyring: {host} ({_name(ring)})"}


def _remove(ring: "KeyringBackend", question: Words) -> Words:
    host, user = question["host"], question["user"]
    if ring.get_password(host, user) is None:
        return {"removed": ""}
    ring.delete_password(host, user)
    return {"removed": host}


_TASKS = {"look": _look, "get": _get, "put": _put, "remove": _remove}


def _services(host: str) -> list[str]:
    """Names under which scripts keep a server's secret, ours first."""
    others = ["yagmail"] if host in _GMAIL else []
    return [host, f"smtp://{host}", "pymail", *others]


def _of_others(ring: Any, host: str, user: str) -> Iterator[tuple[str, str]]:
    """Yield what other programs keep in the Secret Service, under their attributes."""
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
                    # git has more lines below the password
                    yield program, item.get_secret().decode().partition("\n")[0]


def _name(ring: object) -> str:
    return type(ring).__module__.rpartition(".")[2]


def _reason(error: Exception) -> str:
    kinds = [kind.__name__ for kind in type(error).__mro__]
    for kind in kinds:
        if kind in _REASONS:
            return _REASONS[kind]
    library = type(error).__module__.partition(".")[0]
    if library in _QUOTED_LIBRARIES or kinds[0] in _QUOTED:
        text = "".join(c if c.isprintable() else " " for c in str(error))
        return f"it fails: {text[:_LONGEST_REASON]}"
    return f"it fails ({kinds[0]})"
