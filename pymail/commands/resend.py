"""Resend dead letters (--resend), each to the recipients who have not received it.

The file always has each unsent message exactly once. A message that all recipients have
received is removed; otherwise its header names the remaining recipients. A line in the
header marks an attempt in progress: found after a crash, it means that the message may
have arrived.
"""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from pymail.commands.invocation import Invocation
from pymail.commands.report_outcome import fail
from pymail.delivery.context import RunContext
from pymail.delivery.outgoing import Result
from pymail.delivery.sender import Sender
from pymail.delivery.settings import resolve_settings
from pymail.disk import follow_links
from pymail.errors import (
    CannotKeepError,
    FateUnknownError,
    Interrupted,
    MessageError,
    NoRecipientsError,
    PymailError,
    SettingsError,
    TransientError,
    UnreadableInputError,
    UsageError,
)
from pymail.files.mbox import exchange
from pymail.locks import try_lock
from pymail.message import mbox_format, raw_message
from pymail.message.byte_source import InMemory, Joined, Octets, Slice, skip
from pymail.message.draft import Draft
from pymail.message.draft_header import read_header
from pymail.message.raw_message import BEGUN, ENVELOPE_TO
from pymail.octets import BufferedInput, FileOctets
from pymail.report.delivery_report import Fate
from pymail.settings.loader import Loaded
from pymail.settings.models import Settings

_NULL = Path(os.devnull)
_SHOWN_OCTETS = 60
SendAgain = Callable[[Draft, Invocation, Loaded, Sender], int]


def run(
    invocation: Invocation, loaded: Loaded, context: RunContext, send: SendAgain
) -> int:
    """Send the dead letters; returns the status of the first one that stays.

    Raises:
        PymailError: the file can't be read or locked.
    """
    context.verbose = bool(invocation.verbose) or loaded.layers.switch("verbose")
    context.settings = settings = resolve_settings(loaded, context.environment)
    context.warn(settings.warnings)
    place = _file(invocation, context, settings)
    context.kept_in = str(place)
    context.events.fields(file=str(place))
    if not (_exists(place) or invocation.recipients):
        return 0
    statuses = []
    work = _Resending(context)
    sender = Sender(context, debug=invocation.debug, before=work.begin, after=work.end)
    with _locked(place), closing(sender):
        for entry in _entries(place):
            if work.stopped is not None:
                context.warn(["the remaining mails stay in the file, unsent"])
                break
            work.entry = entry
            context.settings = settings
            statuses.append(_resend(work, invocation, loaded, sender, send))
    return next(filter(None, statuses), 0)


def _file(invocation: Invocation, context: RunContext, settings: Settings) -> Path:
    if len(invocation.recipients) > 1:
        raise UsageError("--resend: one file at a time")
    for name in invocation.recipients:
        return context.environment.expand(name)
    if settings.dead_letter is None:
        raise SettingsError(
            "dead letters are switched off: save is unset",
            advice="name the file: pymail --resend FILE",
        )
    return settings.dead_letter


def _exists(place: Path) -> bool:
    """Tell whether there is a file.

    Raises:
        UnreadableInputError: it is not a regular file, or stat(2) fails.
    """
    try:
        mode = place.stat().st_mode
    except FileNotFoundError:
        return False
    except (OSError, ValueError) as error:
        raise _unreadable(place, error) from error
    if place != _NULL and not stat.S_ISREG(mode):
        raise UnreadableInputError(f"{place}: not a regular file")
    return place != _NULL


def _unreadable(place: Path, error: Exception) -> UnreadableInputError:
    reason = getattr(error, "strerror", None) or str(error)
    return UnreadableInputError(f"{place}: {reason.lower()}")


