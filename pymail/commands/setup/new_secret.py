"""New secrets: read, tried at the server, stored, and found as cron would find them.

Only `SecretStores.store` stores a new secret, and only `try_login` tries one: it also
deletes the record of a refused password. If the server refuses the login of the first
account, the setup ends.
"""

import re

from pymail.commands.invocation import Invocation
from pymail.commands.setup.account import CERTIFICATE, Plan
from pymail.commands.setup.prompt import Prompt
from pymail.commands.setup.proposal import Proposal
from pymail.credentials.chain import cron_environment, make_chain
from pymail.credentials.keyring import Keyring
from pymail.credentials.secret_file import SecretFile, own_file
from pymail.credentials.secret_text import Found, Missing, clean
from pymail.delivery import password_options
from pymail.delivery.context import RunContext
from pymail.delivery.logins import forget_refusal
from pymail.environment import Environment
from pymail.errors import AuthenticationError, CannotKeepError, Interrupted, PymailError
from pymail.model import model, replace
from pymail.report.explain import explain_failure
from pymail.report.providers import SecretKind
from pymail.secret import Secret
from pymail.settings.models import Settings
from pymail.settings.server_models import Login, SmtpServer
from pymail.terminal import lines
from pymail.terminal.renderer import say
from pymail.transport import handshake
from pymail.transport.base import AskSecret

NAMES = KEYRING, FILE = ("keyring", "file")
_SHOWN_IN_GROUPS = frozenset({SecretKind.AUTHORIZATION_CODE, SecretKind.APP_PASSWORD})
_ATTEMPTS = 3


# ── read ────────────────────────────────────────────────────────────────────


def read_option(invocation: Invocation, environment: Environment) -> Secret | None:
    """Read the secret from --password-fd or --password-file; None without them.

    Raises:
        UnreadableInputError: it can't be read, or is empty.
    """
    secrets = password_options.read_passwords(
        invocation.password_fd, invocation.password_file, environment
    )
    return secrets[0].secret if secrets else None


def ask_secret(prompt: Prompt, kind: SecretKind, user: str) -> Secret:
    """Ask for a secret by the provider's name for it.

    Raises:
        AuthenticationError: the answer is empty.
    """
    words = kind.value
    return prompt.secret(f"{words[0].upper()}{words[1:]} for {user}")


def clean_secret(secret: Secret, kind: SecretKind, host: str) -> Secret:
    """Strip the blanks and line ends that a paste adds.

    Blanks inside are removed too if the provider shows its secrets in groups.

    Raises:
        AuthenticationError: the rest is empty, or can't be a password.
    """
    answer = clean(Found(secret, "the password"), host)
    if isinstance(answer, Missing):
        raise AuthenticationError(answer.reason, advice="type it again")
    if kind not in _SHOWN_IN_GROUPS:
        return answer.secret
    return Secret(re.sub(r"\s+", "", answer.secret.reveal()))


# ── stored ──────────────────────────────────────────────────────────────────


@model(kw_only=True)
class Stored:
    """The store of a secret, one of `NAMES`, and its place, for messages."""

    store: str
    place: str


class SecretStores:
    """The stores of this user, for the secret of `user` at `host`."""

    def __init__(
        self, environment: Environment, settings: Settings, user: str, host: str
    ) -> None:
        self._environment = environment
        self._settings = settings
        self._user = user
        self._host = host

    def store(self, secret: Secret, wanted: str | None) -> Stored:
        """Store a secret in the `wanted` store.

        Without one, in the keyring if a cron job can read it, otherwise in the file.

        Raises:
            CannotKeepError: it can't be stored; nothing is changed.
        """
        if wanted is None:
            try:
                return self._put(KEYRING, cron_environment(self._environment), secret)
            except CannotKeepError:
                wanted = FILE
        return self._put(wanted, self._environment, secret)

    def _put(self, name: str, environment: Environment, secret: Secret) -> Stored:
        opened = open_store(name, environment, self._settings.keyring_seconds)
        place = opened.put(self._user, self._host, secret)
        home = f"{environment.home}/"
        if place.startswith(home):
            place = f"~/{place.removeprefix(home)}"
        return Stored(store=name, place=place)

    def remove(self, name: str) -> bool:
        """Remove the secret from a store; returns whether there was one.

        Raises:
            CannotKeepError: the store can't be changed.
        """
        opened = open_store(name, self._environment, self._settings.keyring_seconds)
        return opened.remove(self._user, self._host)

    def cron_finds(self) -> bool:
        """Search for the stored secret again, with the environment of a cron job."""
        places = make_chain(cron_environment(self._environment), self._settings)
        try:
            places.find(Login(user=self._user), self._host)
        except AuthenticationError:
            return False
        return True

    def shadow_warning(self, login: Login, secret: Secret) -> list[str]:
        """Warn of another password, in a place that pymail searches earlier."""
        unattended = replace(self._environment, stderr_is_terminal=False)
        try:
            found = make_chain(unattended, self._settings).find(login, self._host)
        except AuthenticationError:
            return []
        if found.secret == secret:
            return []
        precedes = "has another password, which takes precedence: remove it there"
        return [f"{found.place} {precedes}"]


