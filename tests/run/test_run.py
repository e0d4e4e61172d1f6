"""--run: the command is run, and its result mailed if WHEN says so."""

import io
from collections.abc import Callable, Mapping
from email import message_from_string
from email.message import Message
from typing import Any

import pytest

from pymail.main import main
from pymail.model import replace
from pymail.signals import Signals
from tests.scripted import nobody

RC = "set mta=test from=me@example.com\nalias ops ops@example.com\n"
FAILS = ("sh", "-c", "echo hello; exit 3")

Run = Callable[..., Any]


def sent(out: str) -> Message:
    """The only mail on standard output."""
    assert out.count("\nMessage-ID: ") == 1
    return message_from_string(out.partition("\n")[2])


def text(message: Message) -> str:
    return bytes(message.get_payload(decode=True)).decode()


# ── WHEN ────────────────────────────────────────────────────────────────────

DUE = {
    ("on-failure", "true"): False,
    ("on-failure", "echo x"): False,
    ("on-failure", "exit 1"): True,
    ("on-failure", "kill -9 $$"): True,
    ("on-output", "true"): False,
    ("on-output", "exit 1"): False,
    ("on-output", "echo x"): True,
    ("on-output", "echo x >&2"): True,
    ("always", "true"): True,
    ("always", "exit 1"): True,
}


@pytest.mark.parametrize(("when", "script"), DUE, ids=" ".join)
def test_when_decides_about_the_mail(pymail: Run, when: str, script: str) -> None:
    ended = pymail("--run", when, "ops", "--", "sh", "-c", script, rc=RC)
    assert bool(ended.out) is DUE[when, script]
    assert ended.err == ""


def test_failures_are_mailed_by_default(pymail: Run) -> None:
    assert pymail("--run", "ops", "--", "true", rc=RC).out == ""
    assert pymail("--run", "ops", "--", "false", rc=RC).out != ""


# ── the mail ────────────────────────────────────────────────────────────────


def test_mail_of_a_command(pymail: Run) -> None:
    ended = pymail("--run", "ops", "-c", "cc@x.org", "--", *FAILS, rc=RC)
    assert (ended.status, ended.err) == (3, "")
    mail = sent(ended.out)
    host = "[host.example.com]"
    command = "sh -c 'echo hello; exit 3'"
    assert mail["Subject"] == f"{host} {command}: exit 3 after 0.0 s"
    assert (mail["To"], mail["Cc"]) == ("ops@example.com", "cc@x.org")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Pymail-Exit-Status"] == "3"
    assert text(mail) == (
        f"Command:  {command}\n"
        "Host:     host.example.com\n"
        "Status:   exit 3\n"
        "Started:  2026-11-23 12:00:00 +0000\n"
        "Duration: 0.0 s\n"
        "\nhello\n\n"
    )


def test_options_are_those_of_every_mail(pymail: Run, world: Any) -> None:
    world.write("log", "log\n")
    ended = pymail(
        *("--run", "-s", "Backup", "-a", "log", "-r", "b@x.org", "ops"),
        *("-C", "auto-submitted: no", "-a", "X-Job: 7", "--", *FAILS),
        rc=RC,
    )
    mail = sent(ended.out)
    assert (mail["Subject"], mail["From"]) == ("Backup: exit 3", "b@x.org")
    assert mail.get_all("Auto-Submitted") == ["no"]
    assert mail["X-Job"] == "7"
    assert [part.get_filename() for part in mail.walk()][1:] == [None, "log"]


def test_report_without_output_is_sent_with_skip_empty(pymail: Run) -> None:
    rc = RC + "set skipemptybody\n"
    ended = pymail("--run", "-E", "-M", "text/html", "ops", "--", "false", rc=rc)
    assert text(sent(ended.out)).endswith("\n(no output)\n\n")


@pytest.mark.parametrize("made", [True, False])
def test_file_of_the_command_is_attached_or_reported_missing(
    pymail: Run, made: bool
) -> None:
    script = "echo > made; exit 3" if made else "exit 3"
    ended = pymail("--run", "-a", "made", "ops", "--", "sh", "-c", script, rc=RC)
    assert (ended.status, ended.err) == (3, "")
    mail = sent(ended.out)
    names = [part.get_filename() for part in mail.walk()][1:]
    assert names == ([None, "made"] if made else [])
    said = next(text(part) for part in mail.walk() if not part.is_multipart())
    assert ("\nMissing:  " in said) is ("made: No such file" in said) is not made


