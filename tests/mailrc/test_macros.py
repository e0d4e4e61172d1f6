"""Values and arguments of macros, as in s-nail 14.9.24."""

from collections.abc import Callable

import pytest

from pymail.mailrc.state import State

Run = Callable[..., State]


def text_of(state: State, name: str) -> str | None:
    value = state.variables.get(name)
    return value.text if value else None


MACRO = "define m {\n%s\n}\nset a=1\ncall m x y\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("set a=2", "2", id="global"),
        pytest.param("local set a=2", "1", id="local"),
        pytest.param("local set a=2\nset b=$a", "1", id="local-used"),
        pytest.param("localopts on\nset a=2", "1", id="localopts"),
        pytest.param("localopts on\nlocalopts off\nset a=2", "2", id="switched-off"),
        pytest.param("localopts on\nunset a", "1", id="unset"),
        pytest.param("localopts\nset a=2", "2", id="listed"),
        pytest.param("shift\nwysh set a=$1", "y", id="shift"),
        pytest.param("shift 2\nwysh set a=$#", "0", id="shift-all"),
        pytest.param("vpospar set q r\nwysh set a=$2", "r", id="positional"),
        pytest.param("vpospar quote\nwysh set a=$2", "y", id="listed-arguments"),
        pytest.param("vpospar clear\nwysh set a=$#", "0", id="cleared"),
        pytest.param('vpospar set "$@" b\nwysh set a=$#', "3", id="handed-on"),
        pytest.param('shift 2\nvpospar set "$@"\nwysh set a=$#', "0", id="none"),
        pytest.param('shift 2\nvpospar set "q$@"\nwysh set a=$1', "q", id="beside"),
    ],
)
def test_a_macro_has_its_own_values_and_arguments(
    run: Run, body: str, expected: str
) -> None:
    assert text_of(run(MACRO % body), "a") == expected


def test_local_scope_covers_the_macros_that_it_calls(run: Run) -> None:
    text = "define n {\nset a=3\n}\n" + MACRO % "localopts on\ncall n\nwysh set b=$a"
    state = run(text)
    assert (text_of(state, "a"), text_of(state, "b")) == ("1", None)


@pytest.mark.parametrize("count", ["3", "x", "-1", "99999"])
def test_no_more_arguments_are_shifted_than_there_are(run: Run, count: str) -> None:
    state = run(MACRO % f"shift {count}")
    assert f"cannot shift '{count}' of 2 arguments" in str(state.problems[0])
