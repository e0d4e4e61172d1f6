"""README and its pages: links, pictures, contents, extras, servers."""

import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from pymail.errors import AuthenticationError
from pymail.reply import Reply
from pymail.report.explain import explain_failure
from pymail.report.providers import find_by_host
from pymail.report.translate import CHINESE, ENGLISH
from pymail.terminal.lines import describe_failure
from tests.pages import (
    MAN,
    PAGES,
    README,
    ROOT,
    anchor,
    anchors,
    blocks,
    headings,
    links,
    prose,
)

NOT_FOR_USERS = {"fuzz", "test"}
README_LINES, README_OCTETS = 200, 10_000
MANY_LINES, MANY_HEADINGS = 100, 5
PLACE = "share/doc/pymail/"
ORDER = [
    "Install",
    "First mail",
    "From cron",
    "As the system's sendmail",
    "When it fails",
    "Passwords",
    "From Python",
    "Compared",
    "中文",
    "More",
    "Develop",
    "Licence",
]

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def pyproject() -> Any:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def is_there(page: Path, target: str) -> bool:
    """Tell whether a file, and the heading that the link names, exist."""
    name, _, fragment = target.partition("#")
    file = page.parent / name if name else page
    return file.is_file() and (not fragment or fragment in anchors(file))


def test_readme_is_read_in_five_minutes() -> None:
    text = README.read_bytes()
    assert text.count(b"\n") <= README_LINES
    assert len(text) <= README_OCTETS


def test_readme_begins_with_what_users_need_first() -> None:
    assert headings(README) == ORDER


@each_page
def test_every_link_leads_to_a_heading_or_a_file(page: Path) -> None:
    targets = [link.target for link in links(page)]
    here = [target for target in targets if not urlsplit(target).scheme]
    assert [target for target in here if not is_there(page, target)] == []


def test_readme_links_every_page() -> None:
    linked = {ROOT / link.target.partition("#")[0] for link in links(README)}
    assert set(PAGES) - linked == {README}


def test_every_page_is_installed_with_what_it_links() -> None:
    shared = pyproject()["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    beside = {file for file, to in shared.items() if to.startswith(PLACE)}
    assert [file for file in beside if shared[file] != PLACE + Path(file).name] == []
    pages = set(PAGES) - {README}
    linked = {
        page.parent / link.target.partition("#")[0]
        for page in pages
        for link in links(page)
        if not urlsplit(link.target).scheme and link.target[0] != "#"
    }
    assert beside == {file.relative_to(ROOT).as_posix() for file in pages | linked}


@each_page
def test_contents_are_the_headings_in_their_order(page: Path) -> None:
    found = re.search(
        r"^\*\*(Contents|目录)\*\*(.*?)^## ", prose(page), re.MULTILINE | re.DOTALL
    )
    contents = found[2] if found else ""
    listed = re.findall(r"\[([^\]]*)\]\(#([^)]*)\)", contents)
    titles = [(title, anchor(title)) for title in headings(page)]
    assert listed in ([], titles)
    lines = page.read_bytes().count(b"\n")
    if page != README and lines > MANY_LINES and len(titles) >= MANY_HEADINGS:
        assert listed


def test_every_picture_says_in_words_what_it_shows() -> None:
    pictures = [link for page in PAGES for link in links(page) if link.is_picture]
    targets = {Path(link.target).name for link in pictures}
    assert targets == {file.name for file in MAN.glob("*.svg")}
    assert [link.target for link in pictures if len(link.words) < 40] == []


def test_extras_are_those_that_can_be_installed() -> None:
    extras = set(pyproject()["project"]["optional-dependencies"])
    row = r"^\| `(\w+)` \|.*`pip install '(.*)'` \|$"
    rows = re.findall(row, prose(MAN / "installing.md"), re.MULTILINE)
    assert {name for name, _ in rows} == extras - NOT_FOR_USERS
    assert [row for row in rows if row[1] != f".[{row[0]}]"] == []


@pytest.mark.parametrize("name", ["providers.md", "README.zh.md"])
def test_servers_in_the_tables_are_those_that_pymail_knows(name: str) -> None:
    hosts = re.findall(r"`(?:smtps|submission)://([\w.]+)`", prose(MAN / name))
    assert len(hosts) > 5
    assert [host for host in hosts if find_by_host(host) is None] == []


@pytest.mark.parametrize(
    ("page", "language"),
    [
        (README, ENGLISH),
        (MAN / "troubleshooting.md", ENGLISH),
        (MAN / "README.zh.md", CHINESE),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_sample_of_a_failure_is_explained_as_pymail_does(
    page: Path, language: str
) -> None:
    said = "535 Error: authentication failed"
    [sample] = [text for text in blocks("text", page) if said in text]
    place, server = "~/.mailrc:2", "smtp.163.com:465"
    error = AuthenticationError(
        f"the server does not accept the login, with the password from {place}",
        doing=f"logging in to {server}",
        reply=Reply.from_octets(535, [said[4:].encode()]),
    )
    error.place = place
    advice = explain_failure(error, server, language=language)
    lines = describe_failure(error, advice, "/root/dead.letter", language=language)
    assert sample.splitlines() == [line.text for line in lines]
