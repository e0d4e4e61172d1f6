"""Local programs and files are checked without being used."""

from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from pymail.address.envelope import Envelope
from pymail.commands.check.check import FILE, PROGRAM
from pymail.commands.check.findings import Findings, Stage, Verdict
from pymail.commands.check.local_stages import check_file, check_program
from pymail.settings.server_models import FileTarget, LocalMta

ENVELOPE = Envelope(reverse_path="me@example.com", forward_paths=("a@example.org",))


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "bin" / "mta"
    path.parent.mkdir()
    path.write_text("#!/bin/sh\nexit 1\n")
    path.chmod(0o700)
    return path


def checked(mta: LocalMta, world: Any, *argv: str, **variables: str) -> Stage:
    findings = Findings(PROGRAM, monotonic)
    environment = world.environment(*argv, variables=variables)
    check_program(mta, ENVELOPE, environment, findings)
    return findings["program"]


def test_program_is_shown_with_its_arguments(program: Path, world: Any) -> None:
    stage = checked(LocalMta(program=program, arguments=("-x y",)), world)
    assert stage.verdict is Verdict.OK
    assert stage.facts == (
        str(program),
        f"called as: {program} -i '-x y' -- a@example.org",
    )


def test_link_is_shown_with_its_target(program: Path, world: Any) -> None:
    link = program.with_name("sendmail")
    link.symlink_to(program)
    assert checked(LocalMta(program=link), world).facts[0] == f"{link} → {program}"


def test_name_is_looked_up_in_path(program: Path, world: Any) -> None:
    mta = LocalMta(program=Path("mta"))
    path = f"/nowhere:{program.parent}"
    assert checked(mta, world, PATH=path).facts[0] == str(program)
    assert checked(mta, world).exit_status == 78


@pytest.mark.parametrize(
    ("mode", "words"), [(0o600, "permission denied"), (None, "no such file")]
)
def test_program_that_cannot_run_is_78(
    program: Path, world: Any, mode: int | None, words: str
) -> None:
    if mode is None:
        program.unlink()
    else:
        program.chmod(mode)
    stage = checked(LocalMta(program=program), world)
    assert stage.exit_status == 78
    assert words in stage.problem
    assert "pymail --setup" in stage.next_step


def test_program_that_is_pymail_itself_is_78(program: Path, world: Any) -> None:
    stage = checked(LocalMta(program=program), world, str(program))
    assert stage.exit_status == 78
    assert stage.problem.endswith("is pymail itself")
    assert "set smtp=" in stage.next_step


def test_link_to_pymail_sendmail_is_a_warning(program: Path, world: Any) -> None:
    door = program.with_name("pymail-sendmail")
    program.rename(door)
    link = program.with_name("sendmail")
    link.symlink_to(door)
    stage = checked(LocalMta(program=link), world)
    assert stage.verdict is Verdict.WARNING
    assert "is pymail itself: pymail-sendmail" in stage.problem


def test_program_is_checked_without_an_envelope(program: Path, world: Any) -> None:
    findings = Findings(PROGRAM, monotonic)
    check_program(LocalMta(program=program), None, world.environment(), findings)
    assert findings["program"].facts == (str(program),)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("new", ""),
        ("there", ""),
        ("none/new", "no such file or directory"),
        (".", "is a directory"),
    ],
)
def test_file_is_checked_and_not_written(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "there").write_text("")
    path = tmp_path / name
    findings = Findings(FILE, monotonic)
    check_file(FileTarget(path=path), findings)
    assert findings["file"].exit_status == (73 if words else 0)
    assert findings["file"].problem.endswith(words)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["there"]


def test_read_only_file_is_73(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    findings = Findings(FILE, monotonic)
    check_file(FileTarget(path=tmp_path / "new"), findings)
    assert "permission denied" in findings["file"].problem


def test_standard_output_is_ok() -> None:
    findings = Findings(FILE, monotonic)
    check_file(FileTarget(), findings)
    assert findings["file"].verdict is Verdict.OK
