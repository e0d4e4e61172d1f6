"""The local MTA: arguments, input, exit status and output of the program."""

import errno
import io
import os
import resource
import signal
from pathlib import Path

import pytest

from pymail import errors
from pymail.address.envelope import Envelope
from pymail.environment import Environment
from pymail.report.delivery_report import Fate
from pymail.report.exit_status import exit_status_for
from pymail.settings.server_models import FileTarget, LocalMta
from pymail.transport.file import FileTransport
from pymail.transport.local_mta import SendmailTransport, arguments, start_failure
from tests.conftest import World
from tests.transport.conftest import Letter, RecordingTrace

MESSAGE = b"Subject: s\r\n\r\nFrom here\r\n.\r\nend\r\n"
ENVELOPE = Envelope(
    reverse_path="me@example.org", forward_paths=("a@example.com", "-Cb@example.com")
)


def _world(tmp_path: Path, **variables: str) -> Environment:
    variables = {"PATH": os.environ["PATH"], **variables}
    return World(tmp_path).environment("pymail", variables=variables)


def _program(tmp_path: Path, script: str) -> Path:
    path = tmp_path / "sendmail"
    path.write_text(f'#!/bin/sh\ncd "${{0%/*}}" || exit 1\n{script}\n')
    path.chmod(0o755)
    return path


def _mta(tmp_path: Path, script: str, *, verbose: bool = False) -> LocalMta:
    return LocalMta(program=_program(tmp_path, script), verbose=verbose)


def _transport(tmp_path: Path, script: str, **variables: str) -> SendmailTransport:
    world = _world(tmp_path, **variables)
    return SendmailTransport(_mta(tmp_path, script), world, trace=RecordingTrace())


RECORD = """printf '%s\\n' "$@" >args; cat >input; env >variables"""


def test_program_gets_message_and_recipients(tmp_path: Path) -> None:
    transport = _transport(tmp_path, RECORD)
    report = transport.send(ENVELOPE, Letter(MESSAGE))
    assert (tmp_path / "args").read_text().split("\n") == [
        *("-i", "--", "a@example.com", "-Cb@example.com", "")
    ]
    assert (tmp_path / "input").read_bytes() == MESSAGE.replace(b"\r\n", b"\n")
    assert report.complete
    assert report.peer == str(tmp_path / "sendmail")


def test_program_gets_no_secret(tmp_path: Path) -> None:
    transport = _transport(tmp_path, RECORD, PYMAIL_PASSWORD="hush", LANG="C")
    transport.send(ENVELOPE, Letter(MESSAGE))
    variables = (tmp_path / "variables").read_text()
    assert "hush" not in variables
    assert "LANG=C" in variables


def _arguments(**fields: object) -> list[str]:
    mta = LocalMta(program=Path("/usr/sbin/sendmail"), **fields)  # type: ignore[arg-type] # one per case
    return arguments(mta, ENVELOPE)


RECIPIENTS = ["--", "a@example.com", "-Cb@example.com"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param({}, ["-i", *RECIPIENTS], id="plain"),
        pytest.param(
            {"metoo": True, "verbose": True},
            ["-i", "-m", "-v", *RECIPIENTS],
            id="flags",
        ),
        pytest.param(
            {"sender_option": "r@example.org"},
            ["-i", "-f", "r@example.org", *RECIPIENTS],
            id="sender",
        ),
        pytest.param(
            {"sender_option": "r@example.org", "sender_name": "R X"},
            ["-i", "-F", "R X", "-f", "r@example.org", *RECIPIENTS],
            id="sender-with-a-name",
        ),
        pytest.param(
            {"sender_option": "r@example.org", "arguments": ("-odq",), "metoo": True},
            ["-i", "-m", "-odq", "-f", "r@example.org", *RECIPIENTS],
            id="sender-after-own",
        ),
        pytest.param(
            {"sender_name": "R X"}, ["-i", *RECIPIENTS], id="name-without-sender"
        ),
        pytest.param({"arguments": ("-odq",)}, ["-i", "-odq", *RECIPIENTS], id="own"),
        pytest.param(
            {"arguments": ("-t", "-X", "--read-recipients")},
            ["-i", "-X", *RECIPIENTS],
            id="recipients-from-header-is-dropped",
        ),
        pytest.param(
            {"arguments": ("-t",), "recipients_as_arguments": False},
            ["-i", "-t", "--"],
            id="recipients-from-header-is-kept",
        ),
        pytest.param(
            {"default_arguments": False, "arguments": ("-x",)},
            ["-x", *RECIPIENTS],
            id="no-defaults-but-protected",
        ),
        pytest.param(
            {"default_arguments": False, "recipients_as_arguments": False},
            [],
            id="nothing",
        ),
    ],
)
def test_arguments_are_those_of_mailx(
    fields: dict[str, object], words: list[str]
) -> None:
    assert _arguments(**fields) == ["/usr/sbin/sendmail", *words]


