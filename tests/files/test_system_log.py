"""Lines for syslogd: who speaks, how loud, and that a real one hears them."""

import os
import socket
import subprocess
import sys
import syslog
from pathlib import Path

import pytest

from pymail.files import system_log
from pymail.settings.storage_options import FACILITIES

DEVICE = Path("/dev/log")


class Heard:
    """What would be told the system."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    def openlog(self, ident: str, logoption: int, facility: int) -> None:
        self.calls.append((ident, logoption, facility))

    def syslog(self, priority: int, message: str, /) -> None:
        self.calls.append((priority, message))


@pytest.mark.parametrize("failed", [False, True], ids=["sent", "failed"])
def test_a_line_has_facility_and_priority(failed: bool) -> None:
    heard = Heard()
    system_log.send("host=x", "local3", failed=failed, system=heard)
    assert heard.calls == [
        ("pymail", syslog.LOG_PID, syslog.LOG_LOCAL3),
        (syslog.LOG_ERR if failed else syslog.LOG_INFO, "host=x"),
    ]


@pytest.mark.parametrize("facility", FACILITIES)
def test_every_facility_that_settings_know_is_one(facility: str) -> None:
    heard = Heard()
    system_log.send("", facility, failed=False, system=heard)
    assert heard.calls[0][2] == getattr(syslog, f"LOG_{facility.upper()}")


@pytest.mark.skipif(
    os.geteuid() != 0 or DEVICE.exists(), reason="the machine has a syslogd"
)
def test_syslogd_hears_it() -> None:
    script = (
        "from pymail.files import system_log;"
        "system_log.send('host=x', 'mail', failed=False)"
    )
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as daemon:
        daemon.bind(str(DEVICE))
        try:
            daemon.settimeout(20)
            subprocess.run([sys.executable, "-c", script], check=True)
            said = daemon.recv(4096).decode()
        finally:
            DEVICE.unlink()
    assert said.startswith(f"<{syslog.LOG_MAIL | syslog.LOG_INFO}>")
    assert "pymail[" in said
    assert said.rstrip("\0").endswith("]: host=x")
