"""The stages of --check on this machine: settings, secret, program, file.

`settings` lists values with their places, and problems. `secret` asks every source of
secrets except the user. `program` does not run the program, `file` does not write.
"""

import errno
import os
import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from pymail.address.envelope import Envelope
from pymail.commands.check.findings import Findings
from pymail.commands.show_settings import has_secret, list_variables
from pymail.credentials import chain
from pymail.credentials.chain import TERMINAL
from pymail.credentials.secret_text import Found, Missing, is_readable_by_others
from pymail.environment import Environment
from pymail.errors import AuthenticationError, CannotKeepError, PymailError
from pymail.model import replace
from pymail.sasl.choose import needs_secret
from pymail.secret import PLACEHOLDER
from pymail.settings.loader import (
    NO_FILE,
    SYSTEM_FILES,
    Loaded,
    shown_path,
    user_file,
)
from pymail.settings.models import Settings
from pymail.settings.server_models import (
    FileTarget,
    LmtpSocket,
    LocalMta,
    Login,
    SmtpServer,
    TlsMode,
)
from pymail.settings.unknown_variables import READING_ONLY, unknown_variables
from pymail.settings.variables import GROUPS, is_address, is_secret
from pymail.transport.local_mta import arguments, refuse_ourselves, start_failure

OURS = frozenset({"pymail", "pymail-sendmail"})
_SHOWN = tuple(
    name
    for group in ("Server and login", "Author and sender")
    for row in GROUPS[group]
    for name in row.names
)
_HIDDEN = "…"
_WOULD_ASK = Missing("a mail from here would prompt; cron has no terminal")
_TLS = {
    TlsMode.NEVER: "without TLS",
    TlsMode.OFFERED: "with STARTTLS if the server offers it",
    TlsMode.REQUIRED: "with STARTTLS (required)",
    TlsMode.IMPLICIT: "with TLS from the first octet",
}


# ── settings ────────────────────────────────────────────────────────────────


def check_settings(
    findings: Findings,
    loaded: Loaded,
    environment: Environment,
    settings: Settings | None,
) -> None:
    """Note the files, the values with their places, the result, and problems.

    `settings` is None if the values are invalid.
    """
    findings.tell("settings", *_files(loaded, environment), *_values(loaded))
    if settings is not None:
        findings.tell("settings", *_summary(settings), *settings.remarks)
    _warn_of_missing_file(findings, loaded, environment)
    _warn_of_open_files(findings, loaded)
    for problem in (*loaded.warnings(), *(settings.warnings if settings else ())):
        findings.warn("settings", problem)
    _warn_of_unknown_variables(findings, loaded)


def _files(loaded: Loaded, environment: Environment) -> Iterator[str]:
    system = environment.system_rc_directory
    if not any(path.parent == system for path, _ in loaded.files):
        yield f"{system}/{', '.join(SYSTEM_FILES)}: none of these is read"
    for path, problem in loaded.files:
        user = f" (for user {environment.login}, uid {os.getuid()})" if problem else ""
        yield f"{shown_path(path, environment)}: {problem or 'read'}{user}"
    if loaded.state.account:
        yield f"account {loaded.state.account}"


def _warn_of_missing_file(
    findings: Findings, loaded: Loaded, environment: Environment
) -> None:
    """Warn if MAILRC names a file that is not there; a mail is sent without it."""
    path = user_file(environment)
    problem = dict(loaded.files).get(path)
    if problem == NO_FILE and environment.variables.get("MAILRC"):
        words = f"{shown_path(path, environment)}: {problem}"
        findings.warn("settings", words, advice="correct MAILRC")


def _values(loaded: Loaded) -> Iterator[str]:
    """Yield the values with their places.

    A chain (NAME-USER@HOST) is shown without its value: a misspelt one may be a secret.
    """
    rows = list(list_variables(loaded))
    unknown = {*unknown_variables(name for name, *_ in rows), *READING_ONLY}
    for name, text, origin in rows:
        if name in unknown or not name.startswith(_SHOWN):
            continue
        plain = name in _SHOWN or text in ("", PLACEHOLDER)
        shown = f"{name}={text if plain else _HIDDEN}" if text else name
        yield f"{shown} ({origin})"


def _warn_of_unknown_variables(findings: Findings, loaded: Loaded) -> None:
    """Warn of unknown variables, but don't show one that may be part of a password.

    After an unquoted blank in a value, the rest of the value is read as a variable.
    """
    beside, origins = set(), {}
    for name, _, origin in list_variables(loaded):
        if name == PLACEHOLDER:
            beside.add(str(origin))
        else:
            origins[name] = origin
    for place in sorted(beside):
        problem = f"{place}: an extra word follows the password"
        advice = "quote a value that has blanks"
        findings.warn("settings", problem, advice=advice)
    for name, meant in unknown_variables(origins).items():
        problem = f"{origins[name]}: {name} is an unknown variable"
        if meant:
            findings.warn("settings", problem, advice=f"write {meant}")
        else:
            findings.warn("settings", f"{problem} and is ignored")


