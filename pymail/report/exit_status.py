"""Exit statuses of reports and failures (sysexits(3)).

A row per class of failure; a class without a row has its parent's. Zero never
goes with a recipient who was not accepted.
"""

from collections.abc import Iterable
from enum import IntEnum
from itertools import chain

from pymail.errors import (
    AuthenticationError,
    CannotKeepError,
    HostUnknownError,
    Interrupted,
    MessageError,
    ProtocolError,
    PymailError,
    RefusedError,
    SettingsError,
    TransientError,
    UndeliveredError,
    UnknownUserError,
    UnreadableInputError,
    UsageError,
)
from pymail.reply import CONTENT, RCPT, Reply
from pymail.report.delivery_report import Fate, RecipientFate, Report, can_recover

SIGNAL_BASE = 128  # as every shell has it


class ExitStatus(IntEnum):
    """The names of sysexits(3) that pymail uses."""

    OK = 0
    USAGE = 64
    DATA = 65
    NO_INPUT = 66
    NO_USER = 67
    NO_HOST = 68
    UNAVAILABLE = 69
    SOFTWARE = 70
    CANNOT_CREATE = 73
    TEMPORARY = 75
    PROTOCOL = 76
    NO_PERMISSION = 77
    CONFIG = 78


BY_CLASS: dict[type[BaseException], ExitStatus] = {
    UsageError: ExitStatus.USAGE,
    MessageError: ExitStatus.DATA,
    UnreadableInputError: ExitStatus.NO_INPUT,
    UnknownUserError: ExitStatus.NO_USER,
    HostUnknownError: ExitStatus.NO_HOST,
    RefusedError: ExitStatus.UNAVAILABLE,
    UndeliveredError: ExitStatus.UNAVAILABLE,
    CannotKeepError: ExitStatus.CANNOT_CREATE,
    TransientError: ExitStatus.TEMPORARY,
    ProtocolError: ExitStatus.PROTOCOL,
    AuthenticationError: ExitStatus.NO_PERMISSION,
    SettingsError: ExitStatus.CONFIG,
    PymailError: ExitStatus.SOFTWARE,
}

# ids of advice that mean: the recipient does not exist
_NO_USER = ("no-such-user", "no-such-domain", "recipient-syntax", "x.1.0", "x.1.10")


def exit_status_for(outcome: Report | PymailError) -> int:
    """Return the exit status of a report, or of the failure that ended the attempt."""
    if isinstance(outcome, PymailError):
        return _failure_status(outcome)
    return _report_status(outcome)


def exit_status_for_all(reports: Iterable[Report]) -> int:
    """Return the exit status of several messages.

    A signal comes first, then a permanent failure, because it needs an administrator.
    """
    statuses = [exit_status_for(report) for report in reports]
    failed = [status for status in statuses if status]
    signals = (status for status in failed if status > SIGNAL_BASE)
    final = (status for status in failed if status != ExitStatus.TEMPORARY)
    first = next(chain(signals, final, failed), ExitStatus.OK)
    if first == ExitStatus.NO_USER and any(s != first for s in statuses):
        return ExitStatus.UNAVAILABLE  # as where one message has them all
    return first


def _failure_status(failure: PymailError) -> int:
    if isinstance(failure, Interrupted):
        return SIGNAL_BASE + failure.signal_number
    if isinstance(failure, UndeliveredError):
        return _report_status(failure.report)
    if can_recover(failure):
        return ExitStatus.TEMPORARY
    status = next(BY_CLASS[c] for c in type(failure).__mro__ if c in BY_CLASS)
    return ExitStatus.UNAVAILABLE if status is ExitStatus.TEMPORARY else status


def _report_status(report: Report) -> int:
    """Refusals of recipients come first: they stay, however the attempt ended."""
    failure = report.failure
    if report.complete and (report.fates or failure is None):
        return ExitStatus.OK
    if isinstance(failure, Interrupted):
        return _failure_status(failure)
    refused = [
        row for row in report.with_fate(Fate.REFUSED) if report.decided_alone(row)
    ]
    if refused:
        return _refusal_status(refused, everyone=len(refused) == len(report.fates))
    if failure is not None:
        return _failure_status(failure)
    return ExitStatus.TEMPORARY


def _refusal_status(rows: list[RecipientFate], *, everyone: bool) -> ExitStatus:
    if everyone and all(row.reply and _means_unknown_user(row.reply) for row in rows):
        return ExitStatus.NO_USER
    return ExitStatus.UNAVAILABLE


def _means_unknown_user(reply: Reply) -> bool:
    """Tell whether the only cause that the reply names is an unknown recipient."""
    from pymail.report.explain import explain  # tables that only failures read

    return reply.step in ("", RCPT, CONTENT) and explain(reply).id in _NO_USER
