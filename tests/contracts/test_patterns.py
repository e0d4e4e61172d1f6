"""Regular expressions that mean the same with every Python that pymail runs on."""

import re
from pathlib import Path

import pytest

import pymail

SOURCES = Path(pymail.__file__).parent
POSSESSIVE_GROUP = r"\)(?:[*+?]|\{\d*,?\d*\})\+"


@pytest.mark.parametrize(
    "file",
    sorted([*SOURCES.rglob("*.py"), *SOURCES.rglob("*.toml")]),
    ids=lambda file: str(file.relative_to(SOURCES)),
)
def test_no_group_is_possessive(file: Path) -> None:
    """Possessive groups are wrong before 3.11.5; atomic ones, (?>...), are right."""
    assert not re.search(POSSESSIVE_GROUP, file.read_text("utf-8"))
