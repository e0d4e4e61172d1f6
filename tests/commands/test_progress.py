"""Progress of a send on a terminal, and what it leaves behind."""

import io
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from pymail.delivery.context import RunContext
from pymail.delivery.progress import ProgressDisplay, display_for
from pymail.model import replace
from pymail.secret import Secret
from pymail.settings.server_models import (
    FileTarget,
    LmtpSocket,
    LocalMta,
    Login,
    Server,
    SmtpServer,
)
from pymail.terminal.progress import Transfer
from tests.scripted import serving
from tests.surroundings import lent

Run = Callable[..., Any]
XTERM = {"TERM": "xterm"}
SMTP = SmtpServer(host="smtp.example.com", port=465, hello_name="h")


def _context(world: Any, progress: bool | None, term: str) -> RunContext:
    """A context at a terminal of this kind."""
    made = world.environment(variables={"TERM": term})
    made = replace(made, stderr_is_terminal=True)
    return RunContext(made, "pymail", progress=progress)


@pytest.mark.parametrize(
    ("server", "progress", "term", "shown"),
    [
        pytest.param(SMTP, None, "xterm", True, id="terminal"),
        pytest.param(SMTP, True, "dumb", False, id="dumb"),
        pytest.param(FileTarget(), True, "xterm", False, id="file"),
    ],
)
def test_a_terminal_that_can_go_back_in_a_line_sees_it(
    world: Any,
    server: Server,
    progress: bool | None,
    term: str,
    shown: bool,
) -> None:
    assert bool(display_for(server, _context(world, progress, term))) is shown


@pytest.mark.parametrize(
    ("server", "words"),
    [
        (SMTP, "connecting to smtp.example.com"),
        (LmtpSocket(path=Path("/run/lmtp"), hello_name="h"), "connecting to /run/lmtp"),
        (LocalMta(program=Path("/bin/mta")), "waiting for /bin/mta"),
    ],
    ids=["smtp", "lmtp", "program"],
)
def test_what_is_waited_for_has_a_name(
    world: Any, server: SmtpServer | LmtpSocket | LocalMta, words: str
) -> None:
    context = _context(world, True, "xterm")
    shown = ProgressDisplay(server, context)
    transfer = Transfer(10, reaching=shown.words[0], talking="")
    with shown.trace.show(transfer):
        shown.trace.look()
        assert isinstance(context.environment.stderr, io.StringIO)
        assert f"{words} ..." in context.environment.stderr.getvalue()


def test_who_is_asked_for_a_password_has_the_line_for_it(world: Any) -> None:
    context = _context(world, None, "xterm")
    stderr = context.environment.stderr
    assert isinstance(stderr, io.StringIO)
    shown = ProgressDisplay(SMTP, context)
    shown_meanwhile: list[str] = []

    def ask(login: Login, host: str) -> Secret:
        shown_meanwhile.append(stderr.getvalue())
        return Secret(f"{login.user} {host}")

    with shown.trace.show(Transfer(10, reaching="connecting", talking="talking")):
        shown.trace.look()
        secret = shown.pausing(ask)(Login(user="me"), "h")
    assert secret.reveal() == "me h"
    assert shown_meanwhile[0].endswith("\r\x1b[K")


def test_a_terminal_in_the_background_is_not_written_to(world: Any) -> None:
    made = world.environment(variables={**XTERM, "IN_BACKGROUND": ""})
    context = RunContext(
        replace(made, stderr_is_terminal=True), "pymail", progress=True
    )
    shown = ProgressDisplay(SMTP, context)
    with shown.trace.show(Transfer(10, reaching="connecting", talking="talking")):
        shown.trace.look()
    assert made.stderr.getvalue() == ""


def test_a_log_is_left_alone(pymail: Run) -> None:
    with serving() as server:
        rc = f"set smtp={server.address} from=me@example.com"
        for word in ("-i", "--progress"):
            ended = pymail(word, "a@example.com", stdin=b"text\n", rc=rc)
            assert (ended.status, ended.out, ended.err) == (0, "", "")
        assert server.verbs.count("DATA") == 2


# ── at a real terminal ──────────────────────────────────────────────────────


class Screen:
    """A command at a terminal; `seen` is all it wrote there."""

    def __init__(self, descriptor: int, process: "subprocess.Popen[bytes]") -> None:
        self._descriptor = descriptor
        self.process = process
        self.seen = ""

    def until(self, words: str) -> None:
        while words not in self.seen:
            octets = os.read(self._descriptor, 10_000)
            self.seen += octets.decode("utf-8", "replace")

    def press(self, octets: bytes) -> None:
        os.write(self._descriptor, octets)

    def to_the_end(self) -> int:
        with suppress(OSError):  # nobody has it open any more
            self.until("\0 never written")
        return self.process.wait(20)

    @property
    def last_lines(self) -> list[str]:
        """What stands there in the end."""
        lines = self.seen.replace("\r\n", "\n").split("\n")
        return [line.rpartition("\x1b[K")[2].rpartition("\r")[2] for line in lines]


@contextmanager
def screen(home: Path, *words: str, **variables: str) -> Iterator[Screen]:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "pymail", *words]
    script = f"import os; os.login_tty({theirs}); os.execv({command[0]!r}, {command!r})"
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        pass_fds=[theirs],
        env={
            "HOME": str(home),
            "MAILX_NO_SYSTEM_RC": "1",
            "LC_ALL": "C.UTF-8",
            **XTERM,
            **lent(),
            **variables,
        },
    )
    os.close(theirs)
    try:
        yield Screen(ours, process)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


@contextmanager
def sending(home: Path, address: str, **variables: str) -> Iterator[Screen]:
    """A message on its way, whose text is in a file."""
    rc = f"set smtp={address} from=me@example.com"
    (home / ".mailrc").write_text(rc)
    (home / "text").write_text("text\n")
    words = ("--progress", "-m", str(home / "text"), "a@example.com")
    with screen(home, *words, **variables) as shown:
        yield shown


@pytest.mark.terminal
@pytest.mark.parametrize("no_color", ["", "1"], ids=["colours", "none"])
def test_an_interrupt_leaves_a_clean_line(tmp_path: Path, no_color: str) -> None:
    with (
        serving({".": None}) as server,
        sending(tmp_path, server.address, NO_COLOR=no_color) as shown,
    ):
        shown.until("waiting for the server's answer")
        shown.press(b"\x03")
        assert shown.to_the_end() == 75
    assert ("\x1b" in shown.seen) is (not no_color)
    first = shown.last_lines[0].replace("\x1b[1;31m", "")
    assert first.startswith("pymail: waiting for the reply to the final dot at ")


@pytest.mark.terminal
def test_a_mail_that_went_leaves_nothing_on_the_screen(tmp_path: Path) -> None:
    with serving() as server, sending(tmp_path, server.address) as shown:
        assert shown.to_the_end() == 0
    assert "".join(shown.last_lines) == ""
