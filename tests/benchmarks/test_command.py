"""The command: what it takes, shows and writes."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.benchmarks.__main__ import main
from tests.benchmarks.results import Results, Run


@pytest.fixture
def source(tmp_path: Path) -> Path:
    run = Run(
        case="curve-mails",
        program="pymail",
        size=10,
        wall_seconds=0.2,
        cpu_seconds=0.1,
        peak_octets=30_000_000,
    )
    path = tmp_path / "source.json"
    path.write_text(
        Results(date="2026-11-23", machine={}, programs={}, runs=[run]).to_json()
    )
    return path


def called(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_results_of_a_file_are_shown_and_drawn(source: Path, tmp_path: Path) -> None:
    ended = called("--from", source, "--output", tmp_path / "out")
    assert ended.exit_code == 0, ended.output
    assert "mails from one process" in ended.output.splitlines()
    assert (tmp_path / "out/results.json").read_text() == source.read_text()
    assert (tmp_path / "out/cost.svg").read_text().startswith("<svg")


@pytest.mark.live
def test_case_is_measured_and_kept(tmp_path: Path) -> None:
    words = ("--cases", "small", "--programs", "floor,pymail", "--pymail", "absent")
    ended = called(*words, "--runs", 2, "--output", tmp_path)
    assert ended.exit_code == 0, ended.output
    assert "not here: pymail" in ended.output
    results = Results.load(tmp_path / "results.json")
    assert [run.failure for run in results.runs] == ["", ""]
    assert {run.program for run in results.runs} == {"floor"}
    assert not (tmp_path / "cost.svg").exists()


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("--cases", "small,odd"), id="case"),
        pytest.param(("--programs", "mutt"), id="program"),
        pytest.param(("--points", "1,x"), id="point"),
        pytest.param(("--points", "0"), id="point zero"),
        pytest.param(("--runs", "0"), id="runs"),
    ],
)
def test_unknown_word_is_refused(words: tuple[str, str]) -> None:
    ended = called(*words)
    assert ended.exit_code == 2
    assert "Invalid value for" in ended.output
