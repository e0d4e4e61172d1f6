"""Colours of a terminal as HTML."""

import re

import pytest

from pymail.terminal.pretty.colours import html

ESC = "\x1b"


def inside(text: str) -> str:
    found = re.fullmatch(r'<pre style="[^"]*">(.*)\n</pre>\n', html(text), re.DOTALL)
    assert found
    return found[1]


def test_text_without_colours_is_itself() -> None:
    assert inside('a <b> & "c"\n\n  d\te\u2028f\n') == (
        'a &lt;b&gt; &amp; "c"\n\n  d\te\u2028f'
    )


STYLES = {
    "red": ("31", "color: #b31d28"),
    "bright blue, bold": ("1;94", "color: #0969da.*font-weight: bold"),
    "background": ("41", "background-color: #ffcecb"),
    "black on green, as ls has it": (
        "30;42",
        "color: #1f2328.*background-color: #aceebb",
    ),
    "on bright blue": ("31;104", "color: #b31d28.*background-color: #b6e3ff"),
    "on one of 256": ("48;5;196", "background-color: #ff0000"),
    "white": ("37", "color: #6e7781"),
    "white on red": ("37;41", "color: #ffffff.*background-color: #b31d28"),
    "reverse": ("7", "color: #ffffff.*background-color: #1f2328"),
    "red in reverse": ("31;7", "color: #ffffff.*background-color: #b31d28"),
    "red on green in reverse": ("31;42;7", "color: #116329.*background-color: #ffcecb"),
    "of 256": ("38;5;196", "color: #ff0000"),
    "true": ("38;2;1;2;3", "color: #010203"),
    "underlined": ("4", "text-decoration: underline"),
}


@pytest.mark.parametrize("name", STYLES)
def test_style_says(name: str) -> None:
    codes, style = STYLES[name]
    painted = inside(f"a{ESC}[{codes}mb{ESC}[0mc")
    assert re.fullmatch(rf'a<span style="[^"]*{style}[^"]*">b</span>c', painted)


def test_an_effect_that_html_has_not_leaves_the_text() -> None:
    assert inside(f"a{ESC}[5mb{ESC}[0mc") == "abc"
