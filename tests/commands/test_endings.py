"""End of a run: signals, bugs, closed descriptors, unreadable files."""

import fcntl
import io
import signal
import stat
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest

from pymail.errors import Interrupted
from pymail.main import main
from pymail.model import replace
from pymail.signals import Signals
from tests.commands.conftest import Failing
from tests.installed import PROGRAMS, Home
from tests.surroundings import lent

RC = "set mta=test from=me@example.com\n"
Run = Callable[..., Any]


class Broken(io.StringIO):
    """A stream whose reader has closed its end."""

    def write(self, _text: str) -> int:
        raise BrokenPipeError


def run(world: Any, *words: str, **changes: Any) -> tuple[int, str]:
    rc = changes.pop("rc", RC)
    made = replace(world.environment("pymail", *words, rc=rc), **changes)
    return main(made), made.stderr.getvalue() if changes.get("stderr") is None else ""


def test_text_read_before_a_failure_is_kept(world: Any) -> None:
    stdin = cast("BinaryIO", Failing(OSError(21, "Is a directory"), b"half\n"))
    status, said = run(world, "-s", "S", "a@x.org", stdin=stdin)
    assert status == 66
    assert "standard input: is a directory" in said.lower()
    assert "\n\nhalf\n" in world.dead_letter


def test_text_read_before_a_signal_is_kept(world: Any) -> None:
    held = []
    stdin = cast("BinaryIO", Failing(Interrupted(signal.SIGTERM), b"half\n"))
    made = replace(world.environment("pymail", "a@x.org", rc=RC), stdin=stdin)
    assert main(made, Signals(hold=lambda: held.append(True))) == 128 + signal.SIGTERM
    assert held
    assert "half\n" in world.dead_letter


def test_bug_is_named_without_a_traceback_and_the_text_kept(world: Any) -> None:
    stdin = cast("BinaryIO", Failing(KeyError("oops"), b"half\n"))
    status, said = run(world, "a@x.org", stdin=stdin)
    assert status == 70
    assert "this is a bug in pymail: KeyError at conftest.py:" in said
    assert "half\n" in world.dead_letter


def test_bug_while_keeping_shows_the_text(world: Any) -> None:
    made = world.environment("pymail", "a@@x.org", stdin=b"text\n", rc=RC)

    def broken() -> None:
        raise KeyError

    assert main(made, Signals(hold=broken)) == 70
    assert "text\n" in made.stderr.getvalue()


def test_text_is_written_to_standard_error_if_no_file_can_be_written(
    world: Any,
) -> None:
    rc = RC + "set DEAD=/nowhere/dead\n"
    made = world.environment(
        "pymail", "a@@x.org", stdin=b"text\n", rc=rc, variables={"TMPDIR": "/nowhere"}
    )
    assert main(made) == 73
    assert "\ntext\n" in made.stderr.getvalue()
    assert "/nowhere/dead" in made.stderr.getvalue()
    assert main(replace(made, stdin=io.BytesIO(b"text\n"), stderr=Broken())) == 73


def test_nosave_keeps_nothing(world: Any) -> None:
    status, said = run(world, "a@@x.org", rc=RC + "set nosave\n")
    assert status == 65
    assert world.dead_letter == ""
    assert "kept" not in said


def test_closed_output_is_no_failure(world: Any) -> None:
    assert run(world, "-V", stdout=Broken())[0] == 0
    assert run(world, "a@x.org", "-d", stdout=Broken(), stderr=Broken())[0] == 0


