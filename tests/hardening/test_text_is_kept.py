"""Whatever stops a mail, the text on standard input is not lost."""

import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest

from pymail.commands import report_outcome
from pymail.errors import Interrupted
from pymail.main import main
from pymail.model import replace
from pymail.signals import Signals
from tests.installed import PATIENCE_SECONDS, PROGRAMS, Ended, Home
from tests.scripted import nobody, serving

RC = "set mta=test from=me@example.com\n"
MESSAGE = b"To: ops@example.com\nSubject: S\n\nprecious\n"
SHORT_SECONDS = 0.1
ENDING = ("ALRM", "VTALRM", "PROF", "USR1", "USR2", "XCPU", "ABRT", "TERM", "HUP")

# Runs the command with SIGCHLD ignored, as some daemons do.
DEAF = """
import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv(sys.argv[1], sys.argv[1:])
"""


def with_code(code: str, *words: str) -> list[str]:
    """The command, after this code; sys.argv holds `words`, from the first on."""
    start = "import os, sys\ndel sys.argv[0]\n"
    end = "\nfrom pymail import main\nmain.run()\n"
    return [sys.executable, "-c", f"{start}{code}{end}", *words]


# Sends itself a signal when a function is called.
SIGNALLED = """
number, where = int(sys.argv[0]), sys.argv[1]
del sys.argv[:2]
def spring(frame, event, argument):
    if event == "call" and frame.f_code.co_name == where:
        sys.setprofile(None)
        os.kill(os.getpid(), number)
sys.setprofile(spring)
"""
# Runs on a machine that has no thread to give.
THREADLESS = """
import threading
def full(self):
    raise RuntimeError("can't start new thread")
threading.Thread.start = full
"""
# Has a mistake of ours happen, before anything is read.
MISTAKEN = """
import pymail.cli.arguments
pymail.cli.arguments.arrange = lambda words: [][0]
"""
ENDED_LATE = """
from pymail import main
from pymail.errors import Interrupted
def ended(*args, **kwargs):
    raise Interrupted(15)
main.main = ended
"""


REFUSED: dict[str, tuple[list[str], int]] = {
    "device": (["pymail", "-a", "/dev/zero", "ops@example.com"], 66),
    "quoted directory": (["pymail", "-q", "/", "ops@example.com"], 66),
    "name too long": (["pymail", "-a", "x" * 300, "ops@example.com"], 66),
    "option": (["pymail", "--frob", "ops@example.com"], 64),
    "option and nobody": (["pymail", "--frob"], 64),
    "reading": (["pymail", "-f"], 64),
    "of a task": (["pymail", "--now", "ops@example.com"], 64),
    "address": (["pymail", "ops@@example.com"], 65),
    "field": (["pymail", "-C", "nonsense", "ops@example.com"], 65),
}


@pytest.mark.parametrize("name", REFUSED)
def test_text_of_a_mail_that_is_refused_is_kept(home: Home, name: str) -> None:
    words, status = REFUSED[name]
    ended = home.run(words, rc=RC, stdin=b"precious\n")
    assert (ended.status, ended.dead.count("\nprecious\n")) == (status, 1)
    assert "message kept in" in ended.err
    assert "bug" not in ended.err


def test_nothing_is_kept_of_nothing(home: Home) -> None:
    ended = home.run(["pymail", "--frob"], rc=RC, stdin=b"")
    assert (ended.status, ended.dead) == (64, "")


@pytest.mark.parametrize(
    "words",
    [
        ["pymail-sendmail", "-w", "10", "-t"],
        ["pymail-sendmail", "-w", "10", "ops@example.com"],
        ["pymail-sendmail", "-ba", "-t"],
        ["pymail", "-t", "--frob"],
    ],
    ids=" ".join,
)
def test_message_of_a_call_that_is_refused_can_be_sent_again(
    home: Home, words: list[str]
) -> None:
    ended = home.run(words, rc=RC, stdin=MESSAGE)
    assert ended.status == 64
    assert "\n\nprecious\n" in ended.dead
    again = home.run(["pymail", "-t"], rc=RC, stdin=ended.dead.encode())
    assert again.status == 0
    assert "To: ops@example.com" in again.out
    assert "Subject: S\n" in again.out


