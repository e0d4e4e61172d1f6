"""Progress of a mail: the numbers, the line that shows them, and the trace."""

import io
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from pymail.terminal.progress import CLEAR, Display, Progress, Stage, Transfer

MB = 1_000_000
WAITING = "all sent, waiting for the server's reply"


def _transfer(total: int = 100 * MB) -> Transfer:
    return Transfer(total, reaching="connecting to h", talking="talking to h")


def _sending(
    *looks: tuple[float, int], total: int = 100 * MB, transfer: Transfer | None = None
) -> Transfer:
    """A transfer that was looked at when so much had gone."""
    transfer = transfer or _transfer(total)
    transfer.enter(Stage.SENDING)
    for seconds, octets in looks:
        transfer.done_octets = octets
        transfer.at(seconds)
    return transfer


# ── numbers ─────────────────────────────────────────────────────────────────


# fmt: off
TEXTS = {
    "begin": ([(5, 0)], 9 * MB, "0 %, 0.0 of 9.0 MB"),
    "octets": ([(5, 300)], 999, "30 %, 300 of 999 B"),
    "small": ([(0, 0), (2, 10_000)], 50_000, "20 %, 10 of 50 kB, 5 kB/s, 8 s left"),
    "too-soon": ([(0, 0), (0.5, MB)], 2 * MB, "50 %, 1.0 of 2.0 MB"),
    "minutes": ([(0, 0), (2, MB), (4, MB)], 200 * MB, "0 %, 1.0 of 200.0 MB, 250 kB/s, 13 min 16 s left"),
    "hours": ([(0, 0), (5, 5 * MB)], 8_000 * MB, "0 %, 0.0 of 8.0 GB, 1.0 MB/s, 2 h 13 min left"),
    "only-lately-counts": ([(0, 0), (1, 50 * MB), (20, 50 * MB), (25, 55 * MB)], 100 * MB, "55 %, 55.0 of 100.0 MB, 1.0 MB/s, 45 s left"),
    "stands-still": ([(0, 5 * MB), (11, 5 * MB), (15, 5 * MB)], 10 * MB, "50 %, 5.0 of 10.0 MB"),
    "more-than-was-announced": ([(0, 0), (2, 2 * MB)], MB, "100 %, 1.0 of 1.0 MB, 1.0 MB/s, 0 s left"),
}
# fmt: on


@pytest.mark.parametrize(("looks", "total", "text"), TEXTS.values(), ids=TEXTS)
def test_content_has_share_amount_transfer_and_time_left(
    looks: list[tuple[float, int]], total: int, text: str
) -> None:
    assert _sending(*looks, total=total).text(80) == text


def test_an_empty_message_is_no_division_by_zero() -> None:
    assert _sending((0, 0), total=0).text(80) == "0 %, 0 of 0 B"


def test_each_stage_has_words() -> None:
    transfer = _transfer()
    said = []
    for stage in Stage:
        transfer.enter(stage)
        transfer.at(1.0)
        said.append(transfer.text(80))
    sent = "0 %, 0.0 of 100.0 MB"
    waiting = f"{WAITING} ..."
    assert said == ["connecting to h ...", "talking to h ...", sent, waiting]


@pytest.mark.parametrize("between", [(), (Stage.TALKING,)], ids=["unseen", "seen"])
def test_content_that_is_sent_again_counts_from_the_start(
    between: tuple[Stage],
) -> None:
    transfer = _sending((0, 0), (2, 80 * MB))
    transfer.enter(Stage.WAITING)
    for stage in between:
        transfer.enter(stage)
        transfer.at(2.5)
    assert (
        _sending((3, 10 * MB), transfer=transfer).text(80) == "10 %, 10.0 of 100.0 MB"
    )


def test_a_wait_is_counted_from_its_start() -> None:
    transfer = _sending((0, MB))
    transfer.enter(Stage.WAITING)
    transfer.at(10.0)
    assert transfer.text(80) == f"{WAITING} ..."
    transfer.at(17.5)
    assert transfer.text(80) == f"{WAITING} ... 7 s"
    assert transfer.text(12) == WAITING[:12]


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        (80, "20 %, 20.0 of 100.0 MB, 10.0 MB/s, 8 s left"),
        (40, "20 %, 20.0 of 100.0 MB, 10.0 MB/s"),
        (30, "20 %, 20.0 of 100.0 MB"),
        (10, "20 %"),
        (2, "20"),
    ],
)
def test_text_that_does_not_fit_is_left_out_from_the_end(
    columns: int, text: str
) -> None:
    assert _sending((0, 0), (2, 20 * MB)).text(columns) == text


# ── the line ────────────────────────────────────────────────────────────────


def test_one_line_is_written_over_without_control_sequences() -> None:
    stream = io.StringIO()
    line = Display(stream, colors=False)
    transfer = _transfer()
    transfer.at(0)
    line.show(transfer, 80)
    line.show(transfer, 80)  # the same: nothing is written
    transfer.enter(Stage.TALKING)
    transfer.at(1)
    line.show(transfer, 80)
    line.clear()
    line.clear()
    first, second = "connecting to h ...", "talking to h ..."
    assert stream.getvalue() == (f"\r{first}\r{' ' * 19}\r{second}\r{' ' * 16}\r")


def test_a_bar_stands_beside_its_numbers_and_is_erased() -> None:
    stream = io.StringIO()
    bar = Display(stream, colors=True)
    transfer = _sending((0, 0), (2, 50 * MB))
    bar.show(transfer, 80)
    bar.show(transfer, 80)
    shown = stream.getvalue()
    assert shown.startswith(CLEAR)
    assert shown.count(CLEAR) == 1
    assert "━" in shown
    assert "50 %, 50.0 of 100.0 MB, 25.0 MB/s, 2 s left" in shown
    assert "\n" not in shown
    bar.clear()
    bar.clear()
    assert stream.getvalue() == shown + CLEAR