def test_without_defaults_nothing_is_added() -> None:
    envelope = Envelope(reverse_path="", forward_paths=("a@example.com",))
    mta = LocalMta(program=Path("/bin/x"), default_arguments=False, argv0="sendmail")
    assert arguments(mta, envelope) == ["sendmail", "a@example.com"]


@pytest.mark.parametrize(
    ("status", "fate", "ours"),
    [
        pytest.param(1, Fate.REFUSED, 69, id="unspecific"),
        pytest.param(64, Fate.REFUSED, 69, id="usage"),
        pytest.param(65, Fate.REFUSED, 65, id="data"),
        pytest.param(67, Fate.REFUSED, 67, id="user"),
        pytest.param(68, Fate.REFUSED, 69, id="host"),
        pytest.param(69, Fate.REFUSED, 69, id="unavailable"),
        pytest.param(71, Fate.DEFERRED, 75, id="system"),
        pytest.param(74, Fate.DEFERRED, 75, id="io"),
        pytest.param(75, Fate.DEFERRED, 75, id="temporary"),
        pytest.param(77, Fate.REFUSED, 69, id="permission"),
        pytest.param(78, Fate.REFUSED, 78, id="configuration"),
        pytest.param(127, Fate.REFUSED, 78, id="command-not-found"),
    ],
)
def test_exit_status_decides_the_fate_of_all_recipients(
    tmp_path: Path, status: int, fate: Fate, ours: int
) -> None:
    report = _transport(tmp_path, f"exit {status}").send(ENVELOPE, Letter(MESSAGE))
    assert {row.fate for row in report.fates} == {fate}
    assert exit_status_for(report) == ours
    assert f"exit status {status}" in str(report.failure)


def test_failure_quotes_the_output_of_the_program(tmp_path: Path) -> None:
    script = "echo 'cannot queue \033[31mit'; echo; echo ' no room ' >&2; exit 75"
    report = _transport(tmp_path, script).send(ENVELOPE, Letter(MESSAGE))
    assert report.failure is not None
    assert report.failure.happened == (
        "exit status 75, temporary failure: cannot queue \\x1b[31mit; no room"
    )


def test_long_output_is_cut_in_the_failure(tmp_path: Path) -> None:
    script = "yes complaint | head -c 1000000; exit 1"
    report = _transport(tmp_path, script).send(ENVELOPE, Letter(MESSAGE))
    assert len(str(report.failure)) < 600


def test_killed_program_leaves_the_fate_unknown(tmp_path: Path) -> None:
    report = _transport(tmp_path, "kill -KILL $$").send(ENVELOPE, Letter(MESSAGE))
    assert {row.fate for row in report.fates} == {Fate.UNKNOWN}
    assert "killed by signal 9" in str(report.failure)


def test_program_may_succeed_without_reading_the_message(tmp_path: Path) -> None:
    large = Letter(b"x\r\n" * 200_000)
    assert _transport(tmp_path, "exit 0").send(ENVELOPE, large).complete


@pytest.mark.parametrize(
    ("verbose", "status", "lines", "warnings"),
    [
        pytest.param(False, 0, [], ["sendmail: one", "sendmail: two"], id="warning"),
        pytest.param(True, 0, ["S: one", "S: two"], [], id="verbose"),
        pytest.param(True, 1, ["S: one", "S: two"], [], id="verbose-failure"),
        pytest.param(False, 1, [], [], id="failure"),
    ],
)
def test_output_of_the_program_is_a_trace_or_a_warning(
    tmp_path: Path, *, verbose: bool, status: int, lines: list[str], warnings: list[str]
) -> None:
    trace = RecordingTrace()
    mta = _mta(tmp_path, f"echo one; echo two >&2; exit {status}", verbose=verbose)
    SendmailTransport(mta, _world(tmp_path), trace=trace).send(
        ENVELOPE, Letter(MESSAGE)
    )
    assert (trace.lines, trace.warnings) == (lines, warnings)
    assert trace.notes[0].startswith(f"running {tmp_path}/sendmail -i")


CANNOT_RUN = {
    # the program, its argument, and the message
    "missing": ("missing", "-x", "missing: no such file"),
    "no-program": ("plain", "-x", "permission denied"),
    "nul-in-an-argument": ("sendmail", "a\0b", "null byte"),
}


