"""README leads somewhere: links, pictures, contents, extras and servers exist."""

import re
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from pymail.report.providers import find_by_host

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PROSE = re.sub(r"^```.*?^```$", "", README, flags=re.MULTILINE | re.DOTALL)
HEADINGS = re.findall(r"^## (.*)$", PROSE, re.MULTILINE)
LINKS = re.findall(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)", PROSE)
NOT_FOR_USERS = {"fuzz", "test"}


def anchor(heading: str) -> str:
    """What GitHub and its like make of a heading."""
    kept = "".join(c for c in heading.lower() if c.isalnum() or c in " -_")
    return "#" + kept.replace(" ", "-")


def section(title: str) -> str:
    return PROSE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_every_link_leads_to_a_heading_or_a_file() -> None:
    anchors = {anchor(heading) for heading in HEADINGS}
    targets = [target for _, _, target in LINKS if not urlsplit(target).scheme]
    assert len(targets) > 10
    lost = [t for t in targets if t not in anchors and not (ROOT / t).is_file()]
    assert lost == []


def test_contents_are_the_headings_in_their_order() -> None:
    contents = PROSE.partition("**Contents**")[2].partition("\n## ")[0]
    listed = re.findall(r"\[([^\]]*)\]\((#[^)]*)\)", contents)
    assert listed == [(heading, anchor(heading)) for heading in HEADINGS]


def test_every_picture_says_in_words_what_it_shows() -> None:
    pictures = [(words, target) for mark, words, target in LINKS if mark]
    assert len(pictures) == 3
    assert [target for words, target in pictures if len(words) < 40] == []


def test_extras_are_those_that_can_be_installed() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        extras = set(tomllib.load(file)["project"]["optional-dependencies"])
    rows = re.findall(r"^\| `(\w+)` \|.*`pip install '(.*)'` \|$", PROSE, re.MULTILINE)
    assert {name for name, _ in rows} == extras - NOT_FOR_USERS
    assert [row for row in rows if row[1] != f".[{row[0]}]"] == []


def test_servers_in_the_tables_are_those_that_pymail_knows() -> None:
    for title in ("Providers", "中文快速上手"):
        hosts = re.findall(r"`(?:smtps|submission)://([\w.]+)`", section(title))
        assert len(hosts) > 5
        assert [host for host in hosts if find_by_host(host) is None] == []
