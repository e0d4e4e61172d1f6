"""--check --as-cron repeats the check with cron's environment."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pymail.commands.check.cron_check import check_as_cron
from pymail.commands.invocation import Invocation
from pymail.credentials.chain import cron_environment
from pymail.settings.loader import load

Run = Callable[..., Any]
RC = "set mta=test:///nowhere/x\n"
OURS = ["-n", "--check", "--as-cron"]


@pytest.fixture
def again(world: Any) -> Callable[..., Any]:
    """Replace the check in cron's environment by a script."""

    def run(script: str, seconds: float = 30, **asked: Any) -> Any:
        environment = world.environment("pymail")
        invocation = Invocation(check=True, as_cron=True, **asked)
        loaded = load(invocation.load_request, environment)
        program = [sys.executable, "-c", script]
        return check_as_cron(
            invocation, loaded, environment, seconds=seconds, program=program
        )

    return run


def test_process_has_the_environment_of_cron(again: Any, world: Any) -> None:
    script = """
import json, os, sys
tty = []
for n in (0, 1, 2):
    tty.append(os.isatty(n))
fact = json.dumps([dict(os.environ), os.getcwd(), tty, os.getsid(0) == os.getpid(),
    sys.stdin.read()])
print(json.dumps({"server": "x", "stages": [
    {"name": "x", "verdict": "ok", "facts": [fact]}]}))
"""
    (stage,) = again(script).stages
    variables, directory, tty, leads, read = json.loads(stage.facts[0])
    variables.pop("LC_CTYPE", None)  # Python sets it itself
    assert variables == cron_environment(world.environment("pymail")).variables
    assert set(variables) == {"HOME", "LOGNAME", "PATH", "SHELL"}
    assert Path(directory).samefile(world.directory)
    assert (tty, leads, read) == ([False] * 3, True, "")


ECHO = """
import json, sys
print(json.dumps({"server": "x", "stages": [
    {"name": "settings", "verdict": "ok", "facts": sys.argv[1:]}]}))
"""


def test_process_gets_the_settings_options(again: Any, world: Any) -> None:
    world.write(".mailrc", "account work {\nset from=a@b.c\n}\n")
    world.write("file", "")
    (stage,) = again(
        ECHO,
        recipients=("ops@example.com",),
        to=("more@example.com",),
        after_dashes=("last@example.com",),
        envelope_sender="from@example.com",
        full_name="A Name",
        program_words=("-x",),
        accounts_or_files=("work", "file"),
        assignments=("smtp=mx.example.com", "from=me@x.org", "crt"),
        commands=("set verbose",),
        late_commands=("unset verbose",),
        no_system_rc=True,
        sender="me@example.com",
        login="joe",
        password_file="secret",
        cc=("c@example.com",),
        bcc=("b@example.com",),
    ).stages
    assert stage.facts == (
        *("--check", "--json", "-:", "u", "--user", "joe", "-A", "work"),
        *("-S", "smtp=mx.example.com", "-S", "from=me@x.org", "-S", "crt"),
        *("-X", "set verbose", "-Y", "unset verbose", "-r", "me@example.com"),
        *("--password-file", "secret", "-c", "c@example.com", "-b", "b@example.com"),
        *("ops@example.com", "more@example.com", "--", "last@example.com"),
        *("-f", "from@example.com", "-F", "A Name", "-x"),
    )


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        ({"assignments": ("password=x9y9",)}, ()),
        ({"assignments": ("smtp-auth-password-me@x.org=x9y9",)}, ()),
        ({"assignments": ("smtp=smtps://me:x9y9@mx.example.com",)}, ("-S", "smtp=smtps://me@mx.example.com")),
        ({"commands": ("set smtp-auth-password=x9y9",)}, ()),
        ({"late_commands": ("set mta=smtp://me:x9y9@mx",)}, ()),
        ({"password_fd": 7}, ()),
    ],
)  # fmt: skip
def test_no_password_is_on_the_command_line_of_the_process(
    again: Any, asked: Any, left: tuple[str, ...]
) -> None:
    (stage,) = again(ECHO, **asked).stages
    without = "without the password of this command line"
    assert stage.facts == ("--check", "--json", *left, without)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("print('{}')", "ended without a result: {}"),
        ("print('nonsense')", "ended without a result: nonsense"),
        (
            """print('{"server": "", "stages": []}'); raise SystemExit("no way")""",
            "ended without a result: no way",
        ),
        ("raise SystemExit('no such \\x1bthing')", "without a result: no such \\x1bthing"),
        ("import time; time.sleep(60)", "did not end within 0 seconds"),
    ],
    ids=["empty", "nonsense", "not-begun", "failure", "slow"],
)  # fmt: skip
def test_process_without_a_result_is_a_failed_stage(
    again: Any, script: str, words: str
) -> None:
    seconds = 0.2 if "sleep" in script else 30
    found = again(script, seconds)
    assert found.exit_status == 75
    assert words in found.stages[0].problem


def test_process_that_cannot_start_is_a_failed_stage(world: Any) -> None:
    environment = world.environment("pymail")
    invocation = Invocation(check=True, as_cron=True)
    found = check_as_cron(
        invocation,
        load(invocation.load_request, environment),
        environment,
        program=["/nowhere/pymail"],
    )
    assert found.exit_status == 75
    assert "can't start: no such file" in found.stages[0].problem


def test_both_checks_are_shown_and_that_of_cron_decides(
    pymail: Run, world: Any
) -> None:
    world.write(".mailrc", RC)
    ended = pymail(*OURS)
    assert ended.status == 73
    here, _, there = ended.out.partition("as cron:")
    for report in (here, there):
        assert "FAILED  file        /nowhere/x: no such file or directory" in report


def test_differences_to_this_session_are_listed(pymail: Run, world: Any) -> None:
    """MAILRC is set in this environment, but not in cron's."""
    rc = world.write("rc", "set mta=test\n")
    world.write(".mailrc", RC)
    ended = pymail(*OURS, "--json", variables={"MAILRC": str(rc)})
    values = json.loads(ended.out)
    assert ended.status == 73
    assert values["exit_status"] == values["as_cron"]["exit_status"] == 73
    report = "\n".join(values["differences"])
    assert "settings, here: ~/rc: read" in report
    assert "settings, cron: ~/.mailrc: read" in report
    assert "file: ok here, failed (/nowhere/x: no such file" in report


def test_failure_here_decides_if_cron_has_none(pymail: Run, world: Any) -> None:
    rc = world.write("rc", RC)
    world.write(".mailrc", "set mta=test\n")
    ended = pymail(*OURS, variables={"MAILRC": str(rc)})
    assert ended.status == 73
    assert os.fspath(rc) not in ended.err
