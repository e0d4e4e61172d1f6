"""`--setup --from FILE`: the accounts of msmtp, taken over.

What is in the file is not asked for. The account to use first is tried as
--setup tries one, and without it nothing is written. Each of the others is
tried once, too: what its server refuses is not stored, and told.
"""

from pathlib import Path

from pymail.address.mailbox import Mailbox
from pymail.commands.invocation import Invocation
from pymail.commands.setup import foreign, questions, secret_stores, verify_login
from pymail.commands.setup.foreign_account import Account, Foreign, Here
from pymail.commands.setup.mailrc_edit import Changes
from pymail.commands.setup.other_accounts import Other, with_others
from pymail.commands.setup.proposal import Proposal, Wish
from pymail.commands.setup.secret_stores import Kept
from pymail.commands.setup.setup import Done, Setup
from pymail.credentials import chain
from pymail.credentials.first_line import exposed, reason
from pymail.delivery.context import RunContext
from pymail.delivery.sender import asking
from pymail.environment import Environment
from pymail.errors import (
    AuthenticationError,
    CannotKeepError,
    Interrupted,
    PymailError,
    UnreadableInputError,
    UsageError,
)
from pymail.model import replace
from pymail.report.providers import find_by_host
from pymail.secret import Secret
from pymail.settings import server_url
from pymail.settings.loader import Loaded, shown_path

_CERTIFICATE = "external"  # the mechanism that takes no password


def bring_over(invocation: Invocation, loaded: Loaded, context: RunContext) -> int:
    """Take a file over; returns the exit status, that of the test mail if any.

    Raises:
        UsageError: no file is named.
        UnreadableInputError: it cannot be read.
        SettingsError: there is no account in it, or something is in the way.
        PymailError: as `setup.set_up` has it.
    """
    if invocation.accounts_or_files:
        raise UsageError("--setup writes what counts without -A")
    context.verbose = bool(invocation.verbose)
    environment = context.environment
    file = _file(invocation, environment)
    shown = shown_path(file, environment)
    text = _text(file, shown, environment)
    found = foreign.read(text, shown, _here(file, environment))
    context.warn(found.remarks)
    return _Importing(invocation, loaded, context, found, file).run()


def _file(invocation: Invocation, environment: Environment) -> Path:
    name = invocation.sender or ""
    file = environment.expand(name)
    if not name or ("@" in name and not file.exists()):
        raise UsageError(
            f"--setup --from takes a file, and {name or 'nothing'} is none",
            advice="an address is a word of its own: pymail --setup ADDRESS",
        )
    return file


def _text(file: Path, shown: str, environment: Environment) -> str:
    try:
        return environment.read_file(file).decode("utf-8", "surrogateescape")
    except (OSError, ValueError) as error:
        raise UnreadableInputError(f"{shown}: {reason(error)}") from error


def _here(file: Path, environment: Environment) -> Here:
    def read(name: str) -> str | None:
        try:
            octets = environment.read_file(file.parent / environment.expand(name))
        except (OSError, ValueError):
            return None
        return octets.decode("utf-8", "surrogateescape")

    variables = environment.variables
    return Here(
        login=variables.get("USER") or variables.get("LOGNAME") or environment.login,
        hostname=variables.get("HOSTNAME") or environment.hostname(),
        read=read,
    )


