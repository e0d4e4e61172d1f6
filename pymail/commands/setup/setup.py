"""--setup: ask, try, write, store, up to the first mail.

Nothing is changed before the server has taken the login, and then all of it or
nothing: first the settings file, which can be put back, then the secret.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial

from pymail.commands.deliver import deliver
from pymail.commands.invocation import Invocation
from pymail.commands.report_outcome import fail
from pymail.commands.setup import new_secret, questions
from pymail.commands.setup.account import Account, Plan
from pymail.commands.setup.import_accounts import import_accounts
from pymail.commands.setup.mailrc_file import RcFile, Written
from pymail.commands.setup.new_secret import Kept, SecretStores
from pymail.commands.setup.prompt import Prompt
from pymail.commands.setup.proposal import (
    Proposal,
    ProposedAccount,
    propose,
    propose_account,
)
from pymail.commands.setup.trial_logins import CERTIFICATE, TrialLogins, warn_of_other
from pymail.delivery.context import RunContext
from pymail.delivery.prepare import prepare
from pymail.delivery.sender import Sender, asking, session_trace
from pymail.delivery.settings import resolve_settings
from pymail.errors import (
    CannotKeepError,
    Interrupted,
    PymailError,
    UsageError,
)
from pymail.message.byte_source import InMemory
from pymail.message.draft import Draft
from pymail.model import model
from pymail.secret import Secret
from pymail.settings.loader import LoadRequest, load
from pymail.settings.models import Settings
from pymail.settings.server_models import Login, SmtpServer
from pymail.transport import handshake

_REACH_SECONDS = 10.0
_TEST_SUBJECT = "Test of pymail"
_TEST_TEXT = b"This mail was sent by pymail --setup: sending works.\n"


def set_up(invocation: Invocation, context: RunContext) -> int:
    """Set accounts up; returns the exit status, that of the test mail if any.

    Raises:
        UsageError, AddressError: an answer is missing, or makes no sense.
        UnreadableInputError: the file to import cannot be read.
        SettingsError: there is no account in it, or something is in the way.
        AuthenticationError: the server does not accept the login.
        CannotKeepError: the file or the secret cannot be written.
        PymailError: the server cannot be reached.
    """
    if invocation.accounts_or_files:
        raise UsageError("--setup writes what counts without -A")
    context.verbose = bool(invocation.verbose)
    if invocation.sender is not None:  # --from, of a file
        plan = import_accounts(invocation, context)
    else:
        plan = _ask(invocation, context)
    return Setup(invocation, context, plan).run()


def _ask(invocation: Invocation, context: RunContext) -> Plan:
    prompt = Prompt(context.environment)
    return questions.ask(
        invocation,
        prompt,
        partial(_reaches, invocation, context, prompt),
        language=context.language,
    )


def _reaches(
    invocation: Invocation, context: RunContext, prompt: Prompt, account: Account
) -> bool:
    """Whether a server answers, with a TLS that can be trusted."""
    environment = context.environment
    server = propose_account(account, RcFile(environment), environment).server
    try:
        trace = session_trace(context, debug=invocation.debug)
        handshake.verify_server(server, trace, _REACH_SECONDS)
    except Interrupted:
        raise
    except PymailError as error:
        prompt.tell(f"  {new_secret.describe(error)}")
        return False
    return True


@model(kw_only=True)
class Done:
    """The changes that were made: to the file, and to the place of the secret.

    `kept` is None when it is not stored by us. `shadow` is a place that has another
    one and answers first.
    """

    changed: bool
    backup: str
    kept: Kept | None
    shadow: str


class Setup:
    """The setup of one plan."""

    def __init__(self, invocation: Invocation, context: RunContext, plan: Plan) -> None:
        self._invocation = invocation
        self._context = context
        self._plan = plan
        self._account = plan.account
        self._environment = context.environment
        self._prompt = Prompt(context.environment)
        self._file = RcFile(context.environment)
        self._found_in = ""  # where the secret is already

    def run(self) -> int:
        """Try, write, and offer a test mail."""
        proposal = self._propose()
        self._context.settings = proposal.settings
        logins = TrialLogins(self._invocation, self._context, self._plan)
        secret = logins.try_account(proposal)
        self._found_in = logins.found_in
        to_store = logins.try_others(proposal)
        proposal = self._propose()  # the file may be another one by now
        done = self._commit(proposal, secret, to_store)
        self._say_what_was_done(proposal, done)
        status = self._offer_test()
        self._say_how_to_send(proposal, done)
        return status

    def _propose(self) -> Proposal:
        return propose(self._plan, self._file, self._environment)

    # ── writing ─────────────────────────────────────────────────────────────

    def _commit(
        self,
        proposal: Proposal,
        secret: Secret | None,
        to_store: list[tuple[ProposedAccount, Secret]],
    ) -> Done:
        """Write the file and store the secrets, or neither."""
        self._context.hold_signals()
        try:
            written = self._file.write(proposal.text)
            with self._undone_on_failure(written):
                kept, shadow = self._keep(proposal, secret)
                self._keep_others(to_store)
        except CannotKeepError:
            self._context.print("".join(f"{line}\n" for line in proposal.lines))
            raise
        self._context.catch_signals()
        backup = self._file.backup_name(written)
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

    def _keep(
        self, proposal: Proposal, secret: Secret | None
    ) -> tuple[Kept | None, str]:
        if secret is None:
            return None, ""
        user, server = self._account.user, proposal.server
        stores = self._stores(proposal.settings, server, user)
        kept = stores.keep(secret, self._invocation.store)
        return kept, stores.shadow(server.login or Login(user=user), secret)

    def _keep_others(self, to_store: list[tuple[ProposedAccount, Secret]]) -> None:
        for other, secret in to_store:
            stores = self._stores(other.settings, other.server, other.account.user)
            try:
                stores.keep(secret, self._invocation.store)
            except CannotKeepError as error:
                warn_of_other(other, str(error), self._context)

    def _stores(
        self, settings: Settings, server: SmtpServer, user: str
    ) -> SecretStores:
        return SecretStores(self._environment, settings.lookup, user, server.host)

    # ── last words ──────────────────────────────────────────────────────────

    def _say_what_was_done(self, proposal: Proposal, done: Done) -> None:
        context, shown = self._context, self._file.shown
        context.warn(proposal.ended)
        said = "is written" if done.changed else "says so already"
        before = f" (as it was: {done.backup})" if done.backup else ""
        context.print(f"{shown} {said}{before}; {self._where(done)}\n")
        if done.shadow:
            context.warn([new_secret.warn_of_shadow(done.shadow)])
        if proposal.others:
            names = " ".join(f"-A {other.name}" for other in proposal.others)
            context.print(f"accounts: {names}\n")
        context.warn(f"{shown}:{name}: kept as it is" for name in proposal.kept)
        context.warn(self._plan.remarks)

    def _where(self, done: Done) -> str:
        """Say where the password is."""
        if self._found_in:
            return f"the password is where it was, in {self._found_in}"
        if done.kept:
            return f"the password is in {done.kept.place}"
        if self._account.mechanism == CERTIFICATE:
            return "no password is needed"
        if not self._account.user:
            return "nobody logs in"
        return f"the password comes from: {self._account.command}"

    def _offer_test(self) -> int:
        """Send a test mail to the account itself, if that is wanted."""
        address = self._account.mailbox.address
        question = f"Send a test mail to {address}?"
        if not address or not self._prompt.agrees(
            question, default=self._prompt.at_terminal, missing=False
        ):
            return 0
        try:
            status = send_test(address, self._context, debug=self._invocation.debug)
        except Interrupted:
            raise
        except PymailError as error:
            return fail(self._context, error)
        if not status:
            self._prompt.tell("it was accepted")
        return status

    def _say_how_to_send(self, proposal: Proposal, done: Done) -> None:
        address = self._account.mailbox.address or "ADDRESS"
        self._context.print(f"send: echo hello | pymail -s Test {address}\n")
        user = self._account.user
        stores = self._stores(proposal.settings, proposal.server, user)
        if done.kept and not stores.cron_finds():
            in_file = f"pymail --login {address} --store file"
            its_own = "set XDG_CONFIG_HOME in the crontab, too"
            how = in_file if done.kept.store == new_secret.KEYRING else its_own
            self._context.print(
                f"cron cannot get the password there; for cron: {how}\n"
            )


def send_test(address: str, context: RunContext, *, debug: bool) -> int:
    """Send a mail with the settings that are on the disk; returns the exit status.

    Raises:
        PymailError: the attempt ended before the recipient was asked for.
    """
    environment = context.environment
    settings = resolve_settings(load(LoadRequest(), environment), environment)
    draft = Draft(
        now=environment.now(),
        token=environment.token(),
        subject=_TEST_SUBJECT,
        to=(address,),
        text=InMemory(_TEST_TEXT),
    )
    outgoing, settings = prepare(
        draft,
        settings,
        environment,
        ask_password=asking(settings, environment),
    )
    with closing(Sender(context, debug=debug)) as sender:
        return deliver(sender, outgoing, settings)
