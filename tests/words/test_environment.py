"""The real outside world."""

import io
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest

from pymail import octets
from pymail.environment import Environment
from pymail.errors import UnreadableInputError
from pymail.message.byte_source import Seekable
from pymail.model import replace
from pymail.octets import IN_MEMORY_OCTETS, BufferedInput, FileOctets
from pymail.programs import run_program


def real(**changes: Any) -> Environment:
    return replace(Environment.real(), **changes)


def in_python(code: str, *, alone: bool = False, **variables: str) -> str:
    """Run a line in a fresh interpreter; `alone` in a session without a terminal."""
    ended = subprocess.run(
        [sys.executable, "-c", f"from pymail.environment import *; {code}"],
        capture_output=True,
        text=True,
        check=True,
        start_new_session=alone,
        env={**os.environ, **variables},
    )
    return ended.stdout.strip()


def test_user_and_directories_come_from_the_machine() -> None:
    shown = in_python(
        "e = Environment.real(); print(e.login, e.home)", LOGNAME="joe", HOME="/h"
    )
    assert shown == "joe /h"


def test_account_fills_in_what_variables_leave_out() -> None:
    code = (
        "[os.environ.pop(n, 0) for n in ('LOGNAME', 'USER', 'HOME')];"
        "e = Environment.real(); print(e.login == pwd.getpwuid(os.getuid()).pw_name)"
    )
    assert in_python(code) == "True"


def test_user_without_an_account_is_a_number() -> None:
    code = (
        "pwd.getpwuid = {}.__getitem__;"
        "[os.environ.pop(n, 0) for n in ('LOGNAME', 'USER', 'HOME')];"
        "e = Environment.real(); print(e.login == str(os.getuid()), e.home)"
    )
    assert in_python(code) == "True /"


def test_directory_that_is_gone_is_no_failure(tmp_path: Path) -> None:
    code = f"os.chdir({str(tmp_path)!r}); os.rmdir({str(tmp_path)!r}); print(Environment.real().cwd)"
    assert in_python(code) == "/"


def test_closed_streams_are_no_failure() -> None:
    code = (
        "sys.stdin = sys.stderr = None; e = Environment.real();"
        "print(e.stdin, e.stderr.write('x')); e.stderr.close()"
    )
    assert in_python(code) == "None 1"


def test_streams_of_a_caller_are_not_reconfigured() -> None:
    code = (
        "s = sys.stdout; sys.stdout = io.StringIO(); Environment.real(); print(file=s)"
    )
    assert in_python(code) == ""


def test_clock_and_names_are_real() -> None:
    world = real(variables={})
    assert world.now().utcoffset() is not None
    assert world.clock() <= world.clock()
    assert world.token() != world.token()
    assert world.hostname()


def test_epoch_sets_the_time() -> None:
    now = real(variables={"SOURCE_DATE_EPOCH": "0"}).now()
    assert (now.year, now.tzinfo) == (1970, UTC)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        pytest.param("~", "/home/me", id="home"),
        pytest.param("~/a", "/home/me/a", id="below-home"),
        pytest.param("a", "/here/a", id="relative"),
        pytest.param("/a", "/a", id="absolute"),
    ],
)
def test_paths_are_made_absolute(name: str, path: str) -> None:
    world = real(home=Path("/home/me"), cwd=Path("/here"))
    assert world.expand(name) == Path(path)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        pytest.param("$X/a", "/x y/a", id="variable"),
        pytest.param("${X}a", "/x ya", id="braces"),
        pytest.param("/a$NONE/b", "/a/b", id="unset"),
        pytest.param("/`id`$(id)${X:-x}", "/`id`$(id)${X:-x}", id="nothing-run"),
    ],
)
def test_variables_expand_in_paths_of_settings(name: str, path: str) -> None:
    world = real(variables={"X": "/x y"})
    assert world.expand_setting(name) == Path(path)


def test_a_file_is_found_under_its_name_in_the_charset_of_the_settings(
    tmp_path: Path,
) -> None:
    world = real(cwd=tmp_path, path_charsets=("iso-8859-1", "gb18030"))
    named = tmp_path / os.fsdecode("签名".encode("gb18030"))
    assert world.expand("签名") == tmp_path / "签名"
    named.touch()
    assert world.expand("签名") == named
    assert world.expand("sig") == tmp_path / "sig"


def test_home_of_another_user_expands() -> None:
    assert real().expand("~root/x") == Path("/root/x")


def test_only_a_terminal_is_asked_for_a_secret() -> None:
    assert in_python("print(Environment.real().ask_secret('?'))", alone=True) == "None"


