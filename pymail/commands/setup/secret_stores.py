"""A secret from where it is given to where it is kept, and seen there as cron sees it.

`keep` is the only place where a new secret is stored: whatever else is known of
an old one ends there.
"""

import re

from pymail.commands.invocation import Invocation
from pymail.credentials import chain, cron_environment, secret_stores
from pymail.credentials.base import Found, Missing, Store
from pymail.credentials.pasted import cleaned
from pymail.delivery import password_options
from pymail.environment import Environment
from pymail.errors import AuthenticationError, CannotKeepError
from pymail.model import model, replace
from pymail.secret import Secret
from pymail.settings.models import Lookup
from pymail.settings.server_models import Login

NAMES = secret_stores.NAMES
KEYRING, FILE = NAMES


@model(kw_only=True)
class Kept:
    """Where a secret is now: the store, and the place in people's words."""

    store: str
    place: str


def given(invocation: Invocation, environment: Environment) -> Secret | None:
    """Read what --password-fd or --password-file has; None without them.

    Raises:
        UnreadableInputError: it cannot be read, or there is nothing in it.
    """
    handed = password_options.read_passwords(
        invocation.password_fd, invocation.password_file, environment
    )
    return handed[0].secret if handed else None


def tidy(secret: Secret, host: str, *, in_groups: bool) -> Secret:
    """Take away what was pasted along: blanks around it, line ends.

    `in_groups`: the provider shows it in groups with blanks between them.

    Raises:
        AuthenticationError: nothing is left, or it is no password.
    """
    answer = cleaned(Found(secret, "the password"), host)
    if isinstance(answer, Missing):
        raise AuthenticationError(answer.reason, advice="give it again")
    if not in_groups:
        return answer.secret
    return Secret(re.sub(r"\s+", "", answer.secret.reveal()))


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
            return self._put(KEYRING, _cron(self._environment), secret)
        except CannotKeepError:
            return self._put(FILE, self._environment, secret)

    def remove(self, name: str) -> bool:
        """Remove the secret from a store; returns whether it was there.

        Raises:
            CannotKeepError: the store cannot be changed.
        """
        return self._store(name, self._environment).remove(self._user, self._host)

    def cron_finds(self) -> bool:
        """Look where it is kept once more, in a process that has what cron has."""
        seen = cron_environment.look(
            self._environment, self._lookup, self._user, self._host
        )
        return bool(seen.place)

    def shadow(self, login: Login, secret: Secret) -> str:
        """Tell which place answers before the one where it was put; empty for none."""
        environment = replace(self._environment, stderr_is_terminal=False)  # ask nobody
        try:
            found = chain.of(environment, self._lookup).find(login, self._host)
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
        return secret_stores.store(name, environment, keyring_seconds=seconds)


def comes_first(place: str) -> str:
    """Say that what was stored will not be taken."""
    return f"{place} has another password, which comes first: remove it there"


def _cron(environment: Environment) -> Environment:
    """Return the world as cron has it."""
    return replace(
        environment, variables=cron_environment.cron_environment(environment)
    )
