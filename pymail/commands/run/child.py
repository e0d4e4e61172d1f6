"""Run a command to its end, hear all it says, and never wait longer than for it.

It runs in a session of its own: signals for us go to all of it, and nothing in it
can ask at our terminal, where nobody may be. Both of its outputs are one pipe,
which keeps their order. A child in the background may hold that pipe for ever; we
leave a moment after the command itself has ended.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from errno import ENOEXEC
from math import inf
from selectors import EVENT_READ, DefaultSelector
from time import monotonic

from pymail.commands.run.signals import Forwarding
from pymail.environment import Environment
from pymail.model import model
from pymail.octets import CHUNK_OCTETS

GRACE_SECONDS = 2.0  # for `tee` and the like, which end after the command
NOT_FOUND, NOT_RUNNABLE = 127, 126  # as in every shell
_SIGNAL_BASE = 128
_SHELL = "/bin/sh"  # for scripts that name none, as execvp(3) has it


@model()
class Ending:
    """How a command ended: its status, the signal that killed it, or why not begun."""

    status: int
    signal_number: int = 0
    not_started: str = ""

    @property
    def signal_name(self) -> str:
        """What the signal is called, `SIGKILL`."""
        try:
            return signal.Signals(self.signal_number).name
        except ValueError:  # a real-time signal
            return f"signal {self.signal_number}"


def run(
    words: Sequence[str],
    take: Callable[[bytes], None],
    environment: Environment,
    signals: Forwarding,
) -> Ending:
    """Run a command; `take` gets what it writes, as it comes; it gets our `signals`.

    It reads what we could read, but no terminal.
    """
    try:
        child = _started(words, environment)
    except (OSError, ValueError) as error:
        return _not_started(words[0], error)
    signals.to(child.pid)
    _listen(child, take)
    signals.end()
    return _ending(child.wait())


def _started(words: Sequence[str], environment: Environment) -> subprocess.Popen[bytes]:
    try:
        return _open(words, environment)
    except OSError as error:
        if error.errno != ENOEXEC:
            raise
        script = shutil.which(words[0]) or words[0]
        return _open((_SHELL, script, *words[1:]), environment)


def _open(words: Sequence[str], environment: Environment) -> subprocess.Popen[bytes]:
    inherits = environment.stdin is not None and not environment.stdin_is_terminal
    return subprocess.Popen(
        words,
        cwd=environment.cwd,
        bufsize=0,
        stdin=None if inherits else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment.child_variables(),
        start_new_session=True,
    )


def _not_started(program: str, error: OSError | ValueError) -> Ending:
    reason = (isinstance(error, OSError) and error.strerror) or str(error)
    if not isinstance(error, FileNotFoundError):
        return Ending(NOT_RUNNABLE, not_started=reason.lower())
    if shutil.which(program):  # it is there: what its first line names is not
        reason = "the interpreter in its first line is missing"
    return Ending(NOT_FOUND, not_started=reason.lower())


def _ending(status: int) -> Ending:
    if status < 0:
        return Ending(_SIGNAL_BASE - status, signal_number=-status)
    return Ending(status)


def _listen(child: subprocess.Popen[bytes], take: Callable[[bytes], None]) -> None:
    """Read until it has ended and nobody writes any more, or the grace is over."""
    assert child.stdout is not None  # noqa: S101 - for mypy
    with child.stdout as pipe, DefaultSelector() as selector, _waking() as woken:
        output = pipe.fileno()
        selector.register(output, EVENT_READ)
        selector.register(woken, EVENT_READ)
        leaving, reads = inf, True
        while (reads or leaving == inf) and (left := leaving - monotonic()) > 0:
            if leaving == inf and child.poll() is not None:
                leaving = monotonic() + GRACE_SECONDS
                selector.unregister(woken)
                continue
            for key, _ in selector.select(None if left == inf else left):
                if key.fd == woken:
                    os.read(woken, CHUNK_OCTETS)
                elif not _read(output, take):
                    selector.unregister(output)
                    reads = False


@contextmanager
def _waking() -> Iterator[int]:
    """Yield a pipe that has something to read when a child has ended."""
    woken, wakes = os.pipe()
    for end in (woken, wakes):
        os.set_blocking(end, False)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    before = signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    waking = signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    try:
        yield woken
    finally:
        signal.set_wakeup_fd(waking)
        signal.signal(signal.SIGCHLD, before)
        for end in (woken, wakes):
            os.close(end)


def _read(pipe: int, take: Callable[[bytes], None]) -> bool:
    """Read what there is; False at the end."""
    block = os.read(pipe, CHUNK_OCTETS)
    if block:
        take(block)
    return bool(block)
