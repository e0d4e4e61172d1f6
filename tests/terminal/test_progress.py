"""How far a mail is: the numbers, and the ways to show them."""

import io
import threading
from collections.abc import Callable

import pytest

from pymail.terminal import progress
from pymail.terminal.drawings import Drawing, OneLine, fitting
from pymail.terminal.pace import Pace, Stage
from pymail.terminal.progress import Progress
from pymail.terminal.rich_progress import CLEAR, Bar

MB = 1_000_000
WAITING = "all sent, waiting for the server's answer"


def _pace(total: int = 100 * MB) -> Pace:
    return Pace(total, reaching="connecting to h", talking="talking to h")


def _text(pace: Pace) -> str:
    return ", ".join(pace.words())


def _sending(
    *looks: tuple[float, int], total: int = 100 * MB, pace: Pace | None = None
) -> Pace:
    """A pace that was looked at when so much had gone."""
    pace = pace or _pace(total)
    pace.enter(Stage.SENDING)
    for seconds, octets in looks:
        pace.count(octets - pace.done_octets)
        pace.at(seconds)
    return pace


# ── numbers ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("looks", "total", "text"),
    [
        pytest.param([(5, 0)], 9 * MB, "0 %, 0.0 of 9.0 MB", id="begin"),
        pytest.param([(5, 300)], 999, "30 %, 300 of 999 B", id="octets"),
        pytest.param(
            [(0, 0), (2, 10_000)],
            50_000,
            "20 %, 10 of 50 kB, 5 kB/s, 8 s left",
            id="small",
        ),
        pytest.param([(0, 0), (0.5, MB)], 2 * MB, "50 %, 1.0 of 2.0 MB", id="too-soon"),
        pytest.param(
            [(0, 0), (2, MB), (4, MB)],
            200 * MB,
            "0 %, 1.0 of 200.0 MB, 250 kB/s, 13 min 16 s left",
            id="minutes",
        ),
        pytest.param(
            [(0, 0), (5, 5 * MB)],
            8_000 * MB,
            "0 %, 0.0 of 8.0 GB, 1.0 MB/s, 2 h 13 min left",
            id="hours",
        ),
        pytest.param(
            [(0, 0), (1, 50 * MB), (20, 50 * MB), (25, 55 * MB)],
            100 * MB,
            "55 %, 55.0 of 100.0 MB, 1.0 MB/s, 45 s left",
            id="only-lately-counts",
        ),
        pytest.param(
            [(0, 5 * MB), (11, 5 * MB), (15, 5 * MB)],
            10 * MB,
            "50 %, 5.0 of 10.0 MB",
            id="stands-still",
        ),
        pytest.param(
            [(0, 0), (2, 2 * MB)],
            MB,
            "100 %, 1.0 of 1.0 MB, 1.0 MB/s, 0 s left",
            id="more-than-was-announced",
        ),
    ],
)
def test_content_has_share_amount_pace_and_time_left(
    looks: list[tuple[float, int]], total: int, text: str
) -> None:
    assert _text(_sending(*looks, total=total)) == text


def test_an_empty_message_is_no_division_by_zero() -> None:
    assert _text(_sending((0, 0), total=0)) == "0 %, 0 of 0 B"


def test_each_stage_has_words() -> None:
    pace = _pace()
    said = []
    for stage in Stage:
        pace.enter(stage)
        pace.at(1.0)
        said.append(_text(pace))
    sent = "0 %, 0.0 of 100.0 MB"
    assert said == ["connecting to h", "talking to h", sent, WAITING]


@pytest.mark.parametrize("between", [(), (Stage.TALKING,)], ids=["unseen", "seen"])
def test_content_that_goes_a_second_time_begins_anew(between: tuple[Stage]) -> None:
    pace = _sending((0, 0), (2, 80 * MB))
    pace.enter(Stage.WAITING)
    for stage in between:
        pace.enter(stage)
        pace.at(2.5)
    assert _text(_sending((3, 10 * MB), pace=pace)) == "10 %, 10.0 of 100.0 MB"


def test_a_wait_is_counted_from_its_begin() -> None:
    pace = _sending((0, MB))
    pace.enter(Stage.WAITING)
    pace.at(10.0)
    assert fitting(pace, 80) == f"{WAITING} ..."
    pace.at(17.5)
    assert fitting(pace, 80) == f"{WAITING} ... 7 s"
    assert fitting(pace, 12) == WAITING[:12]


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
def test_what_does_not_fit_is_left_out_from_the_end(columns: int, text: str) -> None:
    assert fitting(_sending((0, 0), (2, 20 * MB)), columns) == text


# ── drawings ────────────────────────────────────────────────────────────────


def test_one_line_is_written_over_without_control_sequences() -> None:
    stream = io.StringIO()
    line = OneLine(stream)
    pace = _pace()
    pace.at(0)
    line.show(pace, 80)
    line.show(pace, 80)  # the same: nothing is written
    pace.enter(Stage.TALKING)
    pace.at(1)
    line.show(pace, 80)
    line.clear()
    line.clear()
    first, second = "connecting to h ...", "talking to h ..."
    assert stream.getvalue() == (
        f"\r{first}\r{second}{' ' * (len(first) - len(second))}\r{' ' * 16}\r"
    )


def test_a_bar_has_its_numbers_beside_it_and_leaves_nothing() -> None:
    stream = io.StringIO()
    bar = Bar(stream)
    pace = _sending((0, 0), (2, 50 * MB))
    bar.show(pace, 80)
    bar.show(pace, 80)
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
    Bar(stream).show(_sending((0, 0)), 60)
    assert stream.getvalue() == f"{CLEAR}0 %, 0.0 of 100.0 MB"


