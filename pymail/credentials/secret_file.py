"""pymail's credentials files: one of the user, one of the machine.

They have the format of netrc(5), so that users can edit them. A file to which other
users have access, or which belongs to another user, is not used. Each change replaces
the whole file, so that no reader sees half of it.
"""

import os
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

from pymail.credentials import netrc
from pymail.credentials.secret_text import Found, Missing, objection
from pymail.disk import follow_links, make_private_directory, replace_file
from pymail.environment import Environment
from pymail.errors import CannotKeepError
from pymail.locks import Pause, lock_file
from pymail.model import model
from pymail.secret import Secret
from pymail.settings.server_models import Login
from pymail.text import system_message

_NAME = "pymail/credentials"
LOCK_SECONDS = 5.0
# Opening a FIFO or device must not block, nor make it the controlling terminal.
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
_NO_WORD = "\r\n\0"


def own_files(environment: Environment) -> "tuple[SecretFile, SecretFile]":
    """Return the user's file and the machine's, in the order of the search."""
    system = environment.system_rc_directory / _NAME
    return own_file(environment), SecretFile(system, shared=True)


def own_file(environment: Environment) -> "SecretFile":
    """Return the user's file (XDG Base Directory Specification)."""
    named = Path(environment.variables.get("XDG_CONFIG_HOME", ""))
    base = named if named.is_absolute() else environment.home / ".config"
    return SecretFile(base / _NAME)


@model()
class SecretFile:
    """The credentials file at `path`; a `shared` one may be readable for a group.

    `pause` waits between two tries to lock the file.
    """

    path: Path
    shared: bool = False
    pause: Pause = sleep
    lock_seconds: float = LOCK_SECONDS

    def find(self, login: Login, host: str) -> Found | Missing:
        """Find the secret of `login` at `host`."""
        try:
            text = _read(follow_links(self.path, trust_root=True), shared=self.shared)
        except OSError as error:
            return Missing(f"{self.path}: {system_message(error)}")
        return netrc.find_entry(text, login, host, self.path)

    def put(self, user: str, host: str, secret: Secret) -> str:
        """Store the secret of `user` at `host`; returns the path of the file.

        A secret stored before for the same user and host is replaced.

        Raises:
            CannotKeepError: the file can't be written, or the secret does not fit.
        """
        try:
            path = follow_links(self.path, trust_root=True)
            _check_words(user, host, secret)
            make_private_directory(path.parent)
            self._change(path, lambda text: netrc.with_entry(text, user, host, secret))
        except (OSError, ValueError) as error:
            raise CannotKeepError(f"{self.path}: {system_message(error)}") from error
        return str(path)

    def remove(self, user: str, host: str) -> bool:
        """Remove the entry of `user` at `host`; returns whether there was one.

        Raises:
            CannotKeepError: the file can't be changed.
        """
        try:
            path = follow_links(self.path, trust_root=True)
            return path.exists() and self._change(
                path, lambda text: netrc.without_entry(text, user, host)
            )
        except OSError as error:
            raise CannotKeepError(f"{self.path}: {system_message(error)}") from error

    def _change(self, path: Path, change: Callable[[str], str]) -> bool:
        """Replace the text of the file by `change(text)`; returns whether it differs."""
        deadline = monotonic() + self.lock_seconds
        with lock_file(path, deadline=deadline, pause=self.pause):
            old_text = _read_or_empty(path)
            text = change(old_text)
            if text == old_text:
                return False
            replace_file(path, [text.encode("utf-8", "surrogateescape")])
            return True


def _read(path: Path, *, shared: bool) -> str:
    descriptor = os.open(path, _FLAGS)
    try:
        status = os.fstat(descriptor)
        if reason := objection(status, os.geteuid(), shared=shared):
            raise OSError(reason)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read().decode("utf-8", "surrogateescape")
    finally:
        os.close(descriptor)


def _read_or_empty(path: Path) -> str:
    try:
        return _read(path, shared=False)
    except FileNotFoundError:
        return ""


def _check_words(user: str, host: str, secret: Secret) -> None:
    if not (user and host):
        raise ValueError("a secret can't be stored without user and host")
    for name, word in (("user", user), ("host", host), ("secret", secret.reveal())):
        if set(word) & set(_NO_WORD):
            raise ValueError(
                f"the {name} has a line break or null octet and can't be stored"
            )
        try:
            word.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:  # `from None`: the error quotes the word
            raise ValueError(f"the {name} is no text and can't be stored") from None
