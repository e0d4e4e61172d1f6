"""Parsing of lines, and the table of escapes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.compose.escapes import ACTIONS, ESCAPES, file_names, parse, summary

LINES = [
    pytest.param("text\n", "text\n", id="text"),
    pytest.param("~~x\n", "~x\n", id="doubled"),
    pytest.param("~~\n", "~\n", id="doubled_alone"),
    pytest.param(" ~s x\n", " ~s x\n", id="not_at_the_start"),
    pytest.param("~.\n", (".", ""), id="end"),
    pytest.param("~s  Two words \n", ("s", "Two words"), id="argument"),
    pytest.param("~sglued\r\n", ("s", "glued"), id="glued"),
    pytest.param("~<f\n", ("<", "f"), id="less"),
    pytest.param("~<!cmd\n", ("<!", "cmd"), id="output"),
    pytest.param("~< ! cmd\n", ("<!", "cmd"), id="output_with_blanks"),
    pytest.param("~r !cmd\n", ("r!", "cmd"), id="read_output"),
    pytest.param("~| a | b\n", ("|", "a | b"), id="filter"),
    pytest.param("~||cmd\n", ("||", "cmd"), id="filter_with_header"),
    pytest.param("~! ! x\n", ("!", "! x"), id="bang_is_its_own"),
    pytest.param("~\n", ("", ""), id="nothing_after_it"),
    pytest.param("~ s\n", ("", "s"), id="blank_after_it"),
]


@pytest.mark.parametrize(("line", "meaning"), LINES)
def test_a_line_is_text_or_calls_an_escape(
    line: str, meaning: tuple[str, str] | str
) -> None:
    assert parse(line, "~") == meaning


@given(st.text(), st.sampled_from(["", "~", "@", "é"]))
def test_any_line_is_parsed(line: str, character: str) -> None:
    found = parse(line, character)
    if not character or not line.startswith(character):
        assert found == line
    elif line.startswith(character * 2):
        assert found == line[1:]
    else:
        assert isinstance(found, tuple)


def test_no_name_stands_in_two_rows() -> None:
    assert len(ACTIONS) == sum(len(row.names) for row in ESCAPES)


def test_summary_has_a_line_for_every_row_and_fits_a_terminal() -> None:
    lines = summary("%").splitlines()
    assert len(lines) == len(ESCAPES) + 1
    assert lines[4].split() == ["%s", "SUBJECT", "set", "the", "subject"]
    assert max(map(len, lines)) < 80


FILE_NAMES = [
    pytest.param("a b", ["a", "b"], id="blanks"),
    pytest.param("a, b,c", ["a", "b", "c"], id="commas"),
    pytest.param("\"a b\" 'c,d'", ["a b", "c,d"], id="quotes"),
    pytest.param(r"a\ b\,c", ["a b,c"], id="backslashes"),
    pytest.param('x"y z"', ["xy z"], id="quotes_inside"),
    pytest.param('""', [""], id="empty_quotes"),
    pytest.param('"open', ["open"], id="unclosed"),
    pytest.param("", [], id="nothing"),
]


@pytest.mark.parametrize(("text", "names"), FILE_NAMES)
def test_file_names_are_separated_by_blanks_and_commas(
    text: str, names: list[str]
) -> None:
    assert file_names(text) == names


@given(st.text())
def test_any_text_is_split_into_file_names(text: str) -> None:
    assert all(isinstance(name, str) for name in file_names(text))
