"""Texts and comments say who does what, in the field's terms."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from pymail.commands.mdoc import render
from tests.pages import MAN, PAGES, ROOT, prose

MANUALS = sorted(MAN.glob("*.[1-8]"))
SOURCES = sorted((ROOT / "pymail").rglob("*.py"))
# a free relative at the beginning of a sentence hides who does something
BEGINS = r"(?m)(?:^|[.:?!|] +|^- )(?:What|Who|Whom|Which|Whose|Whoever)\b.*"
WORDS = r"(?i)\b(?:(?:some|any|no|every)body|whoever|whomever)\b"
PHRASES = r"\b(?:came of|became of|comes of|has been taken|makes no sense)\b"


def faults(text: str) -> list[str]:
    return [
        found for each in (BEGINS, WORDS, PHRASES) for found in re.findall(each, text)
    ]


def texts(source: str) -> Iterator[str]:
    """Docstrings, sentences and comments of a module, without patterns of servers' words."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string.removeprefix("# ")
        elif token.type == tokenize.STRING and not re.match(
            r"[bBfF]?[rR]", token.string
        ):
            yield str(ast.literal_eval(re.sub(r"^[fF]", "", token.string)))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_source_says_who_does_what(path: Path) -> None:
    text = path.read_text("utf-8")
    assert [fault for each in texts(text) for fault in faults(each)] == []


@pytest.mark.parametrize("path", MANUALS, ids=lambda path: path.name)
def test_manual_says_who_does_what(path: Path) -> None:
    assert faults(render(path.read_text("utf-8"))) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_page_says_who_does_what(path: Path) -> None:
    assert faults(prose(path)) == []
