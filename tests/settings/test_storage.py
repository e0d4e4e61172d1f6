"""Placement of copies and dead letters, and names of folders."""

from functools import partial
from pathlib import Path

import pytest

from pymail.settings.models import Folder, Format, find_folder
from tests.settings.resolving import settings


@pytest.mark.parametrize(
    ("text", "record"),
    [
        pytest.param("record=/var/sent", "/var/sent", id="absolute"),
        pytest.param("record=~/sent", "/home/me/sent", id="home"),
        pytest.param("record=+sent folder=mail", "/home/me/mail/sent", id="plus"),
        pytest.param(
            "record=sent folder=mail outfolder", "/home/me/mail/sent", id="outfolder"
        ),
        pytest.param("record=sent folder=/m outfolder", "/m/sent", id="rooted-folder"),
        pytest.param("record=/s folder=/m outfolder", "/s", id="outfolder-absolute"),
        pytest.param("record=file:///s", "/s", id="scheme"),
        pytest.param("record=+s", "/home/me/+s", id="plus-without-folder"),
    ],
)
def test_record_has_the_path_that_mailx_gives_it(text: str, record: str) -> None:
    assert settings(f"set {text}").record == Folder(path=Path(record))


@pytest.mark.parametrize(
    ("text", "format_"),
    [
        pytest.param("record=maildir:///m", Format.MAILDIR, id="maildir"),
        pytest.param("record=mbox:///m", Format.MBOX, id="mbox"),
        pytest.param("record=maildir://+m folder=/", Format.MAILDIR, id="plus"),
    ],
)
def test_scheme_of_a_record_names_its_format(text: str, format_: Format) -> None:
    assert settings(f"set {text}").record == Folder(path=Path("/m"), format=format_)


@pytest.mark.parametrize(
    ("text", "mode", "dotlock", "new_maildirs"),
    [
        pytest.param("", 0o600, True, False, id="nothing"),
        pytest.param("set umask=022", 0o644, True, False, id="umask"),
        pytest.param("set umask=077", 0o600, True, False, id="private"),
        pytest.param("set umask=", 0o600, True, False, id="umask-without-value"),
        pytest.param("set umask=rw", 0o600, True, False, id="umask-of-letters"),
        pytest.param("set dotlock-disable", 0o600, False, False, id="dotlock"),
        pytest.param("set newfolders=maildir", 0o600, True, True, id="new"),
        pytest.param("set newfolders=mbox", 0o600, True, False, id="new-mbox"),
    ],
)
def test_copies_are_written_as_settings_say(
    text: str, mode: int, dotlock: bool, new_maildirs: bool
) -> None:
    found = settings(text)
    assert (found.file_mode, found.dotlock) == (mode, dotlock)
    assert found.new_maildirs is new_maildirs


def test_dead_letter_has_a_default_and_can_be_switched_off() -> None:
    assert settings("").dead_letter == Path("/home/me/dead.letter")
    assert settings("set DEAD=/d").dead_letter == Path("/d")
    assert settings("set DEAD=/d\nunset save").dead_letter is None


@pytest.mark.parametrize(
    ("name", "path", "format_"),
    [
        pytest.param("/m/x", "/m/x", Format.AS_FOUND, id="absolute"),
        pytest.param("x", "/cwd/x", Format.AS_FOUND, id="relative"),
        pytest.param("+x", "/f/x", Format.AS_FOUND, id="plus"),
        pytest.param("file:///x", "/x", Format.AS_FOUND, id="file"),
        pytest.param("mbox:///x", "/x", Format.MBOX, id="mbox"),
        pytest.param("maildir://+x", "/f/x", Format.MAILDIR, id="maildir-plus"),
        pytest.param("imap://x", "/cwd/imap:/x", Format.AS_FOUND, id="other-scheme"),
    ],
)
def test_folder_name_is_resolved_by_its_prefix(
    name: str, path: str, format_: Format
) -> None:
    folder = find_folder(name, Path("/cwd").joinpath, folder=Path("/f"))
    assert (folder.path, folder.format) == (Path(path), format_)


def test_outfolder_takes_relative_names_only() -> None:
    place = partial(find_folder, path=Path("/cwd").joinpath, outfolder=Path("/o"))
    places = [str(place(name).path) for name in ("x", "/x", "~x", "$x")]
    assert places == ["/o/x", "/x", "/cwd/~x", "/cwd/$x"]
