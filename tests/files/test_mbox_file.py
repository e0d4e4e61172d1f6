"""Appending to an mbox file: whole entries in private regular files."""

import errno
import fcntl
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pymail import disk
from pymail.errors import CannotKeepError, UnreadableInputError
from pymail.files import mbox

ENTRY = b"From me Tue Nov  3 07:05:09 2026\nSubject: s\n\nbody\n\n"

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
NOBODY = 65534


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "dead.letter"


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777], ids=["open", "usual", "shut"])
def test_new_file_is_private_whatever_the_umask(place: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        mbox.append(place, [ENTRY])
    finally:
        os.umask(before)
    assert place.read_bytes() == ENTRY
    assert place.stat().st_mode & 0o7777 == 0o600


@pytest.mark.parametrize(
    ("before", "between"),
    [
        pytest.param(b"", b"", id="empty"),
        pytest.param(b"x", b"\n\n", id="one-octet"),
        pytest.param(b"\n", b"\n", id="one-line-end"),
        pytest.param(b"old", b"\n\n", id="no-line-end"),
        pytest.param(b"old\n", b"\n", id="no-empty-line"),
        pytest.param(b"old\n\n", b"", id="empty-line"),
    ],
)
def test_entry_begins_after_an_empty_line(
    place: Path, before: bytes, between: bytes
) -> None:
    place.write_bytes(before)
    mbox.append(place, [ENTRY])
    assert place.read_bytes() == before + between + ENTRY


def test_existing_file_keeps_its_mode(place: Path) -> None:
    place.write_bytes(ENTRY)
    place.chmod(0o640)
    mbox.append(place, [ENTRY])
    assert place.stat().st_mode & 0o777 == 0o640


def test_large_entries_are_written_whole(place: Path) -> None:
    blocks = [bytes([n % 256]) * 9_999 for n in range(100)]
    mbox.append(place, blocks)
    assert place.read_bytes() == b"".join(blocks)


def _failing(error: BaseException) -> Iterator[bytes]:
    yield b"x" * 200_000
    raise error


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        pytest.param(
            OSError(errno.ENOSPC, "No space"), CannotKeepError, id="disk-full"
        ),
        pytest.param(UnreadableInputError("gone"), UnreadableInputError, id="source"),
        pytest.param(KeyboardInterrupt(), KeyboardInterrupt, id="interrupt"),
    ],
)
def test_torn_entry_is_removed(
    place: Path, error: BaseException, raised: type[BaseException]
) -> None:
    place.write_bytes(ENTRY)
    with pytest.raises(raised):
        mbox.append(place, _failing(error))
    assert place.read_bytes() == ENTRY


def test_file_that_may_not_grow_is_unchanged(place: Path) -> None:
    place.write_bytes(ENTRY)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(CannotKeepError, match=r"dead.letter: file too large"):
            mbox.append(place, [b"x" * 70_000] * 3)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert place.read_bytes() == ENTRY


def test_the_null_device_takes_everything() -> None:
    mbox.append(Path(os.devnull), [ENTRY])


def test_own_symbolic_links_are_followed(place: Path, tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "second").symlink_to("dead")
    place.symlink_to("mail/second")
    mbox.append(place, [ENTRY])
    assert (tmp_path / "mail" / "dead").read_bytes() == ENTRY
    assert place.is_symlink()


def test_own_link_to_the_null_device_takes_everything(place: Path) -> None:
    place.symlink_to(os.devnull)
    mbox.append(place, [ENTRY])


def _make_fifo(place: Path) -> None:
    os.mkfifo(place)


def _make_circle(place: Path) -> None:
    place.symlink_to(place)


def _make_second_name(place: Path) -> None:
    other = place.with_name("other")
    other.write_bytes(b"")
    place.hardlink_to(other)


def _make_parent_a_file(place: Path) -> None:
    place.parent.rmdir()
    place.parent.write_bytes(b"")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        pytest.param(Path.mkdir, "is a directory", id="directory"),
        pytest.param(_make_fifo, "not a regular file", id="fifo"),
        pytest.param(_make_circle, "too many symbolic links", id="circle"),
        pytest.param(_make_second_name, "more than one hard link", id="hard-link"),
        pytest.param(_make_parent_a_file, "not a directory", id="no-directory"),
    ],
)
def test_other_than_regular_files_are_refused(
    place: Path, make: object, reason: str
) -> None:
    assert callable(make)
    make(place)
    with pytest.raises(CannotKeepError, match=reason):
        mbox.append(place, [ENTRY])


def test_missing_directory_is_not_created(place: Path) -> None:
    with pytest.raises(CannotKeepError, match="no such file or directory"):
        mbox.append(place / "below", [ENTRY])


def _link_of_another_user(place: Path) -> Path:
    if os.geteuid() != 0:
        return next(p for p in map(Path, ("/bin", "/etc/mtab")) if p.is_symlink())
    place.symlink_to("victim")
    os.chown(place, NOBODY, NOBODY, follow_symlinks=False)
    return place


def test_link_of_another_user_is_not_followed(place: Path) -> None:
    link = _link_of_another_user(place)
    with pytest.raises(CannotKeepError, match="symbolic link of another user"):
        mbox.append(link, [ENTRY])
    assert not place.with_name("victim").exists()


def test_file_of_another_user_is_not_trusted(place: Path) -> None:
    other = os.geteuid() + 1
    status = os.stat_result((0o100600, 0, 0, 1, other, 0, 0, 0, 0, 0))
    with pytest.raises(OSError, match="file of another user"):
        disk._check(status, place, {os.geteuid()})


@as_root
def test_file_of_another_user_is_not_written(place: Path) -> None:
    place.write_bytes(b"")
    os.chown(place, NOBODY, NOBODY)
    with pytest.raises(CannotKeepError, match="file of another user"):
        mbox.append(place, [ENTRY])
    assert place.read_bytes() == b""


@as_root
def test_root_writes_to_the_file_of_the_owner_of_its_directory(place: Path) -> None:
    place.write_bytes(b"")
    os.chown(place, NOBODY, NOBODY)
    os.chown(place.parent, NOBODY, NOBODY)
    mbox.append(place, [ENTRY])
    assert place.read_bytes() == ENTRY


@pytest.mark.parametrize("again", [True, False], ids=["new-file", "no-file"])
def test_file_moved_away_during_the_wait_is_not_written(
    place: Path, *, again: bool
) -> None:
    place.write_bytes(ENTRY)
    old = place.with_name("old")
    with place.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)

        def pause(_seconds: float) -> None:
            place.rename(old)
            if again:
                place.write_bytes(ENTRY)
            fcntl.flock(held, fcntl.LOCK_UN)

        mbox.append(place, [ENTRY], pause=pause)
    assert old.read_bytes() == ENTRY
    assert place.read_bytes() == ENTRY * (2 if again else 1)


_SENDER = """
import sys
from pathlib import Path
from pymail.files import mbox
name = sys.argv[2].encode()
for n in range(5):
    lines = [name + b" line\\n" for _ in range(2000)]
    mbox.append(Path(sys.argv[1]), [b"From me\\n", *lines, b"\\n"])
"""


def test_fifty_entries_at_once_are_all_whole(place: Path) -> None:
    senders = [
        subprocess.Popen([sys.executable, "-c", _SENDER, str(place), f"sender{n}"])
        for n in range(10)
    ]
    assert [sender.wait() for sender in senders] == [0] * 10
    entries = place.read_bytes().split(b"From me\n")[1:]
    assert len(entries) == 50
    for entry in entries:
        first, _, _ = entry.partition(b"\n")
        assert entry == (first + b"\n") * 2000 + b"\n"
