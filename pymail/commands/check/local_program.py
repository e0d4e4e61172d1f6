"""The stages of --check for a local program or a file, neither of which is tried."""

import errno
import os
import shlex
from pathlib import Path

from pymail.address.envelope import Envelope
from pymail.environment import Environment
from pymail.errors import CannotKeepError, PymailError
from pymail.model import replace
from pymail.report.checkup import Findings
from pymail.settings.server_models import FileTarget, LocalMta
from pymail.transport.local_mta import arguments, not_started, refuse_ourselves

OURS = frozenset({"pymail", "pymail-sendmail"})


def check_program(
    mta: LocalMta,
    envelope: Envelope | None,
    environment: Environment,
    findings: Findings,
) -> None:
    """Look for the program, and say how it would be called."""
    try:
        with findings.step("program"):
            program = _find_program(mta, environment)
            refuse_ourselves(replace(mta, program=program), environment)
    except PymailError:
        return  # it is noted
    real = program.resolve()
    findings.tell("program", str(program) if real == program else f"{program} → {real}")
    if real.name in OURS:
        findings.warn(
            "program",
            f"{program} is pymail itself, at its other door",
            advice="set smtp= in its settings: without one it would call itself",
        )
    if envelope is not None:
        findings.skip("recipients", "the program decides")
        findings.tell("program", f"called as: {shlex.join(arguments(mta, envelope))}")


def _find_program(mta: LocalMta, environment: Environment) -> Path:
    """Return the program as the system would find it.

    Raises:
        SettingsError: it is not there, or cannot be run.
    """
    if mta.program.is_absolute():
        places = [mta.program]
    else:
        path = environment.variables.get("PATH") or os.defpath
        places = [Path(each, mta.program) for each in path.split(os.pathsep)]
    there = [place for place in places if place.is_file()]
    usable = [place for place in there if os.access(place, os.X_OK)]
    if usable:
        return usable[0]
    number = errno.EACCES if there else errno.ENOENT
    raise not_started(OSError(number, os.strerror(number)), mta)


def check_file(target: FileTarget, findings: Findings) -> None:
    """See whether the file can be written, without writing it."""
    if target.path is None:
        findings.tell("file", "mail is written to standard output (mta=test)")
        return
    try:
        with findings.step("file"):
            _check_writable(target.path)
    except PymailError:
        return  # it is noted
    findings.tell("file", f"mail is added to {target.path} (mta=test)")


def _check_writable(path: Path) -> None:
    place = path if path.exists() else path.parent
    if path.is_dir() or not os.access(place, os.W_OK):
        number = errno.EISDIR if path.is_dir() else _why(place)
        raise CannotKeepError(f"{path}: {os.strerror(number).lower()}")


def _why(place: Path) -> int:
    return errno.EACCES if place.exists() else errno.ENOENT
