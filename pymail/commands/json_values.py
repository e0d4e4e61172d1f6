"""JSON values for --json; pymail-json(5) documents the keys.

`document` writes them and makes every text visible: no control character from a
server, a file name or an argument gets into it, and no undecodable octet.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from pymail.errors import PymailError, RefusedError
from pymail.reply import Reply
from pymail.report.delivery_report import (
    Fate,
    RecipientFate,
    Report,
    describe_fate,
    group_failures,
)
from pymail.report.explain import explain, explain_failure
from pymail.report.status_codes import Advice
from pymail.text import visible

Value = dict[str, Any]
UNSENT = "unsent"  # the fate of a recipient without an RCPT
_NO_ADVICE = Advice("")


class Verbatim(str):
    """A text that keeps its control characters."""

    __slots__ = ()


def document(
    kind: str, status: int, problems: list[Value], warnings: list[str], own: Value
) -> str:
    """Return the text of an object with the common keys and those of its kind.

    It is ASCII in every locale, and ends with a line break.
    """
    import json

    common = {
        "kind": kind,
        "exit_status": int(status),
        "problems": problems,
        "warnings": warnings,
    }
    # a check has its own exit status, which is that of the run
    return json.dumps(_make_visible({**common, **own, **common}), indent=2) + "\n"


def _make_visible(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _make_visible(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return list(map(_make_visible, value))
    return visible(value) if type(value) is str else value


def reply_value(reply: Reply | None) -> Value | None:
    """Make the value of a reply, its text in one line."""
    if reply is None:
        return None
    enhanced = ".".join(map(str, reply.enhanced)) if reply.enhanced else None
    return {"code": reply.code, "enhanced": enhanced, "text": reply.text}


def problem(
    happened: str,
    reply: Reply | None = None,
    recipients: Sequence[str] = (),
    advice: Advice = _NO_ADVICE,
) -> Value:
    """Make the value of a problem; the caller adds its letter or queued message."""
    return {
        "letter": None,
        "mail": None,
        "happened": happened,
        "doing": "",
        "reply": reply_value(reply),
        "also": "",
        "meaning": advice.meaning,
        "advice": advice.next_step,
        "advice_id": advice.id,
        "recipients": recipients,
    }


def failure(
    error: PymailError, advice: Advice = _NO_ADVICE, recipients: Sequence[str] = ()
) -> Value:
    """Make the value of an error, with its meaning and the next step."""
    value = problem(error.happened, error.reply, recipients, advice)
    return {**value, "doing": error.doing, "also": error.also}


def problems(
    report: Report, host: str, language: str, *, waits: bool = False
) -> Iterator[Value]:
    """Yield each cause of a failure once, worded as on the terminal.

    If the message `waits` in the outbox, the advice does not say to send it again.
    """
    found = group_failures(report)
    host = report.peer or host
    for (fate, reply), addresses in found.own.items():
        kept = waits and fate is not Fate.REFUSED
        advice = _NO_ADVICE
        if reply:
            advice = explain(reply, host=host, language=language, waits=kept)
        happened = describe_fate(fate, report.peer, reply)
        yield problem(happened, reply, addresses, advice)
    if report.failure is not None and found.left:
        advice = explain_failure(report.failure, host, language=language, waits=waits)
        yield failure(report.failure, advice, found.left)


def recipients(report: Report) -> list[Value]:
    """Make the values of all recipients, with their fates."""
    return [
        recipient(row.address, _fate(row, report.failure), row.reply)
        for row in report.fates
    ]


def recipient(address: str, fate: str = UNSENT, reply: Reply | None = None) -> Value:
    """Make the value of one recipient."""
    return {"address": address, "fate": fate, "reply": reply_value(reply)}


def unsent(addresses: Iterable[str]) -> list[Value]:
    """Make the values of recipients without an RCPT."""
    return list(map(recipient, addresses))


def _fate(row: RecipientFate, error: PymailError | None) -> str:
    """Map a fate to its name; a refusal without a reply means not sent."""
    without_rcpt = row.reply is None and not isinstance(error, RefusedError)
    return UNSENT if row.fate is Fate.REFUSED and without_rcpt else row.fate.value


def state(rows: Sequence[Value]) -> str:
    """Sum up the fates of the recipients of a message."""
    accepted = sum(row["fate"] == Fate.ACCEPTED.value for row in rows)
    if not accepted:
        return UNSENT
    return "sent" if accepted == len(rows) else "partly sent"


def server(
    report: Report, name: str = "", account: str = "", failure: str = ""
) -> Value:
    """Make the value of a server, with its reply to the message."""
    return {
        "name": report.peer or name,
        "account": account,
        "tls": report.tls,
        "reply": reply_value(report.reply),
        "queue_id": report.queue_id,
        "problem": failure or str(report.failure or ""),
    }


def waiting(
    name: str, recipients: Sequence[Any], due: datetime | None, held: str
) -> Value:
    """Make the value of a queued message: recipients, next attempt or why it is held."""
    return {"id": name, "recipients": recipients, **when(due, held)}


def when(due: datetime | None, held: str) -> Value:
    """Make the keys for the next attempt, or why the message is held."""
    return {"due": due.isoformat() if due else None, "held": held}


def queued(name: str, report: Report | None = None) -> Value:
    """Make the value of a queued message that was attempted or given up."""
    rows = recipients(report) if report else []
    asked = server(report) if report else None
    return {
        **waiting(name, rows, None, ""),
        "server": asked,
        "given_up": [],
        "kept": "",
    }
