"""The pictures of the pages can be drawn again, and show what the program prints."""

import html
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from pymail.commands.check.check import SMTP
from tests import pictures

MAN = Path(__file__).parents[2] / "man"
LINES = 25
MAIL = "echo 'All is well.' | pymail -s Disks ops@example.com"

WORDS = {
    "check": (
        *SMTP,
        "ok",
        "FAILED",
        "skipped",
        "535 5.7.8 Authentication credentials invalid",
        "what to do: check smtp-auth-user and smtp-auth-password",
        "exit status 77",
        "Nothing was sent",
    ),
    "debug": (
        "*  TLSv1.3",
        "C: STARTTLS",
        "C: AUTH PLAIN «secret»",
        "S: 235 2.7.0 Authentication successful",
        "C: /srv: 93%",
        "S: 250 2.0.0 Ok: queued as DEMO1",
    ),
    "run": (
        "./backup-all: exit 12 after ",
        "ops@example.com",
        "Status:   exit 12",
        "1204 files, 3.1 GB",
        "rsync: connection to nas1 lost",
    ),
    "setup": (
        "pymail --setup me@163.com",
        "Authorization code for me@163.com:",
        "The server accepted the test mail",
        MAIL,
        "status 0",
    ),
}
each_picture = pytest.mark.parametrize("name", pictures.PICTURES)


def picture(name: str, directory: Path = MAN) -> str:
    return (directory / f"{name}.svg").read_text("utf-8")


def words(drawn: str) -> str:
    texts = re.findall(r"<text [^>]*>([^<]*)</text>", drawn)
    return "\n".join(html.unescape(text).replace("\xa0", " ") for text in texts)


@each_picture
def test_picture_shows_the_important_words(name: str) -> None:
    shown = words(picture(name))
    assert [word for word in WORDS[name] if word not in shown] == []


@pytest.mark.live
@pytest.mark.terminal
def test_pictures_drawn_now_show_the_same_words(tmp_path: Path) -> None:
    pictures.main(tmp_path)
    for name in pictures.PICTURES:
        shown = words(picture(name, tmp_path))
        assert [word for word in WORDS[name] if word not in shown] == []


@each_picture
def test_picture_loads_nothing_and_has_no_password(name: str) -> None:
    drawn = picture(name)
    assert re.findall(r"https?://(?!www\.w3\.org)|@import|url\(", drawn) == []
    assert [secret for secret in pictures.SECRETS if secret in drawn] == []


@each_picture
def test_picture_is_short_and_readable_on_light_and_dark(name: str) -> None:
    drawn = picture(name)
    ET.fromstring(drawn)  # noqa: S314 - our own file
    assert len(set(re.findall(r'<text [^>]*y="(\d+)"', drawn))) < LINES
    assert "prefers-color-scheme:dark" in drawn
    assert '<rect class="bg"' in drawn


def test_recording_types_the_commands_and_lasts_30_seconds() -> None:
    drawn = picture("setup")
    assert set(re.findall(r"animation:k\d+ (\S+) step-end infinite", drawn)) == {"30s"}
    typed = re.findall(r"steps\((\d+)\)", drawn)
    assert len(MAIL) in map(int, typed)
    assert "prefers-reduced-motion" in drawn
