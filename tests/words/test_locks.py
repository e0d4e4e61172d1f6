"""Locks of other programs are respected, of each kind: lock files, fcntl, flock."""

import errno
import fcntl
import mailbox
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from time import monotonic, time

import pytest

from pymail.errors import CannotKeepError
from pymail.files import mbox
from pymail.locks import lock_file, try_lock

ENTRY = b"From me Tue Nov  3 07:05:09 2026\nSubject: s\n\nbody\n\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    path = tmp_path / "sent"
    path.write_bytes(ENTRY)
    return path


def _append(place: Path) -> None:
    mbox.append(place, [ENTRY], lock_seconds=0, dotlock=True)


_HOLDER = """
import fcntl, sys
file = open(sys.argv[1], "r+b")
getattr(fcntl, sys.argv[2])(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def _held(place: Path, way: str) -> Iterator[subprocess.Popen[bytes]]:
    """Let another process hold a lock until its standard input ends."""
    command = [sys.executable, "-c", _HOLDER, str(place), way]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        yield holder


@pytest.mark.parametrize("way", ["flock", "lockf"])
def test_lock_of_another_process_is_respected(place: Path, way: str) -> None:
    with (
        _held(place, way),
        pytest.raises(CannotKeepError, match="sent: locked by another program"),
    ):
        _append(place)
    assert place.read_bytes() == ENTRY
    assert not place.with_name("sent.lock").exists()


@pytest.mark.parametrize("way", ["flock", "lockf"])
def test_lock_of_another_process_is_waited_for(place: Path, way: str) -> None:
    with _held(place, way) as holder:

        def pause(_seconds: float) -> None:
            assert holder.stdin
            holder.stdin.close()
            holder.wait()

        mbox.append(place, [ENTRY], pause=pause)
    assert place.read_bytes() == ENTRY * 2


def test_lock_file_of_another_program_is_named(place: Path) -> None:
    lock = place.with_name("sent.lock")
    lock.write_text("1\n")
    with pytest.raises(CannotKeepError, match=r"/sent\.lock exists"):
        _append(place)
    assert lock.read_text() == "1\n"
    assert place.read_bytes() == ENTRY


def test_lock_file_is_waited_for_and_removed(place: Path) -> None:
    lock = place.with_name("sent.lock")
    lock.write_text("1\n")
    mbox.append(place, [ENTRY], dotlock=True, pause=lambda _seconds: lock.unlink())
    assert place.read_bytes() == ENTRY * 2
    assert not lock.exists()


def test_lock_file_has_our_process_id_while_we_write(place: Path) -> None:
    seen = []

    def entry() -> Iterator[bytes]:
        seen.append(place.with_name("sent.lock").read_text())
        yield ENTRY

    mbox.append(place, entry(), dotlock=True)
    assert seen == [f"{os.getpid()}\n"]


def test_removed_lock_file_is_no_failure(place: Path) -> None:
    def entry() -> Iterator[bytes]:
        place.with_name("sent.lock").unlink()
        yield ENTRY

    mbox.append(place, entry(), dotlock=True)
    assert place.read_bytes() == ENTRY * 2


def test_lock_file_can_be_switched_off(place: Path) -> None:
    place.with_name("sent.lock").write_text("1\n")
    mbox.append(place, [ENTRY], dotlock=False)
    assert place.read_bytes() == ENTRY * 2


@pytest.mark.skipif(not Path("/sys").is_mount(), reason="needs sysfs")
def test_other_locks_suffice_where_no_lock_file_can_be_created() -> None:
    with lock_file(Path("/sys/nothing"), deadline=0):
        assert not Path("/sys/nothing.lock").exists()


def test_name_too_long_for_a_lock_file_is_reported(tmp_path: Path) -> None:
    place = tmp_path / ("n" * 255)
    with pytest.raises(CannotKeepError, match="file name too long"):
        _append(place)


_PYTHON = """
import mailbox, sys
for n in range(5):
    box = mailbox.mbox(sys.argv[1])
    while True:
        try:
            box.lock()
            break
        except mailbox.ExternalClashError:
            pass
    box.add(b"Subject: other\\n\\nother\\n")
    box.close()
"""
_DOTLOCKFILE = """
for n in 1 2 3 4 5; do
    until dotlockfile -l -r 20 "$1.lock"; do :; done
    printf 'From other Tue Nov  3 07:05:09 2026\\n\\nother\\n\\n' >> "$1"
    dotlockfile -u "$1.lock"
done
"""
_SENDER = """
import sys
from pathlib import Path
from pymail.files import mbox
for n in range(10):
    lines = [b"line\\n" for _ in range(2000)]
    entry = [b"From me Tue Nov  3 07:05:09 2026\\n\\n", *lines, b"\\n"]
    mbox.append(Path(sys.argv[1]), entry, dotlock=True)
