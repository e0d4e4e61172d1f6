"""What writers of files ask the system for."""

import errno
import fcntl
import os
import struct
import subprocess
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from time import monotonic, time

import pytest

from pymail import disk
from pymail.disk import (
    follow_links,
    lock_file,
    make_private_directory,
    sync_directory,
    try_lock,
)
from pymail.files import mbox

NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives links away")


def _link(path: Path, target: str, owner: int | None = None) -> Path:
    path.symlink_to(target)
    if owner is not None:
        os.lchown(path, owner, owner)
    return path


def test_what_is_no_link_is_itself_whether_it_exists_or_not(tmp_path: Path) -> None:
    assert follow_links(tmp_path) == tmp_path
    assert follow_links(tmp_path / "missing") == tmp_path / "missing"


def test_links_in_a_row_lead_to_the_last(tmp_path: Path) -> None:
    _link(tmp_path / "a", "b")
    _link(tmp_path / "b", str(tmp_path / "c"))
    assert follow_links(tmp_path / "a") == tmp_path / "c"


@as_root
@pytest.mark.parametrize("trust_root", [False, True])
def test_link_of_another_user_is_not_followed(
    tmp_path: Path, *, trust_root: bool
) -> None:
    link = _link(tmp_path / "link", "target", NOBODY)
    with pytest.raises(OSError, match="a symbolic link of another user"):
        follow_links(link, trust_root=trust_root)


def test_links_in_a_circle_lead_nowhere(tmp_path: Path) -> None:
    _link(tmp_path / "a", "b")
    _link(tmp_path / "b", "a")
    with pytest.raises(OSError, match="too many symbolic links"):
        follow_links(tmp_path / "a")


def test_file_where_a_directory_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError):
        make_private_directory(tmp_path / "file")


def test_a_directory_that_another_writer_makes_first_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = Path.mkdir

    def mkdir(path: Path, mode: int, *, exist_ok: bool) -> None:
        really(path, mode)
        really(path, mode, exist_ok=exist_ok)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    make_private_directory(tmp_path / "a")
    assert (tmp_path / "a").is_dir()


def test_directory_is_synced_and_a_missing_one_is_told(tmp_path: Path) -> None:
    sync_directory(tmp_path)
    with pytest.raises(FileNotFoundError):
        sync_directory(tmp_path / "missing")


def test_directories_are_for_their_owner_alone_whatever_the_umask(
    tmp_path: Path,
) -> None:
    for umask in (0, 0o777):
        before = os.umask(umask)
        try:
            make_private_directory(tmp_path / f"{umask}" / "b" / "c")
        finally:
            os.umask(before)
        for name in ("", "b", "b/c"):
            mode = (tmp_path / f"{umask}" / name).stat().st_mode
            assert mode & 0o7777 == 0o700
    make_private_directory(tmp_path / "0" / "b")  # it is there


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EOPNOTSUPP, errno.EBADF])
def test_directory_that_cannot_be_synced_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(os, "fsync", _failing(number))
    sync_directory(tmp_path)


def test_a_file_system_without_modes_keeps_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fchmod", _failing(errno.EPERM))
    mbox.append(tmp_path / "sent", [b"From me\n\n"])
    assert (tmp_path / "sent").read_bytes() == b"From me\n\n"


def test_disk_that_fails_while_it_is_waited_for_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", _failing(errno.EIO))
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        sync_directory(tmp_path)
    with (tmp_path / "file").open("wb") as file, pytest.raises(OSError):  # noqa: PT011
        disk.write_whole(file.fileno(), [b"x"])


def _failing(number: int) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


# ── locks ───────────────────────────────────────────────────────────────────


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT)


def _tries(path: Path) -> list[bool]:
    """Lock a file twice at once, then again when the first has gone."""
    first, second = _open(path), _open(path)
    found = [try_lock(first), try_lock(second)]
    os.close(first)
    found.append(try_lock(second))
    os.close(second)
    return found


def test_a_locked_file_is_free_when_it_is_closed(tmp_path: Path) -> None:
    assert _tries(tmp_path / "file") == [True, False, True]


def test_locks_that_meet_each_other_do_not_shut_us_out(
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
def test_one_way_to_lock_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str, number: int
) -> None:
    monkeypatch.setattr(fcntl, way, _failing(number))
    assert _tries(tmp_path / "file") == [True, False, True]


def test_without_any_lock_the_work_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for way in ("flock", "fcntl"):
        monkeypatch.setattr(fcntl, way, _failing(errno.ENOLCK))
    assert _tries(tmp_path / "file") == [True, True, True]


def test_a_lock_of_one_way_is_given_back_when_the_other_is_taken(
    tmp_path: Path,
) -> None:
    holder, we = _open(tmp_path / "file"), _open(tmp_path / "file")
    fcntl.flock(holder, fcntl.LOCK_EX)
    assert not try_lock(we)
    fcntl.lockf(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(holder)
    os.close(we)


def test_locks_that_fail_otherwise_are_told(
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
        pytest.param("text\n", 20, False, id="of-nobody-knows-whom"),
        pytest.param("", 20, False, id="empty"),
    ],
)
def test_lock_files_of_dead_writers_go(
    tmp_path: Path, number: str, age_seconds: float, *, goes: bool
) -> None:
    place = tmp_path / "file.lock"
    words = number.replace("dead", str(_dead())).replace("ours", str(os.getpid()))
    place.write_text(words)
    os.utime(place, (time() - age_seconds,) * 2)
    failure = None if goes else "another program writes, or died"
    expected = pytest.raises(OSError, match=failure) if failure else nullcontext()
    with expected, lock_file(tmp_path / "file", deadline=0):
        assert place.read_text() == f"{os.getpid()}\n"
    assert place.exists() is not goes


def test_lock_file_that_cannot_be_looked_at_is_waited_for(tmp_path: Path) -> None:
    (tmp_path / "file.lock").symlink_to("elsewhere")
    with (
        pytest.raises(OSError, match="is there"),
        lock_file(tmp_path / "file", deadline=monotonic()),
    ):
        pass


def test_a_lock_file_that_somebody_removes_at_the_same_time_is_left_alone(
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
        pytest.raises(OSError, match="is there"),
        lock_file(tmp_path / "file", deadline=0),
    ):
        pass
    assert place.read_text() == "1\n"


def test_a_file_that_cannot_be_replaced_is_as_it_was(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("old")

    def blocks() -> object:
        yield b"new"
        raise OSError("no more")

    with pytest.raises(OSError, match="no more"):
        disk.replace_file(place, blocks())  # type: ignore[arg-type]
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    """Root may write beside /dev/null, and would take it away from the machine."""
    place = tmp_path / "null"
    os.mkfifo(place)
    with pytest.raises(OSError, match="not a regular file"):
        disk.replace_file(place, [b"new"])
    assert [*tmp_path.iterdir()] == [place]
    assert place.is_fifo()
