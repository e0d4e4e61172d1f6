"""Plain-text layout: lines, tables, lists and quotations, by display width.

Chinese takes two columns.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from unicodedata import combining, east_asian_width

from pymail.model import model

COLUMNS = 78  # RFC 5322 §2.1.1
_GAP = "  "
_MARK = 2  # columns that a Chinese comma takes, which begins no line
# A line may end at blanks, and before and after characters of full width.
_PIECE = r"[ \t\n\r\f]+|[⺀-〿぀-ヿ㐀-䶿一-鿿가-힯豈-﫿！-｠]|[^ \t\n\r\f⺀-〿぀-ヿ㐀-䶿一-鿿가-힯豈-﫿！-｠]+"
_NOT_FIRST = frozenset("，。、；：？！）】》」』”’…,.;:?!)")
_DEEPEST = 16  # levels of lists and quotations; deeper ones stay at that
_ROOM = 20  # columns for words, however deep


def measure(text: str) -> int:
    """How many columns a text takes on a screen."""
    if text.isascii():
        return len(text)
    wide = sum(east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(map(bool, map(combining, text)))


def fill(text: str, columns: int = COLUMNS) -> Iterator[str]:
    """Yield lines of so many columns at most; what cannot be cut is longer."""
    line, taken, blank = "", 0, False
    for piece in re.findall(_PIECE, text):
        if piece.isspace():
            blank = bool(line)
            continue
        needs = measure(piece)
        room = columns - (_MARK if _MARK == needs > len(piece) else 0)
        fits = taken + blank + needs <= room or piece in _NOT_FIRST
        if line and not fits:
            yield line
            line, taken, blank = "", 0, False
        line += " " * blank + piece
        taken += blank + needs
        blank = False
    if line:
        yield line


def format_table(
    rows: Sequence[Sequence[str]], columns: int = COLUMNS
) -> Iterator[str]:
    """Yield the rows of a table, in columns when they fit, else bar by bar."""
    widths: dict[int, int] = {}
    for row in rows:
        for n, cell in enumerate(row):
            widths[n] = max(widths.get(n, 0), measure(cell))
    fits = sum(widths.values()) + len(_GAP) * (len(widths) - 1) <= columns
    for row in rows:
        if fits:
            cells = (c + " " * (widths[n] - measure(c)) for n, c in enumerate(row))
            yield _GAP.join(cells).rstrip()
        else:
            yield " | ".join(row)


@model(frozen=False)
class Level:
    """A list or a quotation: `prefix` is before its lines, a number in a list."""

    name: str
    prefix: str = ""
    number: int = 0


class TextWriter:
    """Writes lines and paragraphs, with prefixes for lists and quotations."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._levels: list[Level] = []
        self._bullet = ""  # before the next line, in place of the last prefix
        self._separator: str | None = None  # what an empty line before the next one has

    def text(self) -> str:
        """Return what was written, each line ended."""
        return "".join(f"{line}\n" for line in self._lines)

    def begin_level(self, name: str, prefix: str = "") -> None:
        """Begin a list or a quotation."""
        if len(self._levels) < _DEEPEST:
            self._levels.append(Level(name, prefix))

    def end_level(self, name: str) -> None:
        """End it, and what was not ended in it."""
        names = [level.name for level in self._levels]
        if name in names:
            while self._levels.pop().name != name:
                pass

    def begin_item(self) -> None:
        """Begin an item of the list."""
        level = self._levels[-1] if self._levels else Level("")
        if level.name in ("ul", "ol"):
            level.number += 1
            self._bullet = f"{level.number}. " if level.name == "ol" else "* "
            level.prefix = " " * len(self._bullet)

    @property
    def is_in_list(self) -> bool:
        """Whether an item can begin here."""
        return any(level.name in ("ul", "ol") for level in self._levels)

    def blank_line(self) -> None:
        """Leave a line empty before the next one."""
        before = self._before().rstrip()
        if self._separator is None or len(before) < len(self._separator):
            self._separator = before

    def paragraph(self, text: str) -> None:
        """Write words in lines that are not too long."""
        room = max(COLUMNS - len(self._before()), _ROOM)
        for part in text.split("\n"):
            self.write(fill(part, room))

    def heading(self, text: str, under: str) -> None:
        """Write a heading, with a line under it if there is a character for it."""
        lines = [*fill(text)]
        if lines and under:
            lines.append(under * min(max(map(measure, lines)), COLUMNS))
        self.write(lines)

    def write(self, lines: Iterable[str]) -> None:
        """Write lines as they are."""
        for line in lines:
            if self._separator is not None and self._lines:
                self._lines.append(self._separator)
            self._separator = None
            before = self._before()
            if self._bullet:
                before = before.removesuffix(" " * len(self._bullet)) + self._bullet
                self._bullet = ""
            self._lines.append((before + line).rstrip())

    def _before(self) -> str:
        return "".join([level.prefix for level in self._levels])
