"""Signals for us that are meant for the command we wait for."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_FORWARDED = (
    *(signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT),
    *(signal.SIGUSR1, signal.SIGUSR2, signal.SIGCONT),
)


class Forwarding:
    """Passes signals on to a process group as soon as there is one.

    What came before that waits. A stop (control-Z) stops the group, then us. The
    group has a session of its own, where the kernel would ignore SIGTSTP.
    """

    def __init__(self) -> None:
        self._group: int | None = None
        self._waiting: list[int] = []

    def to(self, group: int) -> None:
        """Name the process group."""
        self._group = group
        for number in self._waiting:
            self._send(number)

    def take(self, number: int, _frame: FrameType | None) -> None:
        """Pass a signal on."""
        if self._group is None:
            self._waiting.append(number)
        else:
            self._send(number)

    def stop(self, number: int, _frame: FrameType | None) -> None:
        """Stop the group and ourselves, and go on together."""
        self._send(signal.SIGSTOP)
        ours = signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)  # here we are stopped
        signal.signal(number, ours)
        self._send(signal.SIGCONT)

    def _send(self, number: int) -> None:
        if self._group is not None:
            with suppress(OSError):  # it has ended, or is another user's by now
                os.killpg(self._group, number)


@contextmanager
def forwarding() -> Iterator[Forwarding]:
    """Forward signals meanwhile; those that our caller ignores stay ignored."""
    towards = Forwarding()
    handlers = dict.fromkeys(_FORWARDED, towards.take)
    handlers[signal.SIGTSTP] = towards.stop
    before = {
        number: signal.signal(number, handler)
        for number, handler in handlers.items()
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield towards
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
