"""Standard output of the real command is one JSON object, whatever happens to it."""

import os
import pty
import signal
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hardening.test_signals import COUNTING, STEPS
from tests.installed import PROGRAMS
from tests.json_schema import read_json
from tests.scripted import nobody, serving

WORDS = ["pymail", "--json", "-s", "S", "a@example.org"]
ONE_HOME = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
ODD = st.text(st.characters(exclude_characters="\0", exclude_categories=[])).map(
    lambda text: text.encode("utf-8", "surrogatepass").decode(
        "utf-8", "surrogateescape"
    )
)
MOMENTS = [0.06, 0.2, 0.4, 0.6, 0.75, 0.85, 0.94, 0.98, 0.999]


@pytest.mark.parametrize("step", STEPS)
def test_signal_at_a_step_of_the_session(signalled: Any, step: str) -> None:
    text = b"precious\n" * (1_500_000 if step == "content" else 1)
    ended, _ = signalled(WORDS, step, signal.SIGTERM, stdin=text)
    values = read_json(ended.out)
    assert values["exit_status"] == ended.status == (75 if step == "." else 143)
    (message,) = values["letters"]
    assert message["kept"]["dead_letter"]
    fate = "unknown" if step == "." else "unsent"
    assert message["recipients"][0]["fate"] == fate


def test_signal_at_any_moment(home: Any) -> None:
    with serving() as server:
        rc = f"set smtp={server.address} from=me@example.com record=~/sent\n"

        def ended(at: int) -> tuple[Any, int]:
            words = [sys.executable, "-c", COUNTING, str(at), *WORDS]
            process = home.start(words, rc=rc)
            return home.ended(process), int((home.path / "calls").read_text())

        _, calls = ended(-1)
        for moment in MOMENTS:
            run, _ = ended(int(calls * moment))
            assert read_json(run.out)["exit_status"] == run.status
            assert "Traceback" not in run.err


# Sends itself a signal when there is no run yet that could tell of it.
EARLY = """
import os, sys
del sys.argv[0]
from pymail.main import run
from pymail.environment import Environment
real = Environment.real
def early(*_):
    os.kill(os.getpid(), 15)
    return real()
Environment.real = early
run()
"""


def test_signal_before_anything_is_read(home: Any) -> None:
    ended = home.run([sys.executable, "-c", EARLY, *WORDS], rc="")
    values = read_json(ended.out)
    assert values["exit_status"] == ended.status == 143
    assert values["problems"][0]["happened"] == "interrupted"
    bare = home.run([sys.executable, "-c", EARLY, "pymail", "a@x.org"], rc="")
    assert (bare.status, bare.out) == (143, "")


def test_words_that_are_no_text(run: Any) -> None:
    odd = b"\xff\xfe\x1b\xd6\xd0\xb9\xfa".decode("utf-8", "surrogateescape")
    rc = f"set smtp={nobody()} from=me@example.com x='{odd}'\nfrob {odd}\n"
    for words in (
        ["-s", odd, "a@x.org"],
        [odd],
        ["-d", odd + "@x.org"],
        ["--" + odd],
        ["-a", odd, "a@x.org"],
        ["--show-settings"],
        ["--check", odd],
        ["--drop", odd],
        ["--run", "a@x.org", "--", "echo", odd],
    ):
        ended = run(["pymail", "--json", *words], rc=rc)
        values = read_json(ended.out)
        assert values["exit_status"] == ended.status
        assert values["exit_status"] != 70, ended.err


@given(st.lists(ODD, max_size=3), ODD, ODD)
@ONE_HOME
def test_any_words_and_settings(
    pymail: Any, words: list[str], text: str, rc: str
) -> None:
    safe = [word for word in words if word != "-"]
    for options in (["-d"], ["--show-settings"]):
        ended = pymail(*options, "--json", "-s", text, "--", *safe, rc="", stdin=b"t")
        values = read_json(ended.out)
        assert values["exit_status"] == ended.status
        assert values["exit_status"] != 70, ended.err
    ended = pymail("--json", "--show-settings", "-S", rc, "-X", f"echo {text}")
    assert read_json(ended.out)["kind"] == "settings"


@given(st.integers(0, 999), st.binary(max_size=40))
@ONE_HOME
def test_any_octets_of_a_server(pymail: Any, code: int, octets: bytes) -> None:
    with serving({"RCPT": b"%03d %b" % (code, octets.replace(b"\n", b""))}) as server:
        rc = f"set smtp={server.address} from=me@example.com nosave smtp-timeout=5\n"
        ended = pymail("--json", "a@x.org", rc=rc, stdin=b"t")
    values = read_json(ended.out)
    assert values["exit_status"] == ended.status
    assert values["exit_status"] != 70, ended.err


def test_children_write_to_standard_error(run: Any) -> None:
    rc = "set mta=test from=me@example.com\n"
    stdin = b"~!echo from a child\ntext\n~:echo of settings\n"
    ended = run(["pymail", "--json", "-~", "a@x.org"], rc=rc, stdin=stdin)
    assert read_json(ended.out)["letters"][0]["state"] == "sent"
    assert "from a child\n" in ended.err
    assert "of settings\n" in ended.err


@pytest.mark.terminal
def test_questions_at_a_terminal_are_on_standard_error(home: Any) -> None:
    (home.path / ".mailrc").write_text("set mta=test from=me@example.com\n")
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(
            [PROGRAMS["pymail"], "--json", "a@x.org"],
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"HOME": str(home.path), "TERM": "xterm", "MAILX_NO_SYSTEM_RC": "1"},
        )
        os.write(ours, b"Hello\ntext\n.\n")
        ended = home.ended(process)
    finally:
        os.close(theirs)
        os.close(ours)
    (message,) = read_json(ended.out)["letters"]
    assert (message["subject"], message["state"]) == ("Hello", "sent")
    assert ended.err.startswith("Subject: ")


def test_command_that_is_run_writes_to_standard_error(run: Any) -> None:
    rc = "set mta=test from=me@example.com\n"
    words = ["pymail", "--json", "-v", "--run", "a@x.org", "--", "echo", "hello"]
    ended = run(words, rc=rc)
    assert read_json(ended.out)["command"]["status"] == 0
    assert ended.err == "hello\n"


def test_settings_that_print_write_to_standard_error(run: Any) -> None:
    rc = "set mta=test from=me@example.com\necho hello\n"
    ended = run(["pymail", "--json", "a@x.org"], rc=rc)
    assert read_json(ended.out)["warnings"] == []
    assert ended.err.startswith("hello\n")


@pytest.mark.parametrize("stdout", [None, "/dev/full"], ids=["closed", "full"])
def test_mail_is_sent_though_its_report_cannot_be_written(
    home: Any, stdout: str | None
) -> None:
    redirection = f">{stdout}" if stdout else ">&-"
    script = f'exec "$0" --json a@x.org {redirection}'
    with serving() as server:
        rc = f"set smtp={server.address} from=me@example.com\n"
        ended = home.run(["/bin/sh", "-c", script, PROGRAMS["pymail"]], rc=rc)
        assert len(server.contents) == 1
    assert (ended.status, ended.err, ended.dead) == (0, "", "")
