"""--setup --from FILE: the accounts of msmtp as the plan of a setup.

What is in the file is not asked for. Without the account to use first nothing is
written.
"""

import re
from pathlib import Path

from pymail.commands.invocation import Invocation
from pymail.commands.setup import msmtp, questions
from pymail.commands.setup.account import Account, Plan
from pymail.commands.setup.mailrc_edit import Changes
from pymail.commands.setup.msmtp import ForeignAccounts, Here
from pymail.credentials.secret_text import describe_error, is_readable_by_others
from pymail.delivery.context import RunContext
from pymail.environment import Environment
from pymail.errors import SettingsError, UnreadableInputError, UsageError
from pymail.model import replace
from pymail.report.providers import find_by_host
from pymail.settings import server_url
from pymail.settings.loader import shown_path

_IS_MSMTP = r"(?m)^[ \t]*(?:defaults|account|host)(?:[ \t]|\r?$)"
_IS_SSMTP = r"(?mi)^[ \t]*(?:mailhub|root|rewritedomain|usetls|authuser)[ \t]*="


def import_accounts(invocation: Invocation, context: RunContext) -> Plan:
    """Read a file, and plan its accounts.

    Raises:
        UsageError: no file is named.
        UnreadableInputError: it cannot be read.
        SettingsError: there is no account in it.
    """
    environment = context.environment
    file = _file(invocation, environment)
    shown = shown_path(file, environment)
    text = _text(file, shown, environment)
    found = read_file(text, shown, _here(file, environment))
    context.warn(found.remarks)
    return _plan(found, invocation, file, shown)


def read_file(text: str, shown: str, here: Here) -> ForeignAccounts:
    """Read a settings file; `shown` is the name to show for it.

    Raises:
        SettingsError: it is not of msmtp, or names no server.
    """
    if re.search(_IS_MSMTP, text):
        return msmtp.read_accounts(text, shown, here)
    if re.search(_IS_SSMTP, text):
        raise SettingsError(
            f"{shown}: settings of ssmtp, which are not taken over",
            advice="pymail --setup asks for what is needed",
        )
    raise SettingsError(
        f"{shown}: no settings of msmtp", advice="its lines are like `host NAME`"
    )


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
        raise UnreadableInputError(f"{shown}: {describe_error(error)}") from error


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


def _plan(
    found: ForeignAccounts, invocation: Invocation, file: Path, shown: str
) -> Plan:
    """Plan the accounts; what the command line says counts before the file."""
    said = questions.read_assignments(invocation)
    account = _with_variables(found.account, said.more)
    mailbox = questions.one_mailbox(invocation, "--setup")
    if mailbox:
        account = replace(account, mailbox=mailbox)
    if said.server:
        account = replace(account, server=said.server, starttls=None)
    if said.user:
        account = replace(account, user=said.user)
    provider = find_by_host(server_url.parse(account.server).host)
    return Plan(
        account=account,
        secret_kind=questions.secret_kind(provider),
        others=tuple(_with_variables(other, said.more) for other in found.others),
        title=f"# from {shown}",
        remarks=tuple(_remarks_on_secrets(found, file, shown)),
        finds_secret=True,
    )


def _with_variables(account: Account, more: Changes) -> Account:
    return replace(account, variables=dict(account.variables) | dict(more))


def _remarks_on_secrets(found: ForeignAccounts, file: Path, shown: str) -> list[str]:
    accounts = (found.account, *found.others)
    places = dict.fromkeys(a.secret_place for a in accounts if a.secret)
    program = found.program
    said = [f"{p}: the password stays there for {program}, too" for p in places]
    if places and is_readable_by_others(file):
        said.append(f"{shown}: others can read the password (chmod 600)")
    return said
