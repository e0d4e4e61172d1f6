"""Symlink-safe paths and durable writes."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pymail import disk
from pymail.disk import follow_links, make_private_directory, sync_directory
from pymail.files import mbox

NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives links away")


def _link(path: Path, target: str, owner: int | None = None) -> Path:
    path.symlink_to(target)
    if owner is not None:
        os.lchown(path, owner, owner)
    return path


def test_path_without_a_link_is_unchanged(tmp_path: Path) -> None:
    assert follow_links(tmp_path) == tmp_path
    assert follow_links(tmp_path / "missing") == tmp_path / "missing"


def test_chain_of_links_is_followed(tmp_path: Path) -> None:
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


def test_loop_of_links_is_an_error(tmp_path: Path) -> None:
    _link(tmp_path / "a", "b")
    _link(tmp_path / "b", "a")
    with pytest.raises(OSError, match="too many symbolic links"):
        follow_links(tmp_path / "a")


def test_file_instead_of_a_directory_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError):
        make_private_directory(tmp_path / "file")


def test_directory_created_by_another_process_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = Path.mkdir

    def mkdir(path: Path, mode: int, *, exist_ok: bool) -> None:
        really(path, mode)
        really(path, mode, exist_ok=exist_ok)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    make_private_directory(tmp_path / "a")
    assert (tmp_path / "a").is_dir()


def test_directory_is_synced_and_a_missing_one_is_an_error(tmp_path: Path) -> None:
    sync_directory(tmp_path)
    with pytest.raises(FileNotFoundError):
        sync_directory(tmp_path / "missing")


def test_new_directories_are_private_whatever_the_umask(
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
def test_file_system_without_directory_sync_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(os, "fsync", _failing(number))
    sync_directory(tmp_path)


def test_file_system_without_modes_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fchmod", _failing(errno.EPERM))
    mbox.append(tmp_path / "sent", [b"From me\n\n"])
    assert (tmp_path / "sent").read_bytes() == b"From me\n\n"


def test_failed_sync_is_an_error(
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


def test_file_that_cannot_be_replaced_is_unchanged(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("old")

    def blocks() -> object:
        yield b"new"
        raise OSError("no more")

    with pytest.raises(OSError, match="no more"):
        disk.replace_file(place, blocks())  # type: ignore[arg-type]
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_only_regular_files_are_replaced(tmp_path: Path) -> None:
    """Root may write to /dev, and would replace /dev/null for the whole machine."""
    place = tmp_path / "null"
    os.mkfifo(place)
    with pytest.raises(OSError, match="not a regular file"):
        disk.replace_file(place, [b"new"])
    assert [*tmp_path.iterdir()] == [place]
    assert place.is_fifo()
