"""Lines for the system log (syslog(3)), which puts time and host in front.

There is no telling whether anybody takes them.
"""

import syslog
from typing import Protocol

PROGRAM = "pymail"
LINE_OCTETS = 900  # RFC 3164 §4.1: 1024 with what is put in front


class SystemLog(Protocol):
    """What is used of the `syslog` module."""

    def openlog(self, ident: str, logoption: int, facility: int) -> None:
        """Say who speaks."""
        ...

    def syslog(self, priority: int, message: str, /) -> None:
        """Send a line."""
        ...


def send(line: str, facility: str, *, failed: bool, system: SystemLog = syslog) -> None:
    """Send one line; `facility` is a word such as "mail"."""
    number: int = getattr(syslog, f"LOG_{facility.upper()}")
    system.openlog(PROGRAM, syslog.LOG_PID, number)
    system.syslog(syslog.LOG_ERR if failed else syslog.LOG_INFO, line)
