"""Copies in a Maildir: one file for each message, whole or not at all."""

import mailbox
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pymail.errors import CannotKeepError
from pymail.files import folder as folders
from pymail.settings.models import Folder, Format

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def _copy(
    number: int = 1, text: bytes = b"Subject: s\r\n\r\nFrom me\r\n"
) -> folders.Copy:
    return folders.Copy(sender="me@x", now=NOON, token=str(number), chunks=[text])


def _files(path: Path) -> list[str]:
    return sorted(str(p.relative_to(path)) for p in path.rglob("*") if p.is_file())


def test_message_is_in_new_with_lf_line_ends(tmp_path: Path) -> None:
    place = tmp_path / "sent"
    folders.add_copy(_copy(), Folder(path=place, format=Format.MAILDIR))
    [name] = _files(place)
    assert name.startswith(f"new/{int(NOON.timestamp())}.P{os.getpid()}R1.")
    assert (place / name).read_bytes() == b"Subject: s\n\nFrom me\n"
    assert (place / name).stat().st_mode & 0o777 == 0o600
    assert (place / "new").stat().st_mode & 0o777 == 0o700


def test_python_reads_the_maildir(tmp_path: Path) -> None:
    place = tmp_path / "sent"
    folder = Folder(path=place, format=Format.MAILDIR)
    for number in (1, 2):
        folders.add_copy(_copy(number), folder, mode=0o644)
    box = mailbox.Maildir(place, create=False)
    assert [message["Subject"] for message in box] == ["s", "s"]
    assert (place / "cur").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize(
    ("folder", "filing", "there", "result"),
    [
        pytest.param(Format.AS_FOUND, False, "maildir", "maildir", id="is-a-maildir"),
        pytest.param(Format.AS_FOUND, False, "", "mbox", id="new"),
        pytest.param(Format.AS_FOUND, True, "", "maildir", id="newfolders"),
        pytest.param(Format.AS_FOUND, True, "mbox", "mbox", id="is-an-mbox"),
        pytest.param(Format.MBOX, True, "", "mbox", id="named-mbox"),
        pytest.param(Format.MAILDIR, False, "directory", "maildir", id="named-maildir"),
    ],
)
def test_format_follows_the_settings_or_the_existing_folder(
    tmp_path: Path, folder: Format, filing: bool, there: str, result: str
) -> None:
    place = tmp_path / "sent"
    if there == "mbox":
        place.write_bytes(b"")
    elif there:
        place.mkdir()
    for name in ("cur", "new", "tmp") if there == "maildir" else ():
        (place / name).mkdir()
    folders.add_copy(_copy(), Folder(path=place, format=folder), new_maildirs=filing)
    if result == "maildir":
        assert len(_files(place / "new")) == 1
    else:
        assert place.read_bytes().endswith(b"\nSubject: s\n\n>From me\n\n")


@pytest.mark.parametrize("format_", [Format.MBOX, Format.AS_FOUND], ids=str)
def test_other_directory_is_refused(tmp_path: Path, format_: Format) -> None:
    with pytest.raises(CannotKeepError, match="is a directory"):
        folders.add_copy(_copy(), Folder(path=tmp_path, format=format_))


def test_missing_parents_are_not_created(tmp_path: Path) -> None:
    place = tmp_path / "no" / "sent"
    with pytest.raises(CannotKeepError, match="/no/sent: no such file or directory"):
        folders.add_copy(_copy(), Folder(path=place, format=Format.MAILDIR))


def test_invalid_name_is_reported(tmp_path: Path) -> None:
    place = tmp_path / ("n" * 300)
    with pytest.raises(CannotKeepError, match="file name too long"):
        folders.add_copy(_copy(), Folder(path=place), new_maildirs=True)


def _failing() -> Iterator[bytes]:
    yield b"x"
    raise KeyboardInterrupt


def test_failed_message_leaves_no_file(tmp_path: Path) -> None:
    place = tmp_path / "sent"
    with pytest.raises(KeyboardInterrupt):
        folders._add_to_maildir(place, _failing(), now=NOON, token="1", mode=0o600)
    assert _files(place) == []
