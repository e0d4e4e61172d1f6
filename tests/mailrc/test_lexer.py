"""Lines and words of settings text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.mailrc.lexer import (
    OLD,
    SHELL,
    WORDS,
    Dialect,
    logical_lines,
    raw_words,
    words,
)

VARIABLES = {"x": "X Y", "HOME": "/home/me", "a-b": "AB", "1": "one", "#": "2"}


def lookup(name: str) -> str:
    return VARIABLES.get(name, "")


LINES = [
    ("", [(1, "")]),
    ("a\nb", [(1, "a"), (2, "b")]),
    ("a\r\nb\r\n", [(1, "a"), (2, "b"), (3, "")]),
    ("set a=\\\n  b\nc", [(1, "set a=b"), (3, "c")]),
    ("set a=\\\r\n\tb\r\n", [(1, "set a=b"), (3, "")]),
    ('set a="x \\\n    y"', [(1, 'set a="x y"')]),
    ("# remark \\\nset a", [(1, "# remark set a")]),
    ("set a=b\\\\\nset c", [(1, "set a=b\\\\"), (2, "set c")]),
    ("set a=b\\\\\\\nc", [(1, "set a=b\\\\c")]),
    ("set a=b\\ \nc", [(1, "set a=b\\ "), (2, "c")]),
    ("set a=b\\", [(1, "set a=b")]),
    ("alias a b@x\\\n c@x", [(1, "alias a b@x c@x")]),
    ("  g a b@x \\\n c@x\\\n\td@x", [(1, "  g a b@x  c@x d@x")]),
    ("a\x0bb\x85c\u2028d", [(1, "a\x0bb\x85c\u2028d")]),
]


@pytest.mark.parametrize(("text", "expected"), LINES, ids=range(len(LINES)))
def test_lines_have_the_number_of_their_first_line(
    text: str, expected: list[tuple[int, str]]
) -> None:
    assert logical_lines(text) == expected


OLD_WORDS: list[tuple[str, list[str], str]] = [
    ("a=plain", ["a=plain"], ""),
    ('a="two words"', ["a=two words"], ""),
    ("a='two words'", ["a=two words"], ""),
    ('a=x"y z"w', ["a=xy zw"], ""),
    ('a="a\\"b"', ['a=a"b'], ""),
    ("a='a\\'b'", ["a=a'b"], ""),
    ('a="it\'s"', ["a=it's"], ""),
    ("a='say \"x\"'", ['a=say "x"'], ""),
    (r'a="a\\b\n"', [r"a=a\\b\n"], ""),
    (r"a=a\ b\\c\nd", [r"a=a b\cnd"], ""),
    ('a="no end', ["a=no end"], "a quote is never closed"),
    ("a='no\\' end", ["a=no' end"], "a quote is never closed"),
    ('a="x\\\\" b', ['a=x\\" b'], "a quote is never closed"),
    ("a=p$w;x|y&z!=#%40`ls`$(ls)", ["a=p$w;x|y&z!=#%40`ls`$(ls)"], ""),
    ("a=b # remark", ["a=b"], ""),
    ("a=b #", ["a=b"], ""),
    ("# remark 'open", [], ""),
    ('a="b" #c', ["a=b"], ""),
    ("a=#x b=c#d", ["a=#x", "b=c#d"], ""),
    ('a="" ""#b', ["a=", "#b"], ""),
    ("\ta \t b  ", ["a", "b"], ""),
    ("a=\u3000x\xa0y", ["a=\u3000x\xa0y"], ""),
    ("a=b\\", ["a=b"], ""),
    ("a=你好 b=\udcff", ["a=你好", "b=\udcff"], ""),
]
SHARED_WORDS: list[tuple[str, list[str], str]] = [
    ("t 'Bob B <b@x>' \"c@x (C)\"", ["t", "Bob B <b@x>", "c@x (C)"], ""),
    ("t \"O'Brien <o@x>\" 'O\\'Brien'", ["t", "O'Brien <o@x>", "O'Brien"], ""),
    (r"x a\@b \\n", ["x", "a@b", r"\n"], ""),
    (r'x "\"B, b\" <b@x>" "\\n"', ["x", '"B, b" <b@x>', r"\n"], ""),
    ("bob bob@x # boss", ["bob", "bob@x"], ""),
    ("a $HOME@x b#c", ["a", "$HOME@x", "b#c"], ""),
    ("a b;c d", ["a", "b"], ""),
    ("a O'Brien@x", ["a", "OBrien@x"], "a quote is never closed"),
]
SHELL_WORDS: list[tuple[str, list[str], str]] = [
    ("a=$x b=${x}y $nope", ["a=X Y", "b=X Yy", ""], ""),
    ("a=$HOME.x b=$a-b-c c=$1$#", ["a=/home/me.x", "b=", "c=one2"], ""),
    ('"$x \\$x \\" \\` \\\\ \\n ${x}z"', ['X Y $x " ` \\ \\n X Yz'], ""),
    ("'$x \\n' a'b c'd", ["$x \\n", "ab cd"], ""),
    (r"\$x \a\ b", ["$x", "a b"], ""),
    ("`id` $(id) $ a$", ["`id`", "$(id)", "$", "a$"], ""),
    (r"$'a\$\`\$-' $'\${x}\$x'", ["a$\\`$-", "X YX Y"], ""),
    (r"$'p\x41\tw' $'\'\"\\'", ["pA\tw", "'\"\\"], ""),
    (r"$'\xe4\xbd\xa0\u4f60\U1F600'", ["你你😀"], ""),
    (r"$'\0101\101\e\E\a\b\f\n\r\v\cA\q'", ["AA\x1b\x1b\a\b\f\n\r\v\x01\\q"], ""),
    (r"$'a\0b'c $'\xff' $'\c@x'", ["ac", "\udcff", ""], ""),
    (r"$'\ud800\UFFFFFFFF'", ["\ufffd\ufffd"], ""),
    ("$'\\xe9\ud800'", ["\udce9\ud800"], ""),
    (r"$'\$x \${HOME}\$nope'", ["X Y /home/me"], ""),
    ("a=b;c=d", ["a=b"], ""),
    ("a b#c # d", ["a", "b#c"], ""),
    ('a "b', ["a", '"b'], "a quote is never closed"),
    ("a $'b", ["a", "$'b"], "a quote is never closed"),
    ("a ${b c", ["a", "${b c"], "a brace is never closed"),
    ('"${}${x"', ["${x"], ""),
]
QUOTING = [
    *((OLD, *row) for row in OLD_WORDS),
    *((WORDS, *row) for row in SHARED_WORDS),
    *((SHELL, *row) for row in SHELL_WORDS),
]


@pytest.mark.parametrize(
    ("dialect", "text", "expected", "fault"), QUOTING, ids=range(len(QUOTING))
)
def test_each_dialect_quotes_its_own_way(
    dialect: Dialect, text: str, expected: list[str], fault: str
) -> None:
    found, _, found_fault = words(text, 0, dialect, lookup)
    assert (found, found_fault) == (expected, fault)


def test_the_next_command_starts_after_the_semicolon() -> None:
    assert words("set a;b", 4, SHELL, lookup) == (["a"], 6, "")


def test_raw_words_keep_their_quotes() -> None:
    assert raw_words("\"$a b\" == 'x' # r", 0, OLD)[0] == ['"$a b"', "==", "'x'"]


HOSTILE = st.text(alphabet="\"'\\$#;{} \t=ax\udcff`(") | st.text()


@given(HOSTILE, st.sampled_from([OLD, WORDS, SHELL]))
def test_reading_words_ends_within_every_line(text: str, dialect: Dialect) -> None:
    found, end, _ = words(text, 0, dialect, lookup)
    assert 0 <= end <= len(text)
    assert all(isinstance(word, str) for word in found)


@given(st.lists(st.text(alphabet="abc<>@. \"'", min_size=1)))
def test_old_style_returns_quoted_values(values: list[str]) -> None:
    quoted = " ".join('"' + value.replace('"', '\\"') + '"' for value in values)
    assert words(quoted, 0, OLD, lookup)[0] == values


@given(st.lists(st.text(alphabet="abc<>@. $`#;\\\"'", min_size=1)))
def test_shell_style_returns_quoted_values(values: list[str]) -> None:
    quoted = " ".join("'" + value.replace("'", "'\\''") + "'" for value in values)
    assert words(quoted, 0, SHELL, lookup)[0] == values


@given(st.text(alphabet="ab\\ \r\n#"))
def test_line_numbers_rise_within_the_file(text: str) -> None:
    numbers = [number for number, _ in logical_lines(text)]
    assert numbers == sorted(set(numbers))
    assert numbers[0] == 1
    assert numbers[-1] <= text.count("\n") + 1
