"""The questions of --setup, for what neither command line nor provider table says.

The order of the questions: address, server and login name (of a domain that
nobody knows), token command (where there are no passwords).
"""

from collections.abc import Callable, Iterator

from pymail.address.mailbox import Mailbox, parse_mailbox
from pymail.commands.invocation import Invocation
from pymail.commands.setup import discover
from pymail.commands.setup.account import Account, Plan, as_url
from pymail.commands.setup.mailrc_edit import Changes
from pymail.commands.setup.prompt import Prompt
from pymail.errors import AddressError, UsageError
from pymail.mailrc.commands import assign
from pymail.mailrc.state import Origin, State
from pymail.model import model
from pymail.report.providers import Provider, SecretKind, find_by_address
from pymail.report.translate import translate
from pymail.settings import server_url
from pymail.settings.variables import BY_NAME, is_secret

_DNS_SECONDS = 5.0
_SERVERS = ("smtp", "mta", "sendmail")

Reaches = Callable[[Account], bool]


def ask(
    invocation: Invocation, prompt: Prompt, reaches: Reaches, *, language: str
) -> Plan:
    """Ask for what is not known; `reaches` tells whether a server answers.

    Where secrets are made is said in the `language` of advice.

    Raises:
        UsageError: an answer is missing, or the command line makes no sense.
        AddressError, SettingsError: an answer makes no sense.
    """
    said = read_assignments(invocation)
    mailbox = one_mailbox(invocation, "--setup") or prompt.ask("Address", read=_address)
    provider = find_by_address(mailbox.address)
    if provider:
        prompt.tell(f"{provider.name}: {translate(provider.where, language)}")
    account = _ask_account(mailbox, provider, said, prompt, reaches)
    return Plan(account=account, secret_kind=secret_kind(provider))


def secret_kind(provider: Provider | None) -> SecretKind:
    """Return what the server takes as password."""
    return provider.secret if provider else SecretKind.PASSWORD


def one_mailbox(invocation: Invocation, option: str) -> Mailbox | None:
    """Read the address that an option was given, if any.

    Raises:
        UsageError: there is more than one.
        AddressError: it is none.
    """
    words = (*invocation.recipients, *invocation.after_dashes)
    if len(words) > 1:
        raise UsageError(f"{option} takes one address")
    return _address(words[0]) if words else None


def _address(text: str) -> Mailbox:
    mailbox = parse_mailbox(text)
    if not mailbox.domain:
        raise AddressError(f"{mailbox.address}: an address has an @ and a domain")
    return mailbox


# ── -S ──────────────────────────────────────────────────────────────────────


@model(kw_only=True)
class Assignments:
    """The settings of -S: the server, the login name, and everything else."""

    server: str = ""
    user: str = ""
    more: Changes


def read_assignments(invocation: Invocation) -> Assignments:
    """Read -S: it counts for the settings to be written.

    Raises:
        UsageError: a secret would be written.
    """
    state = State()
    for text in invocation.assignments:
        assign(text, Origin("-S", 0), state)
    values: dict[str, str | None] = dict.fromkeys(state.unset)
    values |= {name: value.text for name, value in state.variables.items()}
    for name in values:
        if is_secret(name):
            raise UsageError(
                f"-S {name}: a password is not written into a settings file",
                advice="use --password-fd or --password-file",
            )
    servers = [values.pop(name, None) for name in _SERVERS]
    users = [values.pop(name, None) for name in BY_NAME["user"].names]
    server = next(filter(None, servers), "")
    return Assignments(
        server=as_url(server) if server else "",
        user=next(filter(None, users), ""),
        more=values,
    )


# ── server and login ────────────────────────────────────────────────────────


def _ask_account(
    mailbox: Mailbox,
    provider: Provider | None,
    said: Assignments,
    prompt: Prompt,
    reaches: Reaches,
) -> Account:
    server = said.server or (provider.url if provider else "")
    if not server:
        server = _ask_server(mailbox, said, prompt, reaches)
    user = server_url.parse(server).user or said.user
    if not user and (provider or said.server):
        user = provider.user(mailbox.address) if provider else mailbox.address
    if not user:
        user = prompt.ask("Login name", mailbox.address, read=str)
    command = said.more.get("smtp-password-command") or ""
    wants_token = provider is not None and provider.secret is SecretKind.TOKEN
    if provider and wants_token and not command:
        prompt.tell(f"{provider.name} takes no passwords, only OAuth 2 access tokens")
        command = prompt.ask("Command that prints a token", read=str)
    return Account(
        mailbox=mailbox,
        server=server,
        user=user,
        command=command,
        mechanism="xoauth2" if wants_token else "",
        variables=said.more,
    )


def _ask_server(
    mailbox: Mailbox, said: Assignments, prompt: Prompt, reaches: Reaches
) -> str:
    """Look for the server of a domain, and let the user take it or name another."""

    def answering(places: Iterator[discover.Place]) -> str:
        for place in places:
            prompt.tell(f"trying {place.host}:{place.port}")
            account = Account(
                mailbox=mailbox,
                server=place.url,
                user=mailbox.address,
                variables=said.more,
            )
            if reaches(account):
                return place.url
        return ""

    def chosen(answer: str) -> str:
        named = server_url.parse(answer)
        if "://" in answer or named.port_written or named.user is not None:
            return as_url(answer)
        usual = discover.host_places(named.host)
        return answering(iter(usual)) or usual[0].url

    return prompt.ask("Server", answering(_places(mailbox.domain)), read=chosen)


def _places(domain: str) -> Iterator[discover.Place]:
    if domain.startswith("["):  # an address is no name to begin a name with
        return
    yield from discover.announced_places(domain, seconds=_DNS_SECONDS)
    yield from discover.usual_places(domain)
