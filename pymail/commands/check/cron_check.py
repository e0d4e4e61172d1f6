"""Repetition of --check with cron's environment, in a process of its own.

The process gets the settings options of this run and cron's four variables: no
terminal, no desktop session, no standard input. It does not get a password from the
command line, because every user can see the arguments of a process.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from pymail.commands.check.findings import Checkup, Stage, Verdict
from pymail.commands.check.report import parse_checkup
from pymail.commands.invocation import Invocation
from pymail.credentials.chain import cron_environment
from pymail.environment import Environment
from pymail.mailrc.state import canonical
from pymail.model import replace
from pymail.reply import decode
from pymail.report.exit_status import ExitStatus
from pymail.settings.loader import Loaded
from pymail.settings.variables import is_private, without_password
from pymail.text import visible

SECONDS = 180  # several times the longest check
SHOWN_OCTETS = 300
STAGE = "cron"

_PLAIN = ("--check", "--json")
_MAY_HOLD_PASSWORD = r"(?i)password|://[^/\s]*:[^/\s]*@"  # noqa: S105 - a pattern
_SHORTENED = "without the password of this command line"


def check_as_cron(
    invocation: Invocation,
    loaded: Loaded,
    environment: Environment,
    *,
    seconds: float = SECONDS,
    program: Sequence[str] = (sys.executable, "-m", "pymail"),
) -> Checkup:
    """Check as cron would; a failure of the process itself is a stage of its own."""
    options = list(_options(invocation, loaded))
    public = [
        (option, text) for option, word in options if (text := _public(option, word))
    ]
    words = [*_PLAIN, *chain.from_iterable(public), *_recipients(invocation)]
    ended = _run([*program, *words], environment, seconds)
    if public == options or ended.server == "":
        return ended
    first, *others = ended.stages
    first = replace(first, facts=(*first.facts, _SHORTENED))
    return replace(ended, stages=(first, *others))


def _options(invocation: Invocation, loaded: Loaded) -> Iterator[tuple[str, str]]:
    """Yield the options of this run that affect the check, each with its value."""
    accounts = loaded.state.accounts
    rc_files = invocation.rc_files
    if rc_files is None and invocation.no_system_rc:
        rc_files = "u"
    words: Sequence[tuple[str, Iterable[str | None]]] = (
        ("-:", [rc_files]),
        ("--user", [invocation.login]),
        ("-A", (name for name in invocation.accounts_or_files if name in accounts)),
        ("-S", invocation.assignments),
        ("-X", invocation.commands),
        ("-Y", invocation.late_commands),
        ("-r", [invocation.sender]),
        ("--password-file", [invocation.password_file]),
        ("--password-fd", [str(invocation.password_fd or "") or None]),
        ("-c", invocation.cc),
        ("-b", invocation.bcc),
    )
    for option, values in words:
        yield from ((option, value) for value in values if value is not None)


def _public(option: str, word: str) -> str:
    """Return a value without its password; empty if it is only a password."""
    if option == "--password-fd":  # which can't be read twice
        return ""
    if option in ("-X", "-Y"):
        return "" if re.search(_MAY_HOLD_PASSWORD, word) else word
    name, equals, value = word.partition("=")
    if option == "-S" and equals and is_private(canonical(name)):
        return ""
    return word if option != "-S" else f"{name}{equals}{without_password(name, value)}"


def _recipients(invocation: Invocation) -> list[str]:
    behind = [*invocation.after_dashes]
    if invocation.envelope_sender is not None:
        behind += ["-f", invocation.envelope_sender]
    if invocation.full_name:
        behind += ["-F", invocation.full_name]
    behind += invocation.program_words
    dashed = ["--", *behind] if behind else []
    return [*invocation.recipients, *invocation.to, *dashed]


def _run(argv: list[str], environment: Environment, seconds: float) -> Checkup:
    try:
        ended = subprocess.run(
            argv,
            env=dict(cron_environment(environment).variables),
            cwd=environment.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            start_new_session=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _failed(f"the check did not end within {seconds:.0f} seconds")
    except OSError as error:
        return _failed(f"the check can't start: {(error.strerror or '').lower()}")
    return _read(ended.stdout, ended.stderr)


def _read(out: bytes, err: bytes) -> Checkup:
    try:
        found = parse_checkup(json.loads(out))
    except (KeyError, TypeError, ValueError):
        found = None
    if found and found.stages:  # a check that did not start has none
        return found
    words = visible(decode((err or out)[:SHOWN_OCTETS]).strip())
    return _failed(f"the check ended without a result: {words}")


def _failed(problem: str) -> Checkup:
    stage = Stage(
        name=STAGE,
        verdict=Verdict.FAILED,
        problem=problem,
        exit_status=ExitStatus.TEMPORARY,
    )
    return Checkup(server="", stages=(stage,))
