"""Text in lines and tables, as wide as it is shown: Chinese takes two columns."""

import re
from collections.abc import Iterator, Sequence
from unicodedata import combining, east_asian_width

COLUMNS = 78  # RFC 5322 §2.1.1
_GAP = "  "
_MARK = 2  # columns that a Chinese comma takes, which begins no line
# A line may end at blanks, and before and after characters of full width.
_PIECE = r"[ \t\n\r\f]+|[⺀-〿぀-ヿ㐀-䶿一-鿿가-힯豈-﫿！-｠]|[^ \t\n\r\f⺀-〿぀-ヿ㐀-䶿一-鿿가-힯豈-﫿！-｠]+"
_NOT_FIRST = frozenset("，。、；：？！）】》」』”’…,.;:?!)")


def width(text: str) -> int:
    """How many columns a text takes on a screen."""
    if text.isascii():
        return len(text)
    wide = sum(east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(map(bool, map(combining, text)))


def filled(text: str, columns: int = COLUMNS) -> Iterator[str]:
    """Yield lines of so many columns at most; what cannot be cut is longer."""
    line, taken, blank = "", 0, False
    for piece in re.findall(_PIECE, text):
        if piece.isspace():
            blank = bool(line)
            continue
        needs = width(piece)
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


def table(rows: Sequence[Sequence[str]], columns: int = COLUMNS) -> Iterator[str]:
    """Yield the rows of a table, in columns when they fit, else bar by bar."""
    widths: dict[int, int] = {}
    for row in rows:
        for n, cell in enumerate(row):
            widths[n] = max(widths.get(n, 0), width(cell))
    fits = sum(widths.values()) + len(_GAP) * (len(widths) - 1) <= columns
    for row in rows:
        if fits:
            cells = (c + " " * (widths[n] - width(c)) for n, c in enumerate(row))
            yield _GAP.join(cells).rstrip()
        else:
            yield " | ".join(row)
