"""The log file: many writers at once, and no harm by other users."""

import fcntl
import os
import resource
import signal
import socket
import subprocess
import sys
import syslog
from pathlib import Path

import pytest

from pymail.errors import CannotKeepError
from pymail.files import log_file
from pymail.settings.resolve import FACILITIES

DEVICE = Path("/dev/log")
PROCESSES = 12
WRITER = """
import sys
from pathlib import Path
from pymail.files import log_file
path, word, length = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
sys.stdin.read()  # until all writers have started
for number in range(5):
    log_file.append(path, f"{word}.{number} " + word[-1] * length)
"""
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="gives files away")


def test_lines_follow_each_other_in_a_file_that_is_private(tmp_path: Path) -> None:
    path = tmp_path / "log"
    before = os.umask(0)
    try:
        log_file.append(path, "one 很")
        log_file.append(path, "two")
    finally:
        os.umask(before)
    assert path.read_bytes() == "one 很\ntwo\n".encode()
    assert path.stat().st_mode & 0o777 == 0o600


def test_lines_of_many_processes_stay_whole(tmp_path: Path) -> None:
    path = tmp_path / "log"
    lengths = {f"{n}x{n % 10}": 20 if n % 2 else 300_000 for n in range(PROCESSES)}
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), word, str(length)],
            stdin=subprocess.PIPE,
        )
        for word, length in lengths.items()
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.close()
    assert [writer.wait() for writer in writers] == [0] * PROCESSES
    lines = path.read_text().splitlines()
    assert sorted(lines) == sorted(
        f"{word}.{number} " + word[-1] * length
        for word, length in lengths.items()
        for number in range(5)
    )


def test_existing_file_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("first\n")
    path.chmod(0o640)
    log_file.append(path, "second")
    assert path.read_text() == "first\nsecond\n"
    assert path.stat().st_mode & 0o777 == 0o640


def test_locked_log_is_written_after_a_short_wait(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("first\n")
    with path.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        log_file.append(path, "second", lock_seconds=0)
    assert path.read_text() == "first\nsecond\n"


def test_own_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("log")
    log_file.append(tmp_path / "link", "line")
    assert (tmp_path / "log").read_text() == "line\n"


def test_the_null_device_takes_everything() -> None:
    log_file.append(Path(os.devnull), "line")


def _refused(path: Path) -> str:
    with pytest.raises(CannotKeepError) as caught:
        log_file.append(path, "line")
    assert caught.value.happened.startswith(f"{path}: ")
    return caught.value.happened.removeprefix(f"{path}: ")


@AS_ROOT
def test_a_link_of_another_user_is_not_followed(tmp_path: Path) -> None:
    victim, link = tmp_path / "victim", tmp_path / "link"
    victim.write_text("precious\n")
    link.symlink_to(victim)
    os.chown(link, 12345, 12345, follow_symlinks=False)
    assert _refused(link) == "a symbolic link of another user"
    assert victim.read_text() == "precious\n"


def test_file_with_two_hard_links_is_refused(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious\n")
    (tmp_path / "log").hardlink_to(victim)
    assert _refused(tmp_path / "log") == "a file with more than one hard link"
    assert victim.read_text() == "precious\n"


def test_pipe_without_a_reader_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "log")
    assert _refused(tmp_path / "log") == "no such device or address"


def test_pipe_with_a_reader_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "log")
    reader = os.open(tmp_path / "log", os.O_RDONLY | os.O_NONBLOCK)
    assert _refused(tmp_path / "log") == "not a regular file"
    os.close(reader)


def test_log_that_cannot_be_created_is_an_error(tmp_path: Path) -> None:
    assert _refused(tmp_path) == "is a directory"
    assert _refused(tmp_path / "none" / "log") == "no such file or directory"
    (tmp_path / "circle").symlink_to("circle")
    assert _refused(tmp_path / "circle") == "too many symbolic links"


@pytest.mark.parametrize("held", [False, True], ids=["locked", "held-by-another"])
def test_line_without_room_leaves_no_half(tmp_path: Path, held: bool) -> None:
    path = tmp_path / "log"
    path.write_text("first\n")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with path.open() as other:
        if held:
            fcntl.flock(other, fcntl.LOCK_EX)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
        try:
            with pytest.raises(CannotKeepError, match="no room for a whole line"):
                log_file.append(path, "second line", lock_seconds=0)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            signal.signal(signal.SIGXFSZ, handler)
    # without the lock, lines that another process may have added are not cut off
    assert path.read_text() == ("first\nseco" if held else "first\n")


# ── the system log ──────────────────────────────────────────────────────────


class Heard:
    """Collects the calls of the `syslog` module."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    def openlog(self, ident: str, logoption: int, facility: int) -> None:
        self.calls.append((ident, logoption, facility))

    def syslog(self, priority: int, message: str, /) -> None:
        self.calls.append((priority, message))


@pytest.mark.parametrize("failed", [False, True], ids=["sent", "failed"])
def test_a_line_has_facility_and_priority(failed: bool) -> None:
    heard = Heard()
    log_file.send_to_system("host=x", "local3", failed=failed, system=heard)
    assert heard.calls == [
        ("pymail", syslog.LOG_PID, syslog.LOG_LOCAL3),
        (syslog.LOG_ERR if failed else syslog.LOG_INFO, "host=x"),
    ]


@pytest.mark.parametrize("facility", FACILITIES)
def test_every_facility_of_the_settings_exists(facility: str) -> None:
    heard = Heard()
    log_file.send_to_system("", facility, failed=False, system=heard)
    assert heard.calls[0][2] == getattr(syslog, f"LOG_{facility.upper()}")


@pytest.mark.skipif(
    os.geteuid() != 0 or DEVICE.exists(), reason="the machine has a syslogd"
)
def test_system_log_accepts_a_line() -> None:
    script = (
        "from pymail.files import log_file;"
        "log_file.send_to_system('host=x', 'mail', failed=False)"
    )
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as daemon:
        daemon.bind(str(DEVICE))
        try:
            daemon.settimeout(20)
            subprocess.run([sys.executable, "-c", script], check=True)
            said = daemon.recv(4096).decode()
        finally:
            DEVICE.unlink()
    assert said.startswith(f"<{syslog.LOG_MAIL | syslog.LOG_INFO}>")
    assert "pymail[" in said
    assert said.rstrip("\0").endswith("]: host=x")
