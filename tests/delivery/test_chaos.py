"""Senders and servers die at random; no message is lost or sent twice."""

from pathlib import Path

import pytest

from tests.chaos import Chaos


def test_no_mail_is_lost_or_doubled_in_chaos(tmp_path: Path) -> None:
    account = Chaos(tmp_path, seed=7, mails=30, senders=6).run()
    assert account.wrong == []
    assert account.counts["recipients: accepted once"] > 0


@pytest.mark.chaos
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_mail_is_lost_or_doubled_in_much_chaos(tmp_path: Path, seed: int) -> None:
    account = Chaos(tmp_path, seed=seed, mails=2000, senders=20).run()
    print(account)  # noqa: T201 - the counts are the purpose of this run
    assert account.wrong == []
