"""Stages of a check, their result, and the differences under cron."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.commands.check.findings import Checkup, Findings, Stage, Verdict
from pymail.commands.check.report import differences, json_fields, parse_checkup
from pymail.errors import AuthenticationError, ConnectError, Interrupted, TlsError
from pymail.reply import Reply
from pymail.report.delivery_report import Fate, RecipientFate, Report

NAMES = ("secret", "connect", "tls", "login")


def findings(*moments: float) -> Findings:
    ticking: Iterator[float] = iter(moments)
    return Findings(NAMES, lambda: next(ticking, 0.0), "mx.example.com:25")


def test_stages_are_in_order_and_unreached_ones_are_skipped() -> None:
    found = findings()
    found.tell("connect", "IPv4")
    checkup = found.checkup()
    assert [stage.name for stage in checkup.stages] == list(NAMES)
    assert checkup.stages[1].verdict is Verdict.OK
    assert checkup.stages[0].verdict is Verdict.SKIPPED
    assert checkup.stages[0].facts == ("not reached",)
    assert checkup.exit_status == 0


def test_exit_status_is_that_of_the_first_failure_in_order() -> None:
    found = findings()
    found.fail("connect", ConnectError("refused", doing="connecting"))
    found.fail("secret", AuthenticationError("no password for me"))
    checkup = found.checkup()
    assert checkup.first_failure is checkup.stages[0]
    assert checkup.exit_status == 77


def test_first_warning_is_the_problem_and_no_failure() -> None:
    found = findings()
    found.warn("tls", "ends soon", advice="renew")
    found.warn("tls", "is ugly", advice="look away")
    found.warn("tls", "is old")
    stage = found["tls"]
    assert (stage.problem, stage.next_step) == ("ends soon", "renew")
    assert stage.facts == ("also: is ugly (look away)", "also: is old")
    assert found.checkup().exit_status == 0


def test_forgiven_failure_becomes_a_warning() -> None:
    found = findings()
    found.fail("tls", TlsError("not trusted"))
    found.fail("connect", ConnectError("refused"))
    found.forgive("tls", "login")
    assert found["tls"].verdict is Verdict.WARNING
    assert found["tls"].exit_status == 0
    assert found["connect"].verdict is Verdict.FAILED
    assert found["login"].verdict is Verdict.SKIPPED


def test_step_adds_the_time_of_all_its_tries() -> None:
    found = findings(1, 3, 10, 11)
    for _ in range(2):
        with found.step("tls"):
            found.tell("tls", "seen")
    assert found["tls"].seconds == 3
    assert found["tls"].facts == ("seen",)


def test_failure_in_a_step_is_noted_and_raised_again() -> None:
    found = findings(0, 1)
    error = AuthenticationError("no", reply=Reply(535, ("Error",)), doing="logging in")
    with pytest.raises(AuthenticationError), found.step("login"):
        raise error
    stage = found["login"]
    assert found.last_failure is error
    assert stage.problem == "logging in: no: 535 Error"
    assert stage.meaning
    assert stage.next_step
    assert (stage.exit_status, stage.seconds) == (77, 1)


def test_interrupt_is_noted_like_a_failure() -> None:
    found = findings()
    with pytest.raises(Interrupted), found.step("login"):
        raise Interrupted(15)
    assert found["login"].exit_status == 143


def test_advice_for_a_failed_login_names_the_place_of_its_secret() -> None:
    found = Findings(NAMES, lambda: 0.0, "smtp.163.com:465")
    found.user, found.place = "me@163.com", "~/.mailrc:2"
    reply = Reply(535, ("Error: authentication failed",))
    found.fail("login", AuthenticationError("refused", reply=reply))
    assert found["login"].next_step.endswith("put it where the old one is: ~/.mailrc:2")


def test_refusal_is_explained() -> None:
    found = findings()
    reply = Reply(550, ("nobody",), (5, 1, 1))
    report = Report(fates=(RecipientFate("a@b.c", Fate.REFUSED, reply),))
    found.refuse("login", "refused: a@b.c", reply, report)
    assert found["login"].exit_status == 67
    assert found["login"].meaning == "there is no such mailbox at that domain"


TEXTS = st.text(max_size=20)
STAGES = st.builds(
    Stage,
    name=st.sampled_from(NAMES),
    verdict=st.sampled_from(Verdict),
    facts=st.lists(TEXTS, max_size=3).map(tuple),
    problem=TEXTS,
    meaning=TEXTS,
    next_step=TEXTS,
    exit_status=st.sampled_from([0, 68, 75, 77]),
    seconds=st.sampled_from([0.0, 0.25]),
)
CHECKUPS = st.builds(
    Checkup, server=TEXTS, stages=st.lists(STAGES, max_size=4).map(tuple)
)


@given(CHECKUPS)
def test_json_round_trip(checkup: Checkup) -> None:
    text = json.dumps(json_fields(checkup))
    again = parse_checkup(json.loads(text))
    assert json_fields(again) == json_fields(checkup)
    assert text.isprintable()


@pytest.mark.parametrize(
    "values",
    [None, [], {}, {"server": "x", "stages": [{"name": "x"}]}],
    ids=["nothing", "list", "empty", "no-verdict"],
)
def test_json_of_another_structure_is_refused(values: object) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        parse_checkup(values)


def test_difference_shows_both_results() -> None:
    here = Checkup(
        server="mx",
        stages=(
            Stage(name="secret", facts=("netrc: no", "keyring: found")),
            Stage(name="connect", facts=("in 0.1 s",)),
            Stage(name="login"),
        ),
    )
    there = Checkup(
        server="mx",
        stages=(
            Stage(
                name="secret",
                verdict=Verdict.FAILED,
                problem="no password",
                facts=("netrc: no", "keyring: no D-Bus"),
            ),
            Stage(name="connect", facts=("in 0.2 s",)),
            Stage(name="cron", verdict=Verdict.FAILED, problem="odd"),
        ),
    )
    assert differences(here, there) == [
        "secret: ok here, failed (no password) under cron",
        "secret, here: keyring: found",
        "secret, cron: keyring: no D-Bus",
        "cron: failed (odd)",
    ]
    assert differences(here, here) == []
