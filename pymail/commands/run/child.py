"""Run of a command: capture its output and forward signals to it.

The command runs in a session of its own: its whole process group gets the signals
that pymail gets, and none of its processes can prompt on the terminal. Standard output
and standard error are one pipe, which keeps their order. A background process may hold
that pipe open for ever, so reading ends GRACE_SECONDS after the command itself.
"""

import os
import shutil
import signal
import subprocess
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from errno import ENOEXEC
from math import inf
from selectors import EVENT_READ, DefaultSelector
from time import monotonic
from types import FrameType

from pymail.environment import Environment
from pymail.model import model
from pymail.octets import CHUNK_OCTETS

GRACE_SECONDS = 2.0  # for `tee` and the like, which end after the command
NOT_FOUND, NOT_RUNNABLE = 127, 126  # as in every shell
_SIGNAL_BASE = 128
_SHELL = "/bin/sh"  # for scripts that name none, as execvp(3) has it
KEPT_OCTETS = 512 * 1024  # of each part: still readable in a mail client on a phone
_LONGEST_CHARACTER = 4  # octets in UTF-8
_FORWARDED = (
    *(signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT),
    *(signal.SIGUSR1, signal.SIGUSR2, signal.SIGTSTP, signal.SIGCONT),
)


@model()
class Ending:
    """The end of a command: its status, the signal that killed it, or the start error."""

    status: int
    signal_number: int = 0
    not_started: str = ""

    @property
    def signal_name(self) -> str:
        """The name of the signal, `SIGKILL`."""
        try:
            return signal.Signals(self.signal_number).name
        except ValueError:  # a real-time signal
            return f"signal {self.signal_number}"


def run(
    words: Sequence[str],
    take: Callable[[bytes], None],
    environment: Environment,
    signals: "Forwarding",
) -> Ending:
    """Run a command; `take` is called with its output as it is read.

    `signals` forwards to it. Its standard input is that of pymail, unless that is a
    terminal.
    """
    try:
        child = _start(words, environment)
    except (OSError, ValueError) as error:
        return _not_started(words[0], error)
    signals.start(child.pid)
    _read_output(child, take)
    signals.end()
    status = child.wait()
    if status < 0:
        return Ending(_SIGNAL_BASE - status, signal_number=-status)
    return Ending(status)


def _start(words: Sequence[str], environment: Environment) -> subprocess.Popen[bytes]:
    inherits = environment.stdin is not None and not environment.stdin_is_terminal
    try:
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
    except OSError as error:
        if error.errno != ENOEXEC or words[0] == _SHELL:
            raise
    script = shutil.which(words[0]) or words[0]
    return _start((_SHELL, script, *words[1:]), environment)


def _not_started(program: str, error: OSError | ValueError) -> Ending:
    reason = (isinstance(error, OSError) and error.strerror) or str(error)
    if not isinstance(error, FileNotFoundError):
        return Ending(NOT_RUNNABLE, not_started=reason.lower())
    if shutil.which(program):  # the file exists, its interpreter doesn't
        reason = "the interpreter in its first line is missing"
    return Ending(NOT_FOUND, not_started=reason.lower())


def _read_output(child: subprocess.Popen[bytes], take: Callable[[bytes], None]) -> None:
    """Read until the command has ended and its output is closed, or the grace is over."""
    assert child.stdout is not None  # noqa: S101 - for mypy
    with (
        child.stdout as pipe,
        DefaultSelector() as selector,
        _child_signal_pipe() as woken,
    ):
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
                elif block := os.read(output, CHUNK_OCTETS):
                    take(block)
                else:
                    selector.unregister(output)
                    reads = False


@contextmanager
def _child_signal_pipe() -> Iterator[int]:
    """Yield a pipe that becomes readable when a child process ends."""
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


# ── signals ─────────────────────────────────────────────────────────────────


class Forwarding:
    """Forwarder of signals to a process group while it runs.

    Signals before and after that wait. SIGTSTP (Control-Z) stops the group with SIGSTOP,
    then pymail: the group has a session of its own, where the kernel ignores SIGTSTP.
    """

    def __init__(self) -> None:
        self._group: int | None = None
        self.waiting: list[int] = []

    def start(self, group: int) -> None:
        """Set the process group, and forward the signals that wait."""
        self._group = group
        waiting, self.waiting = self.waiting, []
        for number in waiting:
            self.forward(number, None)

    def end(self) -> None:
        """Let signals wait again: the group has ended."""
        self._group = None

    def forward(self, number: int, _frame: FrameType | None) -> None:
        """Forward a signal to the group, or let it wait; a signal handler."""
        if self._group is None:
            self.waiting.append(number)
        elif number == signal.SIGTSTP:
            self._stop(self._group)
        else:
            _send(self._group, number)

    def _stop(self, group: int) -> None:
        """Stop the group and this process; after SIGCONT continue both."""
        _send(group, signal.SIGSTOP)
        handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)  # returns after SIGCONT
        signal.signal(signal.SIGTSTP, handler)
        _send(group, signal.SIGCONT)


def _send(group: int, number: int) -> None:
    with suppress(OSError):  # it has ended, or the number is reused
        os.killpg(group, number)


@contextmanager
def forwarding() -> Iterator[Forwarding]:
    """Forward signals in this context, except those that the caller ignores.

    A signal that still waits at the end is raised again if pymail has a handler for it.
    """
    signals = Forwarding()
    before = {
        number: signal.signal(number, signals.forward)
        for number in _FORWARDED
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for late in signals.waiting:
        if callable(before[signal.Signals(late)]):
            signal.raise_signal(late)


# ── output ──────────────────────────────────────────────────────────────────


@model()
class Parts:
    """First and last part of an output, and the number of octets between them.

    They are cut between lines; a single long line between characters of UTF-8.
    """

    first: bytes
    last: bytes = b""
    left_out_octets: int = 0


class Output:
    """Captured output of any size in bounded memory: its first and its last part."""

    def __init__(self, kept_octets: int = KEPT_OCTETS) -> None:
        self._kept = kept_octets
        self._first = bytearray()
        self._last = bytearray()
        self.size_octets = 0

    def write(self, octets: bytes) -> None:
        """Add octets."""
        self.size_octets += len(octets)
        room = self._kept - len(self._first)
        self._first += octets[:room]
        self._last += octets[room:]
        if len(self._last) > 2 * self._kept:
            del self._last[: -self._kept]

    def parts(self) -> Parts:
        """Return the parts captured so far."""
        last = bytes(self._last[-self._kept :])
        if len(self._first) + len(last) == self.size_octets:
            return Parts(bytes(self._first) + last)
        first, last = _cut_after_line(bytes(self._first)), _cut_before_line(last)
        left_out = self.size_octets - len(first) - len(last)
        return Parts(first, last, left_out)


def _cut_after_line(octets: bytes) -> bytes:
    """Drop an incomplete last line; from a single line only an incomplete character."""
    end = octets.rfind(b"\n") + 1
    if not end:
        decoder = getincrementaldecoder("utf-8")("surrogateescape")
        decoder.decode(octets)
        end = len(octets) - len(decoder.getstate()[0])
    return octets[:end]


def _cut_before_line(octets: bytes) -> bytes:
    """Drop an incomplete first line; from a single line only an incomplete character."""
    start = octets.find(b"\n") + 1
    if start:
        return octets[start:]
    for start in range(_LONGEST_CHARACTER):
        if not 0x80 <= octets[start] < 0xC0:  # not a continuation octet
            return octets[start:]
    return octets
