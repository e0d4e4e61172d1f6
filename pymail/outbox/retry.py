"""The retry policy of the outbox: the events of an attempt, and the time of the next.

The first pause is 5 minutes; each further pause is twice as long, up to 4 hours.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from pymail.errors import AuthenticationError, OtherWayError, ProtocolError
from pymail.outbox.journal import KIND_OF, Event, EventKind, Journal
from pymail.report.delivery_report import Fate, Report, can_recover

FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=4)
_DOUBLINGS = 6  # reach the longest pause
_SHORTER = 5  # jitter shortens a pause by up to a fifth

# Machines without a hardware clock start in 1970; this program is younger.
FIRST_TIME = datetime(2026, 1, 1, tzinfo=UTC)

# Failures that only the user can repair; all others are permanent or may pass.
NEEDS_OPERATOR = (ProtocolError, AuthenticationError, OtherWayError)

HELD_UNKNOWN = "possible duplicate"


def pause(attempts: int, jitter: float) -> timedelta:
    """Return the pause after this number of attempts."""
    doubled = FIRST_PAUSE * (1 << min(max(attempts - 1, 0), _DOUBLINGS))
    longest = min(doubled, LONGEST_PAUSE)
    seconds = longest.total_seconds() * (1 - jitter / _SHORTER)
    return timedelta(seconds=int(seconds))


def is_due(journal: Journal, now: datetime) -> bool:
    """Tell whether an attempt is due.

    A time too far in the future was noted while the clock was wrong.
    """
    return journal.due is None or not now < journal.due <= now + LONGEST_PAUSE


def is_over(created: datetime, journal: Journal, now: datetime, hours: float) -> bool:
    """Tell whether the lifetime of a message has ended, so that it is given up.

    Not if the journal has no event for a whole lifetime: the clock may have been wrong,
    or the machine off, so one more attempt is due.
    """
    seen = max(_plausible([created, *journal.times], now), default=now)
    return is_old(created, journal, now, hours) and seen > now - timedelta(hours=hours)


def is_old(created: datetime, journal: Journal, now: datetime, hours: float) -> bool:
    """Tell whether a message was queued longer ago than its lifetime."""
    since = min(_plausible([created, *journal.times], now), default=now)
    return since <= now - timedelta(hours=hours)


def _plausible(times: Iterable[datetime], now: datetime) -> list[datetime]:
    """Leave out times noted while the clock was wrong."""
    return [time for time in times if FIRST_TIME <= time <= now]


def events(
    report: Report, journal: Journal, *, at: datetime, jitter: float = 0.0
) -> list[Event]:
    """Make the events of an attempt: the fate of each recipient, and the next attempt.

    `jitter` is a number from 0 to 1 for the pause. After a failure of `NEEDS_OPERATOR`
    the message is held until the user flushes it.
    """
    failure = report.failure
    held = isinstance(failure, NEEDS_OPERATOR) and not can_recover(failure)
    found: list[Event] = []
    fates: set[Fate] = set()
    open_: list[str] = []
    for row in report.fates:
        fate = row.fate
        if held and not report.decided_alone(row):
            fate = Fate.DEFERRED
            open_.append(row.address)
        else:
            fates.add(fate)
        words = row.reply or report.failure or ""
        found.append(Event.about(at, KIND_OF[fate], row.address, words))
    due = at + pause(journal.attempts + 1, jitter)
    found += _next_events(at, due, str(failure), fates, open_)
    return found


def _next_events(
    at: datetime, due: datetime, why: str, fates: set[Fate], held: list[str]
) -> Iterator[Event]:
    """Yield the time of the next attempt; only recipients without a reply are held."""
    if held and Fate.DEFERRED not in fates:
        yield Event(at, EventKind.HELD, why)
        return
    yield from (Event.about(at, EventKind.HELD, path, why) for path in held)
    if Fate.DEFERRED in fates:
        yield Event(at, EventKind.DUE, due.isoformat())
    elif Fate.UNKNOWN in fates:
        yield Event(at, EventKind.HELD, HELD_UNKNOWN)
