"""Which sendmail programs are known to take -N, -R and -V.

To others these letters mean something else: Exim delivers nothing with -N, qmail
refuses it. A program is known by the name of the file that it is in the end.
"""

from collections.abc import Mapping
from pathlib import Path
from shutil import which

from pymail.environment import Environment

_BY_NAME: Mapping[str, str] = {
    "msmtp": "NR",  # 1.8.23 refuses -V
    "pymail-sendmail": "NRV",
    "sendmail.postfix": "NRV",  # as alternatives name it
    "sendmail.sendmail": "NRV",
    "smtpctl": "NRV",  # OpenSMTPD
}
_SENDMAIL = "sendmail"  # the name that many have
_OF_SENDMAIL = frozenset({"sendmail", "sm.bin"})  # directories of the real one


def options(program: Path, environment: Environment) -> str:
    """Return the letters that a program takes; empty when it is not known."""
    found = which(program, path=environment.variables.get("PATH"))
    if found is None:
        return ""
    real = Path(found).resolve()
    if real.name != _SENDMAIL:
        return _BY_NAME.get(real.name, "")
    is_postfix = real.with_name("postfix").exists()
    return "NRV" if is_postfix or real.parent.name in _OF_SENDMAIL else ""