def _summary(settings: Settings) -> Iterator[str]:
    match settings.server:
        case SmtpServer() as server:
            login = f"login as {server.login.user}" if server.login else "no login"
            tls = _TLS[server.tls.mode]
            yield f"result: mail is sent to {server.name}, {tls}, {login}"
        case LmtpSocket(path=path):
            yield f"result: mail is sent to {path}"
        case LocalMta(program=program):
            yield f"result: mail is passed to the program {program}"
        case _:
            yield "result: mail is written, not sent (mta=test)"
    authors = ", ".join(author.address for author in settings.from_)
    yield f"From: {authors or f'{settings.login_name}@{settings.hostname}'}"


def _warn_of_open_files(findings: Findings, loaded: Loaded) -> None:
    """Warn of files with a password that other users can read."""
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
            problem = f"other users can read the password in {name}"
            findings.warn("settings", problem, advice=f"chmod 600 {name}")


# ── secret ──────────────────────────────────────────────────────────────────


def check_secret(
    findings: Findings,
    server: SmtpServer,
    settings: Settings,
    environment: Environment,
) -> Found | None:
    """Ask every source, note the answers, and return the first secret."""
    login = server.login
    if login is None:
        findings.skip("secret", "no login is set")
        return None
    if _needs_no_secret(login.mechanism):
        findings.skip("secret", f"{login.mechanism} needs no password")
        return None
    try:
        with findings.step("secret"):
            unattended = replace(environment, stderr_is_terminal=False)  # never prompt
            places = chain.make_chain(unattended, settings)
            attended = environment.stderr_is_terminal
            return _survey(findings, login, server.host, places, attended=attended)
    except AuthenticationError:
        return None  # already noted


def _needs_no_secret(mechanism: str) -> bool:
    try:
        return bool(mechanism) and not needs_secret(mechanism)
    except PymailError:  # an unknown mechanism, which the stage `mechanism` reports
        return False


def _survey(
    findings: Findings,
    login: Login,
    host: str,
    places: chain.Chain,
    *,
    attended: bool,
) -> Found:
    if not login.user:
        return places.find(login, host)  # its error names the variable to set
    answers = [
        (name, _WOULD_ASK if attended and name == TERMINAL else answer)
        for name, answer in places.survey(login, host)
    ]
    found = [answer for _, answer in answers if isinstance(answer, Found)]
    findings.tell("secret", *_facts(answers))
    if not found:
        raise _not_found(login, host, attended=attended)
    return found[0]


def _facts(answers: Sequence[tuple[str, Found | Missing]]) -> Iterator[str]:
    winner = ""
    for name, answer in answers:
        if not isinstance(answer, Found):
            yield f"{name}: {answer.reason}"
        elif winner:
            yield f"{name}: found in {answer.place}, not used: {winner} takes precedence"
        else:
            yield f"{name}: found in {answer.place}, used"
            winner = name


def _not_found(login: Login, host: str, *, attended: bool) -> AuthenticationError:
    where = "; pymail would prompt for it" if attended else ""
    return AuthenticationError(
        f"no password for {login.user} at {host}{where}",
        advice=f"pymail --login {login.user}",
    )


# ── program and file ────────────────────────────────────────────────────────


def check_program(
    mta: LocalMta,
    envelope: Envelope | None,
    environment: Environment,
    findings: Findings,
) -> None:
    """Look for the program, and note the command that a mail would run."""
    try:
        with findings.step("program"):
            program = _find_program(mta, environment)
            refuse_ourselves(replace(mta, program=program), environment)
    except PymailError:
        return  # already noted
    real = program.resolve()
    findings.tell("program", str(program) if real == program else f"{program} → {real}")
    if real.name in OURS:
        findings.warn(
            "program",
            f"{program} is pymail itself: {real.name}",
            advice="set smtp= in its settings; without it, it would call itself",
        )
    if envelope is not None:
        findings.skip("recipients", "the program decides")
        findings.tell("program", f"called as: {shlex.join(arguments(mta, envelope))}")


def _find_program(mta: LocalMta, environment: Environment) -> Path:
    """Return the path of the program, looked up in PATH if it is a plain name.

    Raises:
        SettingsError: it does not exist, or can't be run.
    """
    if mta.program.is_absolute():
        places = [mta.program]
    else:
        path = environment.variables.get("PATH") or os.defpath
        places = [Path(each, mta.program) for each in path.split(os.pathsep)]
    existing = [place for place in places if place.is_file()]
    usable = [place for place in existing if os.access(place, os.X_OK)]
    if usable:
        return usable[0]
    number = errno.EACCES if existing else errno.ENOENT
    raise start_failure(OSError(number, os.strerror(number)), mta)


def check_file(target: FileTarget, findings: Findings) -> None:
    """Check that the file can be written, without writing it."""
    if target.path is None:
        findings.tell("file", "mail is written to standard output (mta=test)")
        return
    try:
        with findings.step("file"):
            _check_writable(target.path)
    except PymailError:
        return  # already noted
    findings.tell("file", f"mail is appended to {target.path} (mta=test)")


def _check_writable(path: Path) -> None:
    place = path if path.exists() else path.parent
    if path.is_dir() or not os.access(place, os.W_OK):
        number = errno.EISDIR if path.is_dir() else _reason(place)
        raise CannotKeepError(f"{path}: {os.strerror(number).lower()}")


def _reason(place: Path) -> int:
    return errno.EACCES if place.exists() else errno.ENOENT
