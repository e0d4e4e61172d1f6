"""Output to terminals: writes that never fail, and lines folded between words.

A line may also be folded between wide characters (Chinese), which take two cells.
Other words, such as an address or a path, stay whole, so that they can be copied.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TextIO

from pymail.text import cells, visible

_NOT_FIRST = frozenset("，。、；：！？）】》」』”’…")  # characters of a line
_NOT_LAST = frozenset("（【《「『“‘")
_LABEL = re.compile(r"\s*[^\s:：][^:：]{0,20}(?:: |：)")


def write(stream: TextIO, text: str) -> None:
    """Write and flush text; ignore failures, because output must not stop a mail."""
    try:
        stream.write(text)
        stream.flush()
    except (OSError, ValueError):  # ValueError: the stream is closed
        return


def printable(text: str, most: int) -> str:
    """Escape control characters, and cut a text to `most` characters."""
    line = visible(text[: most + 1])
    return line if len(line) <= most else f"{line[: most - 1]}…"


def rewrites_lines(variables: Mapping[str, str]) -> bool:
    """Tell whether the terminal can overwrite its current line."""
    return variables.get("TERM", "") not in {"", "dumb"}


def cut(text: str, columns: int) -> str:
    """Cut a text to a width; it then ends in `…`."""
    if cells(text) <= columns:
        return text
    while cells(text) > columns - 1:
        text = text[:-1]
    return f"{text}…"


def label_columns(text: str) -> int:
    """Return the width of a label such as `pymail: `, or of the leading blanks."""
    found = _LABEL.match(text)
    return cells(found[0]) if found else len(text) - len(text.lstrip())


def fold(text: str, columns: int, indent: int) -> list[str]:
    """Fold a line; further lines begin with `indent` blanks, at most half the width."""
    if cells(text) <= columns:
        return [text]
    blanks = " " * min(indent, columns // 2)
    begin = len(text) - len(text.lstrip(" "))
    lines, line, empty = [], text[:begin], True
    for gap, unit in _units(text[begin:]):
        longer = line + gap + unit
        if not empty and cells(longer) > columns:
            lines.append(line)
            longer = blanks + unit
        line, empty = longer, False
    return [*lines, line]


def _units(text: str) -> Iterator[tuple[str, str]]:
    """Yield the unbreakable units of a text, each with the blanks before it."""
    for gap, word in re.findall(r"( *)([^ ]+)", text):
        before = gap
        for unit in _parts(word):
            yield before, unit
            before = ""


def _parts(word: str) -> Iterator[str]:
    """Split a word at wide characters, but not before their punctuation."""
    unit = ""
    for character in word:
        if unit and _may_part(unit[-1], character):
            yield unit
            unit = ""
        unit += character
    yield unit


def _may_part(left: str, right: str) -> bool:
    if right in _NOT_FIRST or left in _NOT_LAST or not cells(right):
        return False
    return cells(left) == 2 or cells(right) == 2
