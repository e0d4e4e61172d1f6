"""The real command in a process of its own, against a server that may hold still."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.scripted import Server, serving
from tests.surroundings import lent

PATIENCE_SECONDS = 30
PROGRAMS = {
    name: str(Path(sys.executable).with_name(name))
    for name in ("pymail", "pymail-sendmail")
}


@dataclass(frozen=True)
class Ended:
    """How a run ended; `dead` is the dead letter."""

    status: int
    out: str
    err: str
    dead: str

    @property
    def said(self) -> str:
        """Both streams."""
        return self.out + self.err


@dataclass(frozen=True)
class Home:
    """A home directory in which the command runs."""

    path: Path

    @property
    def dead(self) -> str:
        """The dead letter, empty when there is none."""
        place = self.path / "dead.letter"
        return place.read_text("utf-8", "replace") if place.exists() else ""

    def start(
        self,
        words: list[str],
        *,
        rc: str,
        stdin: bytes = b"text\n",
        variables: Mapping[str, str] | None = None,
    ) -> "subprocess.Popen[bytes]":
        """Start a program; its text is in a file."""
        (self.path / ".mailrc").write_text(rc, "utf-8", "surrogateescape")
        (self.path / "stdin").write_bytes(stdin)
        program, *arguments = words
        environment = {
            "HOME": str(self.path),
            "TMPDIR": str(self.path),
            "MAILX_NO_SYSTEM_RC": "1",
            "LC_ALL": "C",
            "LOGNAME": "me",
            **lent(),
        }
        with (self.path / "stdin").open("rb") as text:
            return subprocess.Popen(
                [PROGRAMS.get(program, program), *arguments],
                stdin=text,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**environment, **(variables or {})},
                cwd=self.path,
            )

    def ended(self, process: "subprocess.Popen[bytes]") -> Ended:
        """Wait for the end."""
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
        status = process.returncode
        return Ended(status, out.decode(), err.decode(), self.dead)

    def run(self, words: list[str], **around: Any) -> Ended:
        """Run a program to its end."""
        return self.ended(self.start(words, **around))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def run(home: Home) -> Callable[..., Ended]:
    return home.run


Signalled = Callable[..., tuple[Ended, Server]]


@pytest.fixture
def signalled(home: Home) -> Signalled:
    """Run against a server that holds still at a step, where signals come."""

    def run(
        words: list[str], step: str, *numbers: int, rc: str = "", **more: Any
    ) -> tuple[Ended, Server]:
        with serving({**more.pop("answers", {}), step: None}) as server:
            login = "smtp-auth-user=me smtp-auth-password=hunter22 smtp-auth=plain\n"
            usual = f"set smtp={server.address} from=me@example.com {login}{rc}"
            process = home.start(words, rc=usual, **more)
            assert server.holds.wait(PATIENCE_SECONDS)
            for number in numbers:
                process.send_signal(number)
            return home.ended(process), server

    return run
