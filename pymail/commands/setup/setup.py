"""From nothing to the first mail: ask, try, write, store.

Nothing is changed before the server has taken the login, and then all of it or
nothing: first the settings file, which can be put back, then the secret.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from pymail.commands.invocation import Invocation
from pymail.commands.report_outcome import fail
from pymail.commands.setup import first_mail, questions, secret_stores, verify_login
from pymail.commands.setup.mailrc_file import RcFile, Written
from pymail.commands.setup.prompt import Interview
from pymail.commands.setup.proposal import Proposal, Wish, propose
from pymail.commands.setup.secret_stores import Kept, Vault
from pymail.delivery.context import RunContext
from pymail.delivery.sender import asking, session_trace
from pymail.errors import (
    AuthenticationError,
    CannotKeepError,
    Interrupted,
    PymailError,
    UsageError,
)
from pymail.model import model
from pymail.secret import Secret
from pymail.settings.loader import Loaded
from pymail.settings.server_models import Login
from pymail.transport import verify
from pymail.transport.base import AskSecret

ATTEMPTS = 3
_REACH_SECONDS = 10.0


def set_up(invocation: Invocation, loaded: Loaded, context: RunContext) -> int:
    """Set an account up; returns the exit status, that of the test mail if any.

    Raises:
        UsageError, AddressError: an answer is missing, or makes no sense.
        AuthenticationError: the server does not accept the login.
        CannotKeepError: the file or the secret cannot be written.
        PymailError: the server cannot be reached.
    """
    if invocation.accounts_or_files:
        raise UsageError("--setup writes what counts without -A")
    context.verbose = bool(invocation.verbose)
    return Setup(invocation, loaded, context).run()


@model(kw_only=True)
class Done:
    """What came of it: whether the file is another one, and where the secret is.

    `kept` is None when a command knows the secret. `shadow` is a place that has another one and answers first.
    """

    changed: bool
    backup: str
    kept: Kept | None
    shadow: str


class Setup:
    """One interview and what comes of it."""

    def __init__(
        self, invocation: Invocation, loaded: Loaded, context: RunContext
    ) -> None:
        self._invocation = invocation
        self._loaded = loaded
        self._context = context
        self._environment = context.environment
        self._talk = Interview(context.environment)
        self._file = RcFile(context.environment)

    def run(self) -> int:
        """Ask, try, write, and offer a test mail."""
        asked = self._asked()
        proposal = self._propose(asked.wish)
        self._context.settings = proposal.settings
        secret = self._tried(asked, proposal)
        proposal = self._propose(asked.wish)  # the file may be another one by now
        done = self._committed(proposal, asked.wish.user, secret)
        self._say_what_was_done(proposal, asked.wish, done)
        status = self._sent_test(asked.wish.mailbox.address)
        self._say_how_to_send(proposal, asked.wish, done)
        return status

    def _asked(self) -> questions.Asked:
        return questions.ask(
            self._invocation,
            self._talk,
            self._reaches,
            language=self._context.language,
        )

    def _propose(self, wish: Wish) -> Proposal:
        return propose(wish, self._file, self._environment)

    def _reaches(self, wish: Wish) -> bool:
        """Whether a server answers, with a TLS that can be trusted."""
        server = self._propose(wish).server
        trace = session_trace(self._context, debug=self._invocation.debug)
        try:
            verify.reach(server, trace, _REACH_SECONDS)
        except Interrupted:
            raise
        except PymailError as error:
            self._talk.tell(f"  {verify_login.told(error)}")
            return False
        return True

    # ── the login ───────────────────────────────────────────────────────────

    def _tried(self, asked: questions.Asked, proposal: Proposal) -> Secret | None:
        """Ask for the secret until the server takes it; None: a command knows it."""
        debug = self._invocation.debug
        trier = verify_login.Trier(proposal.server, self._context, debug=debug)
        secret = self._handed()
        if not secret and self._needs_none(asked.wish, proposal):
            self._try(trier, asking(proposal.settings, self._environment))
            return None
        words, attempts = verify_login.question(asked.kind, asked.wish.user), 0
        in_groups, host = verify_login.shown_in_groups(asked.kind), proposal.server.host
        while True:
            attempts += 1
            secret = secret or self._talk.secret(words)
            secret = secret_stores.tidy(secret, host, in_groups=in_groups)
            try:
                self._try(trier, verify_login.of_secret(secret))
            except AuthenticationError as error:
                if not self._may_ask_again(error, attempts):
                    raise
                trier.explain(error)
                self._talk.tell(
                    f"once more (of {ATTEMPTS} times: "
                    "providers lock out addresses that go on trying)"
                )
                secret = None
            else:
                return secret

    def _handed(self) -> Secret | None:
        """Return the secret that nobody has to be asked for."""
        return secret_stores.given(self._invocation, self._environment)

    def _needs_none(self, wish: Wish, proposal: Proposal) -> bool:  # noqa: ARG002 - for others
        """Whether the login has its secret without us."""
        return bool(wish.command)

    def _may_ask_again(self, error: AuthenticationError, attempts: int) -> bool:
        again = self._talk.at_terminal and attempts < ATTEMPTS
        return again and verify_login.is_final(error)

    def _try(self, trier: verify_login.Trier, ask_secret: AskSecret) -> None:
        """Log in; who cannot reach the server may want to go on all the same."""
        try:
            trier(ask_secret)
        except Interrupted:
            raise
        except PymailError as error:
            refused = isinstance(error, AuthenticationError) and not error.transient
            if refused or not self._talk.at_terminal:
                raise
            self._talk.tell(f"this could not be tried: {verify_login.told(error)}")
            if not self._talk.agrees("Write it all the same?", default=False):
                raise

    # ── writing ─────────────────────────────────────────────────────────────

    def _committed(self, proposal: Proposal, user: str, secret: Secret | None) -> Done:
        """Write the file and store the secret, or neither."""
        self._context.hold_signals()
        try:
            written = self._file.write(proposal.text)
            with self._undone_on_failure(written):
                kept, shadow = self._kept(proposal, user, secret)
        except CannotKeepError:
            self._context.print("".join(f"{line}\n" for line in proposal.lines))
            raise
        self._context.catch_signals()
        backup = self._file.shown_backup(written)
        changed = written is not None
        return Done(changed=changed, backup=backup, kept=kept, shadow=shadow)

    @contextmanager
    def _undone_on_failure(self, written: Written | None) -> Iterator[None]:
        try:
            yield
        except BaseException:
            try:
                self._file.undo(written)
            except CannotKeepError as error:
                self._context.warn(
                    [f"{error}: it stays as it is now, without a password"]
                )
            raise

    def _kept(
        self, proposal: Proposal, user: str, secret: Secret | None
    ) -> tuple[Kept | None, str]:
        if secret is None:
            return None, ""
        stores = self._vault(proposal, user)
        kept = stores.keep(secret, self._invocation.store)
        login = proposal.server.login or Login(user=user)
        return kept, stores.shadow(login, secret)

    def _vault(self, proposal: Proposal, user: str) -> Vault:
        lookup = proposal.settings.lookup
        return Vault(self._environment, lookup, user, proposal.server.host)

    # ── last words ──────────────────────────────────────────────────────────

    def _say_what_was_done(self, proposal: Proposal, wish: Wish, done: Done) -> None:
        self._context.warn(proposal.ended)
        said = "is written" if done.changed else "says so already"
        before = f" (as it was: {done.backup})" if done.backup else ""
        where = self._where(wish, done)
        self._context.print(f"{self._file.shown} {said}{before}; {where}\n")
        if done.shadow:
            self._context.warn([secret_stores.comes_first(done.shadow)])

    def _where(self, wish: Wish, done: Done) -> str:
        """Say where the password is."""
        if done.kept:
            return f"the password is in {done.kept.place}"
        return f"the password comes from: {wish.command}"

    def _sent_test(self, address: str) -> int:
        """Send a test mail to the account itself, if that is wanted."""
        wanted = self._talk.agrees(
            f"Send a test mail to {address}?",
            default=self._talk.at_terminal,
            missing=False,
        )
        if not wanted:
            return 0
        try:
            status = first_mail.send(
                address, self._context, debug=self._invocation.debug
            )
        except Interrupted:
            raise
        except PymailError as error:
            return fail(self._context, error)
        if not status:
            self._talk.tell("it was accepted")
        return status

    def _say_how_to_send(self, proposal: Proposal, wish: Wish, done: Done) -> None:
        address = wish.mailbox.address or "ADDRESS"
        self._context.print(f"send: echo hello | pymail -s Test {address}\n")
        if done.kept and not self._vault(proposal, wish.user).cron_finds():
            in_file = f"pymail --login {address} --store file"
            its_own = "set XDG_CONFIG_HOME in the crontab, too"
            how = in_file if done.kept.store == secret_stores.KEYRING else its_own
            self._context.print(
                f"cron cannot get the password there; for cron: {how}\n"
            )
