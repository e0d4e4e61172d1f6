"""Progress of a mail on a terminal: its stage, and a bar while content is sent.

Content counts once the system has it, which is ahead of the server by the size of the
socket's buffers. A thread shows the progress, so that it also appears while the send
waits for the network, and never delays the send. The thread runs only during a
transfer, and ends before anything else is written to the terminal.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from typing import TextIO

from pymail.environment import Environment
from pymail.terminal.output import write
from pymail.terminal.trace import NullTrace
from pymail.text import duration

FIRST_SECONDS = 1.0  # most mails are sent by then, and need no progress
LOOK_SECONDS = 0.25
PATIENCE_SECONDS = 1.0  # with a terminal that accepts no output
PACE_SECONDS = 10.0  # the pace is the mean of this time
LEAST_SECONDS = 1.0  # in a shorter time, only buffers are filled
SHOWN_WAIT_SECONDS = 3
CLEAR = "\r\x1b[K"
_UNITS = ((1e9, "GB", 1), (1e6, "MB", 1), (1e3, "kB", 0))


class Stage(Enum):
    """The work of a transport at one moment."""

    REACHING = "reaching"
    TALKING = "talking"
    SENDING = "sending"
    WAITING = "waiting"


class Transfer:
    """The progress of one mail; `reaching` and `talking` are texts for these stages.

    The trace changes `stage` and counts octets; the thread calls `at`.
    """

    def __init__(self, total_octets: int, *, reaching: str, talking: str) -> None:
        self.total_octets = total_octets
        self.done_octets = 0
        self.stage = Stage.REACHING
        self._words = {
            Stage.REACHING: reaching,
            Stage.TALKING: talking,
            Stage.WAITING: "all sent, waiting for the server's reply",
        }
        self._seen: deque[tuple[float, int]] = deque()
        self._stage_seen = self.stage
        self._since = 0.0

    def enter(self, stage: Stage) -> None:
        """Enter a stage; content after another stage is counted from the start."""
        if stage is Stage.SENDING and self.stage is not Stage.SENDING:
            self.done_octets = 0
        self.stage = stage

    def at(self, seconds: float) -> None:
        """Record the state at this time, in seconds of the clock."""
        begins_anew = self._seen and self.done_octets < self._seen[-1][1]
        if not self._seen or begins_anew or self._stage_seen is not self.stage:
            self._stage_seen, self._since = self.stage, seconds
            self._seen.clear()
        self._seen.append((seconds, self.done_octets))
        while seconds - self._seen[0][0] > PACE_SECONDS:
            self._seen.popleft()

    @property
    def share(self) -> float | None:
        """The sent share of the content, from 0 to 1; None in other stages."""
        if self._stage_seen is not Stage.SENDING:
            return None
        return min(self.done_octets / max(self.total_octets, 1), 1.0)

    def text(self, columns: int) -> str:
        """Describe the progress in at most so many columns, the most important first."""
        words = list(self._numbers() if self.share is not None else self._wait_text())
        while len(words) > 1 and len(", ".join(words)) > columns:
            words.pop()
        return ", ".join(words)[:columns]

    def _wait_text(self) -> Iterator[str]:
        seconds = int(self._seen[-1][0] - self._since)
        waited = f" {seconds} s" if seconds > SHOWN_WAIT_SECONDS else ""
        yield f"{self._words[self._stage_seen]} ...{waited}"

    def _numbers(self) -> Iterator[str]:
        done, total = self.done_octets, self.total_octets
        yield f"{int((self.share or 0) * 100)} %"
        divisor, unit, places = _unit(total)
        shown = (
            f"{octets / divisor:.{places}f}" for octets in (min(done, total), total)
        )
        yield f"{' of '.join(shown)} {unit}"
        (then, before), (now, _) = self._seen[0], self._seen[-1]
        pace = (done - before) / (now - then) if now - then >= LEAST_SECONDS else 0.0
        if pace:
            divisor, unit, places = _unit(int(pace))
            yield f"{int(pace) / divisor:.{places}f} {unit}/s"
            yield f"{duration(max(total - done, 0) / pace)} left"


def _unit(octets: int) -> tuple[float, str, int]:
    """Return divisor, name and decimal places for a size."""
    return next((unit for unit in _UNITS if octets >= unit[0]), (1, "B", 0))


class Display:
    """One line of a terminal, overwritten if it changes; `rich` paints a bar."""

    def __init__(self, stream: TextIO, *, colors: bool) -> None:
        self._stream = stream
        self._colors = colors
        self._shown = ""

    def show(self, transfer: Transfer, columns: int) -> None:
        """Overwrite the line, unless it would stay the same."""
        painted = self._paint(transfer, columns - 1)
        if painted != self._shown:
            write(self._stream, self._erasure() + painted)
            self._shown = painted

    def clear(self) -> None:
        """Erase the line."""
        if self._shown:
            write(self._stream, self._erasure())
            self._shown = ""

    def _erasure(self) -> str:
        blanks = f"{' ' * len(self._shown)}\r" if self._shown else ""
        return CLEAR if self._colors else f"\r{blanks}"

    def _paint(self, transfer: Transfer, columns: int) -> str:
        text = transfer.text(columns)
        if not self._colors:
            return text
        from pymail.terminal.rich_output import paint_bar

        return paint_bar(text, transfer.share, columns, self._stream.encoding)


class Progress(NullTrace):
    """A trace that shows the progress once `first_seconds` have passed."""

    def __init__(
        self,
        environment: Environment,
        warn: Callable[[str], None],
        *,
        first_seconds: float = FIRST_SECONDS,
    ) -> None:
        super().__init__(warn)
        colors = not environment.variables.get("NO_COLOR")
        self._display = Display(environment.stderr, colors=colors)
        self._environment = environment
        self._first_seconds = first_seconds
        self._looker: _Looker | None = None
        self._transfer: Transfer | None = None

    @contextmanager
    def show(self, transfer: Transfer) -> Iterator[None]:
        """Show the progress of a transfer, if the block runs long enough."""
        self._transfer = transfer
        self._looker = _Looker(self.look, self._first_seconds)
        try:
            yield
        finally:
            self._rest()
            self._transfer = None

    @contextmanager
    def pause(self) -> Iterator[None]:
        """Erase the progress while the block writes to the terminal."""
        if self._transfer is None:
            yield
            return
        self._rest()
        try:
            yield
        finally:
            self._looker = _Looker(self.look, LOOK_SECONDS)

    def look(self, stops: Callable[[], bool] = lambda: False) -> None:
        """Show the progress, unless `stops` or pymail is in the background."""
        transfer, environment = self._transfer, self._environment
        if transfer is None or not environment.owns_terminal():
            return
        transfer.at(environment.clock())
        if not stops():
            self._display.show(transfer, environment.columns())

    def _rest(self) -> None:
        looker, self._looker = self._looker, None
        try:
            if looker is not None:
                looker.stop()
        finally:
            self._display.clear()

    def sent(self, *_: object) -> None:
        """Note the connection; after the content, only QUIT follows."""
        if self._transfer is not None and self._transfer.stage is Stage.REACHING:
            self._transfer.enter(Stage.TALKING)

    secret = note = sent

    def received(self, *_: object) -> None:
        """Note that the server answers."""
        self._enter(Stage.TALKING)

    def body(self, octets: bytes) -> None:
        """Count content."""
        if self._transfer is not None:
            self._transfer.enter(Stage.SENDING)
            self._transfer.done_octets += len(octets)

    def body_ends(self) -> None:
        """Note the end of the content."""
        self._enter(Stage.WAITING)

    def warning(self, text: str) -> None:
        """Give a warning a line of its own."""
        with self.pause():
            super().warning(text)

    def _enter(self, stage: Stage) -> None:
        if self._transfer is not None:
            self._transfer.enter(stage)


class _Looker:
    """A thread that calls `look` every LOOK_SECONDS until it is stopped."""

    def __init__(
        self, look: Callable[[Callable[[], bool]], None], first_seconds: float
    ) -> None:
        import threading

        self._look = look
        self._first_seconds = first_seconds
        self._stops = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        with suppress(RuntimeError):  # the system has no more threads: no progress
            self._thread.start()

    def _run(self) -> None:
        seconds = self._first_seconds
        with suppress(Exception):  # no failure to show progress may stop the mail
            while not self._stops.wait(seconds):
                self._look(self._stops.is_set)
                seconds = LOOK_SECONDS

    def stop(self) -> None:
        """Stop the thread and wait for its end, also if a signal interrupts the wait."""
        self._stops.set()
        if not self._thread.ident:
            return
        try:
            self._thread.join(PATIENCE_SECONDS)
        finally:
            self._thread.join(PATIENCE_SECONDS)