def test_a_narrow_screen_gets_numbers_without_a_bar() -> None:
    stream = io.StringIO()
    Display(stream, colors=True).show(_sending((0, 0)), 60)
    assert stream.getvalue() == f"{CLEAR}0 %, 0.0 of 100.0 MB"


def test_a_bar_is_ascii_in_an_ascii_locale() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    Display(stream, colors=True).show(_sending((0, 50 * MB)), 80)
    stream.seek(0)
    assert "50 %" in stream.read()


# ── the trace ────────────────────────────────────────────────────────────


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def environment(stream: io.StringIO, clock: Clock, *, owns: bool = True) -> Any:
    """The part of an environment that the progress uses."""
    return SimpleNamespace(
        stderr=stream,
        variables={"NO_COLOR": "1"},
        clock=clock,
        columns=lambda: 80,
        owns_terminal=lambda: owns,
    )


class Watched:
    """A progress that the test updates; `stream` has its output."""

    def __init__(self, *, owns: bool = True) -> None:
        self.stream = io.StringIO()
        self.clock = Clock()
        self.progress = Progress(
            environment(self.stream, self.clock, owns=owns),
            self._warn,
            first_seconds=threading.TIMEOUT_MAX,
        )

    def _warn(self, text: str) -> None:
        self.stream.write(f"pymail: {text}\n")

    def look(self, seconds: float) -> str:
        """Update at this time; return the new output."""
        self.clock.seconds = seconds
        before = len(self.stream.getvalue())
        self.progress.look()
        return self.stream.getvalue()[before:].strip()


def test_a_session_is_followed_from_the_connection_to_the_reply() -> None:
    watched = Watched()
    heard = watched.progress
    with heard.show(_transfer(4 * MB)):
        assert watched.look(1) == "connecting to h ..."
        heard.note("connected")
        assert watched.look(2) == "talking to h ..."
        heard.sent(b"MAIL")
        heard.secret("AUTH")
        heard.received(b"354")
        heard.body(b"x" * MB)
        assert watched.look(3) == "25 %, 1.0 of 4.0 MB"
        heard.body(b"x" * MB)
        assert watched.look(5) == "50 %, 2.0 of 4.0 MB, 500 kB/s, 4 s left"
        heard.body_ends()
        heard.sent(b"QUIT")  # sent with the final dot
        assert watched.look(6) == f"{WAITING} ..."
        heard.received(b"250 ok")
        assert watched.look(7) == "talking to h ..."
    assert watched.stream.getvalue().endswith("\r")
    assert watched.look(8) == ""


def test_replies_between_two_mails_belong_to_neither() -> None:
    watched = Watched()
    heard = watched.progress
    heard.received(b"250 ok")
    heard.body(b"x")
    heard.note("closed")
    heard.warning("something")
    assert watched.stream.getvalue() == "pymail: something\n"


def test_a_mail_that_is_sent_quickly_shows_no_progress() -> None:
    watched = Watched()
    with watched.progress.show(_transfer()):
        watched.progress.body(b"x")
    assert watched.stream.getvalue() == ""


def test_pymail_in_the_background_shows_no_progress() -> None:
    watched = Watched(owns=False)
    with watched.progress.show(_transfer()):
        assert watched.look(5) == ""


def test_a_warning_has_a_line_of_its_own() -> None:
    watched = Watched()
    with watched.progress.show(_transfer()):
        watched.look(1)
        watched.progress.warning("the certificate is old")
        assert watched.look(2) == "connecting to h ..."
    first = "connecting to h ..."
    assert watched.stream.getvalue().startswith(
        f"\r{first}\r{' ' * len(first)}\rpymail: the certificate is old\n\r{first}"
    )


def test_a_stop_while_progress_is_painted_shows_nothing_more() -> None:
    watched = Watched()
    with watched.progress.show(_transfer()):
        watched.progress.look(lambda: True)
    assert watched.stream.getvalue() == ""


def test_an_interrupted_pause_still_erases_the_line() -> None:
    watched = Watched()
    with watched.progress.show(_transfer()):
        watched.look(1)
        watched.progress._rest()  # a signal came behind it
    assert watched.stream.getvalue().endswith("\r")


class Counted(Display):
    """A line that tells when it is drawn, and fails the second time."""

    def __init__(self, stream: io.StringIO) -> None:
        super().__init__(stream, colors=False)
        self.drawn = threading.Event()
        self.times = 0

    def show(self, transfer: Transfer, columns: int) -> None:
        self.times += 1
        if self.times > 1:
            raise RuntimeError("a terminal that is broken")
        super().show(transfer, columns)
        self.drawn.set()


def _at_once(display: Display) -> Progress:
    made = environment(io.StringIO(), Clock())
    progress = Progress(made, lambda _: None, first_seconds=0)
    progress._display = display
    return progress


def test_a_thread_shows_progress_during_a_wait() -> None:
    stream = io.StringIO()
    display = Counted(stream)
    with _at_once(display).show(_transfer()):
        assert display.drawn.wait(20)
    assert stream.getvalue().startswith("\rconnecting to h ...")
    assert stream.getvalue().endswith("\r")


def test_without_a_thread_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", full)
    stream = io.StringIO()
    with _at_once(Counted(stream)).show(_transfer()):
        pass
    assert stream.getvalue() == ""


def test_a_display_that_fails_does_not_stop_the_mail() -> None:
    display = Counted(io.StringIO())
    display.times = 1
    heard = _at_once(display)
    with heard.show(_transfer()):
        looker = heard._looker
        assert looker is not None
        looker._thread.join(20)  # it has failed and ended
        assert display.times == 2
