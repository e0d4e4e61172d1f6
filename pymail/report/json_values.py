"""What came of something, as values that JSON has; pymail(1) documents the keys.

Every text passes `visible`: no control character of a server, a file name or an
argument is in it, and nothing that is no text.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from pymail.errors import PymailError, RefusedError
from pymail.report.delivery_report import (
    Fate,
    RecipientFate,
    Report,
    describe_fate,
    fate_of,
    group_failures,
)
from pymail.report.explain import explain, explain_failure
from pymail.report.reply import Reply, visible
from pymail.report.status_codes import Advice

Value = dict[str, Any]
UNSENT = "unsent"  # the fate of whom nobody was asked for


def reply(said: Reply | None) -> Value | None:
    """Give a server's answer, all of its text in one line."""
    if said is None:
        return None
    enhanced = ".".join(map(str, said.enhanced)) if said.enhanced else None
    return {"code": said.code, "enhanced": enhanced, "text": visible(said.text)}


def problem(
    happened: str, *, reply_: Reply | None = None, recipients: Sequence[str] = ()
) -> Value:
    """Give one thing that is wrong, without an explanation.

    Whoever knows it says which letter, or mail of the outbox, it is about.
    """
    return {
        "letter": None,
        "mail": None,
        "happened": visible(happened),
        "doing": "",
        "reply": reply(reply_),
        "also": "",
        "meaning": "",
        "advice": "",
        "recipients": list(map(visible, recipients)),
    }


def failure(
    error: PymailError, advice: Advice, recipients: Sequence[str] = ()
) -> Value:
    """Give what ended something, what it means, and what to do."""
    bare = problem(error.happened, reply_=error.reply, recipients=recipients)
    return {
        **_explained(bare, advice),
        "doing": visible(error.doing),
        "also": visible(error.also),
    }


def _explained(value: Value, advice: Advice) -> Value:
    meaning, advice_ = visible(advice.meaning), visible(advice.next_step)
    return {**value, "meaning": meaning, "advice": advice_}


def problems(
    report: Report, host: str, language: str, *, waits: bool = False
) -> Iterator[Value]:
    """Give why somebody did not get it, each cause once, in the words people get.

    What `waits` in the outbox nobody need send again.
    """
    found = group_failures(report)
    host = report.peer or host
    for (fate, said), addresses in found.own.items():
        happened = describe_fate(fate, report.peer, said)
        value = problem(happened, reply_=said, recipients=addresses)
        kept = waits and fate is not Fate.REFUSED
        advice = Advice("")
        if said:
            advice = explain(said, host=host, language=language, waits=kept)
        yield _explained(value, advice)
    if report.failure is not None and found.left:
        failed = report.failure
        advice = explain_failure(failed, host, language=language, waits=waits)
        yield failure(report.failure, advice, found.left)


def recipients(report: Report) -> Iterator[Value]:
    """Give the fate of everybody."""
    for row in report.fates:
        yield recipient(row.address, _fate(row, report.failure), row.reply)


def left_out(addresses: Sequence[str], error: PymailError) -> Iterator[Value]:
    """Give the fate of everybody, when a failure came before they were asked for."""
    for address in addresses:
        row = RecipientFate(address, fate_of(error), error.reply)
        yield recipient(address, _fate(row, error), row.reply)


def recipient(address: str, fate: str, said: Reply | None = None) -> Value:
    """Give one recipient."""
    return {"address": visible(address), "fate": fate, "reply": reply(said)}


def _fate(row: RecipientFate, error: PymailError | None) -> str:
    """Name it; who was refused by nobody was not sent to."""
    by_nobody = row.reply is None and not isinstance(error, RefusedError)
    if row.fate is Fate.REFUSED and by_nobody:
        return UNSENT
    return row.fate.value


def server(
    report: Report, *, name: str = "", account: str = "", failure_: str = ""
) -> Value:
    """Give who was asked, and what it said of the message."""
    return {
        "name": visible(report.peer or name),
        "account": visible(account),
        "tls": visible(report.tls),
        "reply": reply(report.reply),
        "queue_id": visible(report.queue_id),
        "problem": visible(failure_ or str(report.failure or "")),
    }


def waiting(
    name: str, addresses: Sequence[str], due: datetime | None, held: str
) -> Value:
    """Give a mail in the outbox: for whom, and when it is tried, or why it is not."""
    return {
        "id": visible(name),
        "recipients": list(map(visible, addresses)),
        **when(due, held),
    }


def when(due: datetime | None, held: str) -> Value:
    """Give when something is tried again, or why it is not."""
    return {"due": due.isoformat() if due else None, "held": visible(held)}


def state(fates: Sequence[str]) -> str:
    """Sum the fates of a letter up."""
    accepted = fates.count(Fate.ACCEPTED.value)
    if not accepted:
        return UNSENT
    return "sent" if accepted == len(fates) else "partly sent"
