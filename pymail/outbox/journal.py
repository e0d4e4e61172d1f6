"""What became of a mail so far: the lines behind its message.

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
from pymail.report.reply import visible

_LINE = r"(\S+) ([a-z]+)(?: (.*))?"


class Mark(Enum):
    """What a line says."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    BURYING = "burying"  # the dead letter file is about to have it, or has
    BURIED = "buried"  # a recipient who will not get it; the dead letter file has it
    SENDING = "sending"  # the final dot is about to go, to so many
    DUE = "due"  # an attempt ended; when to try again
    HELD = "held"  # why there is no attempt until somebody asks for it, or not for one
    SEEN = "seen"  # somebody looked, and left it as it is


_MARKS = {mark.value: mark for mark in Mark}
_FATES: Mapping[Mark, Fate] = {
    Mark.ACCEPTED: Fate.ACCEPTED,
    Mark.DEFERRED: Fate.DEFERRED,
    Mark.REFUSED: Fate.REFUSED,
    Mark.UNKNOWN: Fate.UNKNOWN,
}
_OF_NO_ATTEMPT = frozenset({Mark.SEEN, Mark.BURYING})
MARK_OF: Mapping[Fate, Mark] = {fate: mark for mark, fate in _FATES.items()}


@model()
class Note:
    """One line."""

    at: datetime
    mark: Mark
    words: str = ""

    def line(self) -> bytes:
        """Write it; nothing in it ends the line early."""
        text = f"{self.at.isoformat()} {self.mark.value} {visible(self.words)}"
        return text.rstrip().encode("utf-8", "surrogateescape") + b"\n"

    @classmethod
    def of(cls, at: datetime, mark: Mark, address: str, words: object = "") -> "Note":
        """Say something about one recipient."""
        return cls(at, mark, f"{_shown(address)} {words}".rstrip())


@model(kw_only=True)
class Journal:
    """All lines, added up. `times` are theirs, in order.

    `sending`: the last attempt got as far as the final dot, and no further is
    known. `fates` has the words that belong to each, too. `held` says why nobody is
    waited for; `held_paths` says it of those who wait for a person where others do not.
    """

    fates: Mapping[str, tuple[Fate, str]] = field(default_factory=dict)
    burying: frozenset[str] = frozenset()
    buried: frozenset[str] = frozenset()
    attempts: int = 0
    due: datetime | None = None
    held: str = ""
    held_paths: Mapping[str, str] = field(default_factory=dict)
    sending: bool = False
    times: Sequence[datetime] = ()


@model(kw_only=True)
class Standing:
    """Who has yet to get the mail, in the order of the envelope.

    `waiting` did not get it, `due` are those of them who are not held, and `held` says
    why there are none; of the `unknown` nobody knows; the `lost` never will, and no
    dead letter has it yet.
    """

    waiting: tuple[str, ...]
    due: tuple[str, ...]
    held: str
    unknown: tuple[str, ...]
    lost: tuple[str, ...]

    @property
    def open(self) -> tuple[str, ...]:
        """Who may still get it, or has got it perhaps."""
        return (*self.waiting, *self.unknown)

    @property
    def left(self) -> tuple[str, ...]:
        """Whom something is left to be done for."""
        return (*self.open, *self.lost)

    @property
    def over(self) -> bool:
        """Whether nothing is left to be done."""
        return not self.left


def standing(envelope: Envelope, journal: Journal) -> Standing:
    """Tell who has yet to get it."""
    found: dict[Fate, list[str]] = {fate: [] for fate in Fate}
    for path in envelope.forward_paths:
        fate, _ = journal.fates.get(path, (Fate.DEFERRED, ""))
        if fate is Fate.DEFERRED and journal.sending:
            fate = Fate.UNKNOWN
        if path not in journal.buried:
            found[fate].append(path)
    waiting = tuple(found[Fate.DEFERRED])
    held = journal.held_paths
    due = () if journal.held else tuple(path for path in waiting if path not in held)
    return Standing(
        waiting=waiting,
        due=due,
        held=journal.held or (held[waiting[0]] if waiting and not due else ""),
        unknown=tuple(found[Fate.UNKNOWN]),
        lost=tuple(found[Fate.REFUSED]),
    )


def parse(octets: bytes, recipients: Iterable[str]) -> Journal:
    """Read what stands behind the message; a line that is torn says nothing."""
    paths = {_shown(path): path for path in recipients}
    fates: dict[str, tuple[Fate, str]] = {}
    burying: set[str] = set()
    buried: set[str] = set()
    held_paths: dict[str, str] = {}
    attempts, due, held, times = 0, None, "", []
    unanswered = 0  # recipients of the attempt that got as far as the final dot
    for note in _notes(octets):
        times.append(note.at)
        path, words = _split(note.words, paths)
        unanswered = _unanswered(note, unanswered, about=path)
        match note.mark:
            case Mark.DUE:
                due, attempts, held = _time(note.words), attempts + 1, ""
            case Mark.HELD if path:
                held_paths[path] = words or "held"
            case Mark.HELD:
                attempts, held = attempts + 1, note.words or "held"
            case Mark.BURYING if path:
                burying.add(path)
            case Mark.BURIED if path:
                buried.add(path)
            case mark if mark in _FATES and path:
                fates[path] = _FATES[mark], words
                held_paths.pop(path, None)
            case _:
                pass
    return Journal(
        fates=fates,
        burying=frozenset(burying),
        buried=frozenset(buried),
        attempts=attempts,
        due=due,
        held=held,
        held_paths=held_paths,
        sending=unanswered != 0,
        times=times,
    )


def _unanswered(note: Note, before: int, *, about: str) -> int:
    """Count down whose line is missing; below 0 nobody said how many there are.

    Earlier versions did not: what follows then was written with all the others.
    """
    if note.mark is Mark.SENDING:
        return int(note.words) if note.words.isdigit() else -1
    if before > 0 and note.mark in _FATES and about:
        return before - 1
    return before if before > 0 or note.mark in _OF_NO_ATTEMPT else 0


def _shown(path: str) -> str:
    return f"<{visible(path)}>"


def _split(words: str, paths: Mapping[str, str]) -> tuple[str, str]:
    """Find the recipient that a line is about; empty when it is about none."""
    start = words.partition("> ")[0].removesuffix(">") + ">"
    if start not in paths:  # quoted, with an angle bracket in it
        start = next((each for each in paths if words.startswith(each)), "")
    return paths.get(start, ""), words.removeprefix(start).strip()


def _notes(octets: bytes) -> Iterator[Note]:
    for line in octets.split(b"\n")[:-1]:
        found = re.fullmatch(_LINE, line.decode("utf-8", "surrogateescape"))
        at = _time(found[1]) if found else None
        if found and at and found[2] in _MARKS:
            yield Note(at, _MARKS[found[2]], (found[3] or "").strip())


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if found.tzinfo else None