def test_message_without_an_end_of_its_header_is_kept(home: Home) -> None:
    for words in (["pymail-sendmail", "-t"], ["pymail", "-t"]):
        stdin = b"To: ops@example.com\n" + b"X-A: precious\n" * 400_000
        ended = home.run(words, rc=RC, stdin=stdin)
        assert ended.status == 65
        assert ended.dead.count("X-A: precious\n") >= 400_000


def test_mistake_before_anything_is_read_keeps_the_text(home: Home) -> None:
    words = with_code(MISTAKEN, "pymail", "ops@example.com")
    ended = home.run(words, rc=RC, stdin=b"precious\n")
    assert ended.status == 70
    assert "this is a bug in pymail: IndexError" in ended.err
    assert "\nprecious\n" in ended.dead


@pytest.mark.parametrize("option", ["-v", "--json"])
def test_signal_behind_everything_is_the_status(home: Home, option: str) -> None:
    words = with_code(ENDED_LATE, "pymail", option, "ops@example.com")
    ended = home.run(words, rc=RC, stdin=b"")
    assert (ended.status, ended.err) == (143, "")
    assert ('"exit_status": 143' in ended.out) is (option == "--json")


@pytest.mark.parametrize("where", ["real", "main", "load", "fill", "prepare"])
@pytest.mark.parametrize("name", ENDING)
def test_signal_at_any_moment_keeps_the_text(home: Home, name: str, where: str) -> None:
    number = signal.Signals[f"SIG{name}"]
    words = (str(int(number)), where, "pymail", "ops@example.com")
    ended = home.run(with_code(SIGNALLED, *words), rc=RC, stdin=b"precious\n")
    assert ended.status == 128 + number
    assert "\nTo: ops@example.com\n" in ended.dead
    assert "\nprecious\n" in ended.dead
    assert "Traceback" not in ended.err


def test_signal_in_a_call_that_is_refused_waits_for_nothing(home: Home) -> None:
    for program in ("pymail", "pymail-sendmail"):
        words = with_code(SIGNALLED, "15", "main", program, "-w", "x")
        ended = home.run(words, rc=RC, stdin=MESSAGE)
        assert ended.status == 143
        assert "\nprecious\n" in ended.dead


def test_signal_between_two_failures_keeps_the_text(world: Any) -> None:
    made = world.environment("pymail", "a@@x.org", stdin=b"precious\n", rc=RC)
    signals = iter([Interrupted(signal.SIGTERM)])

    def hold() -> None:
        for each in signals:
            raise each

    assert main(made, Signals(hold=hold)) == 143
    assert "\nprecious\n" in world.dead_letter


# ── standard input that does not end ────────────────────────────────────────


def test_wrong_command_line_does_not_wait_for_ever_for_its_text(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_outcome, "SECONDS_WITHOUT_TEXT", SHORT_SECONDS)
    reads, writes = os.pipe()
    os.write(writes, b"precious\n")
    made = world.environment("pymail", "--frob", rc=RC)
    with os.fdopen(reads, "rb", buffering=0) as stdin:
        assert main(replace(made, stdin=cast("BinaryIO", stdin))) == 64
    os.close(writes)
    assert "\nprecious\n" in world.dead_letter


def test_signal_does_not_wait_for_ever(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_outcome, "SECONDS_AFTER_SIGNAL", SHORT_SECONDS)
    reads, writes = os.pipe()
    made = world.environment("pymail", "ops@example.com", rc=RC)

    signals = iter([Interrupted(signal.SIGTERM)])

    def heed() -> None:
        for each in signals:
            raise each

    with os.fdopen(reads, "rb", buffering=0) as stdin:
        stream = cast("BinaryIO", stdin)
        assert main(replace(made, stdin=stream), Signals(heed=heed)) == 143
    os.close(writes)


