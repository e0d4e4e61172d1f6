"""How far a mail is: the stage, how much has gone, how fast, how long it will take.

Content counts when it has been handed to the system, which is ahead of the server
by what its buffers hold.
"""

from collections import deque
from enum import Enum

from pymail.report.durations import duration

PACE_SECONDS = 10.0  # the pace is that of the last so many
LEAST_SECONDS = 1.0  # shorter, and the pace is that of a buffer
_UNITS = ((1e9, "GB", 1), (1e6, "MB", 1), (1e3, "kB", 0))


class Stage(Enum):
    """What a transport is doing."""

    REACHING = "reaching"
    TALKING = "talking"
    SENDING = "sending"
    WAITING = "waiting"


class Pace:
    """One mail on its way; `reaching` and `talking` say that in words.

    A transport says what it does with `enter` and `count`; whoever shows it looks
    with `at`, now and then.
    """

    def __init__(self, total_octets: int, *, reaching: str, talking: str) -> None:
        self.total_octets = total_octets
        self.done_octets = 0
        self.stage = Stage.REACHING
        self._words = {
            Stage.REACHING: reaching,
            Stage.TALKING: talking,
            Stage.WAITING: "all sent, waiting for the server's answer",
        }
        self._seen: deque[tuple[float, int]] = deque()
        self._stage_seen = self.stage
        self._since = 0.0
        self._now = 0.0

    def enter(self, stage: Stage) -> None:
        """Go on to a stage; content that comes after another stage begins anew."""
        if stage is Stage.SENDING and self.stage is not Stage.SENDING:
            self.done_octets = 0
        self.stage = stage

    def count(self, octets: int) -> None:
        """Take notice of content."""
        self.done_octets += octets

    def at(self, seconds: float) -> None:
        """Look at it at this time."""
        begins_anew = self._seen and self.done_octets < self._seen[-1][1]
        if not self._seen or begins_anew or self._stage_seen is not self.stage:
            self._stage_seen, self._since = self.stage, seconds
            self._seen.clear()
        self._now = seconds
        self._seen.append((seconds, self.done_octets))
        while seconds - self._seen[0][0] > PACE_SECONDS:
            self._seen.popleft()

    @property
    def sending(self) -> bool:
        """Whether content is under way."""
        return self._stage_seen is Stage.SENDING

    @property
    def share(self) -> float:
        """How much of the content has gone, from 0 to 1."""
        return min(self.done_octets / max(self.total_octets, 1), 1.0)

    @property
    def percent(self) -> int:
        """The same in whole percent."""
        return int(self.share * 100)

    @property
    def octets_a_second(self) -> float:
        """The pace; 0 when it is not known, or nothing goes."""
        (then, before), (now, done) = self._seen[0], self._seen[-1]
        return (done - before) / (now - then) if now - then >= LEAST_SECONDS else 0.0

    def words(self) -> tuple[str, ...]:
        """Say how far it is, the most important first."""
        if not self.sending:
            return (self._words[self._stage_seen],)
        done = f"{self.percent} %", _of(self.done_octets, self.total_octets)
        pace = self.octets_a_second
        if not pace:
            return done
        left = max(self.total_octets - self.done_octets, 0) / pace
        return *done, f"{_size(int(pace))}/s", f"{duration(left)} left"

    @property
    def waited_seconds(self) -> int:
        """How long the stage has lasted, as far as somebody looked."""
        return int(self._now - self._since)


def _of(done: int, total: int) -> str:
    """Say `3.2 of 47.1 MB`."""
    size, unit = _size(total).split()
    divisor = {name: number for number, name, _ in _UNITS}.get(unit, 1)
    places = len(size.partition(".")[2])
    return f"{min(done, total) / divisor:.{places}f} of {size} {unit}"


def _size(octets: int) -> str:
    for divisor, unit, places in _UNITS:
        if octets >= divisor:
            return f"{octets / divisor:.{places}f} {unit}"
    return f"{octets} B"
