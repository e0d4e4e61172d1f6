"""The stages of --check without a server: settings and secret.

Settings: what they say, where, and what is odd in them. Secret: every place where it
may be; nobody is asked for it.
"""

import os
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pymail.commands.output import has_secret, listed
from pymail.credentials import chain
from pymail.credentials.base import Found, Missing
from pymail.credentials.chain import TERMINAL
from pymail.credentials.secret_text import is_readable_by_others
from pymail.environment import Environment
from pymail.errors import AuthenticationError, PymailError
from pymail.model import replace
from pymail.report.checkup import Findings
from pymail.sasl.choose import needs_secret
from pymail.secret import PLACEHOLDER
from pymail.settings.loader import SYSTEM_FILES, Loaded, shown_path
from pymail.settings.models import Lookup, Settings
from pymail.settings.server_models import Login, SmtpServer, TlsMode
from pymail.settings.unknown_variables import READING_ONLY, unknown_variables
from pymail.settings.variables import GROUPS, is_address, is_secret

SETTINGS, SECRET = "settings", "secret"
_TOLD = tuple(
    name
    for group in ("Server and login", "Who sends")
    for row in GROUPS[group]
    for name in row.names
)
_HIDDEN = "…"
_WOULD_ASK = Missing("a mail from here would ask, cron has none")
_TLS = {
    TlsMode.NEVER: "without TLS",
    TlsMode.OFFERED: "with STARTTLS where it is offered",
    TlsMode.REQUIRED: "with STARTTLS or not at all",
    TlsMode.IMPLICIT: "with TLS from the first octet",
}


class Odd(NamedTuple):
    """Something that stops nothing, and what to do about it."""

    problem: str
    advice: str = ""


def tell(
    findings: Findings,
    loaded: Loaded,
    environment: Environment,
    settings: Settings | None,
) -> None:
    """Say which files were read, what they set and come to, and what is odd.

    `settings` are None when nothing can be made of them.
    """
    findings.tell(SETTINGS, *_files(loaded, environment), *_values(loaded))
    if settings is not None:
        findings.tell(SETTINGS, *_summary(settings), *settings.remarks)
    for odd in _open_files(loaded):
        findings.warn(SETTINGS, odd.problem, advice=odd.advice)
    for problem in (*loaded.warnings(), *(settings.warnings if settings else ())):
        findings.warn(SETTINGS, problem)
    for odd in _unknown_variables(loaded):
        findings.warn(SETTINGS, odd.problem, advice=odd.advice)


def _files(loaded: Loaded, environment: Environment) -> Iterator[str]:
    system = environment.system_rc_directory
    if not any(path.parent == system for path, _ in loaded.files):
        yield f"{system}/{', '.join(SYSTEM_FILES)}: none of them is read"
    for path, problem in loaded.files:
        user = f" (for user {environment.login}, uid {os.getuid()})" if problem else ""
        yield f"{shown_path(path, environment)}: {problem or 'read'}{user}"
    if loaded.state.account:
        yield f"account {loaded.state.account}"


def _values(loaded: Loaded) -> Iterator[str]:
    """Say what is set; with NAME-USER@HOST, a slip of the pen could hide a secret."""
    rows = list(listed(loaded))
    unknown = {
        each.name for each in unknown_variables(name for name, *_ in rows)
    } | READING_ONLY
    for name, text, origin in rows:
        if name in unknown or not name.startswith(_TOLD):
            continue
        plain = name in _TOLD or text in ("", PLACEHOLDER)
        said = f"{name}={text if plain else _HIDDEN}" if text else name
        yield f"{said} ({origin})"


