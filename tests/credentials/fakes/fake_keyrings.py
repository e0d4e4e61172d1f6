"""Fake keyrings with the behaviour of real ones; a variable selects one.

They are loaded by the keyring library in the process that pymail starts.
"""

# ruff: noqa: ARG002, T201 - the methods are what the library calls

import getpass
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from keyring.backend import KeyringBackend
from keyring.errors import InitError, KeyringLocked, PasswordDeleteError

FILE = Path(os.environ["FAKE_KEYRING_FILE"])


class InFile(KeyringBackend):
    """Works: the entries are in a JSON file, "SERVICE USER" by secret."""

    priority: ClassVar[float] = 1

    def _entries(self) -> dict[str, str]:
        read: dict[str, str] = json.loads(FILE.read_text()) if FILE.exists() else {}
        return read

    def get_password(self, service: str, username: str) -> str | None:
        return self._entries().get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        entries = self._entries() | {f"{service} {username}": password}
        FILE.write_text(json.dumps(entries))

    def delete_password(self, service: str, username: str) -> None:
        entries = self._entries()
        if f"{service} {username}" not in entries:
            raise PasswordDeleteError("no such password")
        del entries[f"{service} {username}"]
        FILE.write_text(json.dumps(entries))


class Noisy(InFile):
    """Prints wherever it can, as libraries do that warn."""

    def get_password(self, service: str, username: str) -> str | None:
        print("noise", flush=True)
        print("noise", file=sys.stderr, flush=True)
        os.write(1, b'{"secret": "noise"}\n')
        subprocess.run(["/bin/sh", "-c", "echo noise; echo noise >&2"], check=True)
        with suppress(OSError), Path("/dev/tty").open("w") as terminal:
            terminal.write("noise")
        return super().get_password(service, username)


class Asking(InFile):
    """Asks for a pass phrase, as encrypted files do."""

    def get_password(self, service: str, username: str) -> str | None:
        return getpass.getpass("Please enter password for encrypted keyring: ")

    def set_password(self, service: str, username: str, password: str) -> None:
        self.get_password(service, username)


class Hanging(InFile):
    """Waits for ever, and starts a program that does too."""

    def get_password(self, service: str, username: str) -> str | None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        program = subprocess.Popen(["/bin/sleep", "600"])
        FILE.write_text(f"{os.getpid()} {program.pid}")
        time.sleep(600)
        return None


class Locked(InFile):
    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("Failed to unlock the collection!")


class NeverSetUp(InFile):
    def get_password(self, service: str, username: str) -> str | None:
        raise InitError("Failed to create the collection: Prompt dismissed.")


class Odd(InFile):
    """Quotes the secret in its exceptions."""

    def set_password(self, service: str, username: str, password: str) -> None:
        raise ValueError(f"cannot store {password}")


class Talkative(InFile):
    def set_password(self, service: str, username: str, password: str) -> None:
        raise RuntimeError(f"cannot\nstore {password}: \33[31m" + 300 * "x")


class Forgetful(InFile):
    def set_password(self, service: str, username: str, password: str) -> None:
        pass


class Showing(InFile):
    """Records what other users can see of its process."""

    def set_password(self, service: str, username: str, password: str) -> None:
        seen = [Path(f"/proc/self/{name}") for name in ("cmdline", "environ")]
        FILE.write_bytes(b"\n".join(path.read_bytes() for path in seen))


class Octets(InFile):
    def get_password(self, service: str, username: str) -> str | None:
        return b"octets"  # type: ignore[return-value] # that is the point


class Number(InFile):
    def get_password(self, service: str, username: str) -> str | None:
        return 5  # type: ignore[return-value] # that is the point


class Dying(InFile):
    def get_password(self, service: str, username: str) -> str | None:
        os._exit(3)


class Leaving(InFile):
    """Exits with status 0, without an answer."""

    def get_password(self, service: str, username: str) -> str | None:
        os._exit(0)


class Killed(InFile):
    def get_password(self, service: str, username: str) -> str | None:
        os.kill(os.getpid(), signal.SIGKILL)
        return None


class _NotHere:
    """A priority that raises, as in backends whose libraries are missing."""

    def __get__(self, instance: object, owner: type) -> float:
        raise RuntimeError("SecretStorage required")


class Unviable(InFile):
    priority = _NotHere()  # the library asks the class
