"""The journal of a queued message, one line for each event.

Lines are only appended, so that a crash costs the last line at most. Foreign text, such
as a reply, stands at the end of a line, its control characters escaped. A line about
a recipient begins with the address; its last fate counts. The line of a started attempt
has the number of recipients, and the attempt is complete when each of them has a line:
a crash or a full disk may lose some, and those recipients may have got the message.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum

from pymail.address.envelope import Envelope
from pymail.model import field, model
from pymail.report.delivery_report import Fate
from pymail.text import visible

_LINE = r"(\S+) ([a-z]+)(?: (.*))?"


class EventKind(Enum):
    """The kind of an event."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    GIVING_UP = "burying"  # for a recipient: the dead letter is about to be written
    GIVEN_UP = "buried"  # for a recipient: the dead letter is written
    SENDING = "sending"  # the final dot follows; the number of recipients
    DUE = "due"  # an attempt has ended; the time of the next
    HELD = "held"  # no further attempt by itself, for all or one recipient; the reason
    SEEN = "seen"  # a flush left the message as it is


_KINDS = {kind.value: kind for kind in EventKind}
_FATES: Mapping[EventKind, Fate] = {
    EventKind.ACCEPTED: Fate.ACCEPTED,
    EventKind.DEFERRED: Fate.DEFERRED,
    EventKind.REFUSED: Fate.REFUSED,
    EventKind.UNKNOWN: Fate.UNKNOWN,
}
_OF_NO_ATTEMPT = frozenset({EventKind.SEEN, EventKind.GIVING_UP})
KIND_OF: Mapping[Fate, EventKind] = {fate: kind for kind, fate in _FATES.items()}


@model()
class Event:
    """One line of the journal."""

    at: datetime
    kind: EventKind
    words: str = ""

    def line(self) -> bytes:
        """Format the line; control characters in the words are escaped."""
        text = f"{self.at.isoformat()} {self.kind.value} {visible(self.words)}"
        return text.rstrip().encode("utf-8", "surrogateescape") + b"\n"

    @classmethod
    def about(
        cls, at: datetime, kind: EventKind, address: str, words: object = ""
    ) -> "Event":
        """Make an event for one recipient."""
        return cls(at, kind, f"{_quote(address)} {words}".rstrip())


@model(kw_only=True)
class Journal:
    """The sum of all lines. `times` are theirs, in order.

    `sending`: the last attempt sent the final dot, and not all recipients have a line
    after that. `fates` has the fate of each recipient with its words. `held` is the
    reason why no attempt follows by itself; `held_paths` has the reasons for single
    recipients.
    """

    fates: Mapping[str, tuple[Fate, str]] = field(default_factory=dict)
    giving_up: frozenset[str] = frozenset()
    given_up: frozenset[str] = frozenset()
    attempts: int = 0
    due: datetime | None = None
    held: str = ""
    held_paths: Mapping[str, str] = field(default_factory=dict)
    sending: bool = False
    times: Sequence[datetime] = ()


@model(kw_only=True)
class RemainingRecipients:
    """Recipients who have yet to get the message, in the order of the envelope.

    `waiting` didn't get it; `due` are those of them who are not held, and `held` is the
    reason if there are none. The `unknown` may have got it. The `lost` were refused for
    good, and are not in a dead letter yet.
    """

    waiting: tuple[str, ...]
    due: tuple[str, ...]
    held: str
    unknown: tuple[str, ...]
    lost: tuple[str, ...]

    @property
    def open(self) -> tuple[str, ...]:
        """Recipients who may still get it, or may have got it."""
        return (*self.waiting, *self.unknown)

    @property
    def left(self) -> tuple[str, ...]:
        """Recipients who aren't settled."""
        return (*self.open, *self.lost)

    @property
    def over(self) -> bool:
        """True if all recipients are settled."""
        return not self.left


def remaining(envelope: Envelope, journal: Journal) -> RemainingRecipients:
    """Return the recipients who have yet to get the message."""
    found: dict[Fate, list[str]] = {fate: [] for fate in Fate}
    for path in envelope.forward_paths:
        fate, _ = journal.fates.get(path, (Fate.DEFERRED, ""))
        if fate is Fate.DEFERRED and journal.sending:
            fate = Fate.UNKNOWN
        if path not in journal.given_up:
            found[fate].append(path)
    waiting = tuple(found[Fate.DEFERRED])
    held = journal.held_paths
    due = () if journal.held else tuple(path for path in waiting if path not in held)
    return RemainingRecipients(
        waiting=waiting,
        due=due,
        held=journal.held or (held[waiting[0]] if waiting and not due else ""),
        unknown=tuple(found[Fate.UNKNOWN]),
        lost=tuple(found[Fate.REFUSED]),
    )


def parse(octets: bytes, recipients: Iterable[str]) -> Journal:
    """Parse the octets below the message; incomplete or invalid lines are ignored."""
    paths = {_quote(path): path for path in recipients}
    fates: dict[str, tuple[Fate, str]] = {}
    giving_up: set[str] = set()
    given_up: set[str] = set()
    held_paths: dict[str, str] = {}
    attempts, due, held, times = 0, None, "", []
    unanswered = 0  # recipients of a sent final dot without a line
    for event in _parse_events(octets):
        times.append(event.at)
        path, words = _split_recipient(event.words, paths)
        unanswered = _count_unanswered(event, unanswered, about=path)
        match event.kind:
            case EventKind.DUE:
                due, attempts, held = _parse_time(event.words), attempts + 1, ""
            case EventKind.HELD if path:
                held_paths[path] = words or "held"
            case EventKind.HELD:
                attempts, held = attempts + 1, event.words or "held"
            case EventKind.GIVING_UP if path:
                giving_up.add(path)
            case EventKind.GIVEN_UP if path:
                given_up.add(path)
            case kind if kind in _FATES and path:
                fates[path] = _FATES[kind], words
                held_paths.pop(path, None)
            case _:
                pass
    return Journal(
        fates=fates,
        giving_up=frozenset(giving_up),
        given_up=frozenset(given_up),
        attempts=attempts,
        due=due,
        held=held,
        held_paths=held_paths,
        sending=unanswered != 0,
        times=times,
    )


def _count_unanswered(event: Event, before: int, *, about: str) -> int:
    """Count the recipients without a line since the final dot; -1 if that is unknown.

    Earlier versions wrote no number; any line then completes the attempt.
    """
    if event.kind is EventKind.SENDING:
        return int(event.words) if event.words.isdigit() else -1
    if before > 0 and event.kind in _FATES and about:
        return before - 1
    return before if before > 0 or event.kind in _OF_NO_ATTEMPT else 0


def _quote(path: str) -> str:
    return f"<{visible(path)}>"


def _split_recipient(words: str, paths: Mapping[str, str]) -> tuple[str, str]:
    """Split the recipient off the words of a line; empty if it is about none."""
    start = words.partition("> ")[0].removesuffix(">") + ">"
    if start not in paths:  # quoted, with an angle bracket in it
        start = next((each for each in paths if words.startswith(each)), "")
    return paths.get(start, ""), words.removeprefix(start).strip()


def _parse_events(octets: bytes) -> Iterator[Event]:
    for line in octets.split(b"\n")[:-1]:
        found = re.fullmatch(_LINE, line.decode("utf-8", "surrogateescape"))
        at = _parse_time(found[1]) if found else None
        if found and at and found[2] in _KINDS:
            yield Event(at, _KINDS[found[2]], (found[3] or "").strip())


def _parse_time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if found.tzinfo else None
