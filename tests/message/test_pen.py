"""Colours of a terminal, kept while everything else is resolved."""

import re

import pytest
from hypothesis import given

from pymail.message.pen import Pen
from pymail.message.screen import clean, coloured
from tests.message.test_screen import SEEN, written_by_programs

ESC = "\x1b"

HOLDS = {
    "nothing": ("", ""),
    "reset": ("31;1|0", ""),
    "empty is reset": ("31|", ""),
    "empty among others": ("31;;1", "1"),
    "foreground": ("31|92", "92"),
    "default foreground": ("31;44|39", "44"),
    "default background": ("31;44|49", "31"),
    "bright": ("97;100", "97;100"),
    "effects": ("1;3;4;7;9;53", "1;3;4;7;9;53"),
    "effects end": ("1;2;3;4;5;7;8;9;53|22;23;24;25;27;28;29;55", ""),
    "of 256": ("38;5;12;48;5;200", "38;5;12;48;5;200"),
    "true": ("38;2;1;2;3", "38;2;1;2;3"),
    "then an effect": ("38;5;12;1", "38;5;12;1"),
    "colons": ("38:5:12;1", "38;5;12;1"),
    "true with colons": ("38:2:1:2:3", "38;2;1;2;3"),
    "true with a space of colours": ("48:2::1:2:3", "48;2;1;2;3"),
    "empty parts": ("38;2;1;;3", "38;2;1;0;3"),
    "too large": ("38;5;999", "38;5;255"),
    "kind of underline": ("4:3", "4"),
    "no underline": ("4|4:0", ""),
    "cut": ("38", ""),
    "cut later": ("38;5", "38;5;0"),
    "cut with colons": ("38:2:1", ""),
    "unknown kind": ("38;7;1", "1"),
    "unknown kind with colons": ("38:7:1", ""),
    "unknown code": ("99;31", "31"),
    "no number": ("9" * 5000 + ";31", "31"),
}


@pytest.mark.parametrize("name", HOLDS)
def test_pen_holds(name: str) -> None:
    sequences, held = HOLDS[name]
    pen = Pen()
    for each in sequences.split("|"):
        pen.take(each)
    assert str(pen) == (f"{ESC}[{held}m" if held else "")


COLOURED = {
    "none": ("a\nb\n", "a\nb\n"),
    "colour": (f"a{ESC}[31mb{ESC}[mc", f"a{ESC}[31mb{ESC}[0mc"),
    "change": (f"{ESC}[31ma{ESC}[32mb", f"{ESC}[31ma{ESC}[0m{ESC}[32mb{ESC}[0m"),
    "over lines": (
        f"{ESC}[31ma\nb\n",
        f"{ESC}[31ma{ESC}[0m\n{ESC}[31mb{ESC}[0m\n",
    ),
    "nothing written": (f"{ESC}[31m{ESC}[0ma", "a"),
    "written over": (
        f"{ESC}[31mabc\r{ESC}[32mx",
        f"{ESC}[32mx{ESC}[0m{ESC}[31mbc{ESC}[0m",
    ),
    "erased": (f"{ESC}[31mabc\r{ESC}[0mx{ESC}[K", "x"),
    "title": (f"{ESC}]0;t\x07{ESC}[1ma", f"{ESC}[1ma{ESC}[0m"),
}


@pytest.mark.parametrize("name", COLOURED)
def test_colours_stay_with_their_characters(name: str) -> None:
    written, expected = COLOURED[name]
    assert coloured(written) == expected


@pytest.mark.parametrize("name", SEEN)
def test_text_in_colours_is_the_text_without(name: str) -> None:
    written, seen = SEEN[name]
    assert clean(coloured(written)) == seen


@given(written_by_programs)
def test_nothing_but_colours_is_left_of_sequences(written: str) -> None:
    painted = coloured(written)
    without = re.sub(r"\x1b\[[0-9;]+m", "", painted)
    assert without == clean(written)
