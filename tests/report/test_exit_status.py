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


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        pytest.param(errors.UsageError("x"), 64, id="usage"),
        pytest.param(errors.MessageError("x"), 65, id="message"),
        pytest.param(errors.AddressError("x"), 65, id="address"),
        pytest.param(errors.NoRecipientsError("x"), 65, id="no-recipients"),
        pytest.param(errors.MessageTooLargeError("x"), 65, id="too-large"),
        pytest.param(errors.UnreadableInputError("x"), 66, id="input"),
        pytest.param(errors.UnknownUserError("x"), 67, id="local-user"),
        pytest.param(errors.HostUnknownError("x"), 68, id="host"),
        pytest.param(errors.RefusedError("x"), 69, id="refused"),
        pytest.param(errors.PymailError("x"), 70, id="unclassified"),
        pytest.param(errors.CannotKeepError("x"), 73, id="cannot-keep"),
        pytest.param(errors.ConnectError("x"), 75, id="connect"),
        pytest.param(errors.ConnectionLostError("x"), 75, id="lost"),
        pytest.param(errors.TimedOutError("x"), 75, id="timeout"),
        pytest.param(errors.FateUnknownError("x"), 75, id="unknown"),
        pytest.param(errors.ProtocolError("x"), 76, id="protocol"),
        pytest.param(errors.TlsError("x"), 76, id="tls"),
        pytest.param(errors.AuthenticationError("x"), 77, id="login"),
        pytest.param(
            errors.AuthenticationError("x", reply=Reply(535)), 77, id="login-refused"
        ),
        pytest.param(
            errors.AuthenticationError("x", reply=Reply(454)), 75, id="login-later"
        ),
        pytest.param(errors.SettingsError("x"), 78, id="settings"),
        pytest.param(errors.Interrupted(2), 130, id="interrupt"),
        pytest.param(errors.Interrupted(15), 143, id="terminate"),
        pytest.param(
            errors.TransientError(
                "x",
                reply=Reply(
                    440, ("mail from account doesn't conform with authentication",)
                ),
            ),
            69,
            id="transient-that-means-never",
        ),
    ],
)
def test_every_failure_has_its_status(failure: errors.PymailError, status: int) -> None:
    assert exit_status_for(failure) == status
    everybody = Report.from_failure(("a@example.com",), failure)
    assert exit_status_for(everybody) == status
    assert exit_status_for(Report.from_failure((), failure)) == status


def test_every_status_but_zero_has_a_class() -> None:
    assert set(BY_CLASS.values()) == set(ExitStatus) - {ExitStatus.OK}


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        pytest.param(report(OK), 0, id="accepted"),
        pytest.param(report(OK, OK), 0, id="all-accepted"),
        pytest.param(report(UNKNOWN_USER), 67, id="unknown-user"),
        pytest.param(report(UNKNOWN_USER, UNKNOWN_USER), 67, id="all-unknown"),
        pytest.param(report(UNKNOWN_USER, POLICY), 69, id="unknown-and-policy"),
        pytest.param(report(OK, UNKNOWN_USER), 69, id="some-refused"),
        pytest.param(report(BUSY, POLICY), 69, id="refused-and-deferred"),
        pytest.param(report(POLICY), 69, id="policy"),
        pytest.param(report(BUSY), 75, id="deferred"),
        pytest.param(report(OK, BUSY), 75, id="some-deferred"),
        pytest.param(
            report(OK, failure=errors.ConnectionLostError("x")),
            0,
            id="accepted-then-lost",
        ),
        pytest.param(
            report(OK, failure=errors.Interrupted(2)), 0, id="accepted-then-interrupted"
        ),
        pytest.param(
            report(POLICY, failure=errors.Interrupted(2)), 130, id="interrupted"
        ),
        pytest.param(
            report(POLICY, BUSY, failure=errors.ConnectionLostError("x")),
            69,
            id="refused-then-lost",
        ),
        pytest.param(
            report(OK, BUSY, failure=errors.ProtocolError("x")), 76, id="nonsense"
        ),
        pytest.param(
            Report(fates=(RecipientFate("a@example.com", Fate.UNKNOWN),)),
            75,
            id="unknown-fate",
        ),
        pytest.param(
            Report(fates=(RecipientFate("a@example.com", Fate.REFUSED),)),
            69,
            id="refused-without-words",
        ),
    ],
)
def test_report_has_its_status(outcome: Report, status: int) -> None:
    assert exit_status_for(outcome) == status


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        pytest.param(Reply(550, ("User unknown",)), 67, id="user-unknown"),
        pytest.param(Reply(550, ("No such user here",)), 67, id="no-such-user"),
        pytest.param(Reply(550, ("User not found: a@163.com",)), 67, id="not-found"),
        pytest.param(Reply(550, ("Mailbox not found",)), 67, id="mailbox-not-found"),
        pytest.param(Reply(551, ("Recipient does not exist",)), 67, id="not-exist"),
        pytest.param(Reply(553, ("Unknown recipient",)), 67, id="unknown-recipient"),
        pytest.param(
            Reply(550, ("that account doesn't exist",)), 67, id="account-not-exist"
        ),
        pytest.param(Reply(550, ("moved",), (5, 1, 6)), 67, id="moved"),
        pytest.param(Reply(550, ("User has no permission",)), 69, id="permission"),
        pytest.param(Reply(550, ("Mailbox unavailable",)), 69, id="unavailable"),
        pytest.param(Reply(550, ("bad sender",), (5, 1, 8)), 69, id="sender"),
        pytest.param(Reply(554, ("no such user",)), 69, id="other-code"),
        pytest.param(
            Reply(550, ("no such user",), (5, 7, 1)), 69, id="enhanced-code-decides"
        ),
    ],
)
def test_unknown_user_is_distinguished_from_other_refusals(
    reply: Reply, status: int
) -> None:
    assert exit_status_for(report(reply)) == status


@pytest.mark.parametrize(
    ("reports", "status"),
    [
        pytest.param([], 0, id="only-files"),
        pytest.param([report(OK), report(OK)], 0, id="all-accepted"),
        pytest.param([report(BUSY), report(POLICY)], 69, id="final-before-deferred"),
        pytest.param([report(OK), report(BUSY)], 75, id="deferred"),
        pytest.param([report(UNKNOWN_USER), report(UNKNOWN_USER)], 67, id="nobody"),
        pytest.param([report(UNKNOWN_USER), report(OK)], 69, id="one-unknown"),
        pytest.param(
            [report(POLICY), report(BUSY, failure=errors.Interrupted(2))],
            130,
            id="interrupted",
        ),
    ],
)
def test_reports_of_one_message_have_one_status(
    reports: list[Report], status: int
) -> None:
    assert exit_status_for_all(reports) == status
