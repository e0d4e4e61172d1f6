"""Locks of other programs are waited for, in each of the ways they lock."""

import mailbox
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pymail.disk import lock_file
from pymail.errors import CannotKeepError
from pymail.files import mbox

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
    """Another process holds a lock until its standard input ends."""
    command = [sys.executable, "-c", _HOLDER, str(place), way]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        yield holder


@pytest.mark.parametrize("way", ["flock", "lockf"])
def test_lock_of_another_process_is_not_broken(place: Path, way: str) -> None:
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
    with pytest.raises(CannotKeepError, match=r"/sent\.lock is there"):
        _append(place)
    assert lock.read_text() == "1\n"
    assert place.read_bytes() == ENTRY


def test_lock_file_is_waited_for_and_goes_again(place: Path) -> None:
    lock = place.with_name("sent.lock")
    lock.write_text("1\n")
    mbox.append(place, [ENTRY], dotlock=True, pause=lambda _seconds: lock.unlink())
    assert place.read_bytes() == ENTRY * 2
    assert not lock.exists()


def test_lock_file_is_there_while_we_write_and_names_us(place: Path) -> None:
    seen = []

    def entry() -> Iterator[bytes]:
        seen.append(place.with_name("sent.lock").read_text())
        yield ENTRY

    mbox.append(place, entry(), dotlock=True)
    assert seen == [f"{os.getpid()}\n"]


def test_a_lock_file_that_somebody_took_away_is_no_failure(place: Path) -> None:
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
def test_where_no_lock_file_can_be_made_the_other_locks_do() -> None:
    with lock_file(Path("/sys/nothing"), deadline=0):
        assert not Path("/sys/nothing.lock").exists()


def test_a_name_too_long_for_a_lock_file_is_said(tmp_path: Path) -> None:
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
