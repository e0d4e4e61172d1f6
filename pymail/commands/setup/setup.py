"""--setup: ask, log in, write the settings, store the secret, send a test mail.

Before the server has accepted the login, --setup changes nothing. Then it writes the
settings file, which it can restore, and stores the secret: both or neither. It tries
each of the other accounts once, and warns instead of storing a secret that the server
refuses.
"""

from contextlib import closing

from pymail.commands.deliver import deliver
from pymail.commands.invocation import Invocation
from pymail.commands.report_outcome import fail
from pymail.commands.setup.account import CERTIFICATE, Account, Plan
from pymail.commands.setup.mailrc_file import RcFile
from pymail.commands.setup.new_secret import (
    KEYRING,
    SecretStores,
    Stored,
    is_refusal,
    try_account,
    try_login,
)
from pymail.commands.setup.plan import ask, import_accounts
from pymail.commands.setup.prompt import Prompt
from pymail.commands.setup.proposal import Proposal, propose
from pymail.credentials.chain import make_chain
from pymail.delivery.context import RunContext
from pymail.delivery.prepare import prepare
from pymail.delivery.sender import Sender
from pymail.delivery.settings import resolve_settings
from pymail.errors import CannotKeepError, Interrupted, PymailError, UsageError
from pymail.message.byte_source import InMemory
from pymail.message.draft import Draft
from pymail.model import replace
from pymail.secret import Secret
from pymail.settings.loader import LoadRequest, load
from pymail.settings.server_models import Login

_TEST_SUBJECT = "Test of pymail"
_TEST_TEXT = b"This mail was sent by pymail --setup: sending works.\n"


def set_up(invocation: Invocation, context: RunContext) -> int:
    """Set accounts up; returns the exit status, that of the test mail if any.

    Raises:
        UsageError, AddressError: an answer is missing or invalid.
        UnreadableInputError: the file to import can't be read.
        SettingsError: the file has no account, or another setting overrides the new ones.
        AuthenticationError: the server does not accept the login.
        CannotKeepError: the file or the secret can't be written.
        PymailError: the server can't be reached.
    """
    if invocation.accounts_or_files:
        raise UsageError("--setup takes no -A: it writes the settings outside accounts")
    context.verbose = bool(invocation.verbose)
    from_file = invocation.sender is not None
    plan = (import_accounts if from_file else ask)(invocation, context)
    return Setup(invocation, context, plan).run()


