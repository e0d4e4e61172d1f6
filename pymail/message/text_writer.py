"""Lines of text, one below the other, with what stands before each of them."""

from collections.abc import Iterable

from pymail.message import text_layout
from pymail.model import model

_DEEPEST = 16  # levels of lists and quotations; deeper ones stay at that
_ROOM = 20  # columns for words, however deep


@model(frozen=False)
class Level:
    """A list or a quotation: `prefix` is before its lines, a number in a list."""

    name: str
    prefix: str = ""
    number: int = 0


class Paper:
    """Takes lines and whole paragraphs."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._levels: list[Level] = []
        self._bullet = ""  # before the next line, in place of the last prefix
        self._apart: str | None = None  # what an empty line before the next one has

    def whole(self) -> str:
        """Return what was written, each line ended."""
        return "".join(f"{line}\n" for line in self._lines)

    def open(self, name: str, prefix: str = "") -> None:
        """Begin a list or a quotation."""
        if len(self._levels) < _DEEPEST:
            self._levels.append(Level(name, prefix))

    def close(self, name: str) -> None:
        """End it, and what was not ended in it."""
        names = [level.name for level in self._levels]
        if name in names:
            while self._levels.pop().name != name:
                pass

    def item(self) -> None:
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

    def part(self) -> None:
        """Leave a line empty before the next one."""
        before = self._before().rstrip()
        if self._apart is None or len(before) < len(self._apart):
            self._apart = before

    def paragraph(self, text: str) -> None:
        """Write words in lines that are not too long."""
        room = max(text_layout.COLUMNS - len(self._before()), _ROOM)
        for part in text.split("\n"):
            self.write(text_layout.filled(part, room))

    def heading(self, text: str, under: str) -> None:
        """Write a heading, with a line under it if there is a character for it."""
        lines = [*text_layout.filled(text)]
        if lines and under:
            lines.append(
                under * min(max(map(text_layout.width, lines)), text_layout.COLUMNS)
            )
        self.write(lines)

    def write(self, lines: Iterable[str]) -> None:
        """Write lines as they are."""
        for line in lines:
            if self._apart is not None and self._lines:
                self._lines.append(self._apart)
            self._apart = None
            before = self._before()
            if self._bullet:
                before = before.removesuffix(" " * len(self._bullet)) + self._bullet
                self._bullet = ""
            self._lines.append((before + line).rstrip())

    def _before(self) -> str:
        return "".join([level.prefix for level in self._levels])