def test_wrong_command_line_at_a_terminal_waits_for_no_text(world: Any) -> None:
    made = world.environment("pymail", "--frob", "ops@example.com", terminal=True)
    assert main(made) == 64
    assert world.dead_letter == ""


def test_text_of_a_file_is_kept_without_standard_input(world: Any) -> None:
    world.write("text", "precious\n")
    made = world.environment("pymail", "-m", "text", "-a", "none", "a@x.org", rc=RC)
    assert main(replace(made, stdin_is_terminal=True)) == 66
    assert "\nprecious\n" in world.dead_letter


# ── children, and a machine that is full ────────────────────────────────────


def deaf(home: Home, *words: str, rc: str) -> Ended:
    program, *rest = words
    command = [sys.executable, "-c", DEAF, PROGRAMS[program], *rest]
    return home.run(command, rc=rc, stdin=MESSAGE)


def test_program_that_fails_is_heard_whatever_the_caller_ignores(home: Home) -> None:
    program = home.path / "program"
    program.write_text("#!/bin/sh\nexit 75\n")
    program.chmod(0o700)
    rc = f"set sendmail={program} from=me@example.com\n"
    for words in (["pymail-sendmail", "-t"], ["pymail", "ops@example.com"]):
        assert deaf(home, *words, rc=rc).status == 75
    assert home.dead.count("\nprecious\n") == 2


def test_command_that_fails_is_heard_whatever_the_caller_ignores(home: Home) -> None:
    words = ["--run", "ops@example.com", "--", "sh", "-c", "echo broken; exit 3"]
    ended = deaf(home, "pymail", *words, rc=RC)
    assert ended.status == 3
    assert "\nbroken\n" in ended.out


def test_machine_without_a_thread_sends(home: Home) -> None:
    with serving({}) as server:
        rc = f"set smtp={server.address} from=me@example.com\n"
        words = with_code(THREADLESS, "pymail", "ops@example.com")
        ended = home.run(words, rc=rc)
    assert (ended.status, ended.err, ended.dead) == (0, "", "")


# ── pipes ───────────────────────────────────────────────────────────────────


def fed(path: Path, octets: bytes) -> threading.Thread:
    """Make a FIFO, into which somebody writes once."""
    os.mkfifo(path)
    thread = threading.Thread(target=path.write_bytes, args=(octets,), daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize("option", ["-a", "-m", "-q"])
def test_pipe_arrives_whole(home: Home, option: str) -> None:
    lines = b"".join(b"line %d\n" % n for n in range(20_000))
    writer = fed(home.path / "pipe", lines)
    ended = home.run(["pymail", option, "pipe", "ops@example.com"], rc=RC)
    writer.join(PATIENCE_SECONDS)
    assert ended.status == 0
    assert ended.out.count("line ") == 20_000


def test_signal_ends_the_wait_for_a_pipe_without_a_writer(home: Home) -> None:
    os.mkfifo(home.path / "pipe")
    words = ("14", "check_kind", "pymail", "-a", "pipe", "ops@example.com")
    ended = home.run(with_code(SIGNALLED, *words), rc=RC, stdin=b"precious\n")
    assert ended.status == 142
    assert "\nprecious\n" in ended.dead


def test_signature_of_a_pipe_is_read_once(home: Home) -> None:
    (home.path / "file").write_text("x")
    writer = fed(home.path / "pipe", b"-- \nme\n")
    rc = f"set smtp={nobody()} from=me@example.com signature=~/pipe\n"
    ended = home.run(["pymail", "-a", "file", "ops@example.com"], rc=rc)
    writer.join(PATIENCE_SECONDS)
    assert ended.status == 75
    assert ended.dead.count("-- \nme\n") == 1


def test_nothing_else_is_read_as_a_file(world: Any) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(world.directory / "socket"))
        for name in ("/dev/zero", "socket", "."):
            made = world.environment("pymail", "-a", name, "a@x.org", rc=RC)
            assert main(made) == 66
    made = world.environment("pymail", "-m", "/dev/null", "a@x.org", rc=RC)
    assert main(made) == 0
