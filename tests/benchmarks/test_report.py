"""The tables on the terminal."""

import io

from rich.console import Console

from tests.benchmarks.report import notes, tables
from tests.benchmarks.results import Results, Run


def run(program: str, wall: float, **more: object) -> Run:
    said: dict[str, object] = {"case": "small", "cpu_seconds": 0.1, **more}
    return Run(program=program, wall_seconds=wall, peak_octets=30_000_000, **said)  # type: ignore[arg-type]


def shown(*runs: Run) -> list[str]:
    """The lines of all tables, without their rules."""
    console = Console(file=(out := io.StringIO()), width=150)
    for table in tables(Results(date="", machine={}, programs={}, runs=list(runs))):
        console.print(table)
    cells = (line.replace("│", " ").split() for line in out.getvalue().splitlines())
    return [" ".join(words) for words in cells if words]


def test_case_shows_the_fastest_first_and_how_others_compare() -> None:
    lines = shown(run("pymail", 0.2), run("curl", 0.1), run("floor", 0.4))
    assert lines[0] == "small mail: one run"
    assert lines.index("curl 100 ms 0.0 ms 100 ms 30 MB 1.00 0.25") < lines.index(
        "pymail 200 ms 0.0 ms 100 ms 30 MB 2.00 0.50"
    )


def test_ratio_without_a_peer_is_a_dash() -> None:
    assert "pymail 200 ms 0.0 ms 100 ms 30 MB – –" in shown(run("pymail", 0.2))


def test_failure_is_last_and_says_why() -> None:
    lines = shown(run("curl", 0.1, failure="status 7: [x] no"), run("pymail", 0.2))
    assert lines[-2].startswith("curl failed: status 7: [x] no")


def test_curve_has_a_column_for_each_size() -> None:
    curve = {"case": "curve-mails"}
    lines = shown(
        run("pymail", 0.2, size=1, **curve),
        run("pymail", 3.0, size=1000, **curve),
        run("curl", 1.0, size=1000, failure="status 7", **curve),
    )
    assert "┃ program ┃ 1 ┃ 1,000 ┃" in lines
    assert "pymail 200 ms 3.00 s" in lines
    assert "curl failed: status 7" in lines


def test_goals_are_judged() -> None:
    missed = shown(run("pymail", 0.9), run("floor", 1.0))
    assert "small 0.85 x floor 0.90 missed" in missed
    reached = shown(run("pymail", 0.5), run("floor", 1.0))
    assert "small 0.85 x floor 0.50 reached" in reached


def test_notes_name_the_machine_the_versions_and_what_is_missing() -> None:
    said = notes(
        Results(
            date="2026-11-23",
            machine={"cores": "2"},
            programs={"curl": "7.88"},
            absent=("swaks",),
            remarks=("it was busy",),
        )
    )
    assert said == [
        "2026-11-23: cores 2",
        "programs: curl 7.88",
        "not here: swaks",
        "mind: it was busy",
    ]


def test_title_says_how_many_runs_there_were() -> None:
    assert "small mail: medians of 3 runs" in shown(*[run("pymail", 0.2)] * 3)
