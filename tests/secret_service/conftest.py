"""Private desktop sessions, with a GNOME keyring or without.

A session has its own home and directories, so that no real keyring is touched. The
keyring's daemon ends with its bus.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pymail.environment import Environment
from pymail.model import replace
from tests.surroundings import lent

HERE = Path(__file__).parent
PATH = "/usr/local/bin:/usr/bin:/bin"
PATIENCE_SECONDS = 60
PAUSE_SECONDS = 0.02
PROGRAMS = ("dbus-daemon", "dbus-send", "gnome-keyring-daemon", "secret-tool")
MEASURED = lent()
DAEMONS = {
    "unlocked": ["gnome-keyring-daemon", "--unlock", "--components=secrets"],
    "locked": ["gnome-keyring-daemon", "--start", "--components=secrets"],
}
READY = {
    "unlocked": ["secret-tool", "store", "--label=probe", "probe", "probe"],
    "locked": [
        *("dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus"),
        *("/org/freedesktop/DBus", "org.freedesktop.DBus.NameHasOwner"),
        "string:org.freedesktop.secrets",
    ],
}
PROMPTER = """
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection, Proxy
from tests.surroundings import lent
with open_dbus_connection() as bus:
    Proxy(message_bus, bus).RequestName("org.gnome.keyring.SystemPrompter")
    print("there", flush=True)
    while True:
        bus.receive()
"""


@dataclass(frozen=True)
class Session:
    """A desktop session; `environment` is that of a mail sent in it."""

    environment: Environment

    def run(self, *words: str, text: str = "") -> str:
        """Run a program in it, and return its output."""
        ended = subprocess.run(
            words,
            check=True,
            input=text,
            capture_output=True,
            text=True,
            env=dict(self.environment.variables),
            timeout=PATIENCE_SECONDS,
        )
        return ended.stdout

    def start(self, keyring: str) -> None:
        """Start the daemon and wait: it reports too early that it is ready."""
        subprocess.run(
            DAEMONS[keyring],
            check=True,
            input=b"pass phrase",
            stdout=subprocess.DEVNULL,  # the daemon keeps them
            stderr=subprocess.DEVNULL,
            env=dict(self.environment.variables),
            timeout=PATIENCE_SECONDS,
        )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._is_ready(keyring):
            assert time.monotonic() < deadline
            time.sleep(PAUSE_SECONDS)

    def _is_ready(self, keyring: str) -> bool:
        try:
            answer = self.run(*READY[keyring], text="probe")
        except subprocess.CalledProcessError:
            return False
        return keyring == "unlocked" or "true" in answer

    @contextmanager
    def silent_prompter(self) -> Iterator[None]:
        """Register a prompter for unlocking keyrings that never answers."""
        with _running(
            [sys.executable, "-c", PROMPTER], self.environment.variables
        ) as shown:
            assert shown == "there"
            yield


@contextmanager
def _running(words: list[str], variables: Mapping[str, str]) -> Iterator[str]:
    """Run a program during the block; yields its first line."""
    with subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=dict(variables),
    ) as program:
        assert program.stdout
        try:
            yield program.stdout.readline().strip()
        finally:
            program.send_signal(signal.SIGTERM)


@pytest.fixture
def session(world: Any) -> Iterator[Callable[..., AbstractContextManager[Session]]]:
    """Start sessions of one user, one after the other.

    Each has an "unlocked" keyring, a "locked" one, or none.
    """
    if missing := [name for name in PROGRAMS if not shutil.which(name, path=PATH)]:
        reason = f"not installed: {', '.join(missing)}"
        if os.environ.get("PYMAIL_REQUIRE_KEYRING"):
            pytest.fail(reason)
        pytest.skip(reason)

    with tempfile.TemporaryDirectory(
        prefix="pymail-keyring-", dir="/tmp", ignore_cleanup_errors=True
    ) as name:

        @contextmanager
        def begun(keyring: str = "") -> Iterator[Session]:
            made = replace(
                world.environment("pymail"), home=Path(name), variables=variables(name)
            )
            bus = ["dbus-daemon", f"--config-file={HERE}/bus.conf", "--print-address"]
            with _running([*bus, "--nofork"], made.variables) as address:
                more = {**made.variables, "DBUS_SESSION_BUS_ADDRESS": address}
                started = Session(replace(made, variables=more))
                if keyring:
                    started.start(keyring)
                yield started

        yield begun


def variables(home: str) -> Mapping[str, str]:
    """The variables of every program in a session."""
    runtime = Path(home) / "run"
    runtime.mkdir(mode=0o700, exist_ok=True)
    return {
        **MEASURED,
        "HOME": home,
        "LC_ALL": "C.UTF-8",
        "PATH": PATH,
        "XDG_RUNTIME_DIR": str(runtime),
    }