"""


@pytest.mark.parametrize(
    ("command", "needs"),
    [
        pytest.param([sys.executable, "-c", _PYTHON], "", id="python"),
        pytest.param(["sh", "-c", _DOTLOCKFILE, "sh"], "dotlockfile", id="dotlockfile"),
    ],
)
def test_entries_stay_whole_when_other_programs_write(
    tmp_path: Path, command: list[str], needs: str
) -> None:
    if needs and not shutil.which(needs):
        pytest.skip(f"{needs} is not installed")
    place = tmp_path / "sent"
    place.touch()
    ours = [sys.executable, "-c", _SENDER]
    writers = [subprocess.Popen([*each, str(place)]) for each in (ours, command, ours)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    box = mailbox.mbox(place)
    bodies = [message.get_payload() for message in box]
    box.close()
    assert bodies.count("line\n" * 2000) == 20
    assert bodies.count("other\n") == 5


# ── locks of the system ──────────────────────────────────────────────────────


def _failing(number: int) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT)


def _tries(path: Path) -> list[bool]:
    """Lock a file twice at once, then again after the first lock has ended."""
    first, second = _open(path), _open(path)
    found = [try_lock(first), try_lock(second)]
    os.close(first)
    found.append(try_lock(second))
    os.close(second)
    return found


def test_lock_ends_when_the_file_is_closed(tmp_path: Path) -> None:
    assert _tries(tmp_path / "file") == [True, False, True]


def test_flock_and_fcntl_do_not_exclude_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On NFS flock is a lock of the whole file, as that of fcntl (flock(2))."""

    def flock(descriptor: int, how: int) -> None:
        kind = fcntl.F_WRLCK if how & fcntl.LOCK_EX else fcntl.F_UNLCK
        wanted = struct.pack("hhqqi4x", kind, os.SEEK_SET, 0, 0, 0)
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, wanted)

    monkeypatch.setattr(fcntl, "flock", flock)
    assert _tries(tmp_path / "file") == [True, False, True]


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
@pytest.mark.parametrize("way", ["flock", "fcntl"])
def test_one_kind_of_lock_suffices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str, number: int
) -> None:
    monkeypatch.setattr(fcntl, way, _failing(number))
    assert _tries(tmp_path / "file") == [True, False, True]


def test_file_system_without_locks_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for way in ("flock", "fcntl"):
        monkeypatch.setattr(fcntl, way, _failing(errno.ENOLCK))
    assert _tries(tmp_path / "file") == [True, True, True]


def test_lock_is_released_if_the_other_kind_is_taken(
    tmp_path: Path,
) -> None:
    holder, we = _open(tmp_path / "file"), _open(tmp_path / "file")
    fcntl.flock(holder, fcntl.LOCK_EX)
    assert not try_lock(we)
    fcntl.lockf(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(holder)
    os.close(we)


def test_other_errors_of_locks_are_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fcntl, "flock", _failing(errno.EIO))
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        _tries(tmp_path / "file")


def _dead() -> int:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return process.pid


@pytest.mark.parametrize(
    ("number", "age_seconds", "goes"),
    [
        pytest.param("", 600, True, id="old-and-empty"),
        pytest.param("0\n", 600, True, id="old-of-procmail"),
        pytest.param("ours\n", 600, True, id="older-than-any-writer-needs"),
        pytest.param("dead\n", 20, True, id="of-a-dead-process"),
        pytest.param("dead\n", 0, False, id="fresh-perhaps-of-another-machine"),
        pytest.param("ours\n", 20, False, id="of-a-process-that-lives"),
        pytest.param("0\n", 20, False, id="of-procmail"),
        pytest.param("text\n", 20, False, id="without-a-process-id"),
        pytest.param("", 20, False, id="empty"),
    ],
)
def test_stale_lock_files_are_removed(
    tmp_path: Path, number: str, age_seconds: float, *, goes: bool
) -> None:
    place = tmp_path / "file.lock"
    words = number.replace("dead", str(_dead())).replace("ours", str(os.getpid()))
    place.write_text(words)
    os.utime(place, (time() - age_seconds,) * 2)
    failure = None if goes else "another program is writing, or has died"
    expected = pytest.raises(OSError, match=failure) if failure else nullcontext()
    with expected, lock_file(tmp_path / "file", deadline=0):
        assert place.read_text() == f"{os.getpid()}\n"
    assert place.exists() is not goes


def test_lock_file_that_cannot_be_opened_is_waited_for(tmp_path: Path) -> None:
    (tmp_path / "file.lock").symlink_to("elsewhere")
    with (
        pytest.raises(OSError, match="exists"),
        lock_file(tmp_path / "file", deadline=monotonic()),
    ):
        pass


def test_lock_file_replaced_meanwhile_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "file.lock"
    place.write_text("")
    os.utime(place, (0, 0))
    really = fcntl.flock

    def flock(descriptor: int, how: int) -> None:
        really(descriptor, how)
        place.unlink()
        place.write_text("1\n")

    monkeypatch.setattr(fcntl, "flock", flock)
    with (
        pytest.raises(OSError, match="exists"),
        lock_file(tmp_path / "file", deadline=0),
    ):
        pass
    assert place.read_text() == "1\n"
