"""Splitting of address lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.address.address_list import split_argument, split_list, tokens

EITHER_WAY = {
    "one": ("a@x", ["a@x"]),
    "commas": ("a@x,b@x", ["a@x", "b@x"]),
    "commas-and-blanks": ("a@x, b@x ,\tc@x", ["a@x", "b@x", "c@x"]),
    "blanks": ("a@x  b@x\tc@x", ["a@x", "b@x", "c@x"]),
    "mixed": ("a@x b@x, c@x", ["a@x", "b@x", "c@x"]),
    "empty": ("", []),
    "blanks-beside-the-at": ("a @x b\t@ y", ["a@x", "b@y"]),
    "blanks-beside-the-at-and-commas": ("a @ x, <b @x>", ["a@x", "<b @x>"]),
    "only-blanks": (" \t", []),
    "only-commas": (",, ,", []),
    "empty-entries": (",a,,b,", ["a", "b"]),
    "named": ("Bob Smith <b@x>", ["Bob Smith <b@x>"]),
    "named-list": ("a@x, Bob Smith <b@x>", ["a@x", "Bob Smith <b@x>"]),
    "quoted-comma": ('"Doe, John" <j@x>, b@x', ['"Doe, John" <j@x>', "b@x"]),
    "quoted-quotes": (r'"A \"q,\" B" <q@x>,b@x', [r'"A \"q,\" B" <q@x>', "b@x"]),
    "quoted-local-part": ('"a b"@x', ['"a b"@x']),
    "comma-in-angles": ('<"a,b"@x>, <c@x>', ['<"a,b"@x>', "<c@x>"]),
    "comma-in-comment": ("c@x (C, (D)), b@x", ["c@x (C, (D))", "b@x"]),
    "escape-in-comment": (r"c@x (C\), D), b@x", [r"c@x (C\), D)", "b@x"]),
    "group": ("Team: a@x, b@x;, c@x", ["a@x", "b@x", "c@x"]),
    "group-of-blanks": ("Team: a@x b@x;", ["a@x", "b@x"]),
    "group-in-one": ("Team:Al <a@x>;", ["Al <a@x>"]),
    "group-and-comments": (
        "(a)Team(b) :(c), Al <a@x>, (d); (end (of it)), b@x",
        ["Al <a@x>", "b@x"],
    ),
    "group-of-a-comment": ("(a)Nobody :(at all)  ;", []),
    "empty-group": ("undisclosed-recipients:;", []),
    "group-of-groups": ("A: a@x;, B: b@x;", ["a@x", "b@x"]),
    "no-group": ("Alert: disk <a@x>, b@x", ["Alert: disk <a@x>", "b@x"]),
    "url": ("mailto:a@x", ["mailto:a@x"]),
    "semicolon-name": ("root;admin", ["root;admin"]),
    "semicolon-command": ("a@x;touch /tmp/y", ["a@x;touch /tmp/y"]),
    "literal": ("a@[IPv6:::1], b@x", ["a@[IPv6:::1]", "b@x"]),
    "command": ("|mail -s 'x, y' z", ["|mail -s 'x, y' z"]),
    "escaped": (r"\root", [r"\root"]),
    "open-quote": ('a@x, "b, c', ["a@x", '"b, c']),
    "open-angle": ("a@x, <b, c", ["a@x", "<b, c"]),
    "open-comment": ("a@x, (b, c", ["a@x", "(b, c"]),
    "windows": ("a@x\r", ["a@x"]),
    "line-end-behind": ("a@x, b@x\r\n", ["a@x", "b@x"]),
    "newline": ("a@x\nb@x", ["a@x\nb@x"]),
    "newline-and-blank": ("a@x\nX: b@x", ["a@x\nX: b@x"]),
}


@pytest.mark.parametrize(("text", "entries"), EITHER_WAY.values(), ids=EITHER_WAY)
def test_list_and_argument_split_alike(text: str, entries: list[str]) -> None:
    assert list(split_list(text)) == entries
    assert list(split_argument(text)) == entries


SEMICOLONS = {
    "tight": ("a@x;b@x", ["a@x", "b@x"]),
    "blank": ("a@x; B <b@x>;", ["a@x", "B <b@x>"]),
    "in-quotes": ('"x;y" <a@x>; b@x', ['"x;y" <a@x>', "b@x"]),
}


@pytest.mark.parametrize(("text", "entries"), SEMICOLONS.values(), ids=SEMICOLONS)
def test_semicolons_separate_addresses_of_a_header(
    text: str, entries: list[str]
) -> None:
    assert list(split_list(text)) == entries
    assert split_argument(text) == (text,)


def test_words_between_commas_of_a_header_stay_together() -> None:
    assert split_list("Bob Smith, a@x") == ("Bob Smith", "a@x")
    assert split_argument("Bob Smith, a@x") == ("Bob", "Smith", "a@x")


@pytest.mark.parametrize(
    "text", ["/tmp/my file, b", "./a b"], ids=["absolute", "relative"]
)
def test_argument_that_names_a_file_is_one(text: str) -> None:
    assert split_argument(text) == (text,)


@given(st.text(alphabet='ab@.,:;<>()[]"\\ \t\n|/é'))
def test_tokens_are_the_whole_text(text: str) -> None:
    assert "".join(piece for _, piece in tokens(text)) == text


@given(st.text(alphabet='ab@.,:;<>()[]"\\ \t\n|/é'))
def test_no_entry_is_empty_or_has_blanks_around(text: str) -> None:
    for entry in (*split_list(text), *split_argument(text)):
        assert entry
        assert entry == entry.strip(" \t")


HOSTILE = ['"\\', "(", "()", "<", "@[", ":", ";", 'a"', "<a", '<"']


@pytest.mark.parametrize(
    "piece", HOSTILE, ids=[f"piece-{number}" for number in range(len(HOSTILE))]
)
def test_hostile_text_is_split_in_one_pass(piece: str) -> None:
    """A quadratic scan of this much text would take minutes."""
    text = "," + piece * 50_000
    split_list(text)
    split_argument(text)
