"""What was reported of a command and what was held back, from one run to the next.

One file for a command line and its recipients, named after a hash of them. It has
a hash of the last output, the times of mails, and counts. What is wrong with
it, or with the clock, never holds a report back.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from pymail.environment import Environment
from pymail.files import state_file
from pymail.model import field, model, replace

LOCK_SECONDS = 2.0  # a report waits for it

MOST_FILES = 1000  # command lines that are remembered

_DIRECTORY = "run"
_OCTETS = 1 << 16
_LATEST = 1e11  # seconds; a date of later centuries is damage


@model()
class Limit:
    """So many reports in so many seconds."""

    most: int
    seconds: int


@model()
class Held:
    """Reports that were held back: since when, and how many with each status."""

    since: float = 0.0
    statuses: Mapping[int, int] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """How many they are."""
        return sum(self.statuses.values())

    def with_one(self, status: int, now: float) -> "Held":
        """Return them and one more."""
        count = self.statuses.get(status, 0) + 1
        return Held(self.since or now, {**self.statuses, status: count})

    def without(self, told: "Held") -> "Held":
        """Return those that were not told."""
        left = {s: n - told.statuses.get(s, 0) for s, n in self.statuses.items()}
        left = {status: count for status, count in left.items() if count > 0}
        return Held(self.since, left) if left else Held()


@model(kw_only=True)
class Finding:
    """One run: a hash of what came of it, its status, and when it ended."""

    digest: str
    status: int
    now: float


@model()
class _Memory:
    digest: str = ""  # of the last run, empty when its report did not go out
    sent: tuple[float, ...] = ()
    held: Held = field(default_factory=Held)


@model()
class Reports:
    """What is remembered of one command line in `file`."""

    file: Path
    lock_seconds: float = LOCK_SECONDS

    def due(
        self,
        found: Finding,
        *,
        wanted: bool,
        only_if_changed: bool,
        limit: Limit | None,
    ) -> Held | None:
        """Tell whether to report, and what was held back before; None: do not.

        The report counts as sent from here on, for runs at the same time.

        Raises:
            OSError, ValueError: nothing can be remembered.
        """
        with state_file.lock_directory(
            self.file.parent, self.lock_seconds
        ) as directory:
            old = self._memory()
            new = replace(old, digest=found.digest, sent=_recent(old, found, limit))
            due = wanted and not (only_if_changed and old.digest == found.digest)
            if due and limit and len(new.sent) >= limit.most:
                due = False
                new = replace(new, held=old.held.with_one(found.status, found.now))
            elif due:
                new = replace(new, sent=(*new.sent, found.now))
            if not self.file.exists():
                _forget(self.file.parent, MOST_FILES - 1)
            state_file.write(directory, self.file.name, _text(new))
        return old.held if due else None

    def settle(self, found: Finding, told: Held, *, went_out: bool) -> None:
        """Remember what came of a report: one that did not go out has to come again.

        Raises:
            OSError, ValueError: nothing can be remembered.
        """
        with state_file.lock_directory(
            self.file.parent, self.lock_seconds
        ) as directory:
            new = self._memory()
            if went_out:
                new = replace(new, held=new.held.without(told))
            else:
                sent = tuple(each for each in new.sent if each != found.now)
                new = replace(new, digest="", sent=sent)
            state_file.write(directory, self.file.name, _text(new))

    def _memory(self) -> _Memory:
        try:
            octets = state_file.read(self.file, _OCTETS)
        except FileNotFoundError:
            return _Memory()
        return _parsed(octets.decode("ascii", "replace").splitlines())


def _forget(directory: Path, most: int) -> None:
    """Leave so many files, the last written: a command line may have a date in it."""
    with os.scandir(directory) as entries:
        ages = sorted((each.stat().st_mtime, each.path) for each in entries)
    for _, path in ages[: max(len(ages) - most, 0)]:
        with suppress(OSError):
            os.unlink(path)  # noqa: PTH108 - of scandir


def of(
    environment: Environment, command: Iterable[str], recipients: Iterable[str]
) -> Reports:
    """Where it is remembered what was reported to these of that."""
    words = "\0\0".join("\0".join(each) for each in (command, recipients))
    name = sha256(words.encode("utf-8", "surrogateescape")).hexdigest()
    return Reports(state_file.find_directory(environment) / _DIRECTORY / name)


def _recent(memory: _Memory, found: Finding, limit: Limit | None) -> tuple[float, ...]:
    """Return the times that count; those in the future are of another clock."""
    seconds = limit.seconds if limit else 0
    return tuple(each for each in memory.sent if 0 <= found.now - each < seconds)


def _text(memory: _Memory) -> bytes:
    return "".join(f"{line}\n" for line in _lines(memory)).encode("ascii")


def _lines(memory: _Memory) -> Iterator[str]:
    yield f"digest {memory.digest}"
    for each in memory.sent:
        yield f"sent {each!r}"
    for status, count in memory.held.statuses.items():
        yield f"held {memory.held.since!r} {status} {count}"


def _parsed(lines: Iterable[str]) -> _Memory:
    """Read what makes sense; the rest is as if it were not there."""
    memory = _Memory()
    for line in lines:
        try:
            memory = _with(memory, *line.split())
        except (IndexError, TypeError, ValueError):
            continue
    return memory


def _with(memory: _Memory, kind: str, *words: str) -> _Memory:
    match kind:
        case "digest":
            return replace(memory, digest="".join(words))
        case "sent":
            return replace(memory, sent=(*memory.sent, float(*words)))
        case "held":
            since, status, count = float(words[0]), int(words[1]), int(words[2])
            if not (0 <= since < _LATEST and count > 0):
                raise ValueError
            statuses = {**memory.held.statuses, status: count}
            return replace(memory, held=Held(since, statuses))
        case _:
            return memory
