"""Trial logins of a setup, before anything is written.

A refused login of the first account ends the setup. Each of the other accounts is
tried once: what its server refuses is not stored, and told.
"""

from pymail.commands.invocation import Invocation
from pymail.commands.setup import new_secret
from pymail.commands.setup.account import Account, Plan
from pymail.commands.setup.new_secret import LoginVerifier
from pymail.commands.setup.prompt import Prompt
from pymail.commands.setup.proposal import Proposal, ProposedAccount
from pymail.credentials import chain
from pymail.delivery.context import RunContext
from pymail.errors import AuthenticationError, Interrupted, PymailError
from pymail.model import replace
from pymail.secret import Secret
from pymail.settings.server_models import SmtpServer
from pymail.transport.base import AskSecret

ATTEMPTS = 3
CERTIFICATE = "external"  # the mechanism that takes no password


class TrialLogins:
    """The logins of one plan; `found_in` is the place where the secret is already."""

    def __init__(self, invocation: Invocation, context: RunContext, plan: Plan) -> None:
        self.found_in = ""
        self._invocation = invocation
        self._context = context
        self._plan = plan
        self._account = plan.account
        self._environment = context.environment
        self._unattended = replace(context.environment, stderr_is_terminal=False)
        self._prompt = Prompt(context.environment)

    def try_account(self, proposal: Proposal) -> Secret | None:
        """Ask for the secret until the server takes it; None: it is found without us."""
        verifier = self._verifier(proposal.server)
        secret = self._read_secret()
        if not secret and self._needs_none(proposal):
            places = chain.make_chain(self._environment, proposal.settings.lookup)
            self._try(verifier, places)
            return None
        kind, host = self._plan.secret_kind, proposal.server.host
        words, attempts = new_secret.question(kind, self._account.user), 0
        in_groups = new_secret.shown_in_groups(kind)
        while True:
            attempts += 1
            secret = secret or self._prompt.secret(words)
            secret = new_secret.clean_secret(secret, host, in_groups=in_groups)
            try:
                self._try(verifier, new_secret.answer_with(secret))
            except AuthenticationError as error:
                if not self._may_ask_again(error, attempts):
                    raise
                verifier.explain(error)
                self._prompt.tell(
                    f"once more (of {ATTEMPTS} times: "
                    "providers lock out addresses that go on trying)"
                )
                secret = None
            else:
                return secret

    def _verifier(self, server: SmtpServer) -> LoginVerifier:
        return LoginVerifier(server, self._context, debug=self._invocation.debug)

    def _read_secret(self) -> Secret | None:
        """Return the secret that nobody has to be asked for."""
        given = new_secret.read_given(self._invocation, self._environment)
        return given or self._account.secret

    def _needs_none(self, proposal: Proposal) -> bool:
        """Whether the login has its secret without us."""
        account, server = self._account, proposal.server
        if account.command or not account.user or account.mechanism == CERTIFICATE:
            return True
        if not self._plan.finds_secret or server.login is None:
            return False
        places = chain.make_chain(self._unattended, proposal.settings.lookup)
        try:
            self.found_in = places.find(server.login, server.host).place
        except AuthenticationError:
            return False
        return True

    def _may_ask_again(self, error: AuthenticationError, attempts: int) -> bool:
        again = self._prompt.at_terminal and attempts < ATTEMPTS
        return again and new_secret.is_final(error)

    def _try(self, verifier: LoginVerifier, ask_secret: AskSecret) -> None:
        """Log in; who cannot reach the server may want to go on all the same."""
        try:
            verifier.verify(ask_secret)
        except Interrupted:
            raise
        except PymailError as error:
            refused = isinstance(error, AuthenticationError) and not error.transient
            if refused or not self._prompt.at_terminal:
                raise
            happened = new_secret.describe(error)
            self._prompt.tell(f"this could not be tried: {happened}")
            if not self._prompt.agrees("Write it all the same?", default=False):
                raise

    def try_others(self, proposal: Proposal) -> list[tuple[ProposedAccount, Secret]]:
        """Try each login of the other accounts once; returns the secrets to store."""
        tried, to_store = [_login_key(self._account)], []
        for other in proposal.others:
            secret, key = other.account.secret, _login_key(other.account)
            if key not in tried:
                tried.append(key)
                if self._takes_other(other) and secret:
                    to_store.append((other, secret))
        return to_store

    def _takes_other(self, other: ProposedAccount) -> bool:
        """Whether the server does not refuse a login; a failure is told, stops nothing."""
        secret = other.account.secret
        ask = chain.make_chain(self._unattended, other.settings.lookup)
        try:
            self._verifier(other.server).verify(
                new_secret.answer_with(secret) if secret else ask
            )
        except Interrupted:
            raise
        except PymailError as error:
            final = isinstance(error, AuthenticationError) and not error.transient
            happened = new_secret.describe(error)
            check = f"see pymail -A {other.name} --check"
            warn_of_other(other, happened, self._context, "" if final else check)
            return not final
        return True


def warn_of_other(
    other: ProposedAccount, why: str, context: RunContext, step: str = ""
) -> None:
    """Say what is wrong with an account beside the first, and what to do."""
    not_stored = f"no password is stored; pymail -A {other.name} --login"
    context.warn([f"account {other.name}: {why}; {step or not_stored}"])


def _login_key(account: Account) -> tuple[object, ...]:
    return account.server, account.user, account.command, account.secret
