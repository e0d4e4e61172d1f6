"""The settings file is replaced as a whole, or not at all."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pymail.commands.setup import mailrc_file
from pymail.commands.setup.mailrc_file import RcFile
from pymail.errors import CannotKeepError


@pytest.fixture
def file(home: Any) -> RcFile:
    environment = home.world.environment("pymail", variables={"MAILRC": "~/home/rc"})
    return RcFile(environment)


def write(file: RcFile, text: str) -> None:
    with file.changed(text, print):
        pass


def names(file: RcFile) -> list[str]:
    return sorted(path.name for path in file.path.parent.iterdir())


@pytest.mark.parametrize("old", [None, "set a\n"])
def test_failure_restores_the_old_text(file: RcFile, old: str | None) -> None:
    if old is not None:
        file.path.write_text(old)
        file.path.chmod(0o644)
    with suppress(KeyError), file.changed("set b\n", print) as backup:
        assert file.path.read_text() == "set b\n"
        assert backup == ("~/home/rc.~1~" if old else "")
        raise KeyError
    assert names(file) == (["rc"] if old else [])
    if old:
        assert file.path.read_text() == old
        assert file.path.stat().st_mode & 0o777 == 0o644


def test_same_text_is_not_written(file: RcFile) -> None:
    file.path.write_text("set a\n")
    with suppress(KeyError), file.changed("set a\n", print) as backup:
        assert backup is None
        raise KeyError
    assert names(file) == ["rc"]


def test_file_of_another_user_keeps_its_owner(
    file: RcFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.path.write_text("set a\n")
    owner = file.path.stat().st_uid
    owners: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    monkeypatch.setattr(os, "fchown", lambda _fd, uid, gid: owners.append((uid, gid)))
    write(file, "set b\n")
    assert owners == [(owner, file.path.stat().st_gid)]


def test_read_only_file_is_not_replaced(
    file: RcFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.path.write_text("set a\n")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(CannotKeepError, match="~/home/rc: permission denied"):
        write(file, "set b\n")
    assert names(file) == ["rc"]


def test_link_of_another_user_is_not_followed(
    file: RcFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.path.symlink_to("other")
    if os.geteuid() == 0:
        os.lchown(file.path, 1, 1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 1)
    with pytest.raises(CannotKeepError, match="a symbolic link of another user"):
        write(file, "set b\n")
    assert names(file) == ["rc"]


def test_circular_links_are_reported(file: RcFile) -> None:
    file.path.symlink_to("rc")
    with pytest.raises(CannotKeepError, match="too many symbolic links"):
        write(file, "set b\n")


def test_number_of_backups_is_limited(
    file: RcFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailrc_file, "_BACKUPS", 2)
    file.path.write_text("set a\n")
    write(file, "set b\n")
    with pytest.raises(CannotKeepError, match="too many backups"):
        write(file, "set c\n")
    assert file.path.read_text() == "set b\n"
    assert names(file) == ["rc", "rc.~1~"]


@pytest.mark.parametrize("old", [None, "set a\n"])
def test_failure_of_a_write_leaves_no_new_file(
    file: RcFile, monkeypatch: pytest.MonkeyPatch, old: str | None
) -> None:
    if old is not None:
        file.path.write_text(old)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CannotKeepError, match="no space left on device"):
        write(file, "set b\n")
    assert names(file) == (["rc"] if old else [])


def test_failure_to_sync_the_directory_is_ignored(
    file: RcFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: Callable[..., int] = os.open

    def no_directories(path: Path, flags: int, *mode: int) -> int:
        if flags & os.O_DIRECTORY:
            raise OSError(22, "Invalid argument")
        return opened(path, flags, *mode)

    monkeypatch.setattr(os, "open", no_directories)
    write(file, "set b\n")
    assert file.path.read_text() == "set b\n"
