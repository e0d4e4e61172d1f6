"""README and the pages below man/: their texts, blocks, headings and links."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
MAN = ROOT / "man"
README = ROOT / "README.md"
# manual pages, below man/
MANUALS = sorted(path.name for path in MAN.glob("*.[1-8]"))
CHINESE_MANUAL = "zh_CN/pymail.1"
PAGES = (README, *sorted(MAN.glob("*.md")))
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")


@dataclass(frozen=True, kw_only=True)
class Link:
    is_picture: bool
    words: str
    target: str


def blocks(language: str, *pages: Path) -> list[str]:
    """The fenced blocks of a language, in these pages or in all."""
    return [
        block
        for page in pages or PAGES
        for kind, block in BLOCK.findall(page.read_text("utf-8"))
        if kind == language
    ]


def prose(page: Path) -> str:
    """A page without its blocks."""
    return BLOCK.sub("", page.read_text("utf-8"))


def links(page: Path) -> list[Link]:
    return [
        Link(is_picture=bool(mark), words=words, target=target)
        for mark, words, target in LINK.findall(prose(page))
    ]


def headings(page: Path) -> list[str]:
    return re.findall(r"^## (.*)$", prose(page), re.MULTILINE)


def anchor(heading: str) -> str:
    """The fragment that GitHub and its like make of a heading."""
    kept = "".join(c for c in heading.lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")


def anchors(page: Path) -> set[str]:
    found = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {anchor(heading) for heading in found}


def section(page: Path, title: str) -> str:
    """Return the part of a page below a heading, up to the next heading of this level."""
    text = page.read_text("utf-8").partition(f"\n## {title}\n")[2]
    assert text, title
    return text.partition("\n## ")[0]
