"""Long lines on a screen."""

import io
import re
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.terminal.lines import Line, Role, Setting, StageRow, StageTable
from pymail.terminal.output import cut, fold, label_columns
from pymail.terminal.renderer import Plain, for_stdout
from pymail.terminal.rich_output import Pretty
from pymail.text import cells

URL = "https://support.example.com/mail/?p=UnsolicitedMessageError"


# fmt: off
FOLDS = {
    "fits": ("a b", 3, 2, ["a b"]),
    "words": ("one two three", 7, 2, ["one two", "  three"]),
    "own-indent": ("  one two", 6, 2, ["  one", "  two"]),
    "url": (f"see {URL} for more", 20, 4, ["see", f"    {URL}", "    for more"]),
    "url-alone": (URL, 20, 4, [URL]),
    "blanks": ("a  b c", 5, 0, ["a  b", "c"]),
    "indent-of-half": ("aa bb", 4, 9, ["aa", "  bb"]),
    "wide": ("授权码不对", 6, 0, ["授权码", "不对"]),
    "comma": ("授权码，不对", 6, 2, ["授权", "  码，", "  不对"]),
    "bracket": ("授权（码）", 6, 0, ["授权", "（码）"]),
    "mixed": ("登录smtp失败", 8, 0, ["登录smtp", "失败"]),
    "host": ("登录smtp.example.com失败", 8, 0, ["登录", "smtp.example.com", "失败"]),
}
# fmt: on


@pytest.mark.parametrize(
    ("text", "columns", "indent", "lines"), FOLDS.values(), ids=FOLDS
)
def test_lines_are_folded_between_words(
    text: str, columns: int, indent: int, lines: list[str]
) -> None:
    assert fold(text, columns, indent) == lines


@given(st.text(st.sampled_from("ab .，（授权e\u0301"), max_size=60), st.integers(1, 30))
def test_folding_drops_only_blanks(text: str, columns: int) -> None:
    lines = fold(text, columns, 2)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "columns", "short"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("授权码", 5, "授权…"),
        ("授权码", 4, "授…"),
    ],
)
def test_a_cut_text_ends_in_an_ellipsis(text: str, columns: int, short: str) -> None:
    assert cut(text, columns) == short
    assert cells(short) <= columns


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("pymail: ~/.mailrc:12: nonsense", 8),
        ("  what to do: log in", 14),
        ("  怎么办：先登录", 10),
        ("  nothing listens on that port", 2),
        ("words without a label", 0),
        ("e\u0301: x", 3),
    ],
)
def test_folded_lines_are_indented_to_the_label(text: str, columns: int) -> None:
    assert label_columns(text) == columns


SAID = [
    Line(Role.PROBLEM, f"pymail: refused: 550 blocked, please visit {URL} for more"),
    Line(Role.MEANING, "  the server takes the message for spam, whatever it says"),
    Line(Role.NEXT_STEP, "  what to do: ask the administrator of that server why"),
]
FOLDED = [
    "pymail: refused: 550 blocked, please",
    "        visit",
    f"        {URL}",
    "        for more",
    "  the server takes the message for",
    "  spam, whatever it says",
    "  what to do: ask the administrator of",
    "              that server why",
]


def terminal(
    stream: io.StringIO, variables: dict[str, str], *, is_terminal: bool = True
) -> Any:
    """The part of an environment that a renderer uses."""
    return SimpleNamespace(
        stdout=stream,
        stdout_is_terminal=is_terminal,
        variables=variables,
        columns=lambda: 40,
    )


@pytest.mark.parametrize("no_color", ["", "1"], ids=["colours", "none"])
def test_a_terminal_gets_folded_lines(no_color: str) -> None:
    stream = io.StringIO()
    variables = {"TERM": "xterm", "NO_COLOR": no_color}
    for_stdout(terminal(stream, variables)).show(SAID)
    shown = re.sub(r"\x1b\[[\d;]*m", "", stream.getvalue())
    assert shown.splitlines() == FOLDED


@pytest.mark.parametrize(
    ("is_terminal", "term"), [(False, "xterm"), (True, "dumb")], ids=["log", "dumb"]
)
def test_a_log_gets_one_line_for_each_statement(is_terminal: bool, term: str) -> None:
    stream = io.StringIO()
    made = terminal(stream, {"TERM": term}, is_terminal=is_terminal)
    for_stdout(made).show(SAID)
    assert stream.getvalue().splitlines() == [line.text for line in SAID]


LONG = [
    Setting("smtp", "smtps://smtp.163.com", "/etc/mail.rc:3"),
    Setting("smtp-password-command", "pass show " + "mail/code " * 20, "~/.mailrc:12"),
    Setting("signature", "运维值班组" * 20, "~/.mailrc:13"),
    Setting("password-somebody.with.a.long.name@smtp.example.com", "«secret»", "-S"),
    Setting("alias all", " ".join(f"user{n}@example.com" for n in range(30)), ""),
]


@pytest.mark.parametrize("columns", [80, 60, 40])
def test_settings_of_any_length_are_in_columns(columns: int) -> None:
    stream = io.StringIO()
    Pretty(stream, columns).settings(LONG)
    shown = re.sub(r"\x1b\[[\d;]*m", "", stream.getvalue())
    assert max(map(cells, shown.splitlines())) <= columns
    first = shown.splitlines()[1].split()
    assert first[0] == "smtp"
    assert "/etc/mail.rc:3" in first or columns < 60
    dense = re.sub(r"\s", "", shown)
    assert "user29@example.com" in dense or columns < 60


def test_settings_without_colours_are_folded_below_their_values() -> None:
    stream = io.StringIO()
    Plain(stream, 80).settings(LONG)
    lines = stream.getvalue().splitlines()
    assert max(map(cells, lines)) < 80
    assert lines[0].split() == ["smtp", "smtps://smtp.163.com", "/etc/mail.rc:3"]
    assert lines[1].startswith("smtp-password-command    pass show mail/code")
    assert lines[2].startswith(" " * 25 + "mail/code")
    assert "~/.mailrc:12" in stream.getvalue()


def test_a_check_without_colours_is_folded_below_its_column() -> None:
    row = StageRow("ok", "tls", ["word " * 30], [], 0.0)
    stream = io.StringIO()
    Plain(stream, 60).stages([StageTable("", [row], [], well=True)], [])
    first, second, *_ = stream.getvalue().splitlines()
    assert first.startswith("ok      tls         word word")
    assert second.startswith(" " * 20 + "word")
