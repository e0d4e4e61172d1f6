"""What is measured when."""

from tests.benchmarks.cases import CASES, CURVES, GOALS, SENDERS, chosen
from tests.benchmarks.programs import PROGRAMS


def test_everything_is_measured_unless_something_is_named() -> None:
    names = {case.name for case in chosen((), (), quick=False)}
    assert names == {row.name for row in (*CASES, *CURVES)}
    assert [case.name for case in chosen(["tls"], (), quick=False)] == ["tls"]


def test_quick_choice_leaves_out_what_takes_long_unless_named() -> None:
    names = {case.name for case in chosen((), (), quick=True)}
    assert "small" in names
    assert "attachment" not in names
    assert [case.name for case in chosen(["attachment"], (), quick=True)] == [
        "attachment"
    ]


def test_curve_has_the_points_that_are_asked_for() -> None:
    cases = chosen(["curve-recipients"], (3, 500), quick=False)
    assert [(case.size, case.task.recipients) for case in cases] == [(3, 3), (500, 500)]


def test_program_is_left_out_beyond_its_reach() -> None:
    short, long = chosen(["curve-recipients"], (100, 101), quick=False)
    assert "curl" in short.programs
    assert "curl" not in long.programs


def test_long_case_has_fewer_runs_but_one_at_least() -> None:
    (case,) = chosen(["attachment"], (), quick=False)
    assert [case.rounds(runs) for runs in (7, 2, 1)] == [3, 1, 1]


def test_every_name_in_a_row_is_a_program_or_a_case() -> None:
    programs = {program.name for program in PROGRAMS}
    assert set(SENDERS) <= programs
    for case in CASES:
        assert set(case.programs) <= programs
    for curve in CURVES:
        assert curve.reach.keys() <= programs
    for goal in GOALS:
        (case,) = (case for case in CASES if case.name == goal.case)
        assert {"pymail", goal.program} <= set(case.programs)
