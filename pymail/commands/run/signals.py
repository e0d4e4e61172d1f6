"""Signals for us that are meant for the command we wait for."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_FORWARDED = (
    *(signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT),
    *(signal.SIGUSR1, signal.SIGUSR2, signal.SIGTSTP, signal.SIGCONT),
)


class Forwarding:
    """Passes signals on to a process group while there is one.

    What comes before and after that waits. A stop (control-Z) stops the group, then
    us. The group has a session of its own, where the kernel would ignore SIGTSTP.
    """

    def __init__(self) -> None:
        self._group: int | None = None
        self.waiting: list[int] = []

    def to(self, group: int) -> None:
        """Name the process group."""
        self._group = group
        waiting, self.waiting = self.waiting, []
        for number in waiting:
            self.take(number, None)

    def end(self) -> None:
        """Say that there is no group any more."""
        self._group = None

    def take(self, number: int, _frame: FrameType | None) -> None:
        """Pass a signal on."""
        if self._group is None:
            self.waiting.append(number)
        elif number == signal.SIGTSTP:
            self._stop(self._group)
        else:
            _send(self._group, number)

    def _stop(self, group: int) -> None:
        """Stop the group and ourselves, and go on together."""
        _send(group, signal.SIGSTOP)
        ours = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)  # here we are stopped
        signal.signal(signal.SIGTSTP, ours)
        _send(group, signal.SIGCONT)


def _send(group: int, number: int) -> None:
    with suppress(OSError):  # it has ended, or is another user's by now
        os.killpg(group, number)


@contextmanager
def forwarding() -> Iterator[Forwarding]:
    """Forward signals meanwhile; those that our caller ignores stay ignored.

    What found no group and would have had a handler of ours gets it in the end.
    """
    towards = Forwarding()
    before = {
        number: signal.signal(number, towards.take)
        for number in _FORWARDED
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield towards
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for late in towards.waiting:
        if callable(before[signal.Signals(late)]):
            signal.raise_signal(late)
