"""What a program has written for a terminal, as the text that stays on it.

Colours and titles go, what a carriage return or a backspace writes over is
replaced, and a line is erased where the program says so. Nothing that could be
text is lost: of a sequence without its end only the beginning goes. The result has
no control characters but line ends and tabs, and those of colours if they are wanted.

ECMA-48 §5.4 and §8.3.
"""

import re
from collections.abc import Iterator

from pymail.message.pen import Pen

_TO_DO = r"[\x00-\x08\x0b-\x1f\x7f-\x9f]"
_LINE_ENDS = r"[\n\v\f]"
_PLAIN = "\x1b[0m"

# A string ends before the next one begins: a line is looked at once, whatever it is.
_PIECES = (
    r"(?P<erase>(?:\x1b\[|\x9b)(?P<what>[0-2]?)K)"
    r"|(?:\x1b\[|\x9b)(?P<colour>[0-9;:]*)m"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90-\x9f]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"  # character sets, modes
    r"|(?P<move>[\r\b])"
    r"|(?P<text>[^\x00-\x08\x0a-\x1f\x7f-\x9f]+)"
    r"|[\x00-\x1f\x7f-\x9f]"
)


def clean(text: str) -> str:
    """Return what is left on the screen, line by line."""
    if not re.search(_TO_DO, text):
        return text
    return "\n".join(_cleaned(line) for line in re.split(_LINE_ENDS, text))


def _cleaned(written: str) -> str:
    if not re.search(_TO_DO, written):
        return written
    return "".join(_Screen().line(written)[0])


def coloured(text: str) -> str:
    """Return the same with its colours: each line begins and ends without any."""
    screen = _Screen()
    return "\n".join(_painted(screen, line) for line in re.split(_LINE_ENDS, text))


def _painted(screen: "_Screen", written: str) -> str:
    out, before = [], ""
    for cell, pen in zip(*screen.line(written), strict=True):
        if pen != before:
            out.append((_PLAIN if before else "") + pen)
            before = pen
        out.append(cell)
    return "".join(out) + (_PLAIN if before else "")


class _Screen:
    """Lets cursor and pen go over one line after the other."""

    def __init__(self) -> None:
        self._pen = Pen()

    def line(self, written: str) -> tuple[list[str], list[str]]:
        """Return the cells of a line, and the pen that each was written with."""
        cells: list[str] = []
        pens: list[str] = []
        column, pen = 0, str(self._pen)
        for kind, what in _pieces(written):
            if kind == "text":
                cells[column : column + len(what)] = what
                pens[column : column + len(what)] = [pen] * len(what)
                column += len(what)
            elif kind == "colour":
                self._pen.take(what)
                pen = str(self._pen)
            elif kind == "erase":
                column = _erase(cells, pens, column, what)
            else:
                column = 0 if kind == "\r" else max(0, column - 1)
        return cells, pens


def _erase(cells: list[str], pens: list[str], column: int, what: str) -> int:
    """Erase the whole line or what follows; returns where the cursor is."""
    if what == "2":  # who says so writes it anew
        column = 0
    if what != "1":
        del cells[column:], pens[column:]
    return column


def _pieces(written: str) -> Iterator[tuple[str, str]]:
    """Yield text, colours, moves and what is erased; everything else is nothing."""
    for found in re.finditer(_PIECES, written):
        if found["text"]:
            yield "text", found["text"]
        elif found["move"]:
            yield found["move"], ""
        elif found["erase"]:
            yield "erase", found["what"]
        elif found["colour"] is not None:
            yield "colour", found["colour"]
