"""Benchmarks measure correctly, and a damaged mail is no result."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.benchmarks.__main__ import main
from tests.benchmarks.apart import throwaway_certificate
from tests.benchmarks.cases import MB, Case, Task, Tls
from tests.benchmarks.measure import measure, spend
from tests.benchmarks.programs import Installed, installed
from tests.benchmarks.readme import BEGIN, END, markdown, rewritten
from tests.benchmarks.results import Results

KEPT = Path(__file__).with_name("results.json")


def called(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def floor() -> dict[str, Installed]:
    return installed(["floor"], "this Python")


def test_results_of_a_file_are_shown_and_drawn(tmp_path: Path) -> None:
    ended = called("--from", KEPT, "--output", tmp_path)
    assert ended.exit_code == 0, ended.output
    assert (tmp_path / "results.json").read_text() == KEPT.read_text()
    assert (tmp_path / "cost.svg").read_text().startswith("<svg")


def test_table_replaces_what_is_between_the_marks_and_nothing_else() -> None:
    measured = Results.load(KEPT)
    once = rewritten(f"before\n{BEGIN}\nold\n{END}\nafter\n", measured)
    assert once == f"before\n{BEGIN}\n{markdown(measured)}{END}\nafter\n"
    assert rewritten(once, measured) == once


@pytest.mark.live
def test_case_is_measured_and_kept(tmp_path: Path) -> None:
    words = ("--cases", "small", "--programs", "floor,pymail", "--pymail", "absent")
    ended = called(*words, "--runs", 1, "--output", tmp_path)
    assert ended.exit_code == 0, ended.output
    assert "not here: pymail" in ended.output
    (run,) = Results.load(tmp_path / "results.json").runs
    assert (run.program, run.failure) == ("floor", "")


@pytest.mark.live
@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.IMPLICIT])
def test_a_complete_mail_is_no_failure(
    tls: Tls, floor: dict[str, Installed], tmp_path: Path
) -> None:
    task = Task(tls=tls, login="plain", round_trip_seconds=0.001, attachment_octets=MB)
    case = Case(name="any", title="any", task=task, programs=("floor", "absent"))
    certificate = throwaway_certificate(tmp_path)
    (run,) = measure(case, floor, rounds=1, certificate=certificate, told=print)
    assert (run.case, run.program, run.failure) == ("any", "floor", "")


@pytest.mark.live
def test_a_mail_with_missing_recipients_is_a_failure(
    floor: dict[str, Installed], tmp_path: Path
) -> None:
    case = Case(name="any", title="any", task=Task(recipients=2), programs=("floor",))
    (run,) = measure(case, floor, rounds=1, certificate=tmp_path, told=print)
    assert run.failure == "1 recipients, not 2"


def test_peak_is_that_of_the_command_alone(tmp_path: Path) -> None:
    """A process starts with the peak of its parent."""
    ballast = bytearray(100 * MB)
    small = spend(["true"], Path("/dev/null"), tmp_path, {})
    assert small.peak_octets < 20 * MB
    words = [sys.executable, "-I", "-S", "-c", f"bytearray({len(ballast)})"]
    large = spend(words, Path("/dev/null"), tmp_path, {})
    assert 100 * MB < large.peak_octets < 150 * MB


def test_command_that_hangs_is_ended(tmp_path: Path) -> None:
    spent = spend(["sleep", "60"], Path("/dev/null"), tmp_path, {}, limit_seconds=0.1)
    assert (spent.status, spent.said) == (-9, "took too long")