def test_a_bar_is_ascii_where_nothing_else_can_be_shown() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    Bar(stream).show(_sending((0, 50 * MB)), 80)
    stream.seek(0)
    assert "50 %" in stream.read()


@pytest.mark.parametrize(
    ("variables", "kind"),
    [
        pytest.param({"TERM": "xterm"}, Bar, id="colours"),
        pytest.param({"TERM": "xterm", "NO_COLOR": "1"}, OneLine, id="no-color"),
    ],
)
def test_the_drawing_is_what_the_stream_can_show(
    variables: dict[str, str], kind: type
) -> None:
    assert type(progress.choose(io.StringIO(), variables)) is kind


# ── the listener ────────────────────────────────────────────────────────────


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Watched:
    """A progress whose looks are made by the test; `stream` has what is shown."""

    def __init__(self, columns: Callable[[], int | None] = lambda: 80) -> None:
        self.stream = io.StringIO()
        self.clock = Clock()
        self.made = 0
        self.progress = Progress(
            self.stream,
            draw=self._draw,
            clock=self.clock,
            columns=columns,
            first_seconds=threading.TIMEOUT_MAX,
        )

    def _draw(self) -> Drawing:
        self.made += 1
        return OneLine(self.stream)

    def look(self, seconds: float) -> str:
        """Look at this time; return what is written then."""
        self.clock.seconds = seconds
        before = len(self.stream.getvalue())
        self.progress.look()
        return self.stream.getvalue()[before:].strip()


def test_a_session_is_followed_from_the_connection_to_the_answer() -> None:
    watched = Watched()
    heard = watched.progress
    with heard.of(_pace(4 * MB)):
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
        heard.sent(b"QUIT")  # goes with the final dot
        assert watched.look(6) == f"{WAITING} ..."
        heard.received(b"250 ok")
        assert watched.look(7) == "talking to h ..."
    assert watched.stream.getvalue().endswith("\r")
    assert watched.look(8) == ""


def test_what_is_heard_between_two_mails_is_of_neither() -> None:
    watched = Watched()
    heard = watched.progress
    heard.received(b"250 ok")
    heard.body(b"x")
    heard.note("closed")
    heard.warning("something")
    assert watched.stream.getvalue() == "pymail: something\n"


def test_a_mail_that_is_quickly_gone_loads_and_writes_nothing() -> None:
    watched = Watched()
    with watched.progress.of(_pace()):
        watched.progress.body(b"x")
    assert (watched.made, watched.stream.getvalue()) == (0, "")


def test_a_terminal_that_shows_another_program_is_left_alone() -> None:
    watched = Watched(columns=lambda: None)
    with watched.progress.of(_pace()):
        assert watched.look(5) == ""
    assert watched.made == 0


def test_a_warning_has_a_line_of_its_own() -> None:
    watched = Watched()
    with watched.progress.of(_pace()):
        watched.look(1)
        watched.progress.warning("the certificate is old")
        assert watched.look(2) == "connecting to h ..."
    first = "connecting to h ..."
    assert watched.stream.getvalue().startswith(
        f"\r{first}\r{' ' * len(first)}\rpymail: the certificate is old\n\r{first}"
    )


def test_who_stops_while_it_is_painted_sees_nothing_more() -> None:
    watched = Watched()
    with watched.progress.of(_pace()):
        watched.progress.look(lambda: True)
    assert (watched.made, watched.stream.getvalue()) == (1, "")


def test_a_rest_that_was_cut_short_is_made_up_for() -> None:
    watched = Watched()
    with watched.progress.of(_pace()):
        watched.look(1)
        watched.progress._rest()  # a signal came behind it
    assert watched.stream.getvalue().endswith("\r")


class Told(OneLine):
    """A line that tells when it is drawn, and fails the second time."""

    def __init__(self, stream: io.StringIO) -> None:
        super().__init__(stream)
        self.drawn = threading.Event()
        self.times = 0

    def show(self, pace: Pace, columns: int) -> None:
        self.times += 1
        if self.times > 1:
            raise RuntimeError("a terminal that is broken")
        super().show(pace, columns)
        self.drawn.set()


def test_somebody_looks_while_the_mail_is_waited_for() -> None:
    stream = io.StringIO()
    told = Told(stream)
    heard = Progress(
        stream,
        draw=lambda: told,
        clock=lambda: 0.0,
        columns=lambda: 80,
        first_seconds=0,
    )
    with heard.of(_pace()):
        assert told.drawn.wait(20)
    assert stream.getvalue().startswith("\rconnecting to h ...")
    assert stream.getvalue().endswith("\r")


def test_without_a_thread_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", full)
    stream = io.StringIO()
    heard = Progress(
        stream,
        draw=lambda: Told(stream),
        clock=lambda: 0.0,
        columns=lambda: 80,
        first_seconds=0,
    )
    with heard.of(_pace()):
        pass
    assert stream.getvalue() == ""


def test_a_drawing_that_fails_does_not_stop_the_mail() -> None:
    told = Told(io.StringIO())
    told.times = 1
    heard = Progress(
        io.StringIO(),
        draw=lambda: told,
        clock=lambda: 0.0,
        columns=lambda: 80,
        first_seconds=0,
    )
    with heard.of(_pace()):
        looker = heard._looker
        assert looker is not None
        looker._thread.join(20)  # it has failed and ended
        assert told.times == 2
