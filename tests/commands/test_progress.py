"""Progress of a send on a terminal, which is clean after it."""

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

from pymail.address.envelope import Envelope
from pymail.delivery.context import RunContext
from pymail.delivery.progress import show
from pymail.message.byte_source import FinishedMessage
from pymail.message.mime_entity import EncodedBody
from pymail.model import replace
from pymail.report.delivery_report import Report
from pymail.secret import Secret
from pymail.settings.server_models import (
    FileTarget,
    LmtpSocket,
    LocalMta,
    Login,
    Server,
    SmtpServer,
)
from pymail.terminal.progress import Progress
from pymail.transport.base import AskSecret, Transport
from tests.scripted import serving
from tests.surroundings import lent

Run = Callable[..., Any]
XTERM = {"TERM": "xterm"}
SMTP = SmtpServer(host="smtp.example.com", port=465, hello_name="h")


def _context(world: Any, progress: bool | None, term: str) -> RunContext:
    """A context at a terminal with this TERM."""
    made = world.environment(variables={"TERM": term})
    made = replace(made, stderr_is_terminal=True)
    return RunContext(made, "pymail", progress=progress)


class Waiting(Transport):
    """A transport that asks for a secret during a send, and updates the progress."""

    def __init__(self, trace: Progress, ask_secret: AskSecret) -> None:
        self._trace = trace
        self._ask_secret = ask_secret

    def send(
        self, envelope: Envelope, message: FinishedMessage, *, more: bool = False
    ) -> Report:
        del envelope, message, more
        self._trace.look()
        secret = self._ask_secret(Login(user="me"), "h")
        return Report(fates=(), peer=secret.reveal())


def _shown(server: Server, context: RunContext, ask: AskSecret) -> Transport | None:
    return show(server, context, Waiting, ask)


def _ask(login: Login, host: str) -> Secret:
    return Secret(f"{login.user} {host}")


def _send(transport: Transport | None) -> Report:
    assert transport is not None
    envelope = Envelope(reverse_path="", forward_paths=("a@x.org",))
    return transport.send(envelope, EncodedBody(b"text", "7bit"))


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
    assert bool(_shown(server, _context(world, progress, term), _ask)) is shown


@pytest.mark.parametrize(
    ("server", "words"),
    [
        (SMTP, "connecting to smtp.example.com"),
        (LmtpSocket(path=Path("/run/lmtp"), hello_name="h"), "connecting to /run/lmtp"),
        (LocalMta(program=Path("/bin/mta")), "waiting for /bin/mta"),
    ],
    ids=["smtp", "lmtp", "program"],
)
def test_progress_names_the_server(world: Any, server: Server, words: str) -> None:
    context = _context(world, True, "xterm")
    _send(_shown(server, context, _ask))
    assert isinstance(context.environment.stderr, io.StringIO)
    assert f"{words} ..." in context.environment.stderr.getvalue()


def test_password_prompt_has_an_empty_line(world: Any) -> None:
    context = _context(world, None, "xterm")
    stderr = context.environment.stderr
    assert isinstance(stderr, io.StringIO)
    shown_meanwhile: list[str] = []

    def ask(login: Login, host: str) -> Secret:
        shown_meanwhile.append(stderr.getvalue())
        return _ask(login, host)

    assert _send(_shown(SMTP, context, ask)).peer == "me h"
    assert shown_meanwhile[0].endswith("\r\x1b[K")


def test_background_process_does_not_write_to_the_terminal(world: Any) -> None:
    made = world.environment(variables={**XTERM, "IN_BACKGROUND": ""})
    context = RunContext(
        replace(made, stderr_is_terminal=True), "pymail", progress=True
    )
    _send(_shown(SMTP, context, _ask))
    assert made.stderr.getvalue() == ""


def test_progress_is_not_written_to_a_log(pymail: Run) -> None:
    with serving() as server:
        rc = f"set smtp={server.address} from=me@example.com"
        for word in ("-i", "--progress"):
            ended = pymail(word, "a@example.com", stdin=b"text\n", rc=rc)
            assert (ended.status, ended.out, ended.err) == (0, "", "")
        assert server.verbs.count("DATA") == 2


# ── at a real terminal ──────────────────────────────────────────────────────


class Screen:
    """A command at a terminal; `seen` is its whole output."""

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
        with suppress(OSError):  # the command has closed the terminal
            self.until("\0 never written")
        return self.process.wait(20)

    @property
    def last_lines(self) -> list[str]:
        """The visible text at the end."""
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
    """A send in progress, with its text from a file."""
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
        shown.until("waiting for the server's reply")
        shown.press(b"\x03")
        assert shown.to_the_end() == 75
    assert ("\x1b" in shown.seen) is (not no_color)
    first = shown.last_lines[0].replace("\x1b[1;31m", "")
    assert first.startswith("pymail: waiting for the reply to the final dot at ")


@pytest.mark.terminal
def test_successful_send_leaves_nothing_on_the_screen(tmp_path: Path) -> None:
    with serving() as server, sending(tmp_path, server.address) as shown:
        assert shown.to_the_end() == 0
    assert "".join(shown.last_lines) == ""
