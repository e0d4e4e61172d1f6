"""List of the queued messages, for --queue and mailq.

The table fits 80 columns; its last line is that of Postfix, for programs that count
queued messages.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from pymail.commands import json_values
from pymail.delivery.context import RunContext
from pymail.errors import CannotKeepError
from pymail.outbox.directory import Outbox
from pymail.outbox.entry import Damaged
from pymail.outbox.queued_message import QueuedMessage
from pymail.outbox.retry import LONGEST_PAUSE
from pymail.report.exit_status import ExitStatus
from pymail.terminal.output import cut
from pymail.text import visible

EMPTY = "Mail queue is empty\n"
COLUMNS = 80
_INDENT = "    "
_SHOWN_RECIPIENTS = 20
_HEAD = f"{'ID':32} {'size':>9}  {'queued':16}  sender\n"


class Row(NamedTuple):
    """A queued message; `busy`: another process is sending it."""

    mail: QueuedMessage
    busy: bool


def show_queue(outbox: Outbox | None, context: RunContext) -> int:
    """Print the queued messages, and warn of unreadable files."""
    rows, problems = [], []
    for name in outbox.names() if outbox else ():
        try:
            row = read_row(outbox, name) if outbox else None
        except (Damaged, CannotKeepError) as error:
            problems.append(str(error))
        else:
            rows += [row] if row else []
    environment = context.environment
    screen = environment.columns() if environment.stdout_is_terminal else None
    if context.events.machine_readable:
        context.events.fields(queue=list(map(_json_value, rows)))
    else:
        shown = table(rows, environment.now(), screen, context.translated)
        context.print(shown)
    aside = outbox.damaged() if outbox else []
    context.warn(f"unreadable: {words}" for words in (*problems, *aside))
    return ExitStatus.DATA if problems else ExitStatus.OK


def read_row(outbox: Outbox, name: str) -> Row | None:
    """Read a message; returns None if it is gone.

    Raises:
        Damaged, CannotKeepError: the message is unreadable.
    """
    mail = outbox.claim(name)
    busy = mail is None
    mail = mail or outbox.peek(name)
    if mail is None:
        return None
    mail.close()
    return Row(mail, busy)


def _json_value(row: Row) -> json_values.Value:
    head, journal, remaining = row.mail.head, row.mail.journal, row.mail.remaining
    fates = {
        **dict.fromkeys(remaining.waiting, "waiting"),
        **dict.fromkeys(remaining.unknown, "unknown"),
        **dict.fromkeys(remaining.lost, "refused"),
    }
    recipients = [
        {"address": path, "state": state, "said": _words_about(row, path)}
        for path, state in fates.items()
    ]
    return {
        **json_values.waiting(row.mail.name, recipients, journal.due, remaining.held),
        "created": head.created.isoformat(),
        "size_octets": head.facts.size_octets,
        "sender": head.envelope.reverse_path,
        "attempts": journal.attempts,
        "busy": row.busy,
    }


def _words_about(row: Row, path: str) -> str:
    """Return the server's last reply for a recipient."""
    return row.mail.journal.fates.get(path, (None, ""))[1]


def table(
    rows: Sequence[Row],
    now: datetime,
    screen: int | None = None,
    translated: Callable[[str], str] = str,
) -> str:
    """Format the table; `screen` is the width of the terminal, where lines are cut.

    `translated` returns a sentence in the user's language; the first and the last line
    stay English, because programs parse them.
    """
    if not rows:
        return EMPTY
    entries = (
        "".join(f"{line}\n" for line in _entry(each, now, screen, translated))
        for each in rows
    )
    octets = sum(each.mail.head.facts.size_octets for each in rows)
    many = "" if len(rows) == 1 else "s"
    total = f"-- {-(-octets // 1024)} Kbytes in {len(rows)} Request{many}.\n"
    return _HEAD + "".join(entries) + total


def _entry(
    each: Row, now: datetime, screen: int | None, translated: Callable[[str], str]
) -> Iterator[str]:
    head = each.mail.head
    created = f"{head.created.astimezone(now.tzinfo):%Y-%m-%d %H:%M}"
    sender = visible(head.envelope.reverse_path) or "<>"
    first = f"{each.mail.name:32} {head.facts.size_octets:>9}  {created}  {sender}"
    yield cut(first, screen) if screen else first
    yield cut(f"{_INDENT}{translated(_state(each, now))}", screen or COLUMNS)
    paths = each.mail.remaining.left
    for path in paths[:_SHOWN_RECIPIENTS]:
        words = _words_about(each, path)
        reply = f": {translated(words)}" if words else ""
        yield cut(f"{_INDENT}{visible(path)}{reply}", screen or COLUMNS)
    more = len(paths) - _SHOWN_RECIPIENTS
    if more > 0:
        yield _INDENT + translated(f"and {more:,} more")


def _state(each: Row, now: datetime) -> str:
    """Describe the state of a message and its next attempt."""
    journal, remaining = each.mail.journal, each.mail.remaining
    if each.busy:
        return "being sent"
    if not remaining.waiting and remaining.unknown:
        return "held: it may have arrived (possible duplicate)"
    if remaining.waiting and not remaining.due:
        return f"held: {remaining.held}"
    if remaining.lost and not remaining.waiting:
        return "refused: the next flush makes it a dead letter"
    if journal.due is None or not now < journal.due <= now + LONGEST_PAUSE:
        return f"waiting: due now, {_tries(journal.attempts)}"
    due = f"{journal.due.astimezone(now.tzinfo):%H:%M}"
    return f"waiting: next attempt at {due}, {_tries(journal.attempts)}"


def _tries(attempts: int) -> str:
    names = {0: "not tried yet", 1: "tried once"}
    return names.get(attempts, f"tried {attempts:,} times")
