"""Secrets from the environment: $PYMAIL_PASSWORD, and credentials of systemd.

They are meant for a mail server, not for a private key. systemd.exec(5):
LoadCredential= and LoadCredentialEncrypted= put files into a directory.
"""

import os

from pymail.credentials.base import Found, Missing
from pymail.credentials.secret_text import describe_error, read_file_line
from pymail.environment import Environment
from pymail.secret import Secret
from pymail.settings.models import KEY_HOST_SUFFIX
from pymail.settings.server_models import Login

PASSWORD = "PYMAIL_PASSWORD"  # noqa: S105 - a name
DIRECTORY = "CREDENTIALS_DIRECTORY"

_NOT_FOR_KEYS = Missing("not for private keys")


def find(environment: Environment, _login: Login, host: str) -> Found | Missing:
    """Return $PYMAIL_PASSWORD, for containers that have no better way."""
    if host.endswith(KEY_HOST_SUFFIX):
        return _NOT_FOR_KEYS
    text = environment.variables.get(PASSWORD)
    return Missing("not set") if text is None else Found(Secret(text), f"${PASSWORD}")


def find_credential(
    environment: Environment, account: str, _login: Login, host: str
) -> Found | Missing:
    """Read the first of the files pymail.ACCOUNT, pymail.HOST and pymail.

    Whoever put it there chose who can read it.
    """
    if host.endswith(KEY_HOST_SUFFIX):
        return _NOT_FOR_KEYS
    directory = environment.variables.get(DIRECTORY)
    if not directory:
        return Missing("not set")
    place = environment.expand(directory)
    try:
        there = set(os.listdir(place))  # noqa: PTH208 - names are what is wanted
    except OSError as error:
        return Missing(f"{place}: {describe_error(error)}")
    parts = [part for part in (account, host) if part and "/" not in part]
    names = (*(f"pymail.{part}" for part in parts), "pymail")
    name = next((name for name in names if name in there), None)
    if name is None:
        return Missing(f"no {', '.join(names)} in {place}")
    text = read_file_line(place / name, private=False)
    if isinstance(text, Missing):
        return text
    return Found(Secret(text), str(place / name))
