"""Secret files of pymail: one of the user, one of the machine.

They have the form of netrc(5), so that an editor can mend them. A file that
others could have read or written is not used, nor one that somebody else made;
it is replaced as a whole, so that no reader sees half of it.
"""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

from pymail.credentials import netrc
from pymail.credentials.base import Found, Missing
from pymail.disk import follow_links, make_private_directory, replace_file
from pymail.environment import Environment
from pymail.errors import CannotKeepError
from pymail.locks import Pause, lock_file
from pymail.model import model
from pymail.secret import Secret
from pymail.settings.server_models import Login

_NAME = "pymail/credentials"
LOCK_SECONDS = 5.0
# A FIFO or device must not hold us up, nor become our terminal.
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
_NO_WORD = "\r\n\0"


def own_files(environment: Environment) -> "tuple[SecretFile, SecretFile]":
    """Return the user's file and the machine's, in the order they are asked."""
    system = environment.system_rc_directory / _NAME
    return own_file(environment), SecretFile(system, shared=True)


def own_file(environment: Environment) -> "SecretFile":
    """Return the user's file (XDG Base Directory Specification)."""
    named = Path(environment.variables.get("XDG_CONFIG_HOME", ""))
    base = named if named.is_absolute() else environment.home / ".config"
    return SecretFile(base / _NAME)


@model()
class SecretFile:
    """The file at `path`; a `shared` one root may have opened to a group.

    `pause` waits for another writer.
    """

    path: Path
    shared: bool = False
    pause: Pause = sleep
    lock_seconds: float = LOCK_SECONDS

    def find(self, login: Login, host: str) -> Found | Missing:
        """Find the secret that the file has for `login` at `host`."""
        try:
            text = _read(follow_links(self.path, trust_root=True), shared=self.shared)
        except OSError as error:
            return Missing(f"{self.path}: {_describe(error)}")
        return netrc.find_entry(text, login, host, self.path)

    def put(self, user: str, host: str, secret: Secret) -> str:
        """Keep the secret of `user` at `host` in the file; returns its name.

        Raises:
            CannotKeepError: it cannot be kept, and why.
        """
        try:
            path = follow_links(self.path, trust_root=True)
            _check_words(user, host, secret)
            make_private_directory(path.parent)
            self._change(path, lambda text: netrc.with_entry(text, user, host, secret))
        except (OSError, ValueError) as error:
            raise CannotKeepError(f"{self.path}: {_describe(error)}") from error
        return str(path)

    def remove(self, user: str, host: str) -> bool:
        """Take the entry out of the file; returns whether there was one.

        Raises:
            CannotKeepError: the file cannot be changed, and why.
        """
        try:
            path = follow_links(self.path, trust_root=True)
            return path.exists() and self._change(
                path, lambda text: netrc.without_entry(text, user, host)
            )
        except OSError as error:
            raise CannotKeepError(f"{self.path}: {_describe(error)}") from error

    def _change(self, path: Path, change: Callable[[str], str]) -> bool:
        """Replace the file by what `change` makes of it, if it makes anything."""
        deadline = monotonic() + self.lock_seconds
        with lock_file(path, deadline=deadline, pause=self.pause):
            old_text = _read_or_empty(path)
            text = change(old_text)
            if text == old_text:
                return False
            replace_file(path, [text.encode("utf-8", "surrogateescape")])
            return True


def objection(status: os.stat_result, user_id: int, *, shared: bool) -> str:
    """Tell why a file is not to be used by `user_id`, empty if it is."""
    if not stat.S_ISREG(status.st_mode):
        return "not a regular file"
    if status.st_uid not in (user_id, 0):
        return f"it belongs to another user ({status.st_uid})"
    if shared and status.st_uid == 0:
        open_to_others = status.st_mode & (stat.S_IRWXO | stat.S_IWGRP | stat.S_IXGRP)
        return "others can read it (chmod 640)" if open_to_others else ""
    open_to_others = status.st_mode & (stat.S_IRWXO | stat.S_IRWXG)
    return "others can read it (chmod 600)" if open_to_others else ""


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
        raise ValueError("nothing is kept without a user and a host")
    for name, word in (("user", user), ("host", host), ("secret", secret.reveal())):
        if set(word) & set(_NO_WORD):
            raise ValueError(f"a {name} with a line break or NUL is not kept")
        try:
            word.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:  # `from None`: it has the word in it
            raise ValueError(f"a {name} that is no text is not kept") from None


def _describe(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error)
