"""How far a mail is, while it is on its way: the listener, and who looks.

A thread looks now and then, so that a send that waits for the network is shown,
too, and one that does not is never held up. It is awake only while something is
being sent. It has ended before anything else is written: lines never mix.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

from pymail.terminal.null_trace import Quiet
from pymail.terminal.pace import Pace, Stage

if TYPE_CHECKING:  # loaded when a mail takes long
    from pymail.terminal.drawings import Drawing

FIRST_SECONDS = 1.0  # a mail that is gone by then needs no progress
LOOK_SECONDS = 0.25
PATIENCE_SECONDS = 1.0  # with a terminal that takes nothing


def choose(stream: TextIO, variables: Mapping[str, str]) -> "Drawing":
    """Choose a bar, or a line without colours."""
    if variables.get("NO_COLOR"):
        from pymail.terminal.drawings import OneLine

        return OneLine(stream)
    from pymail.terminal.rich_progress import Bar

    return Bar(stream)


class Progress(Quiet):
    """Listens to a session, and shows how far its mail is.

    `draw` makes what shows it, when it is needed; `columns` tells how much room
    there is, None when nothing can be shown now. `first_seconds` pass before.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        draw: "Callable[[], Drawing]",
        clock: Callable[[], float],
        columns: Callable[[], int | None],
        first_seconds: float = FIRST_SECONDS,
    ) -> None:
        super().__init__(stream)
        self._draw = draw
        self._clock = clock
        self._columns = columns
        self._first_seconds = first_seconds
        self._drawing: Drawing | None = None
        self._looker: _Looker | None = None
        self.pace: Pace | None = None

    @contextmanager
    def of(self, pace: Pace) -> Iterator[None]:
        """Show this while the block runs, if that takes long."""
        self.pace = pace
        self._looker = _Looker(self.look, self._first_seconds)
        try:
            yield
        finally:
            self._rest()
            self.pace = None

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Leave the terminal to somebody else while the block runs."""
        if self.pace is None:
            yield
            return
        self._rest()
        try:
            yield
        finally:
            self._looker = _Looker(self.look, LOOK_SECONDS)

    def look(self, stops: Callable[[], bool] = lambda: False) -> None:
        """Look how far it is, and show it unless that stops."""
        pace, columns = self.pace, self._columns()
        if pace is None or columns is None:
            return
        if self._drawing is None:
            self._drawing = self._draw()
        pace.at(self._clock())
        if not stops():
            self._drawing.show(pace, columns)

    def _rest(self) -> None:
        looker, self._looker = self._looker, None
        try:
            if looker is not None:
                looker.stop()
        finally:
            if self._drawing is not None:
                self._drawing.clear()

    def sent(self, line: bytes) -> None:  # noqa: ARG002 - which line is all the same
        """See that it goes on."""
        self._reached()

    def secret(self, placeholder: str) -> None:  # noqa: ARG002 - as above
        """See that it goes on."""
        self._reached()

    def received(self, line: bytes) -> None:  # noqa: ARG002 - as above
        """See that the server answers."""
        self._enter(Stage.TALKING)

    def note(self, text: str) -> None:  # noqa: ARG002 - as above
        """See that there is a connection."""
        self._reached()

    def body(self, octets: bytes) -> None:
        """Count content."""
        if self.pace is not None:
            self.pace.enter(Stage.SENDING)
            self.pace.count(len(octets))

    def body_ends(self) -> None:
        """See that all has gone."""
        self._enter(Stage.WAITING)

    def warning(self, text: str) -> None:
        """Write a warning on a line of its own."""
        with self.aside():
            super().warning(text)

    def _reached(self) -> None:
        """See that there is a connection; what is said behind the content is QUIT."""
        if self.pace is not None and self.pace.stage is Stage.REACHING:
            self.pace.enter(Stage.TALKING)

    def _enter(self, stage: Stage) -> None:
        if self.pace is not None:
            self.pace.enter(stage)


class _Looker:
    """A thread that looks now and then, until it is stopped."""

    def __init__(
        self, look: Callable[[Callable[[], bool]], None], first_seconds: float
    ) -> None:
        import threading

        self._look = look
        self._first_seconds = first_seconds
        self._stops = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        with suppress(RuntimeError):  # there is none to be had: no progress is shown
            self._thread.start()

    def _run(self) -> None:
        seconds = self._first_seconds
        with suppress(Exception):  # whatever it is, the mail goes on
            while not self._stops.wait(seconds):
                self._look(self._stops.is_set)
                seconds = LOOK_SECONDS

    def stop(self) -> None:
        """Stop, and wait for it, also when a signal comes meanwhile."""
        self._stops.set()
        if not self._thread.ident:
            return
        try:
            self._thread.join(PATIENCE_SECONDS)
        finally:
            self._thread.join(PATIENCE_SECONDS)
