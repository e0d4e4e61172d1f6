"""A secret from where it is given to where it is kept, and seen there as cron sees it.

`keep` is the only place where a new secret is stored: whatever else is known of
an old one ends there.
"""

import re

from pymail.cli.invocation import Invocation
from pymail.credentials import chain, stores
from pymail.credentials.base import Store
from pymail.environment import Environment
from pymail.errors import AuthenticationError, CannotKeepError, UnreadableInputError
from pymail.record import record, replace
from pymail.secret import Secret
from pymail.settings.records import Login, Lookup

NAMES = stores.NAMES
KEYRING, FILE = NAMES
_LONGEST_LINE_OCTETS = 1 << 16
_ENDS = "\ufeff\u200b\u200c\u200d\u2060"  # no blanks to Python, and not to be seen


@record(kw_only=True)
class Kept:
    """Where a secret is now: the store, and the place in people's words."""

    store: str
    place: str


def tidy(secret: Secret, *, in_groups: bool) -> Secret:
    """Take away what was pasted along: blanks around it, line ends.

    `in_groups`: the provider shows it in groups with blanks between them.
    """
    text = secret.reveal().strip().strip(_ENDS).strip()
    return Secret(re.sub(r"\s+", "", text) if in_groups else text)


def given(invocation: Invocation, environment: Environment) -> Secret | None:
    """Read what --password-fd or --password-file has; None without them.

    Raises:
        UnreadableInputError: it cannot be read.
        AuthenticationError: there is nothing in it.
    """
    source: int | str
    if invocation.password_fd is not None:
        source = invocation.password_fd
        name = f"--password-fd {source}"
    elif invocation.password_file is not None:
        source = str(environment.expand(invocation.password_file))
        name = f"--password-file {invocation.password_file}"
    else:
        return None
    line = _first_line(name, source)
    if not line.strip():
        raise AuthenticationError(
            f"{name}: there is no password in it", advice="it is the first line"
        )
    return Secret(line)


def _first_line(name: str, source: int | str) -> str:
    try:
        closefd = isinstance(source, str)
        # unbuffered: what follows may be for somebody else
        with open(source, "rb", buffering=0, closefd=closefd) as file:
            octets = file.readline(_LONGEST_LINE_OCTETS)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableInputError(f"{name}: {reason.lower()}") from error
    return octets.decode("utf-8", "surrogateescape")


class Vault:
    """The stores of this user, for the secret of `user` at `host`."""

    def __init__(
        self, environment: Environment, lookup: Lookup | None, user: str, host: str
    ) -> None:
        self._environment = environment
        self._lookup = lookup or Lookup(netrc=environment.expand("~/.netrc"))
        self._user = user
        self._host = host

    def keep(self, secret: Secret, wanted: str | None) -> Kept:
        """Keep a secret in the store that is wanted.

        By itself in a keyring that is open to cron, too, or else in the file.

        Raises:
            CannotKeepError: it cannot be kept; nothing is changed.
        """
        if wanted is not None:
            return self._put(wanted, self._environment, secret)
        try:
            return self._put(KEYRING, as_cron(self._environment), secret)
        except CannotKeepError:
            return self._put(FILE, self._environment, secret)

    def remove(self, name: str) -> bool:
        """Remove the secret from a store; returns whether it was there.

        Raises:
            CannotKeepError: the store cannot be changed.
        """
        return self._store(name, self._environment).remove(self._user, self._host)

    def cron_finds(self, login: Login) -> str:
        """Tell where cron would find the secret; empty when nowhere."""
        world = as_cron(self._environment)
        try:
            found = chain.of(world, self._lookup).find(login, self._host)
        except AuthenticationError:
            return ""
        return found.place

    def shadow(self, login: Login, secret: Secret) -> str:
        """Tell which place answers before the one where it was put; empty for none."""
        world = replace(self._environment, stderr_is_terminal=False)  # ask nobody
        try:
            found = chain.of(world, self._lookup).find(login, self._host)
        except AuthenticationError:
            return ""
        return "" if found.secret == secret else found.place

    def _put(self, name: str, environment: Environment, secret: Secret) -> Kept:
        place = self._store(name, environment).put(self._user, self._host, secret)
        home = f"{environment.home}/"
        if place.startswith(home):
            place = f"~/{place.removeprefix(home)}"
        return Kept(store=name, place=place)

    def _store(self, name: str, environment: Environment) -> Store:
        seconds = self._lookup.keyring_seconds
        return stores.store(name, environment, keyring_seconds=seconds)


def comes_first(place: str) -> str:
    """Say that what was stored will not be taken."""
    return f"{place} has another password, which comes first: remove it there"


def as_cron(environment: Environment) -> Environment:
    """Return the world as cron has it: four variables, nobody to ask (crontab(5))."""
    return replace(
        environment,
        variables={
            "HOME": str(environment.home),
            "LOGNAME": environment.login,
            "PATH": "/usr/bin:/bin",
            "SHELL": "/bin/sh",
        },
        stdin=None,
        stdin_is_terminal=False,
        stdout_is_terminal=False,
        stderr_is_terminal=False,
    )