def open_store(
    name: str, environment: Environment, keyring_seconds: float
) -> Keyring | SecretFile:
    """Return the store of this name, one of `NAMES`."""
    if name == KEYRING:
        return Keyring(environment, keyring_seconds)
    return own_file(environment)


# ── tried ───────────────────────────────────────────────────────────────────


def try_login(
    server: SmtpServer, secret: Secret | AskSecret, context: RunContext, *, debug: bool
) -> PymailError | None:
    """Log in with a secret, or with one that is looked up; returns the failure.

    Raises:
        Interrupted: a signal ended it.
    """
    ask = (lambda _login, _host: secret) if isinstance(secret, Secret) else secret
    try:
        handshake.verify_login(server, ask, context.make_trace(debug=debug))
    except Interrupted:
        raise
    except PymailError as error:
        return error
    forget_refusal(server, context.environment)
    return None


def is_refusal(error: PymailError) -> bool:
    """Whether the login failed permanently, at the server or for lack of a mechanism."""
    return isinstance(error, AuthenticationError) and not error.transient


def is_final(error: PymailError) -> bool:
    """Whether the server refused the login permanently."""
    refused = isinstance(error, AuthenticationError)
    return refused and error.reply is not None and error.reply.permanent


def try_account(
    plan: Plan, proposal: Proposal, invocation: Invocation, context: RunContext
) -> tuple[Secret | None, str]:
    """Ask for the secret of the first account until the server accepts it.

    Returns the secret to store, or None and the place that has it already, if known.

    Raises:
        AuthenticationError: the server does not accept the login.
        PymailError: the server can't be reached.
    """
    environment, account = context.environment, plan.account
    prompt, server, attempts = Prompt(environment), proposal.server, 0
    secret = read_option(invocation, environment) or account.secret
    place = None if secret else _find_place(plan, proposal, environment)
    if place is not None:
        ask = make_chain(environment, proposal.settings)
        error = try_login(server, ask, context, debug=invocation.debug)
        if error and not _continues(error, prompt):
            raise error
        return None, place
    while True:
        attempts += 1
        secret = secret or ask_secret(prompt, plan.secret_kind, account.user)
        secret = clean_secret(secret, plan.secret_kind, server.host)
        error = try_login(server, secret, context, debug=invocation.debug)
        if error is None or _continues(error, prompt):
            return secret, ""
        again = prompt.at_terminal and attempts < _ATTEMPTS
        if not (again and is_final(error)):
            raise error
        _explain(error, server, context)
        prompt.tell(
            f"Try again (attempt {attempts + 1} of {_ATTEMPTS}; "
            "providers lock accounts after repeated failures)"
        )
        secret = None


def _find_place(plan: Plan, proposal: Proposal, environment: Environment) -> str | None:
    """Return the place of a stored secret, "" if none is needed, None to ask for it."""
    account, login = plan.account, proposal.server.login
    if account.command or not account.user or account.mechanism == CERTIFICATE:
        return ""
    if not plan.finds_secret or login is None:
        return None
    unattended = replace(environment, stderr_is_terminal=False)
    places = make_chain(unattended, proposal.settings)
    try:
        return places.find(login, proposal.server.host).place
    except AuthenticationError:
        return None


def _continues(error: PymailError, prompt: Prompt) -> bool:
    """Ask the user whether to go on if the login could not be tried."""
    if is_refusal(error) or not prompt.at_terminal:
        return False
    prompt.tell(f"the login could not be tried: {error}")
    return prompt.agrees("Write the settings anyway?", default=False)


def _explain(error: PymailError, server: SmtpServer, context: RunContext) -> None:
    """Show the meaning of a refusal, and the next step."""
    language = context.language
    advice = explain_failure(error, server.name, language=language)
    say(context.environment, lines.describe_failure(error, advice, language=language))
