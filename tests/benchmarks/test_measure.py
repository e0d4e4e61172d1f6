"""What a command costs is seen, and whether its mail arrived."""

import sys
from pathlib import Path

import pytest

from tests.benchmarks.apart import throwaway_certificate
from tests.benchmarks.cases import MB, Case, Task, Tls
from tests.benchmarks.measure import measure, spend, write_random
from tests.benchmarks.programs import Installed, installed


def test_status_and_words_of_a_command_are_seen(tmp_path: Path) -> None:
    (tmp_path / "in").write_text("from a file\n")
    words = ["sh", "-c", "cat; echo to nobody >&2; exit 3"]
    spent = spend(words, tmp_path / "in", tmp_path, {})
    assert (spent.status, spent.said) == (3, "from a file\nto nobody\n")
    assert spent.wall_seconds > 0


def test_command_that_is_absent_fails(tmp_path: Path) -> None:
    spent = spend([str(tmp_path / "absent")], Path("/dev/null"), tmp_path, {})
    assert spent.status == 127


def test_environment_is_that_of_the_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    spent = spend(["env"], Path("/dev/null"), tmp_path, {"MAILRC": "/a/file"})
    names = {line.partition("=")[0] for line in spent.said.splitlines()}
    assert "MAILRC" in names
    assert f"HOME={tmp_path}" in spent.said.splitlines()
    assert "PYTHONDONTWRITEBYTECODE" not in names


def test_peak_is_that_of_the_command_alone(tmp_path: Path) -> None:
    """A process starts with the peak of the one that it is forked from."""
    ballast = bytearray(100 * MB)
    small = spend(["true"], Path("/dev/null"), tmp_path, {})
    assert small.peak_octets < 20 * MB
    words = [sys.executable, "-I", "-S", "-c", f"bytearray({len(ballast)})"]
    large = spend(words, Path("/dev/null"), tmp_path, {})
    assert 100 * MB < large.peak_octets < 150 * MB


def test_command_that_hangs_is_ended(tmp_path: Path) -> None:
    spent = spend(["sleep", "60"], Path("/dev/null"), tmp_path, {}, limit_seconds=0.1)
    assert (spent.status, spent.said) == (-9, "took too long")


@pytest.mark.parametrize("octets", [0, 1, MB, MB + 1])
def test_random_file_has_its_size(octets: int, tmp_path: Path) -> None:
    write_random(tmp_path / "file", octets)
    assert (tmp_path / "file").stat().st_size == octets


@pytest.fixture
def floor() -> dict[str, Installed]:
    return installed(["floor"], "this Python")


@pytest.mark.live
@pytest.mark.parametrize(
    "task",
    [
        pytest.param(Task(attachment_octets=MB), id="attachment"),
        pytest.param(
            Task(tls=Tls.STARTTLS, login="plain", round_trip_seconds=0.001),
            id="starttls",
        ),
        pytest.param(Task(tls=Tls.IMPLICIT, login="plain"), id="implicit tls"),
    ],
)
def test_mail_that_arrives_whole_is_no_failure(
    task: Task, floor: dict[str, Installed], tmp_path: Path
) -> None:
    case = Case(name="any", title="any", task=task, programs=("floor", "absent"))
    told: list[str] = []
    certificate = throwaway_certificate(tmp_path)
    (run,) = measure(case, floor, rounds=1, certificate=certificate, told=told.append)
    assert (run.case, run.program, run.failure) == ("any", "floor", "")
    assert told == [f"any: floor, run {number} of 1" for number in (0, 1)]


@pytest.mark.live
def test_mail_that_should_have_gone_to_more_is_a_failure(
    floor: dict[str, Installed], tmp_path: Path
) -> None:
    case = Case(name="any", title="any", task=Task(recipients=2), programs=("floor",))
    (run,) = measure(case, floor, rounds=1, certificate=tmp_path, told=print)
    assert run.failure == "1 recipients, not 2"
