"""The table of commands."""

import pytest

from pymail.mailrc.commands import CONDITIONAL, NAMES, READING, find_command
from pymail.mailrc.evaluate import EFFECTS

ABBREVIATIONS = [
    ("se", "set"),
    ("uns", "unset"),
    ("a", "alias"),
    ("g", "group"),
    ("una", "unalias"),
    ("ac", "account"),
    ("def", "define"),
    ("cal", "call"),
    ("so", "source"),
    ("ec", "echo"),
    ("i", "if"),
    ("el", "else"),
    ("eli", "elif"),
    ("en", "endif"),
    ("end", "endif"),
    ("ig", "ignore"),
    ("alt", "alternates"),
    ("from", "from"),
    ("fwdret", "fwdretain"),
    ("undef", "undef"),
    ("sort", "sort"),
]


@pytest.mark.parametrize(
    ("written", "meant"), ABBREVIATIONS, ids=[row[0] for row in ABBREVIATIONS]
)
def test_an_abbreviation_is_the_first_command_that_begins_so(
    written: str, meant: str
) -> None:
    command = find_command(written)
    assert command is not None
    assert command.name == meant


@pytest.mark.parametrize("name", ["", "frob", "Set", "sett"], ids=str.__repr__)
def test_other_words_are_no_commands(name: str) -> None:
    assert find_command(name) is None


def test_every_command_is_found_by_its_whole_name() -> None:
    found = [find_command(name) for name in NAMES]
    assert [command.name for command in found if command] == list(NAMES)


def test_every_effect_has_an_implementation() -> None:
    elsewhere = CONDITIONAL | {"account", "define", READING}
    effects = {command.effect for command in map(find_command, NAMES) if command}
    assert effects == EFFECTS.keys() | elsewhere