class _Importing(Setup):
    """An interview whose answers are in a file."""

    def __init__(
        self,
        invocation: Invocation,
        loaded: Loaded,
        context: RunContext,
        foreign: Foreign,
        file: Path,
    ) -> None:
        super().__init__(invocation, loaded, context)
        self._foreign = foreign
        self._source = file
        self._unattended = replace(self._environment, stderr_is_terminal=False)
        self._said: Changes = {}
        self._others: list[Other] = []
        self._kept_names: tuple[str, ...] = ()
        self._to_store: list[tuple[Other, Secret]] = []
        self._found_in = ""

    def _asked(self) -> questions.Asked:
        said = questions.of_command_line(self._invocation)
        self._said = said.more
        wish = wish_of(self._foreign.account, said.more)
        mailbox = questions.one_mailbox(self._invocation, "--setup")
        if mailbox:
            wish = replace(wish, mailbox=mailbox)
        if said.server:
            wish = replace(wish, server=said.server, starttls=None)
        if said.user:
            wish = replace(wish, user=said.user)
        provider = find_by_host(server_url.parse(wish.server).host)
        return questions.Asked(wish=wish, provider=provider)

    def _propose(self, wish: Wish) -> Proposal:
        proposal = super()._propose(wish)
        wishes = {a.name: wish_of(a, self._said) for a in self._foreign.others}
        title = f"# from {shown_path(self._source, self._environment)}"
        proposal, self._others, self._kept_names = with_others(
            proposal,
            wishes,
            title=title,
            file=self._file,
            environment=self._environment,
        )
        return proposal

    # ── secrets ─────────────────────────────────────────────────────────────

    def _handed(self) -> Secret | None:
        return super()._handed() or self._foreign.account.secret

    def _needs_none(self, wish: Wish, proposal: Proposal) -> bool:
        needs_none = not wish.user or wish.mechanism == _CERTIFICATE
        if needs_none or super()._needs_none(wish, proposal):
            return True
        login, host = proposal.server.login, proposal.server.host
        assert login  # noqa: S101 - there is a user
        try:
            lookup = proposal.settings.lookup
            self._found_in = chain.of(self._unattended, lookup).find(login, host).place
        except AuthenticationError:
            return False
        return True

    def _tried(self, asked: questions.Asked, proposal: Proposal) -> Secret | None:
        secret = super()._tried(asked, proposal)
        tried = [_key(asked.wish, self._foreign.account.secret)]
        for other in self._others:
            account = self._account(other)
            key = _key(other.wish, account.secret)
            if key not in tried:
                tried.append(key)
                self._try_other(other, account.secret)
        return secret

    def _account(self, other: Other) -> Account:
        return next(a for a in self._foreign.others if a.name == other.name)

    def _try_other(self, other: Other, secret: Secret | None) -> None:
        """Try one more account, once; what comes of it is told and stops nothing."""
        trier = verify_login.Trier(
            other.server, self._context, debug=self._invocation.debug
        )
        ask = asking(other.settings, self._unattended)
        try:
            trier(verify_login.of_secret(secret) if secret else ask)
        except Interrupted:
            raise
        except PymailError as error:
            final = isinstance(error, AuthenticationError) and not error.transient
            login = f"pymail -A {other.name} --login"
            check = f"pymail -A {other.name} --check"
            what = f"no password is stored; {login}" if final else f"see {check}"
            self._context.warn(
                [f"account {other.name}: {verify_login.told(error)}; {what}"]
            )
            if final:
                return
        if secret:
            self._to_store.append((other, secret))

    def _kept(
        self, proposal: Proposal, user: str, secret: Secret | None
    ) -> tuple[Kept | None, str]:
        kept, shadow = super()._kept(proposal, user, secret)
        for other, found in self._to_store:
            lookup, host = other.settings.lookup, other.server.host
            stores = secret_stores.Vault(
                self._environment, lookup, other.wish.user, host
            )
            try:
                stores.keep(found, self._invocation.store)
            except CannotKeepError as error:
                login = f"pymail -A {other.name} --login"
                what = f"no password is stored; {login}"
                self._context.warn([f"account {other.name}: {error}; {what}"])
        return kept, shadow

    # ── last words ──────────────────────────────────────────────────────────

    def _where(self, wish: Wish, done: Done) -> str:
        if self._found_in:
            return f"the password is where it was, in {self._found_in}"
        if not done.kept and wish.mechanism == _CERTIFICATE:
            return "no password is needed"
        return super()._where(wish, done) if wish.user else "nobody logs in"

    def _say_what_was_done(self, proposal: Proposal, wish: Wish, done: Done) -> None:
        super()._say_what_was_done(proposal, wish, done)
        names = " ".join(f"-A {other.name}" for other in self._others)
        if names:
            self._context.print(f"accounts: {names}\n")
        shown = self._file.shown
        self._context.warn(
            f"{shown}:{name}: kept as it is" for name in self._kept_names
        )
        self._context.warn(self._of_old_secrets())

    def _of_old_secrets(self) -> list[str]:
        accounts = (self._foreign.account, *self._foreign.others)
        places = dict.fromkeys(a.secret_place for a in accounts if a.secret)
        program = self._foreign.program
        said = [f"{p}: the password stays there for {program}, too" for p in places]
        if places and exposed(self._source):
            shown = shown_path(self._source, self._environment)
            said.append(f"{shown}: others can read the password (chmod 600)")
        return said

    def _sent_test(self, address: str) -> int:
        return super()._sent_test(address) if address else 0


def wish_of(account: Account, more: Changes) -> Wish:
    """Say an account as --setup has it; `more` counts before its own variables."""
    return Wish(
        mailbox=account.mailbox or Mailbox(""),
        server=account.server,
        user=account.user,
        starttls=account.starttls,
        command=account.command,
        mechanism=account.mechanism,
        more=dict(account.variables) | dict(more),
    )


def _key(wish: Wish, secret: Secret | None) -> tuple[object, ...]:
    return wish.server, wish.user, wish.command, secret