class Setup:
    """The setup of one plan; `_stored` is None unless pymail stores the secret."""

    def __init__(self, invocation: Invocation, context: RunContext, plan: Plan) -> None:
        self._invocation = invocation
        self._context = context
        self._plan = plan
        self._file = RcFile(context.environment)
        self._stored: Stored | None = None

    def run(self) -> int:
        """Try the logins, write the settings, and offer a test mail."""
        context, debug = self._context, self._invocation.debug
        proposal = propose(self._plan, self._file, context.environment)
        context.settings = proposal.settings
        secret, place = try_account(self._plan, proposal, self._invocation, context)
        to_store = _try_others(proposal, context, debug=debug)
        # the user may have edited the file meanwhile
        proposal = propose(self._plan, self._file, context.environment)
        self._commit(proposal, secret, to_store, place)
        if proposal.others:
            names = " ".join(f"-A {other.account.name}" for other in proposal.others)
            context.print(f"accounts: {names}\n")
        shown = self._file.shown
        context.warn(
            f"{shown}:{name}: exists, not changed" for name in proposal.existing
        )
        context.warn(self._plan.remarks)
        status = self._offer_test()
        self._show_next_steps(proposal)
        return status

    # ── writing ─────────────────────────────────────────────────────────────

    def _commit(
        self,
        proposal: Proposal,
        secret: Secret | None,
        to_store: list[tuple[Proposal, Secret]],
        place: str,
    ) -> None:
        """Write the file and store the secrets, or neither; print the result."""
        context, shadow = self._context, list[str]()
        context.signals.hold()
        try:
            with self._file.changed(proposal.text, context.warn) as backup:
                if secret is not None:
                    stores = self._stores(proposal)
                    self._stored = stores.store(secret, self._invocation.store)
                    login = proposal.server.login or Login(user=proposal.account.user)
                    shadow = stores.shadow_warning(login, secret)
                self._store_others(to_store)
        except CannotKeepError:
            context.print("".join(f"{line}\n" for line in proposal.lines))
            raise
        context.signals.catch()
        context.warn(proposal.ended)
        done = "needs no change" if backup is None else "is written"
        copy = f" (backup: {backup})" if backup else ""
        where = self._describe_place(place)
        context.print(f"{self._file.shown} {done}{copy}; {where}\n")
        context.warn(shadow)

    def _store_others(self, to_store: list[tuple[Proposal, Secret]]) -> None:
        for other, secret in to_store:
            try:
                self._stores(other).store(secret, self._invocation.store)
            except CannotKeepError as error:
                name = other.account.name
                _warn_not_stored(name, str(error), self._context)

    def _stores(self, proposal: Proposal) -> SecretStores:
        return SecretStores(
            self._context.environment,
            proposal.settings,
            proposal.account.user,
            proposal.server.host,
        )

    def _describe_place(self, place: str) -> str:
        """Name the source of the password; `place` is that of one stored before."""
        account = self._plan.account
        if place:
            return f"the password stays in {place}"
        if self._stored:
            return f"the password is in {self._stored.place}"
        if account.mechanism == CERTIFICATE:
            return "no password is needed"
        if not account.user:
            return "pymail does not log in"
        return f"the password comes from: {account.command}"

    # ── next steps ──────────────────────────────────────────────────────────

    def _offer_test(self) -> int:
        """Send a test mail to the account itself if the user wants one."""
        prompt = Prompt(self._context.environment)
        address = self._plan.account.mailbox.address
        question = f"Send a test mail to {address}?"
        if not address or not prompt.agrees(
            question, default=prompt.at_terminal, missing=False
        ):
            return 0
        try:
            status = send_test(address, self._context, debug=self._invocation.debug)
        except Interrupted:
            raise
        except PymailError as error:
            return fail(self._context, error)
        if not status:
            prompt.tell("The server accepted the test mail")
        return status

    def _show_next_steps(self, proposal: Proposal) -> None:
        context, stored = self._context, self._stored
        address = self._plan.account.mailbox.address or "ADDRESS"
        context.print(f"to send mail: echo hello | pymail -s Test {address}\n")
        if stored and not self._stores(proposal).cron_finds():
            how = "set XDG_CONFIG_HOME in the crontab too"
            if stored.store == KEYRING:
                how = f"pymail --login {address} --store file"
            context.print(f"cron can't read the password there; for cron: {how}\n")


# ── other accounts ──────────────────────────────────────────────────────────


def _try_others(
    proposal: Proposal, context: RunContext, *, debug: bool
) -> list[tuple[Proposal, Secret]]:
    """Try each login of the other accounts once; returns the secrets to store."""
    tried, to_store = [_login_key(proposal.account)], []
    for other in proposal.others:
        secret, key = other.account.secret, _login_key(other.account)
        if key not in tried:
            tried.append(key)
            if _accepts(other, context, debug=debug) and secret:
                to_store.append((other, secret))
    return to_store


def _login_key(account: Account) -> tuple[object, ...]:
    return account.server, account.user, account.command, account.secret


def _accepts(other: Proposal, context: RunContext, *, debug: bool) -> bool:
    """Try another account; False, with a warning, if its server refuses the login."""
    unattended = replace(context.environment, stderr_is_terminal=False)
    places = make_chain(unattended, other.settings)
    secret = other.account.secret or places
    error = try_login(other.server, secret, context, debug=debug)
    if error is None:
        return True
    name, happened = other.account.name, str(error)
    if is_refusal(error):
        _warn_not_stored(name, happened, context)
        return False
    context.warn([f"account {name}: {happened}; try pymail -A {name} --check"])
    return True


def _warn_not_stored(name: str, reason: str, context: RunContext) -> None:
    """Warn that the secret of an account beside the first is not stored."""
    step = f"its password is not stored; for a new one: pymail -A {name} --login"
    context.warn([f"account {name}: {reason}; {step}"])


# ── the test mail ───────────────────────────────────────────────────────────


def send_test(address: str, context: RunContext, *, debug: bool) -> int:
    """Send a mail with the settings on disk; returns the exit status.

    Raises:
        PymailError: the attempt ended before the server judged the recipient.
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
    with closing(Sender(context, debug=debug)) as sender:
        return deliver(sender, lambda own: prepare(draft, own, environment), settings)
