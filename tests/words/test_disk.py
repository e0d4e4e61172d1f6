"""What writers of files ask the system for."""

import os
from pathlib import Path

import pytest

from pymail.disk import followed, make_private, sync_directory

NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives links away")


def _link(path: Path, target: str, owner: int | None = None) -> Path:
    path.symlink_to(target)
    if owner is not None:
        os.lchown(path, owner, owner)
    return path


def test_what_is_no_link_is_itself_whether_it_exists_or_not(tmp_path: Path) -> None:
    assert followed(tmp_path) == tmp_path
    assert followed(tmp_path / "missing") == tmp_path / "missing"


def test_links_in_a_row_lead_to_the_last(tmp_path: Path) -> None:
    _link(tmp_path / "a", "b")
    _link(tmp_path / "b", str(tmp_path / "c"))
    assert followed(tmp_path / "a") == tmp_path / "c"


@as_root
@pytest.mark.parametrize("trust_root", [False, True])
def test_link_of_another_user_is_not_followed(
    tmp_path: Path, *, trust_root: bool
) -> None:
    link = _link(tmp_path / "link", "target", NOBODY)
    with pytest.raises(OSError, match="a symbolic link of another user"):
        followed(link, trust_root=trust_root)


def test_links_in_a_circle_lead_nowhere(tmp_path: Path) -> None:
    _link(tmp_path / "a", "b")
    _link(tmp_path / "b", "a")
    with pytest.raises(OSError, match="too many symbolic links"):
        followed(tmp_path / "a")


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
            make_private(tmp_path / f"{umask}" / "b" / "c")
        finally:
            os.umask(before)
        for name in ("", "b", "b/c"):
            mode = (tmp_path / f"{umask}" / name).stat().st_mode
            assert mode & 0o7777 == 0o700
    make_private(tmp_path / "0" / "b")  # it is there
