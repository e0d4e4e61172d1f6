"""Secrets that whoever starts pymail hands over: a variable, or files of systemd.

They are meant for a mail server, not for a private key. systemd.exec(5):
LoadCredential= and LoadCredentialEncrypted= put files into a directory.
"""

import os

from pymail.credentials import first_line
from pymail.credentials.base import Found, Missing
from pymail.environment import Environment
from pymail.model import model
from pymail.secret import Secret
from pymail.settings.models import KEY_HOST_SUFFIX
from pymail.settings.server_models import Login

PASSWORD = "PYMAIL_PASSWORD"  # noqa: S105 - a name
DIRECTORY = "CREDENTIALS_DIRECTORY"

_NOT_OF_A_SERVER = Missing("not for private keys")


@model()
class PasswordVariable:
    """$PYMAIL_PASSWORD, for containers that have no better way."""

    environment: Environment

    def __call__(self, _login: Login, host: str, /) -> Found | Missing:
        """Return the variable's value."""
        if host.endswith(KEY_HOST_SUFFIX):
            return _NOT_OF_A_SERVER
        text = self.environment.variables.get(PASSWORD)
        if text is None:
            return Missing("not set")
        return Found(Secret(text), f"${PASSWORD}")


@model()
class SystemdCredentials:
    """The files pymail.ACCOUNT, pymail.HOST and pymail, the first that is there."""

    environment: Environment
    account: str = ""

    def __call__(self, _login: Login, host: str, /) -> Found | Missing:
        """Read the first file there is; whoever put it there chose who can read it."""
        if host.endswith(KEY_HOST_SUFFIX):
            return _NOT_OF_A_SERVER
        directory = self.environment.variables.get(DIRECTORY)
        if not directory:
            return Missing("not set")
        place = self.environment.expand(directory)
        try:
            there = set(os.listdir(place))  # noqa: PTH208 - names are what is wanted
        except OSError as error:
            return Missing(f"{place}: {first_line.reason(error)}")
        named = [f"pymail.{part}" for part in (self.account, host) if _fits(part)]
        names = (*named, "pymail")
        for name in names:
            if name in there:
                text = first_line.of_file(place / name, private=False)
                if isinstance(text, Missing):
                    return text
                return Found(Secret(text), str(place / name))
        return Missing(f"no {', '.join(names)} in {place}")


def _fits(part: str) -> bool:
    return bool(part) and "/" not in part
