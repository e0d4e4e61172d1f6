"""A real SMTP server, and the installed commands as other programs call them."""

import os
import queue
import shlex
import shutil
import subprocess
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.live_server import running

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class Arrived:
    """One mail as the server got it."""

    sender: str
    recipients: list[str]
    octets: bytes
    mail_options: list[str]

    @property
    def mail(self) -> EmailMessage:
        """The same, parsed."""
        parsed = message_from_bytes(self.octets, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def header(self) -> list[str]:
        """Its header, line by line."""
        head, _, _ = self.octets.partition(b"\r\n\r\n")
        return head.decode("ascii").split("\r\n")

    @property
    def body(self) -> bytes:
        """The content behind the header."""
        return self.octets.partition(b"\r\n\r\n")[2]


@dataclass
class Server:
    """Takes every mail, and gives them out in order."""

    port: int = 0
    arrived: "queue.Queue[Arrived]" = field(default_factory=queue.Queue)

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        self.arrived.put(
            Arrived(
                envelope.mail_from,
                list(envelope.rcpt_tos),
                envelope.original_content,
                list(envelope.mail_options),
            )
        )
        return "250 2.0.0 Ok"

    def mail(self) -> Arrived:
        """Wait for the next mail."""
        return self.arrived.get(timeout=PATIENCE_SECONDS)

    @property
    def empty(self) -> bool:
        """Whether every message that came was taken out."""
        return self.arrived.empty()


@pytest.fixture
def server() -> Iterator[Server]:
    handler = Server()
    with running(handler) as handler.port:
        yield handler


@dataclass(frozen=True)
class Installed:
    """The commands, in scripts that bring their settings along.

    A caller may clear the environment, and run as another user.
    """

    directory: Path
    port: int

    def script(self, name: str, *words: str, rc: str = "") -> str:
        """Make a program NAME that is pymail's with these settings; returns its path."""
        program = Path(sysconfig.get_path("scripts")) / name
        settings = self.directory / f"{name}.rc"
        settings.touch()
        settings.write_text(f"set smtp=127.0.0.1:{self.port}\n{rc}")
        path = self.directory / name
        line = shlex.join([str(program), *words])
        path.write_text(
            "#!/bin/sh\n"
            f"HOME={self.directory} MAILRC={settings} MAILX_NO_SYSTEM_RC=1\n"
            f'export HOME MAILRC MAILX_NO_SYSTEM_RC\nexec {line} "$@"\n'
        )
        path.chmod(0o755)
        return str(path)

    def sendmail(self, rc: str = "set hostname=web1.example.com\n") -> str:
        """The program that is called as sendmail."""
        return self.script("pymail-sendmail", rc=rc)

    @property
    def dead_letter(self) -> bytes:
        """The text of the dead letter file, empty if there is none."""
        path = self.directory / "dead.letter"
        return path.read_bytes() if path.exists() else b""


@pytest.fixture
def installed(tmp_path: Path, server: Server) -> Installed:
    return Installed(tmp_path, server.port)


@pytest.fixture
def program() -> Callable[[str], str]:
    """Find a caller, or skip; where everything has to be there, fail."""

    def find(name: str, *check: str) -> str:
        path = shutil.which(name, path=PATH)
        if path and (not check or _works([path, *check])):
            return path
        return _absent(f"{shlex.join([name, *check])} does not work")

    return find


def _absent(reason: str) -> str:
    """Skip what needs a program that is not there."""
    if os.environ.get("PYMAIL_REQUIRE_CALLERS"):
        pytest.fail(reason)
    pytest.skip(reason)


def _works(words: list[str]) -> bool:
    ended = subprocess.run(words, capture_output=True, check=False, env={"PATH": PATH})
    return ended.returncode == 0


@dataclass(frozen=True)
class Ended:
    """How a program ended."""

    status: int
    out: str


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Ended]:
    """Run a caller to its end, in an environment of its own."""

    def to_the_end(*words: str | Path, stdin: bytes = b"", **more: str) -> Ended:
        ended = subprocess.run(
            [*map(str, words)],
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            cwd=tmp_path,
            env={"PATH": PATH, "HOME": str(tmp_path), "LC_ALL": "C.UTF-8", **more},
            timeout=PATIENCE_SECONDS,
        )
        return Ended(ended.returncode, ended.stdout.decode("utf-8", "replace"))

    return to_the_end
