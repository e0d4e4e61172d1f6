"""The pictures of the pages can be drawn again, and show what the program says now."""

import html
import re
from pathlib import Path

import pytest

from pymail.commands.check.check import SMTP
from tests import pictures

MAN = Path(__file__).parents[2] / "man"

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
}


def words(picture: str) -> str:
    texts = re.findall(r"<text [^>]*>([^<]*)</text>", picture)
    return "\n".join(html.unescape(text).replace("\xa0", " ") for text in texts)


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_picture_shows_the_words_that_matter(name: str) -> None:
    shown = words((MAN / f"{name}.svg").read_text("utf-8"))
    assert [word for word in WORDS[name] if word not in shown] == []


@pytest.mark.live
@pytest.mark.terminal
def test_pictures_drawn_now_show_the_same_words(tmp_path: Path) -> None:
    pictures.main(tmp_path)
    for name in pictures.PICTURES:
        shown = words((tmp_path / f"{name}.svg").read_text("utf-8"))
        assert [word for word in WORDS[name] if word not in shown] == []


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_picture_loads_nothing_and_has_no_password(name: str) -> None:
    picture = (MAN / f"{name}.svg").read_text("utf-8")
    assert re.findall(r"https?://(?!www\.w3\.org|www\.textualize\.io)", picture) == []
    assert pictures.PICTURES[name][0] not in picture
