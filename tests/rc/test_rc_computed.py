"""What s-nail's commands compute, as s-nail 14.9.24 did it."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.rc.computed import COMPUTED
from pymail.rc.conditions import number
from pymail.rc.state import State

Run = Callable[..., State]


def text_of(state: State, name: str) -> str | None:
    value = state.variables.get(name)
    return value.text if value else None


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("+ 1 2", "3"),
        ("* 3 0x10", "48"),
        ("- 5", "-5"),
        ("~ 0", "-1"),
        ("/ -7 2", "-3"),
        ("% -7 2", "-1"),
        ("<< 1 4", "16"),
        ("& 010 0b1001", "8"),
        ("= 16#fF", "255"),
        ("=? 1", "1"),
        ("/ 7 0", "-1"),
        ("+ 1 x", "-1"),
        ("+ 9223372036854775807 1", "-1"),
        ("frob 1", "-1"),
        ("+", "-1"),
        ("+ 1 2 3", "1"),
        ("", "-1"),
        ("regex hello l+", "2"),
        ("regex hello x", ""),
        ("regex hello (", ""),
        ("regex a[b [[a]", "0"),
        ("regex? HELLO l+", "2"),
        ("regex", ""),
    ],
)
def test_vexpr_calculates(arguments: str, expected: str) -> None:
    assert COMPUTED["vexpr"](arguments.split()) == expected


def test_vexpr_replaces_what_matched() -> None:
    arguments = ["regex?", "bananarama", "(.*)NanA(.*)", r"\${1}uauf\$2\$7"]
    assert COMPUTED["vexpr"](arguments) == "bauauframa"


def test_what_replaces_a_match_does_not_grow_without_end() -> None:
    arguments = ["regex", "x" * 20_000, "(.*)", r"\$1" * 1_000]
    assert COMPUTED["vexpr"](arguments) == ""


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["length", "hello"], "5"),
        (["find", "hello", "ll"], "2"),
        (["find", "hello", "LL"], "-1"),
        (["find?", "hello", "LL"], "2"),
        (["substring", "hello", "1", "3"], "ell"),
        (["substring", "hello", "-2"], "lo"),
        (["substring", "hello", "1", "-1"], "ell"),
        (["substring", "hello", "x"], ""),
        (["trim", "  a "], "a"),
        (["trim-front", "  a "], "a "),
        (["trim-end", "  a "], "  a"),
        (["frob"], ""),
    ],
)
def test_csop_works_on_texts(arguments: list[str], expected: str) -> None:
    assert COMPUTED["csop"](arguments) == expected


@pytest.mark.parametrize(
    ("codec", "text", "encoded"),
    [
        pytest.param("urlcodec", "me@x.org 密码", "me%40x.org%20%E5%AF%86%E7%A0%81"),
        pytest.param("shcodec", "it's $HOME", "'it'\\''s $HOME'"),
    ],
)
def test_codecs_write_for_addresses_and_shells(
    codec: str, text: str, encoded: str
) -> None:
    assert COMPUTED[codec](["encode", text]) == encoded
    assert COMPUTED[codec](["decode", encoded]) == text


@given(st.text(st.characters(codec="utf-8")))
def test_codecs_undo_themselves(text: str) -> None:
    for name in ("urlcodec", "shcodec"):
        encoded = COMPUTED[name](["encode", text])
        assert COMPUTED[name](["decode", encoded]) == text


def test_a_password_fits_into_an_address_when_it_is_encoded(run: Run) -> None:
    state = run(
        "set v15-compat=yes\n"
        "vput urlcodec user encode me@example.com\n"
        "set mta=smtps://$user:secret@mail.example.com\n"
    )
    assert text_of(state, "mta") == "smtps://me%40example.com:secret@mail.example.com"


@given(st.text(max_size=12))
def test_a_number_is_one_or_none(text: str) -> None:
    with suppress(ValueError):
        assert isinstance(number(text), int)


def test_without_vput_the_text_is_printed(run: Run) -> None:
    assert run("vexpr + 1 2\nurlcodec encode 'a b'").output == ["3\n", "a%20b\n"]


@pytest.mark.parametrize("line", ["vput", "vput vexpr", "vput echo x y", "vput frob x"])
def test_what_computes_nothing_is_named(run: Run, line: str) -> None:
    assert "computes nothing here" in str(run(line).problems[0])


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
    ],
)
def test_a_macro_has_values_and_arguments_of_its_own(
    run: Run, body: str, expected: str
) -> None:
    assert text_of(run(MACRO % body), "a") == expected


def test_what_a_called_macro_sets_ends_with_the_one_that_is_local(run: Run) -> None:
    text = "define n {\nset a=3\n}\n" + MACRO % "localopts on\ncall n\nwysh set b=$a"
    state = run(text)
    assert (text_of(state, "a"), text_of(state, "b")) == ("1", None)


@pytest.mark.parametrize("count", ["3", "x", "-1", "99999"])
def test_no_more_arguments_are_shifted_than_there_are(run: Run, count: str) -> None:
    state = run(MACRO % f"shift {count}")
    assert f"cannot shift '{count}' of 2 arguments" in str(state.problems[0])
