"""What a program has written for a terminal, as the text that stays on it.

Colours and titles go, what a carriage return or a backspace writes over is
replaced, and a line is erased where the program says so. Nothing that could be
text is lost: of a sequence without its end only the beginning goes. The result has
no control characters but line ends and tabs.

ECMA-48 §5.4 and §8.3.
"""

import re
from collections.abc import Iterator

_TO_DO = r"[\x00-\x08\x0b-\x1f\x7f-\x9f]"
_LINE_ENDS = r"[\n\v\f]"

# A string ends before the next one begins: a line is looked at once, whatever it is.
_PIECES = (
    r"(?P<erase>(?:\x1b\[|\x9b)(?P<what>[0-2]?)K)"
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
    return "\n".join(map(_line, re.split(_LINE_ENDS, text)))


def _line(written: str) -> str:
    if not re.search(_TO_DO, written):
        return written
    return "".join(_cells(written))


def _cells(written: str) -> list[str]:
    """Let the cursor go over one line."""
    cells: list[str] = []
    column = 0
    for kind, what in _pieces(written):
        if kind == "text":
            cells[column : column + len(what)] = what
            column += len(what)
        elif kind == "\r":
            column = 0
        elif kind == "\b":
            column = max(0, column - 1)
        elif what == "2":  # the whole line: who says so writes it anew
            cells.clear()
            column = 0
        elif what in ("", "0"):
            del cells[column:]
    return cells


def _pieces(written: str) -> Iterator[tuple[str, str]]:
    """Yield text, moves and what is to be erased; everything else is nothing."""
    for found in re.finditer(_PIECES, written):
        if found["text"]:
            yield "text", found["text"]
        elif found["move"]:
            yield found["move"], ""
        elif found["erase"]:
            yield "erase", found["what"]
