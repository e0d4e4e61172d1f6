"""The measured programs: a row for each, and the installed ones."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import calls
from tests.benchmarks.calls import Call, Job

PATIENCE_SECONDS = 20
PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])


@dataclass(frozen=True)
class Program:
    """A row: names, version, and call of a program.

    `version` matches the version in the program's output; if it doesn't match, this
    is another program of the same name.
    """

    name: str
    commands: tuple[str, ...]
    ask: tuple[str, ...]
    version: str
    call: Callable[[Job], Call]


_INTERPRETER = re.compile(
    r"""^(?:#!|'''exec' )"?(/[^"\s]*python[^"\s]*)""", re.MULTILINE
)
_POSTFIX = ("postconf", "-d", "mail_version")
_PYTHON = "import sys, click; print('Python', sys.version)"

# fmt: off
PROGRAMS = (
    Program("pymail", ("pymail",), ("{}", "--version"), r"(\d[\w.+]*)", calls.mailx),
    Program("floor", (), ("{}", "-c", _PYTHON), r"(Python \S+)", calls.floor),
    Program("msmtp", ("msmtp",), ("{}", "--version"), r"version (\S+)", calls.msmtp),
    Program("curl", ("curl",), ("{}", "--version"), r"curl (\S+)", calls.curl),
    Program("s-nail", ("s-nail",), ("{}", "-V"), r"v(\d[\w.]+)", calls.s_nail),
    Program("heirloom", ("heirloom-mailx", "mailx"), ("{}", "-V"), r"^(12\.\d+)", calls.mailx),
    Program("swaks", ("swaks",), ("{}", "--version"), r"version (\S+)", calls.swaks),
    Program("smtp-source -d", ("smtp-source",), _POSTFIX, r"= (\S+)", calls.smtp_source_d),
    Program("smtp-source", ("smtp-source",), _POSTFIX, r"= (\S+)", calls.smtp_source),
)
# fmt: on


@dataclass(frozen=True)
class Installed:
    """A program that is here, where, and in which version."""

    program: Program
    command: str
    version: str


def installed(names: Sequence[str], pymail: str) -> dict[str, Installed]:
    """Find these programs by name; leave out those that are not installed.

    `pymail` is the measured command; the floor uses its Python.
    """
    found = {}
    for program in PROGRAMS:
        if program.name in names:
            commands = _commands(program, pymail)
            here = next(filter(None, (_look(program, c) for c in commands)), None)
            if here:
                found[program.name] = here
    return found


def _commands(program: Program, pymail: str) -> list[str]:
    if program.name == "pymail":
        return [str(Path(shutil.which(pymail, path=PATH) or pymail).absolute())]
    if program.name == "floor":
        return [python_of(shutil.which(pymail, path=PATH) or pymail)]
    places = (shutil.which(command, path=PATH) for command in program.commands)
    return [place for place in places if place]


def _look(program: Program, command: str) -> Installed | None:
    """Ask for the version; None if there is no such program."""
    version = re.search(program.version, _said(command, program.ask), re.MULTILINE)
    return Installed(program, command, version[1]) if version else None


def _said(command: str, words: Sequence[str]) -> str:
    asked = [command if word == "{}" else word for word in words]
    try:
        ended = subprocess.run(
            asked,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": PATH, "HOME": "/nonexistent"},
            timeout=PATIENCE_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ended.stdout if ended.returncode == 0 else ""


def pymail_command() -> str:
    """Find pymail beside this Python, or else on PATH."""
    beside = str(Path(sys.executable).parent)
    places = os.pathsep.join([beside, PATH])
    return shutil.which("pymail", path=places) or "pymail"


def python_of(script: str) -> str:
    """Find the Python that runs a script; this one if its first line names none.

    pip writes `#!/path/python`, or a line for the shell if the path is long.
    """
    try:
        head = Path(script).read_bytes()[:1000].decode("utf-8", "replace")
    except OSError:
        return sys.executable
    named = _INTERPRETER.search(head)
    return named[1] if named else sys.executable


def has_bytecode(pymail: str) -> bool:
    """Tell whether pymail is compiled, so that Python need not compile it at each start."""
    ask = (
        "import importlib.util as u, os;"
        "print(os.path.exists(u.cache_from_source(u.find_spec('pymail.errors').origin)))"
    )
    return _said(python_of(pymail), ("{}", "-B", "-P", "-c", ask)).strip() != "False"
