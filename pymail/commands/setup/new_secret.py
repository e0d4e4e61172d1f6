"""New secrets: read, tried at the server, kept, and looked up as cron would.

`keep` is the only place where a new secret is stored: whatever else is known of
an old one ends there.
"""

import re

from pymail.commands.invocation import Invocation
from pymail.credentials import chain, cron_environment
from pymail.credentials.base import Found, Missing, Store
from pymail.credentials.keyring import Keyring
from pymail.credentials.secret_file import own_file
from pymail.credentials.secret_text import clean
from pymail.delivery import password_options
from pymail.delivery.context import RunContext
from pymail.delivery.logins import forget_refusal
from pymail.delivery.sender import session_trace
from pymail.environment import Environment
from pymail.errors import AuthenticationError, CannotKeepError, PymailError
from pymail.model import model, replace
from pymail.report.explain import explain_failure
from pymail.report.providers import SecretKind
from pymail.secret import Secret
from pymail.settings.models import Lookup
from pymail.settings.server_models import Login, SmtpServer
from pymail.terminal import lines
from pymail.terminal.renderer import say
from pymail.transport import handshake
from pymail.transport.base import AskSecret

NAMES = KEYRING, FILE = ("keyring", "file")
_SHOWN_IN_GROUPS = frozenset({SecretKind.AUTHORIZATION_CODE, SecretKind.APP_PASSWORD})


@model(kw_only=True)
class Kept:
    """The place of a secret: the store, and the place in people's words."""

    store: str
    place: str


def read_given(invocation: Invocation, environment: Environment) -> Secret | None:
    """Read what --password-fd or --password-file has; None without them.

    Raises:
        UnreadableInputError: it cannot be read, or there is nothing in it.
    """
    handed = password_options.read_passwords(
        invocation.password_fd, invocation.password_file, environment
    )
    return handed[0].secret if handed else None


def clean_secret(secret: Secret, host: str, *, in_groups: bool) -> Secret:
    """Take away what was pasted along: blanks around it, line ends.

    `in_groups`: the provider shows it in groups with blanks between them.

    Raises:
        AuthenticationError: nothing is left, or it is no password.
    """
    answer = clean(Found(secret, "the password"), host)
    if isinstance(answer, Missing):
        raise AuthenticationError(answer.reason, advice="give it again")
    if not in_groups:
        return answer.secret
    return Secret(re.sub(r"\s+", "", answer.secret.reveal()))


class SecretStores:
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
            found = chain.make_chain(environment, self._lookup).find(login, self._host)
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
        return open_store(name, environment, self._lookup.keyring_seconds)


def open_store(name: str, environment: Environment, keyring_seconds: float) -> Store:
    """Return the store of this name, one of `NAMES`."""
    if name == KEYRING:
        return Keyring(environment, keyring_seconds)
    return own_file(environment)


def warn_of_shadow(place: str) -> str:
    """Say that what was stored will not be taken."""
    return f"{place} has another password, which comes first: remove it there"


def _cron(environment: Environment) -> Environment:
    """Return the environment as cron has it."""
    return replace(environment, variables=cron_environment.cron_variables(environment))


class LoginVerifier:
    """Trial logins at one server."""

    def __init__(self, server: SmtpServer, context: RunContext, *, debug: bool) -> None:
        self._server = server
        self._context = context
        self._trace = session_trace(context, debug=debug)

    def verify(self, ask_secret: AskSecret) -> None:
        """Log in, and leave.

        Raises:
            AuthenticationError: the server does not accept it.
            PymailError: it came not so far.
        """
        handshake.verify_login(self._server, ask_secret, self._trace)
        forget_refusal(self._server, self._context.environment)

    def explain(self, error: AuthenticationError) -> None:
        """Say what a refusal means."""
        host = self._server.name
        spoken = self._context.language
        advice = explain_failure(error, host, language=spoken)
        said = lines.describe_failure(error, advice, language=spoken)
        say(self._context.environment, said)


def answer_with(secret: Secret) -> AskSecret:
    """Make the function that knows one secret."""
    return lambda _login, _host: secret


def is_final(error: AuthenticationError) -> bool:
    """Whether the server itself has said no, for good."""
    return error.reply is not None and error.reply.permanent


def describe(error: PymailError) -> str:
    """Say what happened, with what the server said, in one line."""
    return f"{error}: {error.reply}" if error.reply else str(error)


def question(kind: SecretKind, user: str) -> str:
    """Ask for a secret in the provider's words."""
    words = kind.value
    return f"{words[0].upper()}{words[1:]} of {user}"


def shown_in_groups(kind: SecretKind) -> bool:
    """Whether the blanks in such a secret are not of it."""
    return kind in _SHOWN_IN_GROUPS