@pytest.mark.parametrize("case", CANNOT_RUN)
def test_program_that_cannot_be_run_is_a_settings_error(
    tmp_path: Path, case: str
) -> None:
    name, argument, words = CANNOT_RUN[case]
    _program(tmp_path, "exit 0")
    (tmp_path / "plain").write_text("x")
    mta = LocalMta(program=tmp_path / name, arguments=(argument,))
    transport = SendmailTransport(mta, _world(tmp_path), trace=RecordingTrace())
    with pytest.raises(errors.SettingsError, match=words) as caught:
        transport.send(ENVELOPE, Letter(MESSAGE))
    assert ("--setup" in caught.value.advice) is (name != "sendmail")


def test_too_many_recipients_for_a_command_line_are_an_error(tmp_path: Path) -> None:
    paths = tuple(f"{'x' * 60}{n}@example.com" for n in range(120_000))
    envelope = Envelope(reverse_path="", forward_paths=paths)
    with pytest.raises(errors.MessageError, match="argument list too long"):
        _transport(tmp_path, "exit 0").send(envelope, Letter(MESSAGE))


def test_lack_of_processes_is_transient(tmp_path: Path) -> None:
    again = OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    failure = start_failure(again, LocalMta(program=_program(tmp_path, "exit 0")))
    assert isinstance(failure, errors.TransientError)
    assert "resource temporarily unavailable" in failure.happened


def test_lack_of_file_descriptors_is_transient(tmp_path: Path) -> None:
    transport = _transport(tmp_path, "exit 0")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        with pytest.raises(errors.TransientError, match="no room"):
            transport.send(ENVELOPE, Letter(MESSAGE))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize(
    ("failure", "raised"),
    [
        pytest.param(OSError(28, "x"), errors.TransientError, id="disk-full"),
        pytest.param(
            errors.UnreadableInputError("gone"),
            errors.UnreadableInputError,
            id="source",
        ),
    ],
)
def test_half_a_message_never_reaches_the_program(
    tmp_path: Path, failure: Exception, raised: type[Exception]
) -> None:
    transport = _transport(tmp_path, "touch started")
    with pytest.raises(raised):
        transport.send(ENVELOPE, Letter(MESSAGE, failure=failure))
    assert not (tmp_path / "started").exists()


class Interrupting(RecordingTrace):
    """A trace that raises a signal while the program runs."""

    def __init__(self, ready: Path) -> None:
        super().__init__()
        self._ready = ready

    def note(self, text: str) -> None:
        super().note(text)
        if "process" in text:
            self._ready.read_bytes()  # a FIFO: wait for the program
            raise errors.Interrupted(signal.SIGTERM)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("echo >ready; exec sleep 60", id="willing"),
        pytest.param(
            "trap '' TERM; echo >ready; while :; do sleep 0.1; done", id="stubborn"
        ),
    ],
)
def test_signal_ends_the_program(tmp_path: Path, script: str) -> None:
    ready = tmp_path / "ready"
    os.mkfifo(ready)
    trace = Interrupting(ready)
    transport = SendmailTransport(_mta(tmp_path, script), _world(tmp_path), trace=trace)
    with pytest.raises(errors.Interrupted):
        transport.send(ENVELOPE, Letter(MESSAGE))
    with pytest.raises(ProcessLookupError):
        os.kill(int(trace.notes[-1].split()[-1]), 0)


ENTRY = b"From me@example.org Mon Nov 23 12:00:00 2026\nSubject: s\n\n>From here\n.\nend\n\n"


def test_file_gets_an_mbox_entry_per_message(tmp_path: Path) -> None:
    path = tmp_path / "out.mbox"
    transport = FileTransport(FileTarget(path=path), _world(tmp_path))
    for _ in range(2):
        report = transport.send(ENVELOPE, Letter(MESSAGE))
        assert report.complete
        assert report.peer == str(path)
    assert path.read_bytes() == ENTRY * 2
    assert path.stat().st_mode & 0o777 == 0o600


def test_standard_output_gets_an_mbox_entry(tmp_path: Path) -> None:
    world = _world(tmp_path)
    assert FileTransport(FileTarget(), world).send(ENVELOPE, Letter(MESSAGE)).complete
    assert isinstance(world.stdout, io.StringIO)
    assert world.stdout.getvalue() == ENTRY.decode()


def test_unwritable_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(errors.CannotKeepError, match="is a directory"):
        FileTransport(FileTarget(path=tmp_path), _world(tmp_path)).send(
            ENVELOPE, Letter(MESSAGE)
        )


def test_closed_standard_output_is_an_error(tmp_path: Path) -> None:
    world = _world(tmp_path)
    world.stdout.close()
    with pytest.raises(errors.CannotKeepError, match="standard output"):
        FileTransport(FileTarget(), world).send(ENVELOPE, Letter(MESSAGE))
