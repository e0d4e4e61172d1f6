"""The installed commands in a process and a home directory of their own."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
