"""smtp-password-command: its first line, and every way in which it can fail."""

import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pymail.credentials import chain, password_command
from pymail.credentials.password_command import run
from pymail.credentials.secret_text import Missing
from pymail.errors import Interrupted
from pymail.model import replace

PATIENCE_SECONDS = 20


def printed(world: Any, command: str, seconds: float = PATIENCE_SECONDS) -> str:
    made = world.environment("pymail")
    made = replace(made, variables={"PATH": os.environ["PATH"], "COLOUR": "blue"})
    answer = run(command, made, seconds)
    return f"missing: {answer.reason}" if isinstance(answer, Missing) else answer


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        pytest.param("echo secret", "secret", id="line"),
        pytest.param("printf secret", "secret", id="no-line-end"),
        pytest.param(r"printf 'secret\r\nmore\n'", "secret\r", id="first-line"),
        pytest.param("echo a word; echo noise >&2", "a word", id="complaint-ignored"),
        pytest.param("echo $COLOUR", "blue", id="environment"),
        pytest.param("pwd", "{home}", id="directory"),
        pytest.param("cat; echo end of input", "end of input", id="no-input"),
        pytest.param("tty </dev/tty || echo none", "none", id="no-terminal"),
        pytest.param(r"printf '\377\n'", "\udcff", id="octets"),
        pytest.param("head -c 300000 /dev/zero; echo", "\0" * 65536, id="huge"),
        pytest.param(
            "head -c 300000 /dev/zero >&2; echo secret", "secret", id="huge-complaint"
        ),
        pytest.param("echo secret; exec >&- 2>&-", "secret", id="closed-early"),
    ],
)
def test_first_line_is_taken(world: Any, command: str, expected: str) -> None:
    assert printed(world, command) == expected.format(home=world.directory)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        pytest.param("exit 2", "it failed with status 2", id="status"),
        pytest.param(
            "echo 'No secret key' >&2; echo ' again' >&2; exit 2",
            "it failed with status 2: No secret key again",
            id="complaint",
        ),
        pytest.param(
            "echo s3cret; set -x; : s3cret; exit 1",
            "it failed with status 1: + : «secret» + exit 1",
            id="complaint-with-the-secret",
        ),
        pytest.param(":", "it printed no password", id="nothing"),
        pytest.param("echo why >&2", "it printed no password: why", id="nothing-but-why"),
        pytest.param("kill -9 $$", "killed by signal 9", id="signal"),
        pytest.param("no-such-program", "it failed with status 127: ", id="no-such-program"),
        pytest.param("echo \0", "can't be run: embedded null byte", id="nul"),
    ],
)  # fmt: skip
def test_failure_is_described(world: Any, command: str, expected: str) -> None:
    assert printed(world, command).startswith(f"missing: {expected}")


def test_long_complaint_is_shortened(world: Any) -> None:
    answer = printed(world, "head -c 9000 /dev/zero | tr '\\0' x >&2; exit 1")
    assert answer.endswith("xxx…")
    assert len(answer) < 400


def test_missing_working_directory_is_reported(world: Any) -> None:
    made = replace(world.environment("pymail"), cwd=Path("/nonexistent"))
    answer = run("echo secret", made, PATIENCE_SECONDS)
    assert isinstance(answer, Missing)
    assert "no such file or directory" in answer.reason


def test_time_limit_is_ten_seconds() -> None:
    assert chain.COMMAND_SECONDS == 10


@pytest.mark.parametrize(
    "command",
    [
        pytest.param("echo $$ >pid; echo begun >&2; exec sleep 600", id="hangs"),
        pytest.param("sleep 600 & echo $! >pid; echo begun >&2; wait", id="child"),
        pytest.param(
            "echo $$ >pid; echo begun >&2; exec sleep 600 >&- 2>&-", id="silent"
        ),
        pytest.param("echo $$ >pid; echo begun >&2; exec yes", id="talks"),
    ],
)
def test_command_that_does_not_end_is_killed_with_its_children(
    world: Any, command: str
) -> None:
    answer = printed(world, command, 1)
    assert answer.startswith("missing: it did not end within 1 seconds: begun")
    pid = int((world.directory / "pid").read_text())
    assert is_gone(pid)


def test_output_held_open_by_a_child_does_not_delay_the_answer(world: Any) -> None:
    answer = printed(world, "sleep 600 & echo $! >pid; echo secret")
    assert answer == "secret"
    os.kill(int((world.directory / "pid").read_text()), signal.SIGKILL)  # it runs


def test_interrupt_kills_the_command(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits, listen = threading.Event(), password_command._listen

    def listening(*words: Any) -> Any:
        waits.set()
        return listen(*words)

    def interrupt(number: int, _frame: object) -> None:
        raise Interrupted(number)

    def when_begun() -> None:
        waits.wait(PATIENCE_SECONDS)
        while not (world.directory / "pid").exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGUSR1)

    monkeypatch.setattr(password_command, "_listen", listening)
    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        threading.Thread(target=when_begun, daemon=True).start()
        with pytest.raises(Interrupted):
            printed(world, "echo $$ >new; mv new pid; exec sleep 600")
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert is_gone(int((world.directory / "pid").read_text()))


def is_gone(pid: int) -> bool:
    """Wait for the end of a process; its new parent reaps it a moment later."""
    with suppress(ProcessLookupError):
        for _ in range(PATIENCE_SECONDS * 100):
            if "\nState:\tZ" in status(pid):
                return True
            os.kill(pid, 0)
            time.sleep(0.01)
        return False
    return True


def status(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return ""
