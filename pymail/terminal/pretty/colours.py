"""What a terminal shows in colours, as HTML: rich reads the colours and names them.

The colours are those of a light screen, and each can be read on it; text and
background are both given, so that a dark mail program leaves the block alone.
"""

from collections.abc import Iterator
from html import escape

from rich.ansi import AnsiDecoder
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

_INK, _SHEET = (31, 35, 40), (255, 255, 255)
_THEME = TerminalTheme(
    _SHEET,
    _INK,
    [  # black, red, green, yellow, blue, magenta, cyan, white
        (31, 35, 40),
        (179, 29, 40),
        (17, 99, 41),
        (125, 78, 0),
        (9, 80, 180),
        (130, 80, 223),
        (27, 100, 108),
        (110, 119, 129),
    ],
    [
        (87, 96, 106),
        (207, 34, 46),
        (26, 127, 55),
        (154, 103, 0),
        (9, 105, 218),
        (149, 56, 158),
        (20, 120, 130),
        (100, 108, 118),
    ],
)
_STANDARD = 16
_WHITES = frozenset({7, 15})  # grey on our sheet, white on a colour
_PALE = (  # behind any other colour than white
    *((208, 215, 222), (255, 206, 203), (172, 238, 187), (250, 225, 125)),
    *((182, 227, 255), (236, 216, 255), (179, 240, 255), (234, 238, 242)),
)
_BLOCK = (
    "background-color:#ffffff;color:#1f2328;padding:8px;"
    "font-family:Menlo,Consolas,monospace;white-space:pre-wrap"
)


def html(text: str) -> str:
    """Return a block of HTML that shows text with sequences for colours (SGR)."""
    decoder = AnsiDecoder()
    lines = map(decoder.decode_line, text.removesuffix("\n").split("\n"))
    body = "\n".join("".join(_spans(line)) for line in lines)
    return f'<pre style="{_BLOCK}">{body}\n</pre>\n'


def _spans(line: Text) -> Iterator[str]:
    for segment in _segments(line):
        words = escape(segment.text, quote=False)
        css = _css(segment.style) if segment.style else ""
        yield f'<span style="{css}">{words}</span>' if css else words


def _segments(line: Text) -> Iterator[Segment]:
    """Cut a line where its style changes; that of a line is in pieces already."""
    if not line.spans:
        yield Segment(line.plain)
        return
    position = 0
    for span in line.spans:
        if span.start > position:
            yield Segment(line.plain[position : span.start])
        style = span.style if isinstance(span.style, Style) else None
        yield Segment(line.plain[span.start : span.end], style)
        position = span.end
    yield Segment(line.plain[position:])


def _css(style: Style) -> str:
    colour, behind = style.color, style.bgcolor
    if style.reverse:
        colour = style.bgcolor or Color.from_ansi(15)
        behind = style.color or _rgb(_INK)
    if behind and colour and colour.number in _WHITES:
        colour = _rgb(_SHEET)
    elif behind and behind.number is not None and behind.number < _STANDARD:
        behind = _rgb(_PALE[behind.number % len(_PALE)])
    style = style.without_color + Style(color=colour, bgcolor=behind, reverse=False)
    return style.get_html_style(_THEME)


def _rgb(colour: tuple[int, int, int]) -> Color:
    return Color.from_rgb(*colour)
