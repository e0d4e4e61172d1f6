"""The journal of a queued message, a line an event.

They only grow, a line at a time, so that a crash costs the last one at most.
Words of others stand at the end of a line, control characters visible. A line
that says a recipient's fate begins with the address; the last one counts. An
attempt that says how many it asks for is over when all of them have their line: a
crash, or a disk, may lose some, and those who have none have got it perhaps.
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
    GIVING_UP = "burying"  # the dead letter file is about to have it, or has
    GIVEN_UP = "buried"  # a recipient who will not get it; the dead letter file has it
    SENDING = "sending"  # the final dot is about to go, to so many
    DUE = "due"  # an attempt ended; when to try again
    HELD = "held"  # why there is no attempt until a person asks for it, or not for one
    SEEN = "seen"  # a person looked, and left it as it is


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
        """Write it; nothing in it ends the line early."""
        text = f"{self.at.isoformat()} {self.kind.value} {visible(self.words)}"
        return text.rstrip().encode("utf-8", "surrogateescape") + b"\n"

    @classmethod
    def about(
        cls, at: datetime, kind: EventKind, address: str, words: object = ""
    ) -> "Event":
        """Make an event of one recipient."""
        return cls(at, kind, f"{_quote(address)} {words}".rstrip())


@model(kw_only=True)
class Journal:
    """All lines, added up. `times` are theirs, in order.

    `sending`: the last attempt got as far as the final dot, and no further is
    known. `fates` has the words that belong to each, too. `held` says why no attempt
    follows by itself; `held_paths` says it of those who wait for a person where others do not.
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

    `waiting` did not get it, `due` are those of them who are not held, and `held` says
    why there are none; of the `unknown` that is not known; the `lost` never will, and no
    dead letter has it yet.
    """

    waiting: tuple[str, ...]
    due: tuple[str, ...]
    held: str
    unknown: tuple[str, ...]
    lost: tuple[str, ...]

    @property
    def open(self) -> tuple[str, ...]:
        """Recipients who may still get it, or have got it perhaps."""
        return (*self.waiting, *self.unknown)

    @property
    def left(self) -> tuple[str, ...]:
        """Recipients for whom something is left to be done."""
        return (*self.open, *self.lost)

    @property
    def over(self) -> bool:
        """True when nothing is left to be done."""
        return not self.left


def remaining(envelope: Envelope, journal: Journal) -> RemainingRecipients:
    """Work out who has yet to get it."""
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
    """Read what stands behind the message; a line that is torn says nothing."""
    paths = {_quote(path): path for path in recipients}
    fates: dict[str, tuple[Fate, str]] = {}
    giving_up: set[str] = set()
    given_up: set[str] = set()
    held_paths: dict[str, str] = {}
    attempts, due, held, times = 0, None, "", []
    unanswered = 0  # recipients of the attempt that got as far as the final dot
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
    """Count down whose line is missing; below 0 it is not known how many there are.

    Earlier versions did not: what follows then was written with all the others.
    """
    if event.kind is EventKind.SENDING:
        return int(event.words) if event.words.isdigit() else -1
    if before > 0 and event.kind in _FATES and about:
        return before - 1
    return before if before > 0 or event.kind in _OF_NO_ATTEMPT else 0


def _quote(path: str) -> str:
    return f"<{visible(path)}>"


def _split_recipient(words: str, paths: Mapping[str, str]) -> tuple[str, str]:
    """Find the recipient that a line is about; empty when it is about none."""
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
