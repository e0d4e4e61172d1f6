"""The picture of the curves."""

import re
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest

from tests.benchmarks.cases import CURVES
from tests.benchmarks.plot import (
    INK,
    PANEL_HEIGHT,
    PANEL_WIDTH,
    STYLES,
    Panel,
    draw,
    picture,
)
from tests.benchmarks.programs import PROGRAMS
from tests.benchmarks.results import Results, Run

SVG = "{http://www.w3.org/2000/svg}"
WHITE, NEARLY_BLACK = "#ffffff", "#0d1117"


def texts(svg: str) -> list[str]:
    drawing = ET.fromstring(svg)  # noqa: S314 - our own
    return [node.text or "" for node in drawing.iter(f"{SVG}text")]


def panel(**lines: list[tuple[float, float]]) -> Panel:
    return Panel("Time for it", "size, MB", "seconds", lines)


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2 has it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
    ]
    red, green, blue = linear
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("page", [WHITE, NEARLY_BLACK])
@pytest.mark.parametrize("colour", [INK, *(s.colour for s in STYLES.values())])
def test_every_colour_is_seen_on_both_kinds_of_page(colour: str, page: str) -> None:
    dark, light = sorted([luminance(colour), luminance(page)])
    assert (light + 0.05) / (dark + 0.05) >= 3  # WCAG 2, graphical objects


def test_every_program_has_a_look_of_its_own() -> None:
    assert STYLES.keys() >= {program.name for program in PROGRAMS} - {"heirloom"}
    for one, other in combinations(STYLES.values(), 2):
        assert one.colour != other.colour


def test_axes_are_labelled_and_programs_named() -> None:
    drawn = texts(draw([panel(pymail=[(1, 0.1), (100, 2)], curl=[(1, 0.2)])]))
    assert {"Time for it", "size, MB", "seconds", "pymail", "curl"} <= set(drawn)
    assert {"1", "10", "100"} <= set(drawn)


def test_curve_rises_to_the_right_within_its_panel() -> None:
    svg = draw([panel(pymail=[(1, 0.1), (10, 0.5), (1000, 60)])])
    (line,) = re.findall(r'd="M([\d.,L]+)"', svg)
    places = [[float(n) for n in pair.split(",")] for pair in line.split("L")]
    assert [x for x, _ in places] == sorted(x for x, _ in places)
    assert [y for _, y in places] == sorted((y for _, y in places), reverse=True)
    assert all(0 < x < PANEL_WIDTH and 0 < y < PANEL_HEIGHT for x, y in places)


def test_legend_has_as_many_rows_as_it_takes() -> None:
    lines = {f"a program with the number {i}": [(1.0, 1.0)] for i in range(9)}
    drawing = ET.fromstring(draw([panel(**lines)]))  # noqa: S314 - our own
    width = float(drawing.attrib["width"])
    names = [n for n in drawing.iter(f"{SVG}text") if (n.text or "") in lines]
    assert len({node.attrib["y"] for node in names}) == 3
    assert all(float(node.attrib["x"]) < width - 150 for node in names)


def test_names_cannot_break_the_picture() -> None:
    drawn = draw([Panel("a < b & c", "x", "y", {"<odd>": [(1, 1)]})])
    assert {"a < b & c", "<odd>"} <= set(texts(drawn))


def test_picture_has_a_panel_for_each_curve_and_one_for_memory() -> None:
    runs = [
        Run(
            case=curve.name,
            program="pymail",
            size=size,
            wall_seconds=size / 100,
            cpu_seconds=0.1,
            peak_octets=30_000_000,
        )
        for curve in CURVES
        for size in (1, 10)
    ]
    drawn = picture(Results(date="", machine={}, programs={}, runs=runs))
    titles = {curve.title.capitalize() for curve in CURVES}
    assert titles | {"Attachment: peak memory", "MB"} <= set(texts(drawn))


def test_nothing_is_drawn_of_nothing() -> None:
    assert picture(Results(date="", machine={}, programs={})) == ""