@pytest.mark.terminal
@pytest.mark.parametrize(
    ("typed", "shown"), [(b"s3\n", "'s3'"), (b"\x04", "None")], ids=["typed", "end"]
)
def test_secret_is_typed_without_echo(typed: bytes, shown: str) -> None:
    import pty

    code = (
        "from pymail.environment import *;"
        "print('answer', repr(Environment.real().ask_secret('Password: ')))"
    )
    pid, terminal = pty.fork()
    if pid == 0:  # pragma: no cover - another process
        os.execv(sys.executable, [sys.executable, "-c", code])  # noqa: S606
    seen = b""
    while b"Password: " not in seen:
        seen += os.read(terminal, 1000)
    os.write(terminal, typed)
    while b"answer " not in seen or not seen.endswith(b"\n"):
        seen += os.read(terminal, 1000)
    os.waitpid(pid, 0)
    os.close(terminal)
    assert seen.count(b"s3") == shown.count("s3")
    assert f"answer {shown}" in seen.decode()


def test_small_text_stays_in_memory_and_a_large_one_goes_to_disk() -> None:
    for size in (0, 1000, IN_MEMORY_OCTETS + 1, 3 * IN_MEMORY_OCTETS):
        spool = BufferedInput()
        spool.fill(io.BytesIO(b"x" * size))
        assert spool.size_octets == size
        for _ in range(2):
            assert b"".join(spool.chunks()) == b"x" * size
        spool.close()


def test_stream_that_fails_is_named() -> None:
    closed = io.BytesIO(b"x")
    closed.close()
    with pytest.raises(UnreadableInputError, match="standard input: "):
        BufferedInput().fill(closed)


def test_file_is_read_again_and_again(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"abc")
    octets = FileOctets.at(path)
    assert octets.size_octets == 3
    assert [b"".join(octets.chunks()) for _ in range(2)] == [b"abc", b"abc"]
    assert isinstance(octets, Seekable)
    assert b"".join(octets.between(1, 2)) == b"b"
    path.unlink()
    with pytest.raises(UnreadableInputError, match="f: No such file"):
        list(octets.chunks())


@pytest.mark.parametrize("name", ["nope", ".", "nul\0"])
def test_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadableInputError):
        FileOctets.at(tmp_path / name)


def test_pipe_that_does_not_wait_is_read_to_its_end() -> None:
    reads, writes = os.pipe()
    os.set_blocking(reads, False)

    def write() -> None:
        os.write(writes, b"late")
        os.close(writes)

    threading.Timer(0.1, write).start()
    spool = BufferedInput()
    with os.fdopen(reads, "rb", buffering=0) as stream:
        spool.fill(cast("BinaryIO", stream))
    assert b"".join(spool.chunks()) == b"late"


def test_an_endless_stream_is_read_up_to_a_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(octets, "ENOUGH_OCTETS", 1 << 17)
    spool = BufferedInput()
    with Path("/dev/zero").open("rb", buffering=0) as stream:
        spool.fill(cast("BinaryIO", stream), 1.0)
    assert spool.size_octets > 1 << 17


def test_a_file_without_a_size_is_read() -> None:
    source = FileOctets.at(Path("/proc/self/status"))
    assert b"Name:" in b"".join(source.chunks())
    assert source.size_octets


def test_an_empty_file_has_no_octets(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    assert FileOctets.at(tmp_path / "f").size_octets == 0


def test_the_content_of_a_pipe_is_cached(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(b"x",))
    writer.start()
    world = real()
    assert [world.read_file(tmp_path / "pipe") for _ in range(2)] == [b"x", b"x"]
    writer.join()


def test_an_ignored_interrupt_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert run_program(["true"], Environment.real()) == 0
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


# ── the screen ──────────────────────────────────────────────────────────────

SCREEN = "w = Environment.real(); print(w.columns(), w.owns_terminal())"


@pytest.mark.parametrize("said", ["", "x", "0", "-5", "99999999"], ids=repr)
def test_without_a_screen_there_are_80_columns(said: str) -> None:
    assert in_python(SCREEN, alone=True, COLUMNS=said).split() == ["80", "False"]


def test_columns_come_from_the_variable() -> None:
    assert real(variables={"COLUMNS": "123"}).columns() == 123


@pytest.mark.terminal
@pytest.mark.parametrize(("columns", "known"), [(57, "57"), (0, "80")])
def test_a_terminal_has_columns_and_a_foreground_process(
    columns: int, known: str
) -> None:
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    size = struct.pack("HHHH", 24, columns, 0, 0)
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, size)
    inside = [sys.executable, "-c", f"from pymail.environment import *; {SCREEN}"]
    script = f"import os; os.login_tty({theirs}); os.execv({inside[0]!r}, {inside!r})"
    with os.fdopen(ours, "rb", buffering=0), os.fdopen(theirs, "rb", buffering=0):
        subprocess.run(
            [sys.executable, "-c", script],
            check=True,
            pass_fds=[theirs],
            env={k: v for k, v in os.environ.items() if k != "COLUMNS"},
        )
        assert os.read(ours, 100).split() == [known.encode(), b"True"]
