"""Signals of this process: a signal ends the run, or is held until it does no harm.

A signal must not make a sent message look unsent.
"""

import _thread
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from pymail.errors import Interrupted
from pymail.model import model

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

SIGNALS = tuple(  # all that end a process, except those after a fault such as SEGV
    getattr(signal, f"SIG{name}")
    for name in (
        *("INT", "TERM", "HUP", "QUIT", "ABRT", "ALRM", "VTALRM", "PROF"),
        *("USR1", "USR2", "XCPU", "POLL", "PWR", "STKFLT"),
    )
    if hasattr(signal, f"SIG{name}")
)
_CAUGHT = tuple(  # without those ignored at the start, such as HUP under nohup
    number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN
)

Handler = Callable[[int, FrameType | None], None]
_held_back: list[int] = []  # signals received while held


def _nothing() -> None:
    """Change nothing: in a program that imports pymail, signals are its own."""


@model(kw_only=True)
class Signals:
    """The functions by which a run controls signals.

    After `hold` signals wait until `heed`, which raises the first. `catch` restores the
    handlers after a signal that the run survives. `ignore_interrupts` ignores SIGINT
    from then on.
    """

    hold: Callable[[], None] = _nothing
    heed: Callable[[], None] = _nothing
    catch: Callable[[], None] = _nothing
    ignore_interrupts: Callable[[], None] = _nothing


IGNORED = Signals()


def remember_all() -> None:
    """Hold signals from the start of the process, until the run can keep the text."""
    sys.unraisablehook = send_lost_again
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # or children have no exit status
    _catch(_remember)


def _catch(handler: Handler | None = None) -> None:
    for number in _CAUGHT:
        signal.signal(number, handler or _interrupt)


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _interrupt(number: int, _frame: FrameType | None) -> NoReturn:
    """End the run; further signals must not interrupt the writing of the dead letter.

    SIG_IGN instead of a handler would make Python report a signal received just before.
    """
    for each in SIGNALS:
        signal.signal(each, _pass_over)
    raise Interrupted(number)


def _pass_over(_number: int, _frame: FrameType | None) -> None:
    """Handle a signal after the first, which has no effect."""


def _remember(number: int, _frame: FrameType | None) -> None:
    _held_back.append(number)


def _hold() -> None:
    _exchange(_interrupt, _remember)


def _heed() -> None:
    _exchange(_remember, _interrupt)
    if _held_back:
        _interrupt(_held_back.pop(0), None)


def _exchange(old: Handler, new: Handler) -> None:
    """Exchange a handler; ignored signals stay ignored."""
    for number in SIGNALS:
        if signal.getsignal(number) is old:
            signal.signal(number, new)


def send_lost_again(lost: "UnraisableHookArgs") -> None:
    """Send a signal again that was raised where Python can't propagate it.

    Such places are destructors and parts of the import machinery. A thread sends the
    signal, because it runs only after the main thread has left that place.
    """
    if isinstance(lost.exc_value, Interrupted):
        _catch()
        try:
            _thread.start_new_thread(
                os.kill, (os.getpid(), lost.exc_value.signal_number)
            )
        except RuntimeError:  # no thread can be started
            signal.alarm(1)
    else:
        sys.__unraisablehook__(lost)


PROCESS = Signals(
    hold=_hold, heed=_heed, catch=_catch, ignore_interrupts=_ignore_interrupts
)
