"""Evaluation of conditions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.mailrc.conditions import Facts, holds
from pymail.mailrc.lexer import OLD, SHELL, raw_words

VARIABLES = {"user": "me", "n": "5", "empty": "", "zero": "0", "list": ",+regex,"}


def decide(
    text: str, *, shell_like: bool = False, interactive: bool = False
) -> bool | None:
    raw = raw_words(text, 0, SHELL if shell_like else OLD)[0]
    return holds(raw, Facts(VARIABLES.get, interactive, shell_like))


BOTH_STYLES = [
    ("s", True),
    ("Send", True),
    ("r", False),
    ("RECEIVE", False),
    ("t", False),
    ("term", False),
    ("true", True),
    ("YES", True),
    ("on", True),
    ("1", True),
    ("7", True),
    ("00", False),
    ("false", False),
    ("no", False),
    ("off", False),
    ("0", False),
    ("! s", False),
    ("! ! s", True),
    ("! r && ! t", True),
    ("[ s ]", True),
    ("! [ s && r ]", True),
    ("[ [ s ] || [ r ] ] && s", True),
    ("r && s || s", True),
    ("s || r && r", False),
    ("-N user", True),
    ("-N nope", False),
    ("-Z nope", True),
    ("-Z empty", False),
    ("-N empty", True),
    ('-n "$user"', True),
    ('-z "$empty"', True),
    ('-n "$nope"', False),
    ("$user == me", True),
    ('"$user" == me', True),
    ("${user} == 'me'", True),
    ("me == $user", True),
    ("$user != me", False),
    ("$user < mf", True),
    ("$user <= me", True),
    ("$user > mf", False),
    ("$user >= me", True),
    ('"$list" =% ,+regex,', True),
    ('"$list" !% ,+regex,', False),
    ("abc =@ b", True),
    ("abc !@ b", False),
    ("abc =~ ^a.c", True),
    ("abc !~ ^b", True),
    ("ab9 =~ [[:alpha:]]+[[:digit:]]", True),
    ("a[b =~ [[x]", True),
    ("ABC ==? abc", True),
    ("ABC ==?case abc", True),
    ("ABC =~?case ^a", True),
    ("$n -eq 5", True),
    ("$n -ne 5", False),
    ("$n -lt 6", True),
    ("$n -le 4", False),
    ("$n -gt 3", True),
    ("$n -ge?saturated 5", True),
    ("0x10 -eq 16", True),
    ("010 -eq 8", True),
    ("-1", True),
    ("+0", False),
    ("0x0", False),
    ("16#ff -eq 255", True),
    ('"" -eq 0', True),
    ('$nope == "" || r', True),
]
OLD_STYLE = [("$user", True), ("$zero", True), ("$nope", False), ("'$n' == 5", True)]
SHELL_STYLE = [
    ("$n", True),
    ("$zero", False),
    ("$empty", False),
    ("'$n' == 5", False),
    ("x$n == x5", True),
]
BAD = [
    "",
    "frob",
    "s s",
    "-N",
    "-Q user",
    "a b c d",
    "a ~~ b",
    "a -eq 1",
    "1 -eq 99x",
    "&&",
    "s &&",
    "|| s",
    "!",
    "[ s",
    "[",
    "s ]",
    "abc =~ [",
    "abc =~ x{99999999999}",
    "[ " * 60 + "s" + " ]" * 60,
    "1 -eq " + "9" * 10_000,
]


@pytest.mark.parametrize("shell_like", [False, True], ids=["old", "shell"])
@pytest.mark.parametrize(("text", "expected"), BOTH_STYLES, ids=range(len(BOTH_STYLES)))
def test_conditions_hold_in_both_styles(
    text: str, shell_like: bool, expected: bool
) -> None:
    assert decide(text, shell_like=shell_like) is expected


@pytest.mark.parametrize(("text", "expected"), OLD_STYLE, ids=range(len(OLD_STYLE)))
def test_a_lone_variable_holds_when_set_in_old_style(text: str, expected: bool) -> None:
    assert decide(text) is expected


@pytest.mark.parametrize(("text", "expected"), SHELL_STYLE, ids=range(len(SHELL_STYLE)))
def test_variables_are_expanded_first_in_shell_style(text: str, expected: bool) -> None:
    assert decide(text, shell_like=True) is expected


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_bad_condition_has_no_result(text: str) -> None:
    assert decide(text) is None


def test_terminal_means_that_stdin_is_a_terminal() -> None:
    assert decide("terminal", interactive=True)


WORDS = st.sampled_from(["s", "r", "!", "[", "]", "&&", "||", "==", "-n", "$n", "x"])


@given(st.lists(WORDS), st.booleans())
def test_every_condition_is_decided_or_bad(raw: list[str], shell_like: bool) -> None:
    assert holds(raw, Facts(VARIABLES.get, False, shell_like)) in {True, False, None}
