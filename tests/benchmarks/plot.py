"""The curves as an SVG picture: four panels with logarithmic axes.

The picture has no background, and every colour has enough contrast on white and on
black, so that it fits light and dark pages.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from tests.benchmarks.cases import CURVES, MB
from tests.benchmarks.results import Results, Runs
from tests.benchmarks.units import LEAST_PEAK_OCTETS

INK = "#768089"
PANEL_WIDTH, PANEL_HEIGHT = 420, 290
LEFT, RIGHT, TOP, BOTTOM = 62, 26, 34, 48  # of a panel, around its axes
COLUMNS = 2
LEGEND_ROW, LETTER_WIDTH = 22, 6.8  # of the legend, which is as wide as all panels
_MIDDLE = 'text-anchor="middle"'

_HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" \
width="{width}" height="{height}" fill="{ink}" font-size="12" \
font-family="system-ui, -apple-system, Helvetica, Arial, sans-serif">"""

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Style:
    """How a program's line looks; `marker` is a path around 0,0."""

    colour: str
    marker: str
    width: float = 1.8


_CIRCLE = "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0Z"
_SQUARE = "M-3.5,-3.5h7v7h-7Z"
_DIAMOND = "M0,-5L5,0L0,5L-5,0Z"
_UP = "M0,-5L4.6,3.4H-4.6Z"
_DOWN = "M0,5L4.6,-3.4H-4.6Z"

STYLES: Mapping[str, Style] = {
    "pymail": Style("#2f81f7", _CIRCLE, 3.2),
    "floor": Style("#8b8f96", _SQUARE),
    "msmtp": Style("#d97706", _SQUARE),
    "curl": Style("#1f9d55", _UP),
    "s-nail": Style("#a15cf0", _DIAMOND),
    "swaks": Style("#e0488b", _DOWN),
    "smtp-source -d": Style("#d9534a", _UP),
    "smtp-source": Style("#0e97a7", _DOWN),
}
_OTHER = Style(INK, _CIRCLE)


_STEPS = (1, 2, 5)
_ENOUGH_DECADES = 2


@dataclass(frozen=True)
class Scale:
    """A logarithmic axis: from `low` at the place `start` to `high` at the place `end`."""

    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        """Find where a value is."""
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return self.start + share * (self.end - self.start)

    @property
    def ticks(self) -> list[float]:
        """The powers of ten that are shown, with 2 and 5 between if they are few."""
        steps = [step for step in _steps(self.low, self.high) if step >= self.low]
        decades = [step for step in steps if math.log10(step).is_integer()]
        return decades if len(decades) > _ENOUGH_DECADES else steps


def around(values: Iterable[float], start: float, end: float) -> Scale:
    """Make a scale that shows all these positive values, and ends at ticks."""
    found = list(values)
    low, high = min(found), max(found)
    steps = _steps(low, high * 10)
    first = max(step for step in steps if step <= low)
    last = min(step for step in steps if step >= high and step > first)
    return Scale(first, last, start, end)


def _steps(low: float, high: float) -> list[float]:
    """1, 2 and 5 of every decade from that of `low` to `high`."""
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    # from text, since 5 * 10**-3 is not quite 0.005
    steps = (float(f"{step}e{exponent}") for exponent in exponents for step in _STEPS)
    return [step for step in steps if step <= high]


@dataclass(frozen=True)
class Panel:
    """A diagram: its axes, and a curve for each program."""

    title: str
    across: str
    upwards: str
    lines: Mapping[str, Points]


def picture(results: Results) -> str:
    """Draw all curves; empty if there are none."""
    return draw([panel for panel in panels(results) if panel.lines])


def panels(results: Results) -> Iterator[Panel]:
    """Make the time of every curve a panel, and the memory of the last another."""
    for curve in CURVES:
        lines = results.curve(curve.name)
        walls = _points(lines, lambda runs: runs.wall_seconds)
        title = curve.title.capitalize()
        yield Panel(title, curve.axis, "seconds", walls)
        if curve.name == "curve-attachment":
            peaks = _points(
                lines, lambda runs: max(runs.peak_octets, LEAST_PEAK_OCTETS) / MB
            )
            yield Panel(f"{title}: peak memory", curve.axis, "MB", peaks)


def _points(
    lines: Mapping[str, Sequence[tuple[int, Runs]]],
    value: Callable[[Runs], float],
) -> dict[str, Points]:
    return {
        name: [(float(size), value(runs)) for size, runs in points]
        for name, points in lines.items()
    }


