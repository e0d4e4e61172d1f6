"""Fates: what replies and failures mean for recipients."""

import pytest

from pymail.errors import (
    AuthenticationError,
    ConnectionLostError,
    FateUnknownError,
    PymailError,
    RefusedError,
    TransientError,
)
from pymail.reply import Reply
from pymail.report.delivery_report import (
    Fate,
    RecipientFate,
    Report,
    can_recover,
    fate_of,
)

ALIYUN_440 = Reply(440, ("mail from account doesn't conform with authentication",))


# fmt: off
FATES = {
    "positive": (Reply(250), Fate.ACCEPTED),
    "transient": (Reply(450), Fate.DEFERRED),
    "permanent": (Reply(550), Fate.REFUSED),
    "transient-that-means-never": (ALIYUN_440, Fate.REFUSED),
    "lost": (ConnectionLostError("x"), Fate.DEFERRED),
    "lost-after-the-dot": (FateUnknownError("x"), Fate.UNKNOWN),
    "refused": (RefusedError("x"), Fate.REFUSED),
    "login-later": (AuthenticationError("x", reply=Reply(454)), Fate.DEFERRED),
    "no-login": (AuthenticationError("x"), Fate.REFUSED),
    "failure-means-never": (TransientError("x", reply=ALIYUN_440), Fate.REFUSED),
}
# fmt: on


@pytest.mark.parametrize(("cause", "fate"), FATES.values(), ids=FATES)
def test_fate_follows_the_cause(cause: Reply | PymailError, fate: Fate) -> None:
    assert fate_of(cause) is fate


def test_a_permanent_refusal_cannot_recover() -> None:
    assert not can_recover(Reply(550))
    assert can_recover(TransientError("x", reply=Reply(421)))


def test_report_of_a_failure_has_the_same_fate_for_every_recipient() -> None:
    failure = ConnectionLostError("closed", reply=Reply(421))
    report = Report.from_failure(("a@example.com", "b@example.com"), failure)
    assert report.failure is failure
    assert report.reply == Reply(421)
    assert report.fates == (
        RecipientFate("a@example.com", Fate.DEFERRED, Reply(421)),
        RecipientFate("b@example.com", Fate.DEFERRED, Reply(421)),
    )
    assert not report.complete


def test_report_is_complete_only_when_every_recipient_is_accepted() -> None:
    accepted = RecipientFate("a@example.com", Fate.ACCEPTED, Reply(250))
    refused = RecipientFate("b@example.com", Fate.REFUSED, Reply(550))
    assert Report(fates=(accepted,)).complete
    mixed = Report(fates=(accepted, refused))
    assert not mixed.complete
    assert mixed.with_fate(Fate.REFUSED) == (refused,)


def test_report_is_named_after_its_peer() -> None:
    assert Report(fates=()).with_peer("smtp.example.com:587").peer == (
        "smtp.example.com:587"
    )
