"""Terminal output rendered as plain text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.message.ansi import render

ESC = "\x1b"

RENDERED = {
    "nothing": ("", ""),
    "plain text": ("a\tb\nc\n", "a\tb\nc\n"),
    "Chinese": (f"{ESC}[1m磁盘{ESC}[0m已满\n", "磁盘已满\n"),
    "colours": (f"{ESC}[31;1merror{ESC}[0m: x\n", "error: x\n"),
    "true colours": (f"{ESC}[38:2::1:2:3mx{ESC}[m", "x"),
    "colours in one octet": ("\x9b31mx\x9bm", "x"),
    "title": (f"{ESC}]0;root@web1\x07# ls\n", "# ls\n"),
    "title with its other end": (f"{ESC}]2;t{ESC}\\x", "x"),
    "link": (f"{ESC}]8;;http://x{ESC}\\here{ESC}]8;;{ESC}\\", "here"),
    "title without end": (f"{ESC}]0;all text\n", "0;all text\n"),
    "device control": (f"{ESC}Pq1;2{ESC}\\x", "x"),
    "character set": (f"{ESC}(Bx{ESC}=", "x"),
    "sequence without end": (f"x{ESC}[31", "x31"),
    "escape at the end": (f"x{ESC}", "x"),
    "progress": ("10%\r50%\r100%\ndone\n", "100%\ndone\n"),
    "shorter progress": ("12345\rab\n", "ab345\n"),
    "erased to the end": (f"12345\rab{ESC}[K\n", "ab\n"),
    "erased to the end, by number": (f"12345\rab{ESC}[0K\n", "ab\n"),
    "erased to the start": (f"12345{ESC}[1K", "12345"),
    "erased whole": (f"12345{ESC}[2Kab\n", "ab\n"),
    "line ends of DOS": ("a\r\nb\r\r\n", "a\nb\n"),
    "carriage return before the end": ("abc\r", "abc"),
    "bold": ("NN\bNA\bA", "NNA"),
    "underlined": ("_\ba_\bb", "ab"),
    "more backspaces than text": ("\b\bx", "x"),
    "spinner": ("|\b/\b-\b\\\bok", "ok"),
    "form feed": ("a\fb\vc", "a\nb\nc"),
    "bell, NUL, delete": ("a\x07b\x00c\x7fd", "abcd"),
    "octets that are no text": ("\udcff\x1b[1m\udc80", "\udcff\udc80"),
}


@pytest.mark.parametrize("name", RENDERED)
def test_output_renders_as_the_text_on_the_screen(name: str) -> None:
    written, seen = RENDERED[name]
    assert render(written) == seen


written_by_programs = st.text(
    st.sampled_from("ab磁 1;[]KmP\\0\t\n\r\b\v\f\x00\x07\x1b\x7f\x9b\x9c\x9d\udcff")
)


def is_control(character: str) -> bool:
    return character < " " or "\x7f" <= character <= "\x9f"


@given(written_by_programs | st.text())
def test_only_line_ends_and_tabs_remain_of_controls(written: str) -> None:
    assert not [c for c in render(written) if is_control(c) and c not in "\n\t"]


@given(written_by_programs | st.text())
def test_rendering_twice_changes_nothing(written: str) -> None:
    assert render(render(written)) == render(written)


@given(st.text().filter(lambda text: not any(map(is_control, text))))
def test_text_without_controls_is_unchanged(text: str) -> None:
    assert render(text) == text


@given(written_by_programs | st.text())
def test_rendering_adds_no_character(written: str) -> None:
    seen = render(written)
    assert len(seen) <= len(written)
    assert set(seen) <= {*written, "\n"}


@pytest.mark.parametrize(
    "unit",
    [
        "\x1b]",
        "\x1b[",
        "\x1b[1",
        "\x9d",
        "x\r",
        "xy\b",
        "x\x1b[2K",
        "x\r\x1b[K",
        "\x1bP0",
    ],
    ids=repr,
)
def test_long_lines_render_in_linear_time(unit: str) -> None:
    """Quadratic time would take hours."""
    assert len(render(unit * 300_000)) <= 3 * 300_000
