"""Reports of a check as tables and JSON."""

import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.commands.check.findings import Checkup, Stage, Verdict
from pymail.commands.check.report import (
    SHOWN_CHARACTERS,
    contrasts,
    json_fields,
    tables,
)
from pymail.commands.json_values import document
from pymail.terminal.renderer import Plain, Renderer, render_stages
from pymail.terminal.rich_output import Pretty

WELL = Stage(
    name="settings",
    facts=("~/.mailrc: read", "smtp=mx (~/.mailrc:1)", "result: mail is sent to mx"),
)
WARNED = Stage(
    name="tls",
    verdict=Verdict.WARNING,
    problem="the certificate expires in 3 days",
    facts=(
        "TLSv1.3, X",
        "certificate of mx, issued by R11",
        "names: mx, mail",
        "valid until 2026-12-03, 3 days left",
        "SHA-256 AB",
        "also: it is ugly (look away)",
    ),
    next_step="renew it",
)
FAILED = Stage(
    name="connect",
    verdict=Verdict.FAILED,
    problem="connection refused",
    facts=("IPv4 127.0.0.1",),
    meaning="nothing listens there",
    next_step="check the port",
    exit_status=75,
    seconds=0.25,
)
SKIPPED = Stage(name="login", verdict=Verdict.SKIPPED)
BAD = Checkup(server="mx:25", stages=(WELL, FAILED, SKIPPED))
GOOD = Checkup(server="mx:25", stages=(WELL,))


def render(
    here: Checkup, as_cron: Checkup | None = None, *, verbose: bool = False
) -> list[str]:
    found = tables(here, as_cron, verbose=verbose)
    return list(render_stages(found, contrasts(here, as_cron)))


def test_report_has_a_line_for_every_stage_and_the_details_of_a_failure() -> None:
    assert render(BAD) == [
        "ok      settings    mail is sent to mx",
        "FAILED  connect     connection refused (0.250 s)",
        "                    IPv4 127.0.0.1",
        "                    nothing listens there",
        "                    what to do: check the port",
        "skipped login",
        "Mail can't be sent through mx:25: connect failed (exit status 75)",
        "Nothing was sent",
    ]


def test_verbose_report_has_the_details_of_every_stage() -> None:
    assert render(BAD, verbose=True)[:4] == [
        "ok      settings    ~/.mailrc: read",
        "                    smtp=mx (~/.mailrc:1)",
        "                    result: mail is sent to mx",
        "FAILED  connect     connection refused (0.250 s)",
    ]


def test_warnings_are_below_all_stages() -> None:
    warned = Checkup(server="mx", stages=(WARNED, WELL))
    assert render(warned) == [
        "warning tls         certificate of mx, issued by R11; 3 days left",
        "ok      settings    mail is sent to mx",
        "tls: the certificate expires in 3 days",
        "  what to do: renew it",
        "tls: it is ugly (look away)",
        "Mail can be sent through mx, with warnings",
        "Nothing was sent",
    ]
    assert "                    SHA-256 AB" in render(warned, verbose=True)


@pytest.mark.parametrize(
    ("stage", "shown"),
    [
        (Stage(name="secret", facts=("netrc: none", "mail.rc: found in a:2, used")), "mail.rc: found in a:2"),
        (Stage(name="name", facts=("IPv4 127.0.0.1", "IPv6 ::1")), "IPv4 127.0.0.1; IPv6 ::1"),
        (Stage(name="extensions", facts=("SIZE: no limit stated", "offered: DSN")), "SIZE: no limit stated"),
        (Stage(name="mechanism", facts=("offered: PLAIN", "used: plain, under TLS")), "plain, under TLS"),
        (Stage(name="mechanism", verdict=Verdict.SKIPPED, facts=("offered: PLAIN",)), "offered: PLAIN"),
        (Stage(name="extensions", facts=("offered: DSN", "not offered: SIZE")), "offered: DSN"),
        (Stage(name="extensions"), ""),
    ],
)  # fmt: skip
def test_stage_that_is_well_has_one_line(stage: Stage, shown: str) -> None:
    first, ending, _ = render(Checkup(server="", stages=(stage,)))
    assert first[20:] == shown
    assert ending.startswith("Mail can")