@pytest.mark.parametrize("missing", [(), ("-a", "gone")])
def test_output_of_another_type_is_sent_unchanged(
    pymail: Run, missing: tuple[str, ...]
) -> None:
    words = ("--run", "always", "-M", "text/html", *missing, "ops", "--")
    ended = pymail(*words, "echo", "<b>x</b>", rc=RC)
    mail = sent(ended.out)
    assert (mail.get_content_type(), text(mail)) == ("text/html", "<b>x</b>\n\n")
    assert ("gone: No such file" in ended.err) is bool(missing)


def test_binary_output_is_attached(pymail: Run) -> None:
    words = ("--run", "always", "ops", "--", "printf", r"\377\000\376")
    whole, body, part = sent(pymail(*words, rc=RC).out).walk()
    assert whole.is_multipart()
    assert "it is attached" in text(body)
    assert part.get_filename() == "output.bin"
    assert part.get_payload(decode=True) == b"\xff\0\xfe"


def test_dry_run_runs_the_command_and_shows_its_mail(pymail: Run) -> None:
    ended = pymail("-d", "--run", "ops", "--", *FAILS, rc=RC)
    assert ended.status == 3
    assert "RCPT TO:<ops@example.com>" in ended.out
    assert "\nhello\n" in ended.out


# ── to whom ─────────────────────────────────────────────────────────────────


def test_mailto_is_the_default_recipient(pymail: Run) -> None:
    mailto = {"MAILTO": "ops, b@x.org"}
    ended = pymail("--run", "--", *FAILS, rc=RC, variables=mailto)
    assert sent(ended.out)["To"] == "ops@example.com, b@x.org"
    ended = pymail("--run", "c@x.org", "--", *FAILS, rc=RC, variables=mailto)
    assert sent(ended.out)["To"] == "c@x.org"


@pytest.mark.parametrize("mailto", ["", " ", ","])
def test_empty_mailto_means_no_mail(pymail: Run, world: Any, mailto: str) -> None:
    nobody = {"MAILTO": mailto}
    ended = pymail("--run", "--", *FAILS, rc=RC, variables=nobody)
    assert (ended.status, ended.out, ended.err, world.dead_letter) == (3, "", "", "")
    ended = pymail("--run", "-c", "ops", "--", "touch", "made", rc=RC, variables=nobody)
    assert ended.status == 64
    assert not (world.directory / "made").exists()


def test_command_gets_no_secrets(pymail: Run) -> None:
    secrets = {
        "PYMAIL_PASSWORD": "hush1",
        "password-me@example.org": "hush2",
        "smtp-auth-password": "hush3",
        "PASSWORD_STORE_DIR": "/store",
    }
    ended = pymail("--run", "always", "ops", "--", "env", rc=RC, variables=secrets)
    assert "hush" not in ended.out
    assert "PASSWORD_STORE_DIR=/store" in ended.out


