"""Who of a report did not get it, put together by why."""

from collections.abc import Mapping
from typing import TypeGuard

from pymail.model import model
from pymail.report.delivery_report import Fate, RecipientFate, Report
from pymail.report.reply import MAIL, Reply

Groups = Mapping[tuple[Fate, Reply | None], list[str]]

_WORDS = {
    Fate.DEFERRED: "not accepted now",
    Fate.REFUSED: "refused",
    Fate.UNKNOWN: "unknown whether accepted",
}


@model()
class Causes:
    """Addresses by the answer they got, in the order of the first of each.

    In `left` are those whom the failure of the report left out.
    """

    own: Groups
    left: tuple[str, ...]


def causes(report: Report) -> Causes:
    """Put together who did not get it."""
    own: dict[tuple[Fate, Reply | None], list[str]] = {}
    left: list[str] = []
    for row in report.fates:
        if row.fate is Fate.ACCEPTED:
            continue
        if _decided_alone(row, report):
            own.setdefault((row.fate, row.reply), []).append(row.address)
        else:
            left.append(row.address)
    return Causes(own, tuple(left))


def _decided_alone(row: RecipientFate, report: Report) -> bool:
    """Whether the row has a reason of its own, apart from the report's failure."""
    failure = report.failure
    return failure is None or (row.reply is not None and row.reply is not failure.reply)


def in_words(fate: Fate, peer: str, said: Reply | None) -> str:
    """Say what became of a copy that was not accepted, and who decided it."""
    what = _WORDS[fate] + (f" by {peer}" if peer else "")
    return (
        f"sender {said.answers[10:].partition('>')[0]}> {what}"
        if of_sender(said)
        else what
    )


def of_sender(said: Reply | None) -> TypeGuard[Reply]:
    """Whether a reply is about the sender, so that no recipient was looked at."""
    return said is not None and said.step == MAIL
