"""Drawings of a terminal and of a mail client as SVG, readable on light and dark pages.

A drawing has a background of its own and follows `prefers-color-scheme`. It loads
nothing: viewers of the pages fetch no fonts.
"""

import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from rich.console import Console
from rich.text import Text

from pymail.text import cells

CELL, LINE, MARGIN = 8.43, 20, 16  # pixels, at 14 pixels a letter
_COLORS = {  # on light, on dark
    "bg": ("#ffffff", "#0d1117"),
    "fg": ("#1f2328", "#e6edf3"),
    "red": ("#b3202b", "#ff7b72"),
    "green": ("#1a7f37", "#3fb950"),
    "yellow": ("#7d4e00", "#d29922"),
    "cyan": ("#0a6b78", "#39c5cf"),
    "dim": ("#59636e", "#9198a1"),
}
_NAMES = {1: "red", 2: "green", 3: "yellow", 6: "cyan"}  # SGR 30 + number
_NBSP = "\N{NO-BREAK SPACE}"  # viewers drop a blank at either end


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A piece of one line: where it is, how it looks, and when it appears.

    It is typed key by key if it has `typed_until`. Times are in seconds.
    """

    row: int
    column: int
    text: str
    classes: str = "fg"
    since: float = 0.0
    typed_until: float | None = None


def pieces_of(
    text: str, row: int, column: int = 0, since: float = 0.0
) -> Iterator[Piece]:
    """Cut a line with escape sequences (ECMA-48) into pieces of one style each."""
    line = Text.from_ansi(text)
    edges = {0, len(line), *(n for span in line.spans for n in (span.start, span.end))}
    for start, end in pairwise(sorted(edges)):
        style = line.get_style_at_offset(Console(), start)
        color = _NAMES.get(style.color.number or 0, "fg") if style.color else "fg"
        classes = "dim" if style.dim else color
        part = line.plain[start:end]
        yield Piece(
            row=row,
            column=column,
            text=part,
            classes=f"{classes} b" if style.bold else classes,
            since=since,
        )
        column += cells(part)


def draw(
    pieces: Iterable[Piece], columns: int, title: str, seconds: float | None = None
) -> str:
    """Draw a window; it repeats every so many seconds, or stands still without."""
    found = list(pieces)
    rows = 1 + max(piece.row for piece in found)
    width, height = round(columns * CELL) + 2 * MARGIN, rows * LINE + 2 * MARGIN
    styles, texts = list(_colors()), list[str]()
    for number, piece in enumerate(found):
        classes = piece.classes
        if seconds is not None and piece.since:
            classes += f" k{number}"
            styles.append(_keyframes(number, piece, seconds))
        texts += _text(piece, classes)
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    window = f'x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="8"'
    lines = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
        f"<title>{html.escape(title)}</title>",
        "<style>",
        *styles,
        "</style>",
        f'<rect class="bg" {window} stroke="#8b949e"/>',
        *texts,
        "</svg>",
    )
    return "".join(f"{line}\n" for line in lines)


def _colors() -> Iterator[str]:
    yield "text{font:14px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace}"
    yield ".b{font-weight:bold}"
    yield "".join(f".{name}{{fill:{light}}}" for name, (light, _) in _COLORS.items())
    dark = "".join(f".{name}{{fill:{dark}}}" for name, (_, dark) in _COLORS.items())
    yield f"@media (prefers-color-scheme:dark){{{dark}}}"
    yield "@media (prefers-reduced-motion:reduce){text{animation:none!important}}"


def _keyframes(number: int, piece: Piece, seconds: float) -> str:
    """Show a piece from its time on, or type it with a step a key."""
    name, start = f"k{number}", piece.since / seconds
    rule = f".{name}{{animation:{name} {seconds:g}s step-end infinite}}"
    if piece.typed_until is None:
        return f"{rule}@keyframes {name}{{0%{{opacity:0}}{start:.2%}{{opacity:1}}}}"
    end, keys = piece.typed_until / seconds, max(len(piece.text), 1)
    return (
        f"{rule}@keyframes {name}{{0%{{clip-path:inset(0 100% 0 0)}}"
        f"{start:.2%}{{clip-path:inset(0 100% 0 0);"
        f"animation-timing-function:steps({keys})}}"
        f"{end:.2%}{{clip-path:inset(0)}}}}"
    )


def _text(piece: Piece, classes: str) -> Iterator[str]:
    """Write a piece where its first letter is, as wide as its cells."""
    text = piece.text.rstrip(" ")
    shown = text.lstrip(" ")
    if not shown:
        return
    column = piece.column + len(text) - len(shown)
    x, y = MARGIN + column * CELL, MARGIN + piece.row * LINE + 15
    content = html.escape(shown, quote=False).replace(" ", _NBSP)
    length = cells(shown) * CELL
    yield (
        f'<text class="{classes}" x="{x:.5g}" y="{y}" textLength="{length:.5g}">'
        f"{content}</text>"
    )