@contextmanager
def _locked(place: Path) -> Iterator[None]:
    """Lock the directory of the file against other --resend; a crash ends the lock.

    Raises:
        TransientError: another process has the lock.
        UnreadableInputError: there is no such directory.
    """
    try:
        descriptor = os.open(follow_links(place).parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise _unreadable(place, error) from error
    try:
        if not try_lock(descriptor):
            raise TransientError(f"{place}: another --resend is using this directory")
        yield
    finally:
        os.close(descriptor)


class _Entry:
    """One message in the file, at an offset; `octets` are its current content."""

    def __init__(self, place: Path, start: int, octets: Octets) -> None:
        self._place = place
        self._start = start
        self.octets = self._was = octets
        self._head = raw_message.read_head(octets)
        self._rest = skip(octets, len(self._head))

    def begin(self, now: datetime) -> None:
        """Mark the message as being sent.

        Raises:
            CannotKeepError: the file can't be written; the message must not be sent.
        """
        if self.octets is not self._was:
            return
        if not self._head.startswith(b"From "):  # X-Envelope-To counts in entries alone
            self._head = mbox_format.format_from_line("", now) + self._head
        when = now.isoformat(timespec="seconds")
        self._put(mbox_format.set_field(self._head, BEGUN, when))

    def leave(self) -> None:
        """Restore the message: no RCPT was sent."""
        if self.octets is not self._was:
            self._exchange(self._was)

    def settle(self, left: list[str], *, all_of_them: bool, unknown: bool) -> None:
        """Write the recipients who are `left`, or remove the message if there are none.

        With `unknown` fates the mark of `begin` stays.
        """
        if not left:
            self._exchange(None)
            return
        if all_of_them and not unknown:
            self.leave()
            return
        head = raw_message.read_head(self.octets) if unknown else self._head
        if not all_of_them:
            head = mbox_format.set_field(head, ENVELOPE_TO, ", ".join(left))
        self._put(head)

    def _put(self, head: bytes) -> None:
        self._exchange(Joined((InMemory(head), self._rest)))

    def _exchange(self, new: Octets | None) -> None:
        exchange(self._place, self._start, self.octets, new)
        self.octets = new or InMemory(b"")

    @property
    def first_line(self) -> str:
        """The start of its first line, for messages to the user."""
        line = self._head.strip().partition(b"\n")[0]
        return line[:_SHOWN_OCTETS].decode("utf-8", "replace")

    @property
    def end(self) -> int:
        """The offset of the next message."""
        return self._start + self.octets.size_octets


def _entries(place: Path) -> Iterator[_Entry]:
    """Yield the messages that are in the file now; new ones are appended after them."""
    start = 0
    there = mbox_format.split_entries(FileOctets.at(place), mixed=True)
    for size in [each.size_octets for each in there]:
        with closing(BufferedInput()) as held:
            for block in Slice(FileOctets.at(place), start, start + size).chunks():
                held.write(block)
            if any(block.strip() for block in held.chunks()):
                entry = _Entry(place, start, held)
                yield entry
                start = entry.end
            else:
                start += size


class _Resending:
    """Writer of the file: it hears of each attempt at the current `entry`."""

    entry: _Entry
    stopped: PymailError | None = None  # the failure that stops all later ones, too

    def __init__(self, context: RunContext) -> None:
        self.context = context

    def begin(self) -> None:
        """Mark the entry: the server is about to receive the message."""
        self.entry.begin(self.context.environment.now())

    def end(self, result: Result) -> None:
        """Write the result of the attempt to the file."""
        self.context.signals.hold()
        if result.failure is not None:
            alone = isinstance(result.failure, MessageError)
            self.stopped = None if alone else result.failure
            self.entry.leave()
            return
        failures = [report.failure for report in result.reports]
        try:
            self._settle(result)
        except CannotKeepError as error:
            result.record_error = result.record_error or error
            failures.append(error)
        # if the file can't be written, no further message may be sent
        unnoted = (each for each in failures if isinstance(each, CannotKeepError))
        self.stopped = next(unnoted, None)

    def _settle(self, result: Result) -> None:
        left = result.lost
        rows = (r for each in result.reports for r in each.with_fate(Fate.UNKNOWN))
        self.entry.settle(
            left,
            all_of_them=not (result.any_delivered or result.waiting),
            unknown=any(row.address in left for row in rows),
        )


def _resend(
    work: _Resending,
    invocation: Invocation,
    loaded: Loaded,
    sender: Sender,
    send: SendAgain,
) -> int:
    entry, context, environment = work.entry, work.context, work.context.environment
    context.draft = letter = Draft(
        text=entry.octets, now=environment.now(), token=environment.token()
    )
    try:
        context.signals.heed()  # signals that came after the last message was sent
        found = raw_message.parse_draft(entry.octets)
        context.draft = letter = read_header(letter)
        if not (letter.only or letter.to or letter.cc or letter.bcc or letter.fcc):
            raise NoRecipientsError(
                f"no recipient in the header: {entry.first_line!r}",
                advice="name an address to send to",
            )
        if found.first(BEGUN):
            raise FateUnknownError(
                f"{letter.subject or 'a mail'}: an interrupted --resend may"
                " have delivered it (possible duplicate)",
                advice=f"ask the recipients; to send it again, delete its line {BEGUN}",
            )
        return send(letter, invocation, loaded, sender)
    except PymailError as error:
        work.stopped = error if isinstance(error, Interrupted) else work.stopped
        return fail(context, error)
