"""The first stage of --check: what the settings say, where, and what is odd in them."""

import os
import re
import stat
from collections.abc import Iterator
from typing import NamedTuple

from pymail.commands.output import has_secret, listed
from pymail.environment import Environment
from pymail.report.checkup import Findings
from pymail.secret import PLACEHOLDER
from pymail.settings.loader import SYSTEM_FILES, Loaded, shown_path
from pymail.settings.models import Settings
from pymail.settings.server_models import SmtpServer, TlsMode
from pymail.settings.unknown_variables import READING_ONLY, unknown_variables
from pymail.settings.variables import GROUPS, is_address, is_secret

STAGE = "settings"
_TOLD = tuple(
    name
    for group in ("Server and login", "Who sends")
    for row in GROUPS[group]
    for name in row.names
)
_HIDDEN = "…"
_TLS = {
    TlsMode.NEVER: "without TLS",
    TlsMode.OFFERED: "with STARTTLS where it is offered",
    TlsMode.REQUIRED: "with STARTTLS or not at all",
    TlsMode.IMPLICIT: "with TLS from the first octet",
}
_OTHERS_READ = stat.S_IRGRP | stat.S_IROTH


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
    findings.tell(STAGE, *_files(loaded, environment), *_values(loaded))
    if settings is not None:
        findings.tell(STAGE, *_summary(settings), *settings.remarks)
    for odd in _open_files(loaded):
        findings.warn(STAGE, odd.problem, advice=odd.advice)
    for problem in (*loaded.warnings(), *(settings.warnings if settings else ())):
        findings.warn(STAGE, problem)
    for odd in _unknown_variables(loaded):
        findings.warn(STAGE, odd.problem, advice=odd.advice)


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
        if name in with_password and _others_read(path):
            problem = f"others can read the password in {name}"
            yield Odd(problem, advice=f"chmod 600 {name}")


def _others_read(path: os.PathLike[str]) -> bool:
    try:
        return bool(os.stat(path).st_mode & _OTHERS_READ)  # noqa: PTH116
    except OSError:
        return False
