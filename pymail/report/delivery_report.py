"""The report of a delivery: a fate for every recipient, and failures by their cause."""

from collections.abc import Mapping
from enum import Enum
from typing import TypeGuard

from pymail.errors import FateUnknownError, PymailError
from pymail.model import model, replace
from pymail.reply import CONTENT, MAIL, Reply


class Fate(Enum):
    """Where one recipient's copy stands."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"  # 4yz, or the attempt ended: another try can help
    REFUSED = "refused"  # 5yz: another try fails the same way
    UNKNOWN = "unknown"  # the line dropped after the final dot (RFC 1047)


@model()
class RecipientFate:
    """The fate of the copy for `address`, and the reply that decided it.

    `reply` is None if the connection ended first; then the report's `failure` decided.
    """

    address: str
    fate: Fate
    reply: Reply | None = None


@model(kw_only=True)
class Report:
    """The result for a message: a fate for every recipient, in `fates`.

    `reply` is the last reply on the message itself (to the final dot), `queue_id` the
    server's name for the message, `failure` the error that ended the attempt early.
    `peer` is the server or program for display ("smtp.163.com:465",
    "/usr/sbin/sendmail"), `tls` the version and cipher, empty without TLS; -v shows the
    `remarks`.

    In the Python API a report covers all versions of a message: `message_id` is in its
    header, `kept` has the ids of the mails in the outbox, `waiting` the recipients that
    the outbox retries, and `problems` failures to log or to keep a copy.
    """

    fates: tuple[RecipientFate, ...]
    peer: str = ""
    tls: str = ""
    reply: Reply | None = None
    queue_id: str = ""
    failure: PymailError | None = None
    remarks: tuple[str, ...] = ()
    message_id: str = ""
    kept: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every recipient was accepted."""
        return all(row.fate is Fate.ACCEPTED for row in self.fates)

    def with_fate(self, fate: Fate) -> tuple[RecipientFate, ...]:
        """Return the rows of one fate, in order."""
        return tuple(row for row in self.fates if row.fate is fate)

    def decided_alone(self, row: RecipientFate) -> bool:
        """Tell whether a reply to this recipient, and not `failure`, decided its fate."""
        failure = self.failure
        if failure is None:
            return True
        return row.reply is not None and row.reply is not failure.reply

    @classmethod
    def from_failure(cls, addresses: tuple[str, ...], failure: PymailError) -> "Report":
        """Report an attempt that ended before any recipient was decided."""
        fate = fate_of(failure)
        rows = tuple(RecipientFate(a, fate, failure.reply) for a in addresses)
        return cls(fates=rows, reply=failure.reply, failure=failure)

    def with_peer(self, peer: str) -> "Report":
        """Return the same report with the peer's name."""
        return replace(self, peer=peer)


def fate_of(cause: Reply | PymailError) -> Fate:
    """Return the fate that a reply, or the failure of an attempt, leads to."""
    if isinstance(cause, FateUnknownError):
        return Fate.UNKNOWN
    if isinstance(cause, Reply) and cause.positive:
        return Fate.ACCEPTED
    return Fate.DEFERRED if can_recover(cause) else Fate.REFUSED


def can_recover(cause: Reply | PymailError) -> bool:
    """Tell whether trying again can help.

    A 4yz code means yes (RFC 5321 §4.2.1) and a 5yz code no, unless the kind of the
    words says otherwise: a 4yz for a disabled mailbox, a 5yz for an hourly limit.
    """
    reply = cause if isinstance(cause, Reply) else cause.reply
    if reply is None or reply.code < 400:
        return cause.transient
    from pymail.report.reply_kinds import recovers  # a table that only failures read

    by_words = recovers(reply)
    return cause.transient if by_words is None else by_words


Groups = Mapping[tuple[Fate, Reply | None], list[str]]

_WORDS = {
    Fate.DEFERRED: "not accepted now",
    Fate.REFUSED: "refused",
    Fate.UNKNOWN: "unknown whether accepted",
}


@model()
class Failures:
    """Addresses by fate and reply, in the order of the first address of each.

    `left` has the addresses without a reply: the failure of the report came first.
    """

    own: Groups
    left: tuple[str, ...]


def group_failures(report: Report) -> Failures:
    """Group the recipients that did not get the message."""
    own: dict[tuple[Fate, Reply | None], list[str]] = {}
    left: list[str] = []
    for row in report.fates:
        if row.fate is Fate.ACCEPTED:
            continue
        if report.decided_alone(row):
            own.setdefault((row.fate, row.reply), []).append(row.address)
        else:
            left.append(row.address)
    return Failures(own, tuple(left))


def describe_fate(fate: Fate, peer: str, reply: Reply | None) -> str:
    """Describe the fate of a copy that `peer` did not accept.

    The subject is the sender if the reply is to MAIL, the message if it is to the content.
    """
    what = _WORDS[fate] + (f" by {peer}" if peer else "")
    if not is_about_all(reply):
        return what
    if reply.step == CONTENT:
        return f"message {what}"
    return f"sender {reply.answers[10:].partition('>')[0]}> {what}"


def is_about_all(reply: Reply | None) -> TypeGuard[Reply]:
    """Tell whether a reply is about the sender or the message, not one recipient."""
    return reply is not None and reply.step in (MAIL, CONTENT)
