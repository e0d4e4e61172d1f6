"""Signals are forwarded to the command of --run, and the report is still sent."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pymail.commands.run import child
from tests.surroundings import lent

PATIENCE_SECONDS = 20.0
RC = "set mta=test from=me@example.com\n"

# It creates `ready` and waits; `trap` needs a child to wait for.
WAITS = "echo $$ > job; sleep 60 & echo $! > child; touch ready; wait $!; exit 9"


def until(true: Callable[[], object]) -> None:
    """Wait until a condition is true."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not true():
        if time.monotonic() > ends:
            raise TimeoutError
        time.sleep(0.01)


def state(process: int) -> str:
    """The state of a process: R, S, T (stopped), Z; empty after its end."""
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    return ""


class Started:
    """The installed command with a job below it."""

    def __init__(self, directory: Path, script: str, *before: str) -> None:
        (directory / ".mailrc").write_text(RC)
        pymail = [sys.executable, "-m", "pymail", "-n", "--run", "ops@example.com"]
        self.process = subprocess.Popen(
            # a limit, for a script that waits in a loop
            [*before, *pymail, "--", "sh", "-c", f"ulimit -t 60; {script}"],
            cwd=directory,
            env={
                "HOME": str(directory),
                "PATH": "/usr/bin:/bin",
                "PYTHONPATH": str(Path.cwd()),
                **lent(),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            process_group=0,
            text=True,
        )
        self._directory = directory
        until((directory / "ready").exists)

    def number(self, name: str) -> int:
        return int((self._directory / name).read_text())

    def end(self) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, out, err

    def clear(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Started]]:
    running = []

    def started(*words: str) -> Started:
        running.append(Started(tmp_path, *words))
        return running[-1]

    yield started
    for each in running:
        each.clear()


@pytest.mark.parametrize(
    "number",
    [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1],
)
def test_signal_ends_everything_in_the_group_and_is_mailed(
    start: Callable[..., Started], number: signal.Signals
) -> None:
    # a shell lets its children in the background ignore these two
    script = WAITS.replace("sleep", "env --default-signal sleep")
    started = start(script)
    child = started.number("child")
    until(lambda: b"sleep" in Path(f"/proc/{child}/cmdline").read_bytes()[:6])
    started.process.send_signal(number)
    status, out, err = started.end()
    assert (status, err) == (128 + number, "")
    assert f"\nStatus:   killed by {number.name}\n" in out
    until(lambda: state(child) in ("", "Z"))


def test_command_decides_what_a_signal_does(start: Callable[..., Started]) -> None:
    started = start("trap 'echo cleaned up; exit 4' TERM; " + WAITS)
    started.process.terminate()
    status, out, _ = started.end()
    assert status == 4
    assert "\ncleaned up\n" in out


def test_ignored_signal_is_ignored_by_the_command(
    start: Callable[..., Started],
) -> None:
    started = start(
        "touch ready; while [ ! -e go ]; do sleep 0.1; done; exit 5", "nohup"
    )
    started.process.send_signal(signal.SIGHUP)
    Path(started._directory, "go").touch()
    (started._directory / "job").write_text(str(started.process.pid))
    assert started.end()[0] == 5


def test_stop_and_continue_apply_to_both(start: Callable[..., Started]) -> None:
    started = start("echo $$ > job; touch ready; while :; do [ -e go ] && exit 6; done")
    ours, job = started.process.pid, started.number("job")
    started.process.send_signal(signal.SIGTSTP)
    until(lambda: state(ours) == "T")
    until(lambda: state(job) == "T")
    started.process.send_signal(signal.SIGCONT)
    until(lambda: state(job) != "T")
    (started._directory / "go").touch()
    assert started.end()[0] == 6


def test_output_without_end_needs_no_memory(start: Callable[..., Started]) -> None:
    started = start("echo $$ > job; touch ready; exec yes")
    ours = started.process.pid

    def read_octets() -> int:
        text = Path(f"/proc/{ours}/io").read_text()
        return int(text.split()[1])

    until(lambda: read_octets() > 50 << 20)
    rows = Path(f"/proc/{ours}/status").read_text().splitlines()
    (most,) = (row for row in rows if row.startswith("VmHWM:"))
    started.process.terminate()
    status, out, _ = started.end()
    assert status == 143
    assert " bytes omitted]\n" in out
    assert int(most.split()[1]) < 80 << 10  # KiB


def test_signals_before_the_command_starts_are_forwarded_later() -> None:
    towards = child.Forwarding()
    with subprocess.Popen(["sleep", "60"], process_group=0) as process:
        towards.forward(signal.SIGTERM, None)
        assert process.poll() is None
        towards.start(process.pid)
        assert process.wait(PATIENCE_SECONDS) == -signal.SIGTERM


def test_signal_to_an_ended_group_is_harmless() -> None:
    with subprocess.Popen(["true"], process_group=0) as process:
        process.wait(PATIENCE_SECONDS)
    towards = child.Forwarding()
    towards.start(process.pid)
    towards.forward(signal.SIGTERM, None)
    assert towards.waiting == []


def test_signal_after_the_command_is_raised_again() -> None:
    came: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: came.append(number))
    try:
        with child.forwarding() as towards:
            towards.start(os.getpid())
            towards.end()
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGUSR1)  # it would kill us
            assert came == []
        assert came == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)