@pytest.mark.parametrize(
    ("checkup", "ending"),
    [
        (GOOD, "Mail can be sent through mx:25"),
        (Checkup(server="", stages=(FAILED,)), "Mail can't be sent: connect failed (exit status 75)"),
        (
            Checkup(server="mx", stages=(Stage(name="x", verdict=Verdict.WARNING),)),
            "Mail can be sent through mx, with warnings",
        ),
    ],
)  # fmt: skip
def test_report_ends_with_the_verdict(checkup: Checkup, ending: str) -> None:
    assert render(checkup)[-2:] == [ending, "Nothing was sent"]


@pytest.mark.parametrize("renderer", [Plain, Pretty])
def test_cron_has_a_table_of_its_own_and_differences_are_last(
    renderer: type[Plain],
) -> None:
    stream = io.StringIO()
    made: Renderer = renderer(stream)
    made.stages(tables(GOOD, BAD), contrasts(GOOD, BAD))
    shown = re.sub(r"\x1b\[[\d;]*m", "", stream.getvalue())
    assert shown.index("here") < shown.index("as cron") < shown.index("connection ref")
    lines = shown.splitlines()
    assert lines[-2:] == ["connect: failed (connection refused)", "login: skipped"]


def test_same_result_under_cron_is_stated() -> None:
    assert render(GOOD, GOOD)[-1] == "cron gets the same result"


def test_table_fits_eighty_columns() -> None:
    facts = ("SHA-256 " + "AB:" * 32, "x" * 200)
    long = Stage(
        name="tls",
        verdict=Verdict.WARNING,
        facts=facts,
        problem="old",
        next_step="do that " * 30,
    )
    stream = io.StringIO()
    found = Checkup(server="mx", stages=(*BAD.stages, long))
    Pretty(stream, 80).stages(tables(found, verbose=True), [])
    shown = re.sub(r"\x1b\[[\d;]*m", "", stream.getvalue())
    assert max(map(len, shown.splitlines())) <= 80
    assert "connect: what to do: check the port" in shown
    assert "0.250" in shown
    assert shown.count("x") >= 200  # nothing is cut


HOSTILE = "\x1b]0;title\x07\r\n\u202e[red]x\udc80"


@pytest.mark.parametrize("renderer", [Plain, Pretty])
def test_control_characters_of_a_server_do_not_reach_the_terminal(
    renderer: type[Plain],
) -> None:
    stage = Stage(
        name="greeting",
        verdict=Verdict.FAILED,
        facts=(HOSTILE,),
        problem=HOSTILE,
        meaning=HOSTILE,
        next_step=HOSTILE,
        exit_status=69,
    )
    hostile = Checkup(server=HOSTILE, stages=(stage,))
    stream = io.StringIO()
    renderer(stream).stages(tables(hostile, hostile), [])
    shown = re.sub(r"\x1b\[[\d;]*m", "", stream.getvalue())
    assert shown.replace("\n", "").isprintable()
    assert "[red]x" in shown


def test_long_text_is_cut() -> None:
    stage = Stage(name="x", facts=("y" * 2 * SHOWN_CHARACTERS,))
    line = render(Checkup(server="", stages=(stage,)))[0]
    assert len(line) == SHOWN_CHARACTERS + 20
    assert line.endswith("…")


def test_json_has_the_promised_keys() -> None:
    values = json_fields(GOOD, BAD)
    assert set(values) == {
        *("server", "exit_status", "stages", "as_cron", "differences")
    }
    assert set(values["stages"][0]) == {
        *("name", "verdict", "facts", "problem", "meaning", "advice", "advice_id"),
        *("exit_status", "seconds"),
    }
    assert values["exit_status"] == 75
    assert values["as_cron"]["exit_status"] == 75
    assert values["differences"]


def test_json_without_cron_has_null() -> None:
    values = json_fields(BAD)
    assert values["as_cron"] is None
    assert values["differences"] == []
    assert values["exit_status"] == 75
    assert json_fields(BAD, GOOD)["exit_status"] == 75


@given(st.text())
def test_json_is_one_ascii_object_for_any_text(text: str) -> None:
    stage = Stage(name="greeting", facts=(text,), problem=text)
    values = json_fields(Checkup(server=text, stages=(stage,)))
    written = document("check", 0, [], [], values)
    assert written.isascii()
    assert isinstance(json.loads(written), dict)
