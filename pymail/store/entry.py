r"""One mail of the outbox as text: what it is, the message, and a journal.

    pymail outbox 1
    created 2026-11-26T09:15:00+00:00
    account work
    sender me@example.com
    recipient ops@example.com
    recipient boss@example.com
    message 1234
    (empty line)
    (1234 octets: the message as it travels, CRLF line ends)
    2026-11-26T09:15:02+00:00 accepted <ops@example.com> 250 2.0.0 Ok
    2026-11-26T09:15:02+00:00 deferred <boss@example.com> 451 4.3.0 later
    2026-11-26T09:15:02+00:00 due 2026-11-26T09:20:00+00:00

The head is written once, with the message; the journal only grows, a line at a
time, so that a crash costs its last line at most. Words of others stand at the
end of a line, and with their control characters visible.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import Enum

from pymail.address.envelope import Envelope, Notice
from pymail.errors import AddressError, NoRecipientsError
from pymail.outcome.reply import visible
from pymail.outcome.report import Fate
from pymail.record import field, record

TITLE = "pymail outbox 1"
LONGEST_HEAD_OCTETS = 1 << 24  # a hundred thousand recipients have 10 MB

_FIELD = r"([a-z-]+)(?: (.*))?"
_LINE = r"(\S+) ([a-z]+)(?: (.*))?"


class Damaged(ValueError):  # noqa: N818 - it says what the file is
    """The text is no entry, and why."""


@record(kw_only=True)
class Head:
    """What is known when the mail is put into the outbox.

    `account` is that of -A, `assignments` what -S said of the server, without
    secrets: with them the settings are read again for each attempt.
    """

    created: datetime
    envelope: Envelope
    size_octets: int
    account: str = ""
    assignments: tuple[str, ...] = ()


class Mark(Enum):
    """What a line of the journal says."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    TRIED = "tried"  # an attempt ended before anybody was decided
    SENDING = "sending"  # the final dot is about to go
    DUE = "due"
    HELD = "held"


_MARKS = {mark.value: mark for mark in Mark}
FATES: Mapping[Mark, Fate] = {
    Mark.ACCEPTED: Fate.ACCEPTED,
    Mark.DEFERRED: Fate.DEFERRED,
    Mark.REFUSED: Fate.REFUSED,
    Mark.UNKNOWN: Fate.UNKNOWN,
}


@record()
class Note:
    """One line of the journal; `words` begin with <address> where it is a fate."""

    at: datetime
    mark: Mark
    words: str = ""

    def line(self) -> bytes:
        """Write it; nothing in it ends the line early."""
        text = f"{self.at.isoformat()} {self.mark.value} {visible(self.words)}"
        return text.rstrip().encode("utf-8", "surrogateescape") + b"\n"


@record(kw_only=True)
class Journal:
    """What became of the mail so far.

    `sending`: the last attempt got as far as the final dot, and no further.
    """

    fates: Mapping[str, tuple[Fate, str]] = field(default_factory=dict)
    attempts: int = 0
    due: datetime | None = None
    held: str = ""
    sending: bool = False


def head_lines(head: Head) -> bytes:
    """Write what stands above the message."""
    notice = head.envelope.notice
    fields = [
        ("created", head.created.isoformat()),
        ("account", head.account),
        *(("set", text) for text in head.assignments),
        ("sender", head.envelope.reverse_path),
        *(("recipient", path) for path in head.envelope.forward_paths),
        ("notify", notice.notify),
        ("ret", notice.ret),
        ("envelope-id", notice.envelope_id),
        ("message", str(head.size_octets)),
    ]
    lines = [TITLE, *(f"{name} {_one_line(body)}" for name, body in fields if body)]
    return "".join(f"{line}\n" for line in (*lines, "")).encode(
        "utf-8", "surrogateescape"
    )


def _one_line(body: str) -> str:
    if re.search(r"[\0\n\r]", body):
        raise ValueError("a line end in a field of the outbox")
    return body


def parse_head(lines: Iterable[bytes]) -> Head:
    """Read what stands above the message, up to the empty line.

    Raises:
        Damaged: it is no head, or not all of it.
    """
    fields = list(_fields(lines))
    single = dict(fields)
    try:
        return Head(
            created=datetime.fromisoformat(single["created"]),
            envelope=Envelope(
                reverse_path=single.get("sender", ""),
                forward_paths=tuple(b for name, b in fields if name == "recipient"),
                notice=Notice(
                    notify=single.get("notify", ""),
                    ret=single.get("ret", ""),
                    envelope_id=single.get("envelope-id", ""),
                ),
            ),
            size_octets=int(single["message"]),
            account=single.get("account", ""),
            assignments=tuple(b for name, b in fields if name == "set"),
        )
    except KeyError as error:
        raise Damaged(f"no {error.args[0]!r} in it") from error
    except (ValueError, AddressError, NoRecipientsError) as error:
        raise Damaged(f"not readable: {error}") from error


def _fields(lines: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    texts = (line.decode("utf-8", "surrogateescape") for line in lines)
    if next(texts, "") != f"{TITLE}\n":
        raise Damaged(f"it does not begin with {TITLE!r}")
    for text in texts:
        if text == "\n":
            return
        found = re.fullmatch(_FIELD, text.removesuffix("\n"), re.DOTALL)
        if not found or not text.endswith("\n"):
            raise Damaged(f"a line that says nothing: {visible(text[:60])!r}")
        yield found[1], found[2] or ""
    raise Damaged("it ends before the message")


def parse_journal(octets: bytes, recipients: Iterable[str]) -> Journal:
    """Read what stands behind the message; a line that is torn says nothing."""
    shown = {f"<{visible(path)}>": path for path in recipients}
    fates: dict[str, tuple[Fate, str]] = {}
    attempts, due, held, sending = 0, None, "", False
    for note in _notes(octets):
        sending = note.mark is Mark.SENDING
        match note.mark:
            case Mark.DUE:
                due, attempts = _time(note.words), attempts + 1
            case Mark.HELD:
                held = note.words or "held"
            case mark if mark in FATES:
                address = next((s for s in shown if note.words.startswith(s)), "")
                words = note.words.removeprefix(address).strip()
                fates[shown.get(address, address)] = FATES[mark], words
            case _:
                pass
    return Journal(fates=fates, attempts=attempts, due=due, held=held, sending=sending)


def _notes(octets: bytes) -> Iterator[Note]:
    for line in octets.split(b"\n")[:-1]:
        text = line.decode("utf-8", "surrogateescape")
        found = re.fullmatch(_LINE, text)
        at = _time(found[1]) if found else None
        if found and at and found[2] in _MARKS:
            yield Note(at, _MARKS[found[2]], found[3] or "")


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
