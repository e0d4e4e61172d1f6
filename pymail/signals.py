"""Signals of this process: when they end a run, and when they wait.

A signal must not make a message that has left look like one that has not.
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

SIGNALS = tuple(  # all that end a process, but for those that say it is broken
    getattr(signal, f"SIG{name}")
    for name in (
        *("INT", "TERM", "HUP", "QUIT", "ABRT", "ALRM", "VTALRM", "PROF"),
        *("USR1", "USR2", "XCPU", "POLL", "PWR", "STKFLT"),
    )
    if hasattr(signal, f"SIG{name}")
)
_CAUGHT = tuple(  # nohup stays nohup
    number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN
)

Handler = Callable[[int, FrameType | None], None]
_held_back: list[int] = []  # signals that came when it was too late, or too early


def _nothing() -> None:
    """Leave signals to Python, as programs that import pymail want it."""


@model(kw_only=True)
class Signals:
    """What a run can ask for about signals.

    `hold` lets them wait from there on, until `heed` raises the first that came;
    `catch` counts them again after one was forgiven; `ignore_interrupts` is for good.
    """

    hold: Callable[[], None] = _nothing
    heed: Callable[[], None] = _nothing
    catch: Callable[[], None] = _nothing
    ignore_interrupts: Callable[[], None] = _nothing


IGNORED = Signals()


def remember_all() -> None:
    """Remember what comes from here on, until the run can keep the text."""
    sys.unraisablehook = hear_lost
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # ignored, it hides how children end
    _catch(_remember)


def _catch(handler: Handler | None = None) -> None:
    for number in _CAUGHT:
        signal.signal(number, handler or _interrupt)


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _interrupt(number: int, _frame: FrameType | None) -> NoReturn:
    """End the run; more of them must not stop the message from being kept.

    Ignoring them would make Python complain of one that has just come.
    """
    for each in SIGNALS:
        signal.signal(each, _pass_over)
    raise Interrupted(number)


def _pass_over(_number: int, _frame: FrameType | None) -> None:
    """Take a signal that changes nothing any more."""


def _remember(number: int, _frame: FrameType | None) -> None:
    _held_back.append(number)


def _hold() -> None:
    _exchange(_interrupt, _remember)


def _heed() -> None:
    _exchange(_remember, _interrupt)
    if _held_back:
        _interrupt(_held_back.pop(0), None)


def _exchange(old: Handler, new: Handler) -> None:
    """Change the handler; signals that are ignored stay so."""
    for number in SIGNALS:
        if signal.getsignal(number) is old:
            signal.signal(number, new)


def hear_lost(lost: "UnraisableHookArgs") -> None:
    """Hear a signal that came where Python lets no exception out.

    Such places are destructors, and the import machinery has some. It is sent
    again by a thread, which waits until we have left the place.
    """
    if isinstance(lost.exc_value, Interrupted):
        _catch()
        try:
            _thread.start_new_thread(
                os.kill, (os.getpid(), lost.exc_value.signal_number)
            )
        except RuntimeError:  # there is none to be had
            signal.alarm(1)
    else:
        sys.__unraisablehook__(lost)


PROCESS = Signals(
    hold=_hold, heed=_heed, catch=_catch, ignore_interrupts=_ignore_interrupts
)
