"""Terminal output (ECMA-48) rendered as plain text.

Colours and titles are removed, a carriage return or a backspace overwrites, and a
line is erased where the program erases it. No text is lost: of a sequence without
its end only the start is removed. The result has no control characters except line
ends and tabs.

ECMA-48 §5.4 and §8.3.
"""

import re

_CONTROLS = r"[\x00-\x08\x0b-\x1f\x7f-\x9f]"
_LINE_ENDS = r"[\n\v\f]"

# A control string ends before the next one begins, so that a line is scanned once.
_PIECES = (
    r"(?:\x1b\[|\x9b)(?P<erase>[0-2]?)K"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90-\x9f]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"  # character sets, modes
    r"|(?P<move>[\r\b])"
    r"|(?P<text>[^\x00-\x08\x0a-\x1f\x7f-\x9f]+)"
    r"|[\x00-\x1f\x7f-\x9f]"
)


def render(text: str) -> str:
    """Return the text that stays on the screen, line by line."""
    if not re.search(_CONTROLS, text):
        return text
    return "\n".join(_render_line(line) for line in re.split(_LINE_ENDS, text))


def _render_line(written: str) -> str:
    if not re.search(_CONTROLS, written):
        return written
    cells: list[str] = []
    column = 0
    for found in re.finditer(_PIECES, written):
        if text := found["text"]:
            cells[column : column + len(text)] = text
            column += len(text)
        elif found["move"]:
            column = 0 if found["move"] == "\r" else max(0, column - 1)
        elif found["erase"] is not None:
            column = _erase(cells, column, found["erase"])
    return "".join(cells)


def _erase(cells: list[str], column: int, part: str) -> int:
    """Erase the line or the rest of it; return the new column of the cursor."""
    if part == "2":  # programs that erase the whole line write it again
        column = 0
    if part != "1":
        del cells[column:]
    return column
