"""A user with an outbox, a scripted server, and a clock that a test sets."""

import io
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from pymail.environment import Environment
from pymail.errors import Interrupted
from pymail.main import main
from pymail.outbox.directory import Outbox
from pymail.outbox.queued_message import QueuedMessage
from tests.conftest import Ended
from tests.scripted import Answers, Server

START = datetime(2026, 11, 26, 9, 15, tzinfo=UTC).timestamp()
OFFER = "250-here\n250-PIPELINING\n250 SIZE 100000000"
_TOKENS = count(1)
_TICKS = count()


class Run(Environment):
    """An environment with the clock of the test."""

    __slots__ = ()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds(), UTC)

    def seconds(self) -> float:
        return float(self.variables["clock"])

    def clock(self) -> float:
        return next(_TICKS) * float(self.variables.get("ticks", 0))

    def token(self) -> str:
        return f"{next(_TOKENS):016x}"

    def hostname(self) -> str:
        return "host.example.com"


@dataclass
class User:
    """A user: `rc` is ~/.mailrc, `clock` the time in seconds since 1970."""

    home: Path
    port: int = 0
    rc: str = ""
    clock: float = START
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def box(self) -> Path:
        return self.home / "box"

    def __call__(
        self, *words: str, stdin: bytes = b"text\n", program: str = "pymail"
    ) -> Ended:
        smtp = f"set smtp=127.0.0.1:{self.port}\n" if self.port else ""
        usual = f"set outbox={self.box} from=me@example.com\n"
        (self.home / ".mailrc").write_text(usual + smtp + self.rc)
        out, err = io.StringIO(), io.StringIO()
        environment = Run(
            argv=(program, *words),
            stdin=io.BytesIO(stdin),
            stdout=out,
            stderr=err,
            variables={"clock": str(self.clock), **self.more},
            home=self.home,
            cwd=self.home,
            login="me",
            system_rc_directory=self.home / "etc",
        )
        return Ended(main(environment), out.getvalue(), err.getvalue())

    def send(self, *to: str, **more: Any) -> Ended:
        return self("-s", "subject", *(to or ("ops@example.com",)), **more)

    def send_in_vain(self, *to: str, **more: Any) -> None:
        """Send to a closed port, so that the outbox keeps the message."""
        self.port = 1
        assert self.send(*to, **more).status == 75

    @property
    def mails(self) -> list[Path]:
        if not self.box.exists():
            return []
        return sorted(p for p in self.box.iterdir() if not p.name.startswith("."))

    @property
    def dead(self) -> str:
        path = self.home / "dead.letter"
        return path.read_text() if path.exists() else ""


@pytest.fixture
def user(tmp_path: Path) -> User:
    return User(tmp_path)


@pytest.fixture
def serve(user: User) -> Iterator[Callable[..., Server]]:
    """Start a server with these answers; the user sends to it from now on."""
    servers: list[Server] = []

    def start(answers: Answers | None = None) -> Server:
        servers.append(Server(answers or {}, OFFER))
        user.port = servers[-1].port
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@contextmanager
def interruptible(number: int = signal.SIGTERM) -> Iterator[None]:
    """Treat SIGUSR1 as the signal of this number."""

    def interrupt(_number: int, _frame: object) -> None:
        raise Interrupted(number)

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGUSR1, before)


def interrupt_at(start: str) -> Callable[[str], None]:
    """Send SIGUSR1 at a line that begins so, and wait until it is delivered."""

    def answer(line: str) -> None:
        if line.startswith(start):
            os.kill(os.getpid(), signal.SIGUSR1)
            threading.Event().wait(0.2)

    return answer


@pytest.fixture
def waiting(user: User) -> User:
    """A user with three messages in the outbox."""
    for n in range(3):
        user.send_in_vain(f"u{n}@example.com")
    return user


def states(user: User) -> list[str]:
    return [
        line.strip()
        for line in user("--queue").out.splitlines()
        if line.startswith(("    waiting", "    held"))
    ]


def claimed(user: User, name: str) -> QueuedMessage:
    mail = Outbox(user.box).claim(name)
    assert mail is not None
    return mail
