"""The exit status of every outcome."""

import pytest

from pymail import errors
from pymail.reply import Reply
from pymail.report.delivery_report import Fate, RecipientFate, Report
from pymail.report.exit_status import (
    BY_CLASS,
    ExitStatus,
    exit_status_for,
    exit_status_for_all,
)

UNKNOWN_USER = Reply(550, ("no such user",), (5, 1, 1))
POLICY = Reply(550, ("not here",), (5, 7, 1))
BUSY = Reply(450, ("busy",), (4, 2, 1))
OK = Reply(250)

_STATUS_OF_REPLY = {OK: Fate.ACCEPTED, BUSY: Fate.DEFERRED}


def report(*replies: Reply, failure: errors.PymailError | None = None) -> Report:
    rows = tuple(
        RecipientFate(f"{n}@example.com", _STATUS_OF_REPLY.get(r, Fate.REFUSED), r)
        for n, r in enumerate(replies)
    )
    return Report(fates=rows, failure=failure)


# fmt: off
FAILURES = {
    "usage": (errors.UsageError("x"), 64),
    "message": (errors.MessageError("x"), 65),
    "address": (errors.AddressError("x"), 65),
    "no-recipients": (errors.NoRecipientsError("x"), 65),
    "too-large": (errors.MessageTooLargeError("x"), 65),
    "input": (errors.UnreadableInputError("x"), 66),
    "local-user": (errors.UnknownUserError("x"), 67),
    "host": (errors.HostUnknownError("x"), 68),
    "refused": (errors.RefusedError("x"), 69),
    "unclassified": (errors.PymailError("x"), 70),
    "cannot-keep": (errors.CannotKeepError("x"), 73),
    "connect": (errors.ConnectError("x"), 75),
    "lost": (errors.ConnectionLostError("x"), 75),
    "timeout": (errors.TimedOutError("x"), 75),
    "unknown": (errors.FateUnknownError("x"), 75),
    "protocol": (errors.ProtocolError("x"), 76),
    "tls": (errors.TlsError("x"), 76),
    "login": (errors.AuthenticationError("x"), 77),
    "login-refused": (errors.AuthenticationError("x", reply=Reply(535)), 77),
    "login-later": (errors.AuthenticationError("x", reply=Reply(454)), 75),
    "settings": (errors.SettingsError("x"), 78),
    "interrupt": (errors.Interrupted(2), 130),
    "terminate": (errors.Interrupted(15), 143),
    "transient-that-means-never": (errors.TransientError("x", reply=Reply(440, ("mail from account doesn't conform with authentication",))), 69),
}
# fmt: on


@pytest.mark.parametrize(("failure", "status"), FAILURES.values(), ids=FAILURES)
def test_every_failure_has_its_status(failure: errors.PymailError, status: int) -> None:
    assert exit_status_for(failure) == status
    everybody = Report.from_failure(("a@example.com",), failure)
    assert exit_status_for(everybody) == status
    assert exit_status_for(Report.from_failure((), failure)) == status


def test_every_status_but_zero_has_a_class() -> None:
    assert set(BY_CLASS.values()) == set(ExitStatus) - {ExitStatus.OK}


# fmt: off
REPORTS = {
    "accepted": (report(OK), 0),
    "all-accepted": (report(OK, OK), 0),
    "unknown-user": (report(UNKNOWN_USER), 67),
    "all-unknown": (report(UNKNOWN_USER, UNKNOWN_USER), 67),
    "unknown-and-policy": (report(UNKNOWN_USER, POLICY), 69),
    "some-refused": (report(OK, UNKNOWN_USER), 69),
    "refused-and-deferred": (report(BUSY, POLICY), 69),
    "policy": (report(POLICY), 69),
    "deferred": (report(BUSY), 75),
    "some-deferred": (report(OK, BUSY), 75),
    "accepted-then-lost": (report(OK, failure=errors.ConnectionLostError("x")), 0),
    "accepted-then-interrupted": (report(OK, failure=errors.Interrupted(2)), 0),
    "interrupted": (report(POLICY, failure=errors.Interrupted(2)), 130),
    "refused-then-lost": (report(POLICY, BUSY, failure=errors.ConnectionLostError("x")), 69),
    "nonsense": (report(OK, BUSY, failure=errors.ProtocolError("x")), 76),
    "unknown-fate": (Report(fates=(RecipientFate("a@example.com", Fate.UNKNOWN),)), 75),
    "refused-without-words": (Report(fates=(RecipientFate("a@example.com", Fate.REFUSED),)), 69),
}
# fmt: on


@pytest.mark.parametrize(("outcome", "status"), REPORTS.values(), ids=REPORTS)
def test_report_has_its_status(outcome: Report, status: int) -> None:
    assert exit_status_for(outcome) == status


# fmt: off
REFUSALS = {
    "user-unknown": (Reply(550, ("User unknown",)), 67),
    "no-such-user": (Reply(550, ("No such user here",)), 67),
    "not-found": (Reply(550, ("User not found: a@163.com",)), 67),
    "mailbox-not-found": (Reply(550, ("Mailbox not found",)), 67),
    "not-exist": (Reply(551, ("Recipient does not exist",)), 67),
    "unknown-recipient": (Reply(553, ("Unknown recipient",)), 67),
    "account-not-exist": (Reply(550, ("that account doesn't exist",)), 67),
    "moved": (Reply(550, ("moved",), (5, 1, 6)), 67),
    "permission": (Reply(550, ("User has no permission",)), 69),
    "unavailable": (Reply(550, ("Mailbox unavailable",)), 69),
    "sender": (Reply(550, ("bad sender",), (5, 1, 8)), 69),
    "other-code": (Reply(554, ("no such user",)), 67),
    "words-decide": (Reply(550, ("no such user",), (5, 7, 1)), 67),
    "words-against-the-code": (Reply(550, ("you are on a block list",), (5, 1, 1)), 69),
    "at-the-sender": (Reply(550, ("no such user",), (5, 1, 1), "MAIL FROM:<a@x.org>"), 69),
}
# fmt: on


@pytest.mark.parametrize(("reply", "status"), REFUSALS.values(), ids=REFUSALS)
def test_unknown_user_is_distinguished_from_other_refusals(
    reply: Reply, status: int
) -> None:
    assert exit_status_for(report(reply)) == status


# fmt: off
SEVERAL = {
    "only-files": ([], 0),
    "all-accepted": ([report(OK), report(OK)], 0),
    "final-before-deferred": ([report(BUSY), report(POLICY)], 69),
    "deferred": ([report(OK), report(BUSY)], 75),
    "nobody": ([report(UNKNOWN_USER), report(UNKNOWN_USER)], 67),
    "one-unknown": ([report(UNKNOWN_USER), report(OK)], 69),
    "interrupted": ([report(POLICY), report(BUSY, failure=errors.Interrupted(2))], 130),
}
# fmt: on


@pytest.mark.parametrize(("reports", "status"), SEVERAL.values(), ids=SEVERAL)
def test_reports_of_one_message_have_one_status(
    reports: list[Report], status: int
) -> None:
    assert exit_status_for_all(reports) == status
