"""How programs are found and called."""

import sys
from pathlib import Path

import pytest

from tests.benchmarks.calls import Job
from tests.benchmarks.cases import Task, Tls
from tests.benchmarks.machine import machine
from tests.benchmarks.programs import (
    PROGRAMS,
    Program,
    has_bytecode,
    installed,
    pymail_command,
    python_of,
)

SENDERS = [p for p in PROGRAMS if not p.name.startswith("smtp-source")]
everybody = pytest.mark.parametrize("program", SENDERS, ids=lambda p: p.name)


def all_words(program: Program, directory: Path, task: Task, **more: Path) -> str:
    """Everything a program is told: words, settings, input."""
    call = program.call(Job(task, 2525, directory, **more))
    settings = [p.read_text() for p in directory.iterdir() if p.suffix != ".py"]
    return "\n".join([*call.words, call.stdin.read_text(), *settings])


@everybody
def test_every_program_is_told_server_login_and_way(
    program: Program, tmp_path: Path
) -> None:
    said = all_words(program, tmp_path, Task(tls=Tls.STARTTLS, login="plain"))
    assert "2525" in said
    if program.name != "floor":  # which knows its login by heart
        assert "secret" in said
    assert "tls" in said or "ssl" in said
    assert said != all_words(program, tmp_path, Task(tls=Tls.IMPLICIT, login="plain"))


@pytest.mark.parametrize(
    "program", [p for p in SENDERS if p.name != "floor"], ids=lambda p: p.name
)
def test_every_recipient_is_named(program: Program, tmp_path: Path) -> None:
    said = all_words(program, tmp_path, Task(recipients=12))
    assert all(f"user{i}@example.com" in said for i in range(12))


@pytest.mark.parametrize(
    "program", [p for p in SENDERS if p.name != "msmtp"], ids=lambda p: p.name
)
def test_attachment_is_named(program: Program, tmp_path: Path) -> None:
    attachment = tmp_path.parent / "attachment.bin"
    said = all_words(program, tmp_path, Task(), attachment=attachment)
    assert str(attachment) in said


def test_many_mails_are_entries_of_one_mbox(tmp_path: Path) -> None:
    (pymail,) = (program for program in PROGRAMS if program.name == "pymail")
    call = pymail.call(Job(Task(mails=3), 2525, tmp_path))
    assert "-t" in call.words
    assert call.stdin.read_text().count("\nTo: user0@example.com\n") == 3
    assert call.stdin.read_text().count("\n\nFrom ") == 2


def test_load_generator_connects_once_or_for_each_mail(tmp_path: Path) -> None:
    once, anew = (p for p in PROGRAMS if p.name.startswith("smtp-source"))
    job = Job(Task(mails=3), 2525, tmp_path)
    assert once.call(job).words == ["-d", *anew.call(job).words]
    assert "inet:localhost:2525" in anew.call(job).words


@everybody
def test_files_with_passwords_are_for_nobody_else(
    program: Program, tmp_path: Path
) -> None:
    program.call(Job(Task(login="plain"), 2525, tmp_path))
    for path in tmp_path.iterdir():
        if "secret" in path.read_text() and path.suffix != ".py":
            assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("#!/opt/venv/bin/python3\n", "/opt/venv/bin/python3"),
        ("#!/opt/bin/python3.11 -sE\n", "/opt/bin/python3.11"),
        ("#!/bin/sh\n'''exec' /a/b/python3 \"$0\" \"$@\"\n' '''\n", "/a/b/python3"),
        ("#!/bin/sh\n'''exec' \"/a/python\" \"$0\" \"$@\"\n' '''\n", "/a/python"),
        ("#!/bin/sh\nexec true\n", sys.executable),
        ("\x7fELF", sys.executable),
    ],
)
def test_python_of_a_script_is_in_its_first_lines(
    head: str, expected: str, tmp_path: Path
) -> None:
    script = tmp_path / "script"
    script.write_text(head)
    assert python_of(str(script)) == expected


def test_python_of_no_script_is_this_one(tmp_path: Path) -> None:
    assert python_of(str(tmp_path / "absent")) == sys.executable


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return str(path)


def test_program_is_here_with_its_version(tmp_path: Path) -> None:
    command = script(tmp_path / "pymail", "echo pymail 9.8.7")
    found = installed(["pymail", "floor"], command)
    assert found["pymail"].command == command
    assert found["pymail"].version == "9.8.7"
    assert found["floor"].command == sys.executable
    assert found["floor"].version.startswith("Python 3")


@pytest.mark.parametrize("text", ["exit 1", "echo something else"])
def test_other_program_of_the_same_name_is_not_here(text: str, tmp_path: Path) -> None:
    assert installed(["pymail"], script(tmp_path / "pymail", text)) == {}


def test_program_that_is_absent_is_not_here(tmp_path: Path) -> None:
    assert installed(["pymail"], str(tmp_path / "pymail")) == {}


def test_pymail_beside_this_python_is_the_one() -> None:
    assert Path(pymail_command()).name == "pymail"


@pytest.mark.parametrize("compiled", [True, False])
def test_bytecode_is_looked_for_where_pymail_is(compiled: bool, tmp_path: Path) -> None:
    python = script(tmp_path / "python", f"echo {compiled}")
    command = tmp_path / "pymail"
    command.write_text(f"#!{python}\n")
    assert has_bytecode(str(command)) is compiled


def test_machine_is_named(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor : 0\nmodel name\t: Fast One\nmodel name\t: Two\n")
    assert machine(cpuinfo)["cpu"] == "Fast One"
    assert machine(tmp_path / "absent")["cpu"]
