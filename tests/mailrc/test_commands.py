"""The table of commands."""

import pytest

from pymail.mailrc.commands import COMMANDS, find_command

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
def test_abbreviation_means_the_first_command_that_it_begins(
    written: str, meant: str
) -> None:
    assert find_command(written) == meant


@pytest.mark.parametrize("name", ["", "frob", "Set", "sett"], ids=str.__repr__)
def test_other_words_are_no_commands(name: str) -> None:
    assert find_command(name) == ""


def test_every_command_is_found_by_its_whole_name() -> None:
    assert [find_command(name) for name in COMMANDS] == list(COMMANDS)
