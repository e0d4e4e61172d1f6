"""History of a command's reports: those mailed and held back by earlier runs.

There is a file for each command line with its recipients, named after a hash of both.
It has a hash of the last output, the times of mails, and counts of reports held back.
A damaged file or a wrong clock never holds a report back.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from pymail.environment import Environment
from pymail.files import state_file
from pymail.model import field, model, replace

LOCK_SECONDS = 2.0  # the report is delayed by the wait

MOST_FILES = 1000  # command lines that are remembered

_DIRECTORY = "run"
_OCTETS = 1 << 16
_LATEST = 1e11  # seconds; a date of later centuries is damage


@model()
class Limit:
    """At most `most` reports in `seconds`."""

    most: int
    seconds: int


@model()
class HeldReports:
    """Reports held back `since` a time, counted by exit status."""

    since: float = 0.0
    statuses: Mapping[int, int] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """The number of reports."""
        return sum(self.statuses.values())

    def with_one(self, status: int, now: float) -> "HeldReports":
        """Return these reports and another."""
        count = self.statuses.get(status, 0) + 1
        return HeldReports(self.since or now, {**self.statuses, status: count})

    def without(self, reported: "HeldReports") -> "HeldReports":
        """Return these reports without the ones that a mail has `reported`."""
        left = {s: n - reported.statuses.get(s, 0) for s, n in self.statuses.items()}
        left = {status: count for status, count in left.items() if count > 0}
        return HeldReports(self.since, left) if left else HeldReports()


@model()
class _State:
    digest: str = ""  # of the last run, "" if its report was not sent
    sent: tuple[float, ...] = ()
    held: HeldReports = field(default_factory=HeldReports)


@model()
class History:
    """History of one command line, kept in `file`."""

    file: Path
    lock_seconds: float = LOCK_SECONDS

    def due(
        self,
        digest: str,
        status: int,
        now: float,
        *,
        wanted: bool,
        only_if_changed: bool,
        limit: Limit | None,
    ) -> HeldReports | None:
        """Return the reports held back before, or None if this run is not to be mailed.

        `digest` is a hash of output and status of the run, `now` the time of its end.
        The report counts as sent at once, so that parallel runs see it.

        Raises:
            OSError, ValueError: the history can't be read or written.
        """
        with state_file.lock_directory(
            self.file.parent, self.lock_seconds
        ) as directory:
            old = self._read()
            new = replace(old, digest=digest, sent=_recent(old, now, limit))
            due = wanted and not (only_if_changed and old.digest == digest)
            if due and limit and len(new.sent) >= limit.most:
                due = False
                new = replace(new, held=old.held.with_one(status, now))
            elif due:
                new = replace(new, sent=(*new.sent, now))
            if not self.file.exists():
                _forget(self.file.parent, MOST_FILES - 1)
            state_file.write(directory, self.file.name, _text(new))
        return old.held if due else None

    def settle(self, now: float, held: HeldReports, *, went_out: bool) -> None:
        """Record whether the report was sent; if not, the next run mails it again.

        Raises:
            OSError, ValueError: the history can't be read or written.
        """
        with state_file.lock_directory(
            self.file.parent, self.lock_seconds
        ) as directory:
            new = self._read()
            if went_out:
                new = replace(new, held=new.held.without(held))
            else:
                sent = tuple(each for each in new.sent if each != now)
                new = replace(new, digest="", sent=sent)
            state_file.write(directory, self.file.name, _text(new))

    def _read(self) -> _State:
        try:
            octets = state_file.read(self.file, _OCTETS)
        except FileNotFoundError:
            return _State()
        return _parsed(octets.decode("ascii", "replace").splitlines())


def _forget(directory: Path, most: int) -> None:
    """Delete all but the newest files: command lines with a date in them add many."""
    with os.scandir(directory) as entries:
        ages = sorted((each.stat().st_mtime, each.path) for each in entries)
    for _, path in ages[: max(len(ages) - most, 0)]:
        with suppress(OSError):
            os.unlink(path)  # noqa: PTH108 - of scandir


def find_history(
    environment: Environment, command: Iterable[str], recipients: Iterable[str]
) -> History:
    """Return the history of a command line and its recipients."""
    words = "\0\0".join("\0".join(each) for each in (command, recipients))
    name = sha256(words.encode("utf-8", "surrogateescape")).hexdigest()
    return History(state_file.find_directory(environment) / _DIRECTORY / name)


def _recent(state: _State, now: float, limit: Limit | None) -> tuple[float, ...]:
    """Return the times within the limit; a time in the future comes from a wrong clock."""
    seconds = limit.seconds if limit else 0
    return tuple(each for each in state.sent if 0 <= now - each < seconds)


def _text(state: _State) -> bytes:
    return "".join(f"{line}\n" for line in _lines(state)).encode("ascii")


def _lines(state: _State) -> Iterator[str]:
    yield f"digest {state.digest}"
    for each in state.sent:
        yield f"sent {each!r}"
    for status, count in state.held.statuses.items():
        yield f"held {state.held.since!r} {status} {count}"


def _parsed(lines: Iterable[str]) -> _State:
    """Parse the valid lines, and ignore the others."""
    state = _State()
    for line in lines:
        try:
            state = _apply(state, *line.split())
        except (IndexError, TypeError, ValueError):
            continue
    return state


def _apply(state: _State, kind: str, *words: str) -> _State:
    match kind:
        case "digest":
            return replace(state, digest="".join(words))
        case "sent":
            return replace(state, sent=(*state.sent, float(*words)))
        case "held":
            since, status, count = float(words[0]), int(words[1]), int(words[2])
            if not (0 <= since < _LATEST and count > 0):
                raise ValueError
            statuses = {**state.held.statuses, status: count}
            return replace(state, held=HeldReports(since, statuses))
        case _:
            return state
