"""Signals held back during the last steps of a send."""

import _thread
import os
import signal
import sys
from collections.abc import Iterator
from time import sleep

import pytest

from pymail import signals
from pymail.errors import Interrupted
from pymail.signals import PROCESS


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in signals.SIGNALS}
    PROCESS.catch()
    yield
    signals._held_back.clear()
    for number, handler in before.items():
        signal.signal(number, handler)


def test_held_signal_is_raised_later() -> None:
    PROCESS.hold()
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(Interrupted) as caught:
        PROCESS.heed()
    assert caught.value.signal_number == signal.SIGTERM
    PROCESS.heed()  # it was the only one


def test_signal_that_is_not_held_is_raised_at_once() -> None:
    PROCESS.hold()
    PROCESS.heed()
    with pytest.raises(Interrupted):
        os.kill(os.getpid(), signal.SIGHUP)


def test_ignored_signal_stays_ignored() -> None:
    PROCESS.ignore_interrupts()
    PROCESS.hold()
    os.kill(os.getpid(), signal.SIGINT)
    PROCESS.heed()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_other_exceptions_in_a_destructor_are_printed_as_usual(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    class Failing:
        def __del__(self) -> None:
            raise ValueError("of the destructor")

    monkeypatch.setattr(sys, "unraisablehook", signals.send_lost_again)
    Failing()
    assert "ValueError: of the destructor" in capfd.readouterr().err


def test_signal_in_a_destructor_is_raised_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Failing:
        def __del__(self) -> None:
            os.kill(os.getpid(), signal.SIGTERM)

    def hear() -> None:
        Failing()
        while True:  # `signal.pause` would sleep on a signal that came before it
            sleep(0.01)

    monkeypatch.setattr(sys, "unraisablehook", signals.send_lost_again)
    with pytest.raises(Interrupted):
        hear()


def test_signal_in_a_destructor_is_raised_again_without_a_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    class Failing:
        def __del__(self) -> None:
            os.kill(os.getpid(), signal.SIGTERM)

    def hear() -> None:
        Failing()
        signal.pause()  # a second until the alarm

    monkeypatch.setattr(sys, "unraisablehook", signals.send_lost_again)
    monkeypatch.setattr(_thread, "start_new_thread", full)
    with pytest.raises(Interrupted) as caught:
        hear()
    assert caught.value.signal_number == signal.SIGALRM
