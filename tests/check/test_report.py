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

WELL = Stage(name="settings", facts=("~/.mailrc: read", "smtp=mx (~/.mailrc:1)"))
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


def render(here: Checkup, as_cron: Checkup | None = None) -> list[str]:
    return list(render_stages(tables(here, as_cron), contrasts(here, as_cron)))


def test_plain_report_has_a_line_for_every_stage() -> None:
    assert render(BAD) == [
        "ok      settings    ~/.mailrc: read",
        "                    smtp=mx (~/.mailrc:1)",
        "FAILED  connect     connection refused (0.250 s)",
        "                    IPv4 127.0.0.1",
        "                    nothing listens there",
        "                    what to do: check the port",
        "skipped login",
        "Mail can't be sent through mx:25: connect failed (exit status 75)",
        "Nothing was sent",
    ]


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
    long = Stage(name="tls", facts=facts, next_step="do that " * 30)
    stream = io.StringIO()
    found = Checkup(server="mx", stages=(*BAD.stages, long))
    Pretty(stream, 80).stages(tables(found), [])
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