def _unknown_variables(loaded: Loaded) -> Iterator[Odd]:
    """Name variables that nobody knows, not what may be half of a password.

    An unquoted blank in a value makes a variable of the rest.
    """
    beside, origins = set(), {}
    for name, _, origin in listed(loaded):
        if name == PLACEHOLDER:
            beside.add(str(origin))
        else:
            origins[name] = origin
    for place in sorted(beside):
        problem = f"{place}: there is a word beside the password"
        yield Odd(problem, advice="put a value with a blank in quotes")
    for each in unknown_variables(origins):
        problem = f"{origins[each.name]}: no mailx knows {each.name}"
        if each.meant:
            yield Odd(problem, advice=f"write {each.meant}")
        else:
            yield Odd(f"{problem}, and it is ignored")


def _summary(settings: Settings) -> Iterator[str]:
    server, identity = settings.server, settings.identity
    if isinstance(server, SmtpServer):
        login = f"login as {server.login.user}" if server.login else "no login"
        tls = _TLS[server.tls.mode]
        yield f"so mail goes to {server.name}, {tls}, {login}"
    authors = ", ".join(author.address for author in identity.from_)
    yield f"and is from {authors or f'{identity.login}@{identity.hostname}'}"


def _open_files(loaded: Loaded) -> Iterator[Odd]:
    """Name files with a password that others can read."""
    with_password = {
        value.origin.file
        for name, value in loaded.layers.in_force()
        if is_secret(name) or (is_address(name) and has_secret(name, value))
    } | {
        block.origin.file
        for block in loaded.state.accounts.values()
        if any(
            re.search(r"password\S*=|://[^/]*:[^/]*@", row) for _, row in block.lines
        )
    }
    for path, _ in loaded.files:
        name = shown_path(path, loaded.environment)
        if name in with_password and is_readable_by_others(path):
            problem = f"others can read the password in {name}"
            yield Odd(problem, advice=f"chmod 600 {name}")


def survey_secret(
    findings: Findings,
    login: Login | None,
    host: str,
    lookup: Lookup | None,
    environment: Environment,
) -> Found | None:
    """Ask every place, say what each answered, and return the first that is found."""
    if login is None:
        findings.skip(SECRET, "no login is set")
        return None
    if _needs_no_secret(login.mechanism):
        findings.skip(SECRET, f"{login.mechanism} needs none")
        return None
    try:
        with findings.step(SECRET):
            return _survey(findings, login, host, lookup, environment)
    except AuthenticationError:
        return None  # it is noted


def _needs_no_secret(mechanism: str) -> bool:
    try:
        return bool(mechanism) and not needs_secret(mechanism)
    except PymailError:  # there is no such mechanism: the server's turn to say so
        return False


def _survey(
    findings: Findings,
    login: Login,
    host: str,
    lookup: Lookup | None,
    environment: Environment,
) -> Found:
    nobody_there = replace(environment, stderr_is_terminal=False)  # never prompt
    places = chain.make_chain(nobody_there, lookup)
    if not login.user:
        return places.find(login, host)  # which says what to set
    attended = environment.stderr_is_terminal
    answers = [
        (name, _WOULD_ASK if attended and name == TERMINAL else answer)
        for name, answer in places.survey(login, host)
    ]
    found = [answer for _, answer in answers if isinstance(answer, Found)]
    findings.tell(SECRET, *_facts(answers))
    if not found:
        raise _not_found(login, host, asked_here=attended)
    return found[0]


def _facts(answers: Sequence[tuple[str, Found | Missing]]) -> Iterator[str]:
    winner = ""
    for name, answer in answers:
        if not isinstance(answer, Found):
            yield f"{name}: {answer.reason}"
        elif winner:
            yield f"{name}: found in {answer.place}, not used: {winner} comes first"
        else:
            yield f"{name}: found in {answer.place}, and used"
            winner = name


def _not_found(login: Login, host: str, *, asked_here: bool) -> AuthenticationError:
    where = "; only the terminal could be asked" if asked_here else ""
    return AuthenticationError(
        f"no password for {login.user} at {host}{where}",
        advice=f"pymail --login {login.user}",
    )
