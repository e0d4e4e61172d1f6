"""Names of folders and what they mean."""

from pathlib import Path

import pytest

from pymail.settings.folders import Shelf
from pymail.settings.models import Format


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
def test_name_of_a_folder(name: str, path: str, format_: Format) -> None:
    shelf = Shelf(path=lambda text: Path("/cwd") / text, folder=Path("/f"))
    folder = shelf.find(name)
    assert (folder.path, folder.format) == (Path(path), format_)


def test_outfolder_takes_relative_names_only() -> None:
    shelf = Shelf(path=lambda text: Path("/cwd") / text, outfolder=Path("/o"))
    names = ("x", "/x", "~x", "$x")
    places = [str(shelf.find(name).path) for name in names]
    assert places == ["/o/x", "/x", "/cwd/~x", "/cwd/$x"]
