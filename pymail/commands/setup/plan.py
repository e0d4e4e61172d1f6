"""The plan of --setup, by questions or from a file of msmtp (--from).

--setup asks only for values that command line, provider table and file don't have, in
this order: address, server and login name (for an unknown domain), token command (if
the provider takes no passwords).
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from pymail.commands.invocation import Invocation
from pymail.commands.setup import discover
from pymail.commands.setup.account import (
    Account,
    Plan,
    as_url,
    parse_author,
    read_assignments,
    read_mailbox,
    secret_kind,
)
from pymail.commands.setup.mailrc_file import RcFile
from pymail.commands.setup.msmtp import Here, read_accounts
from pymail.commands.setup.prompt import Prompt
from pymail.commands.setup.proposal import propose_account
from pymail.credentials.secret_text import is_readable_by_others
from pymail.delivery.context import RunContext
from pymail.environment import Environment
from pymail.errors import (
    Interrupted,
    PymailError,
    UnreadableInputError,
    UsageError,
)
from pymail.model import replace
from pymail.report.providers import (
    Provider,
    SecretKind,
    find_by_address,
    find_by_host,
)
from pymail.settings import server_url
from pymail.settings.loader import shown_path
from pymail.text import system_message
from pymail.transport import handshake

_DNS_SECONDS = 5.0
_REACH_SECONDS = 10.0


def ask(invocation: Invocation, context: RunContext) -> Plan:
    """Ask for the missing values of the account.

    Raises:
        UsageError: an answer is missing, or the command line is invalid.
        AddressError, SettingsError: an answer is invalid.
    """
    prompt = Prompt(context.environment, context.translated)
    server, user, more = read_assignments(invocation)
    mailbox = read_mailbox(invocation, "--setup")
    mailbox = mailbox or prompt.ask("Your mail address", read=parse_author)
    account = Account(
        mailbox=mailbox,
        server=server,
        user=mailbox.address,
        command=more.get("smtp-password-command") or "",
        variables=more,
    )
    provider = find_by_address(mailbox.address)
    if provider:
        account = _at_provider(account, provider, prompt)
    elif not server:
        found = _ask_server(account, prompt, invocation, context)
        account = replace(account, server=found)
    user = server_url.parse(account.server).user or user
    if not (user or provider or server):
        user = prompt.ask("Login name", mailbox.address, read=str)
    account = replace(account, user=user or account.user)
    return Plan(account=account, secret_kind=secret_kind(provider))


def _at_provider(account: Account, provider: Provider, prompt: Prompt) -> Account:
    """Fill in the provider's row; if it takes no passwords, ask for a token command."""
    prompt.tell(f"{provider.name}: {provider.where}")
    account = replace(
        account,
        server=account.server or provider.url,
        user=provider.user(account.mailbox.address),
    )
    if provider.secret is not SecretKind.TOKEN:
        return account
    command = account.command
    if not command:
        prompt.tell(f"{provider.name} accepts no passwords, only OAuth 2 access tokens")
        command = prompt.ask("Command that prints a token", read=str)
    return replace(account, command=command, mechanism="xoauth2")


def _ask_server(
    account: Account, prompt: Prompt, invocation: Invocation, context: RunContext
) -> str:
    """Look for the server of a domain, and let the user confirm it or name another."""

    def first_answering(servers: Iterable[str]) -> str:
        for url in servers:
            tried = replace(account, server=url)
            if _reaches(tried, prompt, context, debug=invocation.debug):
                return url
        return ""

    def read(answer: str) -> str:
        named = server_url.parse(answer)
        if "://" in answer or named.port_written or named.user is not None:
            return as_url(answer)
        # a word may be the password: it is neither looked up nor shown
        if "." not in named.host and named.host != "localhost":
            raise UsageError(
                "the answer to 'Server' is not a host name with a dot, HOST:PORT or a URL",
                advice="an empty line takes the server that was found; the login name"
                " and the password follow",
            )
        usual = discover.host_servers(named.host)
        return first_answering(usual) or usual[0]

    found = first_answering(_servers(account.mailbox.domain))
    return prompt.ask("Server", found, read=read)


def _servers(domain: str) -> Iterator[str]:
    if domain.startswith("["):  # an address literal has no subdomains
        return
    yield from discover.announced_servers(domain, seconds=_DNS_SECONDS)
    yield from discover.usual_servers(domain)


def _reaches(
    account: Account, prompt: Prompt, context: RunContext, *, debug: bool
) -> bool:
    """Whether a server answers, with a certificate that can be verified."""
    environment, url = context.environment, server_url.parse(account.server)
    prompt.tell(f"trying {url.host}:{url.port}")
    server = propose_account(account, RcFile(environment), environment).server
    try:
        handshake.verify_server(server, context.make_trace(debug=debug), _REACH_SECONDS)
    except Interrupted:
        raise
    except PymailError as error:
        prompt.tell(f"  {error}")
        return False
    return True


# ── --from FILE ─────────────────────────────────────────────────────────────


def import_accounts(invocation: Invocation, context: RunContext) -> Plan:
    """Read a file, and plan its accounts; the command line wins over the file.

    Raises:
        UsageError: no file is named.
        UnreadableInputError: it can't be read.
        SettingsError: it has no account.
    """
    environment = context.environment
    file = _file(invocation, environment)
    shown = shown_path(file, environment)
    try:
        text = environment.read_file(file).decode("utf-8", "surrogateescape")
    except (OSError, ValueError) as error:
        raise UnreadableInputError(f"{shown}: {system_message(error)}") from error
    first, others, remarks = read_accounts(text, shown, _here(file, environment))
    context.warn(remarks)
    last_remarks = [
        f"{place}: the password also stays in this file, for msmtp"
        for place in dict.fromkeys(a.secret_place for a in (first, *others) if a.secret)
    ]
    if last_remarks and is_readable_by_others(file):
        problem = "other users can read the password (chmod 600)"
        last_remarks.append(f"{shown}: {problem}")
    server, user, more = read_assignments(invocation)
    first, *others = (
        replace(account, variables=dict(account.variables) | dict(more))
        for account in (first, *others)
    )
    account = replace(
        first,
        mailbox=read_mailbox(invocation, "--setup") or first.mailbox,
        server=server or first.server,
        starttls=None if server else first.starttls,
        user=user or first.user,
    )
    provider = find_by_host(server_url.parse(account.server).host)
    return Plan(
        account=account,
        secret_kind=secret_kind(provider),
        others=tuple(others),
        title=f"# from {shown}",
        remarks=tuple(last_remarks),
        finds_secret=True,
    )


def _file(invocation: Invocation, environment: Environment) -> Path:
    name = invocation.sender or ""
    file = environment.expand(name)
    if not name or ("@" in name and not file.exists()):
        raise UsageError(
            f"--setup --from takes a file, not {name or 'an empty word'}",
            advice="for an address: pymail --setup ADDRESS",
        )
    return file


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