def draw(panels: Sequence[Panel]) -> str:
    """Draw panels, two in a row, below one legend."""
    if not panels:
        return ""
    rows = -(-len(panels) // COLUMNS)
    width = PANEL_WIDTH * COLUMNS
    present = {name for panel in panels for name in panel.lines}
    names = [name for name in STYLES if name in present]
    names += sorted(present - STYLES.keys())
    legend, legend_height = _legend(names, width)
    height = legend_height + PANEL_HEIGHT * rows
    parts = [_HEAD.format(width=width, height=height, ink=INK), *legend]
    for number, panel in enumerate(panels):
        row, column = divmod(number, COLUMNS)
        across, down = column * PANEL_WIDTH, legend_height + row * PANEL_HEIGHT
        parts.append(f'<g transform="translate({across},{down})">')
        parts += _panel(panel)
        parts.append("</g>")
    return "\n".join([*parts, "</svg>", ""])


def _legend(names: Sequence[str], width: float) -> tuple[list[str], float]:
    """Name the lines in as many rows as it takes; returns their height, too."""
    parts: list[str] = []
    across, down = float(LEFT), float(LEGEND_ROW)
    for name in names:
        needed = 32 + LETTER_WIDTH * len(name)
        if across + needed > width:
            across, down = float(LEFT), down + LEGEND_ROW
        style = STYLES.get(name, _OTHER)
        parts.append(_line(f"M{across:.1f},{down}h26", style))
        parts.append(_marker(across + 13, down, style))
        parts.append(_text(across + 32, down + 4, name))
        across += needed + 14
    return parts, down + LEGEND_ROW


def _panel(panel: Panel) -> Iterator[str]:
    values = [point for points in panel.lines.values() for point in points]
    x = around((size for size, _ in values), LEFT, PANEL_WIDTH - RIGHT)
    y = around((value for _, value in values), PANEL_HEIGHT - BOTTOM, TOP)
    yield _text(LEFT, TOP - 14, panel.title, 'font-weight="600" font-size="13"')
    yield from _grid(x, y)
    middle = (LEFT + PANEL_WIDTH - RIGHT) / 2
    yield _text(middle, PANEL_HEIGHT - 12, panel.across, _MIDDLE)
    turned = (TOP + PANEL_HEIGHT - BOTTOM) / 2
    place = f'transform="translate(14,{turned}) rotate(-90)" {_MIDDLE}'
    yield _text(0, 0, panel.upwards, place)
    for name, points in reversed(list(panel.lines.items())):  # pymail on top
        yield from _curve(points, x, y, STYLES.get(name, _OTHER))


def _grid(x: Scale, y: Scale) -> Iterator[str]:
    for tick in x.ticks:
        place = x.place(tick)
        yield _rule(f"M{place:.1f},{y.start}V{y.end}")
        yield _text(place, y.start + 16, f"{tick:,g}", _MIDDLE)
    for tick in y.ticks:
        place = y.place(tick)
        yield _rule(f"M{x.start},{place:.1f}H{x.end}")
        yield _text(x.start - 7, place + 4, f"{tick:,g}", 'text-anchor="end"')
    frame = f"M{x.start},{y.end}V{y.start}H{x.end}"
    yield f'<path d="{frame}" fill="none" stroke="{INK}"/>'


def _curve(points: Points, x: Scale, y: Scale, style: Style) -> Iterator[str]:
    places = [(x.place(size), y.place(value)) for size, value in points]
    yield _line("M" + "L".join(f"{a:.1f},{b:.1f}" for a, b in places), style)
    for place in places:
        yield _marker(*place, style)


def _line(path: str, style: Style) -> str:
    return (
        f'<path d="{path}" fill="none" stroke="{style.colour}"'
        f' stroke-width="{style.width}" stroke-linejoin="round"/>'
    )


def _marker(across: float, down: float, style: Style) -> str:
    place = f"translate({across:.1f},{down:.1f})"
    return f'<path d="{style.marker}" transform="{place}" fill="{style.colour}"/>'


def _rule(path: str) -> str:
    return f'<path d="{path}" fill="none" stroke="{INK}" stroke-opacity="0.25"/>'


def _text(across: float, down: float, text: str, more: str = "") -> str:
    return f'<text x="{across:.1f}" y="{down:.1f}" {more}>{escape(text)}</text>'