WRONG: Mapping[str, tuple[str, str]] = {
    "no command": ("--run ops", "--run needs a command after --"),
    "nothing behind the dashes": ("--run ops --", "--run needs a command after --"),
    "nobody": ("--run -- touch made", "no recipients, and no MAILTO"),
    "copies alone": ("--run -c ops -- touch made", "no recipients, and no MAILTO"),
    "template": ("--run -t -- touch made", "-t can't be combined with --run"),
    "batch": ("--run -# ops -- touch made", "-# can't be combined with --run"),
    "file": ("--run -m x ops -- touch made", "-m can't be combined with --run"),
    "escapes": ("--run -~ ops -- touch made", "-~ can't be combined with --run"),
    "password": (
        "--run --password-fd 0 ops -- touch made",
        "--password-fd 0 can't be combined with --run",
    ),
    "settings": (
        "--run --show-settings ops -- touch made",
        "--show-settings can't be combined with --run",
    ),
    "explain": (
        "--run --explain 550 ops -- touch made",
        "--explain can't be combined with --run",
    ),
    "task": ("--run --check ops -- touch made", "--check can't be combined with --run"),
    "of a task": (
        "--run --now ops -- touch made",
        "--now can't be combined with --run",
    ),
    "limit": ("--run --at-most 3 ops -- touch made", "--at-most 3: not of the form"),
    "none allowed": ("--run --at-most 0/day ops -- touch made", "--at-most 0/day:"),
    "limit without run": ("--at-most 3/day ops", "--at-most needs --run"),
    "changes without run": ("--only-if-changed ops", "--only-if-changed needs --run"),
    "another word": ("--run=never ops -- touch made", "'never'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_invalid_command_line_runs_nothing(pymail: Run, world: Any, name: str) -> None:
    line, said = WRONG[name]
    ended = pymail(*line.split(), rc=RC)
    assert ended.status == 64
    assert said in ended.err
    assert not (world.directory / "made").exists()


# ── the status ──────────────────────────────────────────────────────────────


def test_missing_command_is_mailed(pymail: Run) -> None:
    for when in ("on-failure", "on-output"):
        ended = pymail("--run", when, "ops", "--", "no-such-command-anywhere", rc=RC)
        assert ended.status == 127
        said = text(sent(ended.out))
        assert "\npymail: no-such-command-anywhere: no such file or directory\n" in said


@pytest.mark.parametrize(("command", "status"), [("exit 3", 3), ("true", 75)])
def test_failed_mail_does_not_hide_the_status(
    pymail: Run, world: Any, command: str, status: int
) -> None:
    rc = f"set smtp={nobody()} from=me@x.org\n"
    ended = pymail("--run", "always", "a@x.org", "--", "sh", "-c", command, rc=rc)
    assert ended.status == status
    assert "pymail: connecting to 127.0.0.1" in ended.err
    assert "kept in" in ended.err
    assert "Command:  sh -c" in world.dead_letter


BROKEN = {
    "address": ("a@@x.org", (), RC),
    "sender": ("a@x.org", ("-r", "b@@x.org"), RC),
    "settings": ("a@x.org", (), "set mta=gopher://x from=me@x.org\n"),
    "account": ("a@x.org", ("-A", "nobody"), RC),
    "field": ("a@x.org", ("-C", "no field"), RC),
    "files": ("a@x.org", ("-:", "x?"), RC),
}


@pytest.mark.parametrize("name", BROKEN)
def test_report_that_cannot_be_mailed_is_kept(
    pymail: Run, world: Any, name: str
) -> None:
    address, options, rc = BROKEN[name]
    ended = pymail("--run", *options, address, "--", *FAILS, rc=rc)
    assert ended.status == 3
    assert ended.err.startswith("pymail: ")
    assert "kept in" in ended.err
    assert "\nhello\n" in world.dead_letter
    assert world.dead_letter.count("hello\n") == 1


def test_binary_report_that_cannot_be_mailed_is_kept(pymail: Run, world: Any) -> None:
    words = ("--run", "always", "a@@x.org", "--", "printf", r"\377\000\376")
    assert pymail(*words, rc=RC).status == 65
    assert 'filename="output.bin"' in world.dead_letter


def test_bug_does_not_hide_the_status(world: Any) -> None:
    made = world.environment("pymail", "--run", "ops", "--", *FAILS, rc=RC)

    class Broken(io.StringIO):
        def write(self, _text: str) -> int:
            raise KeyError

    assert main(replace(made, stdout=Broken())) == 3
    assert "this is a bug in pymail: KeyError" in made.stderr.getvalue()


def test_ignored_interrupts_are_ignored_by_the_command(world: Any) -> None:
    ignored = []
    made = world.environment("pymail", "-i", "--run", "ops", "--", "true", rc=RC)
    assert main(made, Signals(ignore_interrupts=lambda: ignored.append(True))) == 0
    assert ignored == [True]


# ── output shown ────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "terminal", "shown"),
    [
        pytest.param((), False, b"", id="cron"),
        pytest.param((), True, b"a\xffb\n", id="terminal"),
        pytest.param(("-v",), False, b"a\xffb\n", id="verbose"),
    ],
)
def test_output_is_shown_on_a_terminal_or_with_verbose(
    world: Any, words: tuple[str, ...], terminal: bool, shown: bytes
) -> None:
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    command = ("printf", r"a\377b\n")
    made = world.environment("pymail", "--run", *words, "ops", "--", *command, rc=RC)
    assert main(replace(made, stdout=stdout, stdout_is_terminal=terminal)) == 0
    assert stdout.buffer.getvalue() == shown


def test_closed_terminal_is_no_failure(world: Any) -> None:
    stdout = io.TextIOWrapper(io.BytesIO())
    stdout.close()
    made = world.environment("pymail", "--run", "ops", "--", "echo", "x", rc=RC)
    assert main(replace(made, stdout=stdout, stdout_is_terminal=True)) == 0


# ── earlier runs ────────────────────────────────────────────────────────────


@pytest.fixture
def job(pymail: Run, world: Any) -> Callable[..., list[str]]:
    """Run the same command line with changing scripts."""

    def run(options: str, *scripts: str, rc: str = RC) -> list[str]:
        said = []
        for script in scripts:
            world.write("job", script)
            words = ("--run", *options.split(), "ops", "--", "sh", "./job")
            said.append(pymail(*words, rc=rc).out)
        return said

    return run


@pytest.mark.parametrize(
    ("options", "scripts", "mailed"),
    [
        ("", "exit 1|exit 1|exit 2|echo; exit 2|true|echo; exit 2", "y-yy-y"),
        ("always", "exit 1|exit 1|true|true", "y-y-"),
    ],
)
def test_only_changes_are_mailed(
    job: Callable[..., list[str]], options: str, scripts: str, mailed: str
) -> None:
    outputs = job(f"{options} --only-if-changed", *scripts.split("|"))
    assert "".join("y" if each else "-" for each in outputs) == mailed


def test_unsent_change_is_mailed_later(
    job: Callable[..., list[str]],
) -> None:
    rc = f"set smtp={nobody()} from=me@x.org\n"
    assert job("--only-if-changed", "exit 1", rc=rc) == [""]
    assert job("--only-if-changed", "exit 1") != [""]
    assert job("--only-if-changed", "exit 1") == [""]


def test_mails_are_limited_and_counted(
    job: Callable[..., list[str]], world: Any
) -> None:
    said = job("--at-most 1/day", "exit 1", "exit 1", "exit 137")
    assert [bool(each) for each in said] == [True, False, False]
    (file,) = (world.directory / ".local/state/pymail/run").iterdir()
    lines = file.read_text().splitlines()
    file.write_text("\n".join(line for line in lines if not line.startswith("sent")))
    (said_then,) = job("--at-most 1/day", "exit 1")
    assert "\nHeld-Back: 2 reports since " in said_then
    assert "\nX-Pymail-Held-Back: 2 reports since " in said_then
    assert "(status 1: 1, status 137: 1)\n" in said_then


def test_dry_run_is_not_remembered(job: Callable[..., list[str]], world: Any) -> None:
    assert all(job("-d --only-if-changed", "exit 1", "exit 1"))
    assert not (world.directory / ".local").exists()


@pytest.mark.parametrize("options", ["--only-if-changed", "--at-most 1/day"])
def test_unwritable_history_does_not_prevent_the_mail(
    pymail: Run, world: Any, options: str
) -> None:
    world.write(".local", "a file where a directory should be")
    for command, count in (("true", 0), ("false", 1), ("false", 1)):
        ended = pymail("--run", *options.split(), "ops", "--", command, rc=RC)
        assert ended.out.count("Message-ID") == count
        assert "file exists; this run ignores earlier ones" in ended.err


def test_history_that_other_users_can_write_is_ignored(pymail: Run, world: Any) -> None:
    directory = world.directory / ".local/state/pymail/run"
    directory.mkdir(parents=True)
    directory.chmod(0o777)
    ended = pymail("--run", "--only-if-changed", "ops", "--", "false", rc=RC)
    assert "Message-ID" in ended.out
    assert "not private to this user; this run ignores earlier ones" in ended.err
