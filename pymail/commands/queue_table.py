"""The table of queued messages, for people and 80 columns.

The last line is that of Postfix, for programs that count what waits.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from pymail.model import model
from pymail.outbox.directory import Outbox
from pymail.outbox.queued_message import QueuedMessage
from pymail.outbox.retry import LONGEST_PAUSE
from pymail.terminal.output import cut
from pymail.text import visible

EMPTY = "Mail queue is empty\n"
COLUMNS = 80
_INDENT = "    "
_SHOWN_RECIPIENTS = 20
_HEAD = f"{'ID':32} {'size':>9}  {'put there':16}  sender\n"


@model(kw_only=True)
class Row:
    """A mail as the table shows it; `busy`: somebody is sending it now."""

    mail: QueuedMessage
    busy: bool


def row(outbox: Outbox, name: str) -> Row | None:
    """Look at a mail; None when it is gone.

    Raises:
        Damaged, CannotKeepError: it cannot be read.
    """
    mail = outbox.claim(name)
    busy = mail is None
    mail = mail or outbox.peek(name)
    if mail is None:
        return None
    mail.close()
    return Row(mail=mail, busy=busy)


def table(rows: Sequence[Row], now: datetime, screen: int | None = None) -> str:
    """Write the table; senders are cut only on a screen, of so many columns."""
    if not rows:
        return EMPTY
    entries = (
        "".join(f"{line}\n" for line in _entry(each, now, screen)) for each in rows
    )
    octets = sum(each.mail.head.facts.size_octets for each in rows)
    many = "" if len(rows) == 1 else "s"
    total = f"-- {-(-octets // 1024)} Kbytes in {len(rows)} Request{many}.\n"
    return _HEAD + "".join(entries) + total


def _entry(each: Row, now: datetime, screen: int | None) -> Iterator[str]:
    head = each.mail.head
    created = f"{head.created.astimezone(now.tzinfo):%Y-%m-%d %H:%M}"
    sender = visible(head.envelope.reverse_path) or "<>"
    first = f"{each.mail.name:32} {head.facts.size_octets:>9}  {created}  {sender}"
    yield cut(first, screen) if screen else first
    yield cut(f"{_INDENT}{_state(each, now)}", screen or COLUMNS)
    paths = each.mail.remaining.left
    for path in paths[:_SHOWN_RECIPIENTS]:
        _, words = each.mail.journal.fates.get(path, (None, ""))
        said = f": {words}" if words else ""
        yield cut(f"{_INDENT}{visible(path)}{said}", screen or COLUMNS)
    more = len(paths) - _SHOWN_RECIPIENTS
    if more > 0:
        yield f"{_INDENT}and {more:,} more"


def _state(each: Row, now: datetime) -> str:
    """Say what will become of it."""
    journal, remaining = each.mail.journal, each.mail.remaining
    if each.busy:
        return "being sent"
    if not remaining.waiting and remaining.unknown:
        return "held: it may have arrived (possible duplicate)"
    if remaining.waiting and not remaining.due:
        return f"held: {remaining.held}"
    if remaining.lost and not remaining.waiting:
        return "refused: a dead letter with the next flush"
    if journal.due is None or not now < journal.due <= now + LONGEST_PAUSE:
        return f"waiting: due now, {_tries(journal.attempts)}"
    due = f"{journal.due.astimezone(now.tzinfo):%H:%M}"
    return f"waiting: next attempt at {due}, {_tries(journal.attempts)}"


def _tries(attempts: int) -> str:
    return "not tried yet" if not attempts else f"tried {attempts:,} x"
