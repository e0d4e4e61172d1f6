"""The table in README.md."""

from pathlib import Path

import pytest

from tests.benchmarks.readme import (
    BEGIN,
    END,
    between_marks,
    markdown,
    renew,
    rewritten,
)
from tests.benchmarks.results import Results, Run
from tests.benchmarks.units import duration, memory, ratio


def run(program: str, wall: float, case: str = "small", failure: str = "") -> Run:
    return Run(
        case=case,
        program=program,
        wall_seconds=wall,
        cpu_seconds=0.1,
        peak_octets=30_000_000,
        failure=failure,
    )


def results(*runs: Run) -> Results:
    machine = {"cpu": "Fast", "cores": "2", "kernel": "Linux 6", "python": "3.11.7"}
    programs = {
        "pymail": "1.0",
        "floor": "Python 3.11.7",
        "smtp-source -d": "3.7",
        "smtp-source": "3.7",
    }
    date = "2026-11-03T12:00:00+00:00"
    return Results(date=date, machine=machine, programs=programs, runs=list(runs))


def test_case_is_a_line_with_peers_from_the_fastest_on() -> None:
    table = markdown(
        results(
            run("swaks", 0.3),
            run("pymail", 0.2),
            run("curl", 0.1),
            run("floor", 0.4),
            run("s-nail", 0.1, failure="status 1"),
        )
    )
    row = "| small mail | **200 ms** | 400 ms | curl 100 ms; swaks 300 ms |"
    assert row in table.splitlines()


def test_attachment_shows_memory() -> None:
    table = markdown(results(run("pymail", 0.2, "attachment")))
    assert "| attachment of 100 MB | **200 ms, 30 MB** | – | – |" in table


def test_case_without_pymail_has_a_dash() -> None:
    assert "| small mail | – | – | curl 100 ms |" in markdown(results(run("curl", 0.1)))


def test_caption_says_when_where_and_with_what() -> None:
    runs = [run("pymail", 0.2), run("pymail", 0.3), run("pymail", 0.2, "tls")]
    assert markdown(results(*runs)).splitlines()[-1] == (
        "Medians of 1 to 2 runs, 3 November 2026; Fast, 2 cores, Linux 6; "
        "pymail 1.0, smtp-source 3.7, Python 3.11.7."
    )


def test_table_replaces_what_is_between_the_marks_and_nothing_else() -> None:
    measured = results(run("pymail", 0.2))
    readme = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    once = rewritten(readme, measured)
    assert once == f"before\n{BEGIN}\n{markdown(measured)}{END}\nafter\n"
    assert between_marks(once) == markdown(measured)
    assert rewritten(once, measured) == once


def test_file_is_renewed_in_place(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text(f"{BEGIN}\n{END}\n")
    measured = results(run("pymail", 0.2))
    renew(path, measured)
    assert between_marks(path.read_text()) == markdown(measured)


@pytest.mark.parametrize("readme", ["", BEGIN, END, f"{END}{BEGIN}"])
def test_file_without_marks_is_refused(readme: str) -> None:
    with pytest.raises(ValueError, match="no place"):
        rewritten(readme, results(run("pymail", 0.2)))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.00861, "8.6 ms"),
        (0.00996, "10 ms"),
        (0.1022, "102 ms"),
        (0.9996, "1.00 s"),
        (1.334, "1.33 s"),
        (12.46, "12.5 s"),
        (123.4, "123 s"),
    ],
)
def test_times_have_three_figures_at_most(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (5_100_000, "< 6 MB"),
        (8_065_024, "8.1 MB"),
        (27_045_408, "27 MB"),
        (2_396_782_592, "2,397 MB"),
    ],
)
def test_memory_is_in_megabytes(octets: float, expected: str) -> None:
    assert memory(octets) == expected


def test_ratio_has_two_places() -> None:
    assert (ratio(1.0, 3.0), ratio(1.0, None)) == ("0.33", "–")
