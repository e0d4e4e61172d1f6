"""New secrets: read, tried at the server, kept, and looked up as cron would.

`SecretStores.keep` is the only place where a new secret is stored, `try_login` where
one is tried: it forgets what was known of an old one. A refused login of the first
account of a setup ends it.
"""

import re

from pymail.commands.invocation import Invocation
from pymail.commands.setup.account import CERTIFICATE, Plan
from pymail.commands.setup.prompt import Prompt
from pymail.commands.setup.proposal import Proposal
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
from pymail.errors import AuthenticationError, CannotKeepError, Interrupted, PymailError
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
_ATTEMPTS = 3


# ── read ────────────────────────────────────────────────────────────────────


def read_given(invocation: Invocation, environment: Environment) -> Secret | None:
    """Read what --password-fd or --password-file has; None without them.

    Raises:
        UnreadableInputError: it cannot be read, or there is nothing in it.
    """
    handed = password_options.read_passwords(
        invocation.password_fd, invocation.password_file, environment
    )
    return handed[0].secret if handed else None


def ask_secret(prompt: Prompt, kind: SecretKind, user: str) -> Secret:
    """Ask for a secret in the provider's words.

    Raises:
        AuthenticationError: there is none.
    """
    words = kind.value
    return prompt.secret(f"{words[0].upper()}{words[1:]} of {user}")


def clean_secret(secret: Secret, kind: SecretKind, host: str) -> Secret:
    """Remove what a paste adds: blanks around the secret, line ends.

    Also blanks in it, where the provider shows it in groups.

    Raises:
        AuthenticationError: nothing is left, or it is no password.
    """
    answer = clean(Found(secret, "the password"), host)
    if isinstance(answer, Missing):
        raise AuthenticationError(answer.reason, advice="give it again")
    if kind not in _SHOWN_IN_GROUPS:
        return answer.secret
    return Secret(re.sub(r"\s+", "", answer.secret.reveal()))


# ── kept ────────────────────────────────────────────────────────────────────


@model(kw_only=True)
class Kept:
    """The place of a secret: the store, and the place in people's words."""

    store: str
    place: str


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
        environment = self._environment
        if wanted is None:
            variables = cron_environment.cron_variables(environment)
            as_cron = replace(environment, variables=variables)
            try:
                return self._put(KEYRING, as_cron, secret)
            except CannotKeepError:
                wanted = FILE
        return self._put(wanted, environment, secret)

    def _put(self, name: str, environment: Environment, secret: Secret) -> Kept:
        store = open_store(name, environment, self._lookup.keyring_seconds)
        place = store.put(self._user, self._host, secret)
        home = f"{environment.home}/"
        if place.startswith(home):
            place = f"~/{place.removeprefix(home)}"
        return Kept(store=name, place=place)

    def remove(self, name: str) -> bool:
        """Remove the secret from a store; returns whether it was there.

        Raises:
            CannotKeepError: the store cannot be changed.
        """
        store = open_store(name, self._environment, self._lookup.keyring_seconds)
        return store.remove(self._user, self._host)

    def cron_finds(self) -> bool:
        """Look where it is kept once more, in a process that has what cron has."""
        return bool(
            cron_environment.look(
                self._environment, self._lookup, self._user, self._host
            )
        )

    def shadow_warning(self, login: Login, secret: Secret) -> list[str]:
        """Say which place answers before the one where the secret was put, if any."""
        environment = replace(
            self._environment, stderr_is_terminal=False
        )  # no questions
        try:
            found = chain.make_chain(environment, self._lookup).find(login, self._host)
        except AuthenticationError:
            return []
        if found.secret == secret:
            return []
        comes_first = "has another password, which comes first: remove it there"
        return [f"{found.place} {comes_first}"]


def open_store(name: str, environment: Environment, keyring_seconds: float) -> Store:
    """Return the store of this name, one of `NAMES`."""
    if name == KEYRING:
        return Keyring(environment, keyring_seconds)
    return own_file(environment)


# ── tried ───────────────────────────────────────────────────────────────────


def try_login(
    server: SmtpServer, secret: Secret | AskSecret, context: RunContext, *, debug: bool
) -> PymailError | None:
    """Log in with a secret, or one that is looked up, and leave; returns the failure.

    Raises:
        Interrupted: a signal came.
    """
    ask = (lambda _login, _host: secret) if isinstance(secret, Secret) else secret
    try:
        handshake.verify_login(server, ask, session_trace(context, debug=debug))
    except Interrupted:
        raise
    except PymailError as error:
        return error
    forget_refusal(server, context.environment)
    return None


def is_refusal(error: PymailError) -> bool:
    """Whether the login failed for good, by the server or for want of a way."""
    return isinstance(error, AuthenticationError) and not error.transient


def is_final(error: PymailError) -> bool:
    """Whether the server itself refuses the login, for good."""
    refused = isinstance(error, AuthenticationError)
    return refused and error.reply is not None and error.reply.permanent


def try_account(
    plan: Plan, proposal: Proposal, invocation: Invocation, context: RunContext
) -> tuple[Secret | None, str]:
    """Ask for the secret of the first account until the server takes it.

    Returns the secret to store, or None and the place where it is, if known.

    Raises:
        AuthenticationError: the server does not accept the login.
        PymailError: the server cannot be reached.
    """
    environment, account = context.environment, plan.account
    prompt, server, attempts = Prompt(environment), proposal.server, 0
    secret = read_given(invocation, environment) or account.secret
    place = None if secret else _find_place(plan, proposal, environment)
    if place is not None:
        ask = chain.make_chain(environment, proposal.settings.lookup)
        error = try_login(server, ask, context, debug=invocation.debug)
        if error and not _goes_on(error, prompt):
            raise error
        return None, place
    while True:
        attempts += 1
        secret = secret or ask_secret(prompt, plan.secret_kind, account.user)
        secret = clean_secret(secret, plan.secret_kind, server.host)
        error = try_login(server, secret, context, debug=invocation.debug)
        if error is None or _goes_on(error, prompt):
            return secret, ""
        again = prompt.at_terminal and attempts < _ATTEMPTS
        if not (again and is_final(error)):
            raise error
        _explain(error, server, context)
        prompt.tell(
            f"once more (of {_ATTEMPTS} times: "
            "providers lock out addresses that go on trying)"
        )
        secret = None


def _find_place(plan: Plan, proposal: Proposal, environment: Environment) -> str | None:
    """Return the place of a secret that is there, if one is needed; None: ask for it."""
    account, login = plan.account, proposal.server.login
    if account.command or not account.user or account.mechanism == CERTIFICATE:
        return ""
    if not plan.finds_secret or login is None:
        return None
    unattended = replace(environment, stderr_is_terminal=False)
    places = chain.make_chain(unattended, proposal.settings.lookup)
    try:
        return places.find(login, proposal.server.host).place
    except AuthenticationError:
        return None


def _goes_on(error: PymailError, prompt: Prompt) -> bool:
    """Ask a person whether to go on when the server is out of reach."""
    if is_refusal(error) or not prompt.at_terminal:
        return False
    prompt.tell(f"this could not be tried: {error}")
    return prompt.agrees("Write it all the same?", default=False)


def _explain(error: PymailError, server: SmtpServer, context: RunContext) -> None:
    """Say what a refusal means."""
    language = context.language
    advice = explain_failure(error, server.name, language=language)
    say(context.environment, lines.describe_failure(error, advice, language=language))