def test_missing_attachment_does_not_lose_the_text(world: Any) -> None:
    gone = world.write("gone", b"x" * (2 << 20))

    class Reading(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            gone.unlink(missing_ok=True)
            return super().read(size)

    status, said = run(world, "-a", "gone", "a@x.org", stdin=Reading(b"text\n"))
    assert status == 66
    assert "gone" in said
    assert "\n\ntext\n" in world.dead_letter


def test_files_that_cannot_be_read_are_named(world: Any) -> None:
    world.write("etc/mail.rc/x", "")
    status, said = run(world, "-s", "S", "a@x.org")
    assert (status, said) == (0, "pymail: ~/etc/mail.rc: is a directory\n")


def test_device_in_place_of_settings_is_named(world: Any) -> None:
    file = world.write("etc/mail.rc", "")
    file.unlink()
    file.symlink_to("/dev/zero")
    status, said = run(world, "-s", "S", "a@x.org")
    assert (status, said) == (0, "pymail: ~/etc/mail.rc: neither a file nor a pipe\n")


def test_unreadable_settings_do_not_fall_back_to_sendmail(
    world: Any,
) -> None:
    world.write("etc/mail.rc/x", "")
    status, said = run(world, "a@x.org", rc="set from=me@x.org\n")
    assert status == 78
    assert "nothing else names a server" in said


@pytest.mark.parametrize(
    ("words", "variables", "author"),
    [
        pytest.param([], {}, "user@x.org", id="user"),
        pytest.param(["-n"], {}, "user@x.org", id="no-system"),
        pytest.param(["-:", "s"], {}, "system@x.org", id="system-only"),
        pytest.param(["-:", "/"], {}, "me@host.example.com", id="none"),
        pytest.param([], {"MAILRC": "~/other"}, "other@x.org", id="mailrc"),
        pytest.param(
            ["-:", "s"], {"MAILX_NO_SYSTEM_RC": ""}, "me@host.example.com", id="no-env"
        ),
        pytest.param([], {"NAIL_EXTRA_RC": "other"}, "other@x.org", id="extra"),
    ],
)
def test_files_are_read_in_order(
    world: Any, words: list[str], variables: dict[str, str], author: str
) -> None:
    world.write("etc/nail.rc", "set from=system@x.org\n")
    world.write("other", "set from=other@x.org\n")
    made = world.environment(
        *("pymail", "-S", "mta=test", "-s", "S", *words, "a@x.org"),
        rc="set from=user@x.org\n",
        variables=variables,
    )
    assert main(made) == 0
    assert f"\nFrom: {author}\n" in made.stdout.getvalue()


def test_extra_file_that_is_missing_is_named(world: Any) -> None:
    status, said = run(world, "-s", "S", "a@x.org", rc=RC + "set mailx-extra-rc=~/x\n")
    assert (status, said) == (0, "pymail: ~/x: no such file\n")


def test_settings_are_shown_with_their_places_and_without_secrets(world: Any) -> None:
    rc = (
        "set smtp=smtp://u:hunter2@h password-u@h=hunter2 frob=1\n"
        "alias team a@x.org b@x.org\naccount work {\nset from=w@x.org\n}\n"
    )
    made = world.environment("pymail", "--show-settings", rc=rc)
    assert main(made) == 0
    shown = made.stdout.getvalue()
    assert "hunter2" not in shown
    assert "smtp://u:«secret»@h" in shown
    assert "~/.mailrc:1" in shown
    assert "a@x.org b@x.org" in shown
    assert "account work" in shown


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    (tmp_path / ".mailrc").write_text(RC)
    return [sys.executable, "-m", "pymail", "-n"]


def clean(tmp_path: Path) -> dict[str, str]:
    """The variables of cron, and those that measure coverage."""
    return {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", **lent()}


def test_closed_descriptors_are_harmless(tmp_path: Path) -> None:
    script = f"{PROGRAMS['pymail']} -v -s S a@x.org <&- 2>&-"
    ended = Home(tmp_path).run(["bash", "-c", script], rc=RC)
    assert ended.status == 0
    assert "Subject: S" in ended.out


def test_closed_pipe_is_harmless(tmp_path: Path) -> None:
    script = f"{PROGRAMS['pymail']} --help | true; exit ${{PIPESTATUS[0]}}"
    ended = Home(tmp_path).run(["bash", "-c", script], rc=RC)
    assert (ended.status, ended.err) == (0, "")


def wait_until_read(pipe: int) -> None:
    """Wait until the reader has emptied the pipe."""
    for _ in range(2000):
        left = fcntl.ioctl(pipe, termios.FIONREAD, bytes(4))
        if not int.from_bytes(left, sys.byteorder):
            return
        time.sleep(0.01)
    raise TimeoutError


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_while_reading_keeps_the_text(
    command: list[str], tmp_path: Path, number: signal.Signals
) -> None:
    process = subprocess.Popen(
        [*command, "-s", "S", "a@x.org"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean(tmp_path),
        text=True,
    )
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.write("x" * 70_000)  # more than one read takes
    process.stdin.flush()
    wait_until_read(process.stdin.fileno())
    process.send_signal(number)
    assert process.wait(20) == 128 + number
    assert "Traceback" not in process.stderr.read()
    process.stdin.close()
    process.stderr.close()
    dead = tmp_path / "dead.letter"
    assert stat.S_IMODE(dead.stat().st_mode) == 0o600
    assert "xxxx" in dead.read_text()


@pytest.mark.parametrize(
    ("before", "option", "number"),
    [
        pytest.param([], ["-i"], signal.SIGINT, id="asked"),
        pytest.param(["env", "--ignore-signal=HUP"], [], signal.SIGHUP, id="nohup"),
    ],
)
def test_ignored_signal_stays_ignored(
    command: list[str],
    tmp_path: Path,
    before: list[str],
    option: list[str],
    number: signal.Signals,
) -> None:
    process = subprocess.Popen(
        [*before, *command, *option, "-s", "S", "a@x.org"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=clean(tmp_path),
    )
    assert process.stdin is not None
    process.stdin.write(b"x" * 70_000)
    process.stdin.flush()
    process.send_signal(number)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert b"xxxx" in out


def test_user_without_a_settings_file_needs_none(world: Any) -> None:
    made = world.environment("pymail", "-d", "-S", "mta=test", "-s", "S", "a@x.org")
    (world.directory / ".mailrc").unlink()
    assert main(made) == 0


def test_invalid_settings_are_reported_before_the_user_types(world: Any) -> None:
    made = world.environment("pymail", "a@x.org", rc="set smtp=\n", terminal=True)
    assert main(made) == 78
    assert made.stdout.getvalue() == ""


# fmt: off
CALLED: dict[str, tuple[list[str], str, str]] = {
    "usual": ([], "", "-i -- a@x.org"),
    "sender": (["-r", "b@x.org"], "", "-i -f b@x.org -- a@x.org"),
    "empty-sender": (["-r", ""], "from='Me <m@x.org>'", "-i -F Me -f m@x.org -- a@x.org"),
    "implicit": ([], "r-option-implicit from=m@x.org", "-i -f m@x.org -- a@x.org"),
    "smtp-from": ([], "smtp-from=b@x.org", "-i -f b@x.org -- a@x.org"),
    "verbose": (["-v"], "", "-i -v -- a@x.org"),
    "verbose-set": ([], "verbose", "-i -v -- a@x.org"),
    "arguments": (["--", "-odq"], "expandargv", "-i -odq -- a@x.org"),
    "of-s-nail": (["--", "b@x.org", "-f", "", "-x", "y@x.org"], "expandargv=any", "-i -x y@x.org -f  -- a@x.org b@x.org"),
    "with-escapes": (["-~", "--", "-odq"], "expandargv=restrict", "-i -odq -- a@x.org"),
    "behind-dashes": (["--", "-ff@x.org", "-F", "A Name"], "", "-i -f f@x.org -- a@x.org"),
}
# fmt: on


@pytest.mark.parametrize(("words", "rc", "expected"), CALLED.values(), ids=CALLED)
def test_local_program_is_called_as_mailx_calls_it(
    pymail: Run, mta: Any, words: list[str], rc: str, expected: str
) -> None:
    ended = pymail("-s", "S", "a@x.org", *words, rc=f"set mta=~/mta {rc}\n")
    assert ended.status == 0
    assert mta.words == expected.split(" ")


def test_fields_of_a_dead_letter_are_not_duplicated(world: Any) -> None:
    rc = RC + "set ORGANIZATION=Org\n"
    first = world.environment("pymail", "a@@x.org", stdin=b"t\n", rc=rc)
    assert main(first) == 65
    assert world.dead_letter.count("Organization: Org") == 1
    entry = world.dead_letter.replace("a@@x.org", "a@x.org").encode()
    again = world.environment("pymail", "-t", stdin=entry, rc=rc)
    assert main(again) == 0
    assert again.stdout.getvalue().count("Organization: Org") == 1


def test_several_authors_need_a_sender(world: Any) -> None:
    message = b"To: a@x.org\nFrom: b@x.org, c@x.org\n\nt\n"
    made = world.environment("pymail", "-t", stdin=message, rc="set mta=test\n")
    assert main(made) == 65
    assert "sender" in made.stderr.getvalue()


STARTING = """
import os, signal, sys
class Finder:
    def find_spec(self, name, *rest):
        if name == "pymail.environment":
            os.kill(os.getpid(), signal.SIGTERM)
sys.meta_path.insert(0, Finder())
from pymail.main import run
run()
"""


def test_signal_while_starting_is_no_traceback(tmp_path: Path) -> None:
    words = [sys.executable, "-c", STARTING]
    ended = Home(tmp_path).run(words, rc=RC, stdin=b"")
    assert (ended.status, ended.err) == (143, "pymail: interrupted\n")


def test_failure_without_a_message_keeps_nothing(world: Any) -> None:
    made = world.environment("pymail", "--frob")

    def broken() -> None:
        raise KeyError

    assert main(made, Signals(hold=broken)) == 70
    assert "text" not in made.stderr.getvalue()


def test_interrupts_are_ignored_from_a_cluster_too(world: Any) -> None:
    ignored = []
    made = world.environment("pymail", "-nis", "S", "a@x.org", rc=RC)
    assert main(made, Signals(ignore_interrupts=lambda: ignored.append(True))) == 0
    assert ignored
