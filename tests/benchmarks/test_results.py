"""What runs amount to, and the file they are kept in."""

import pytest

from tests.benchmarks.cases import Case, Task
from tests.benchmarks.results import (
    Results,
    Run,
    Summary,
    best_peer,
    failure_of,
    spread,
)


def run(
    program: str,
    wall: float,
    *,
    case: str = "small",
    size: int | None = None,
    failure: str = "",
) -> Run:
    return Run(
        case=case,
        program=program,
        size=size,
        wall_seconds=wall,
        cpu_seconds=wall / 2,
        peak_octets=int(wall * 1000),
        failure=failure,
    )


def results(*runs: Run) -> Results:
    return Results(
        date="2026-11-23T12:00:00+00:00",
        machine={"cpu": "a processor"},
        programs={"pymail": "1.0"},
        absent=("swaks",),
        runs=list(runs),
    )


def test_summary_is_the_median_of_each_figure() -> None:
    summary = Summary.of([run("pymail", wall) for wall in (9.0, 2.0, 4.0)])
    assert (summary.runs, summary.wall_seconds) == (3, 4.0)
    assert (summary.cpu_seconds, summary.peak_octets) == (2.0, 4000)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([5.0], 0.0, id="one run has none"),
        pytest.param([1.0, 2.0, 3.0, 4.0, 5.0], 2.0, id="from quartile to quartile"),
        pytest.param([1.0, 1.0, 1.0, 1.0, 99.0], 0.0, id="one outlier does not count"),
    ],
)
def test_spread_is_that_of_the_middle_half(
    values: list[float], expected: float
) -> None:
    assert spread(values) == expected


def test_one_failed_run_fails_the_program() -> None:
    runs = [run("curl", 1.0), run("curl", 1.0, failure="status 7")]
    assert Summary.of(runs).failure == "status 7"


def test_best_peer_is_neither_ours_nor_one_that_failed() -> None:
    found = results(
        run("pymail", 1.0),
        run("floor", 2.0),
        run("curl", 3.0, failure="status 7"),
        run("s-nail", 5.0),
        run("msmtp", 4.0),
    )
    assert best_peer(found.summaries("small")) == "msmtp"
    assert best_peer(results(run("pymail", 1.0)).summaries("small")) is None


def test_curve_has_its_points_in_order_and_leaves_failures_out() -> None:
    found = results(
        run("curl", 3.0, case="curve", size=100),
        run("curl", 2.0, case="curve", size=1),
        run("curl", 9.0, case="curve", size=10, failure="status 7"),
        run("curl", 1.0),
    )
    assert found.sizes("curve") == [1, 10, 100]
    points = [(size, s.wall_seconds) for size, s in found.curve("curve")["curl"]]
    assert points == [(1, 2.0), (100, 3.0)]


@pytest.mark.parametrize(
    ("pymail", "reached"), [(0.84, True), (0.85, True), (0.86, False)]
)
def test_goal_is_reached_up_to_its_ratio(pymail: float, reached: bool) -> None:
    (verdict,) = results(run("pymail", pymail), run("floor", 1.0)).verdicts()
    assert verdict.ratio == pymail
    assert verdict.reached is reached


def test_goal_without_both_sides_is_not_judged() -> None:
    failed = run("floor", 1.0, failure="status 1")
    assert results(run("pymail", 0.5), failed).verdicts() == []


def test_results_come_back_from_their_file() -> None:
    written = results(run("pymail", 1.5), run("curl", 2.0, case="curve", size=10))
    assert Results.from_json(written.to_json()) == written


def test_file_of_results_has_a_line_for_each_run() -> None:
    text = results(run("pymail", 1.5), run("curl", 2.0, failure="é")).to_json()
    assert len([line for line in text.splitlines() if '"wall_seconds"' in line]) == 2


RIGHT = {"status": 0, "said": "", "messages": 2, "recipients": 6, "octets": 500}


@pytest.mark.parametrize(
    ("differs", "expected"),
    [
        pytest.param({}, "", id="right"),
        pytest.param(
            {"status": 75, "said": "x\nno server\n"},
            "status 75: no server",
            id="status",
        ),
        pytest.param({"status": -9}, "status -9", id="signal"),
        pytest.param({"messages": 1}, "1 messages arrived, not 2", id="too few"),
        pytest.param({"messages": 3}, "3 messages arrived, not 2", id="sent twice"),
        pytest.param({"recipients": 5}, "5 recipients, not 6", id="recipients"),
        pytest.param(
            {"octets": 399}, "399 octets arrived, not 400 and more", id="cut off"
        ),
    ],
)
def test_run_fails_unless_all_arrived_once(
    differs: dict[str, object], expected: str
) -> None:
    task = Task(mails=2, recipients=3, attachment_octets=400)
    case = Case(name="any", title="any", task=task, programs=())
    assert failure_of(case, **{**RIGHT, **differs}) == expected  # type: ignore[arg-type]
