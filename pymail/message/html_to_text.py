"""Rendering of HTML as plain text.

Lines have 78 columns at most. Links are followed by their address, items have a star
or a number, quotations a `>`, tables have columns, and preformatted text stays
unchanged. Scripts, styles and the head are left out.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import ClassVar

from pymail.message.html_page import Tag, tokenize
from pymail.model import field, model
from pymail.text import cells

_COLUMNS = 78  # RFC 5322 §2.1.1
_ROOM = 20  # least columns for words, at any depth
_DEEPEST = 16  # levels of lists and quotations; deeper ones are not indented further
_GAP = "  "
_RULE = "-" * 40
_MARK = 2  # columns of a Chinese comma, which must not begin a line
_NOT_FIRST = frozenset("，。、；：？！）】》」』”’…,.;:?!)")
# A line may end at blanks, and before and after characters of full width.
_PIECE = r"[ \t\n\r\f]+|[⺀-〿぀-ヿ㐀-䶿一-鿿가-힯豈-﫿！-｠]|[^ \t\n\r\f⺀-〿぀-ヿ㐀-䶿一-鿿가-힯豈-﫿！-｠]+"
_BLANKS = r"[ \t\n\r\f]+"
_CONTROLS = r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]"  # browsers don't show them either
_SHOWN_URL = r"(?i)(?:https?|ftp|mailto|tel):."  # URLs that are useful in text
_DROPPED = frozenset(
    {"script", "style", "title", "head", "template", "iframe", "noframes"}
)
_HEADINGS = {"h1": "=", "h2": "-", "h3": "", "h4": "", "h5": "", "h6": ""}
_SEPARATE = frozenset({"p", "dl", "figure"})
_OWN_LINE = frozenset(
    (
        *("address", "article", "aside", "body", "caption", "center", "dd", "details"),
        *("div", "dt", "fieldset", "figcaption", "footer", "form", "header", "html"),
        *("legend", "main", "nav", "option", "section", "summary"),
    )
)
_LISTS = ("ul", "ol")


def render_text(page: str) -> str:
    """Return the text of a page; every line ends in a newline."""
    renderer = _Renderer()
    for piece in tokenize(page):
        if isinstance(piece, Tag):
            renderer.read_tag(piece)
        else:
            renderer.read_text(piece)
    return "".join(f"{line}\n" for line in renderer.finish())


def fill(text: str, columns: int = _COLUMNS) -> Iterator[str]:
    """Yield lines of so many columns at most; a word that doesn't fit makes it longer."""
    line, taken, blank = "", 0, False
    for piece in re.findall(_PIECE, text):
        if piece.isspace():
            blank = bool(line)
            continue
        needs = cells(piece)
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


def format_table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the rows of a table, in columns if they fit, else with bars between cells."""
    widths: dict[int, int] = {}
    for row in rows:
        for n, cell in enumerate(row):
            widths[n] = max(widths.get(n, 0), cells(cell))
    fits = sum(widths.values()) + len(_GAP) * (len(widths) - 1) <= _COLUMNS
    for row in filter(any, rows):
        if fits:
            padded = (c + " " * (widths[n] - cells(c)) for n, c in enumerate(row))
            yield _GAP.join(padded).rstrip()
        else:
            yield " | ".join(row)


@model(frozen=False)
class _Level:
    """A list or a quotation: the `prefix` of its lines, and the `number` of items."""

    name: str
    prefix: str
    number: int = 0


@model(frozen=False)
class _Table:
    """An open table; `cell` is None between cells."""

    rows: list[list[str]] = field(default_factory=list)
    cell: list[str] | None = None

    def end_cell(self) -> None:
        """Append the open cell to its row."""
        if self.cell is not None:
            words = re.sub(_BLANKS, " ", "".join(self.cell)).strip()
            self.rows[-1].append(words)
            self.cell = None


class _Renderer:
    """Writer of lines, from tags and texts in order."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._separator: str | None = None  # prefix of an empty line before the next
        self._levels: list[_Level] = []
        self._bullet = ""  # in front of the next line, in place of the last prefix
        self._words: list[str] = []  # of the open block
        self._dropping = ""  # the element whose content is left out
        self._preserving = False  # the line ends and blanks of <pre>
        self._link: tuple[str, list[str], int] | None = None  # URL, start of its text
        # None for a table that contains another, and so is only layout
        self._tables: list[_Table | None] = []

    def finish(self) -> list[str]:
        """End everything that is open, and return the lines."""
        while self._tables:
            self._end_table()
        self._end_block()
        return self._lines

    def read_text(self, text: str) -> None:
        """Read a text."""
        if not self._dropping:
            text = re.sub(_CONTROLS, "", text)
            preserved = self._preserving and not self._cell
            self._sink.append(text if preserved else re.sub(_BLANKS, " ", text))

    def read_tag(self, tag: Tag) -> None:
        """Read a tag."""
        name = tag.name
        if self._dropping:
            if (name == self._dropping and tag.closing) or (
                (self._dropping, name) == ("head", "body")
            ):
                self._dropping = ""
        elif name in _DROPPED:
            self._dropping = "" if tag.closing else name
        elif name in self._readers:
            self._readers[name](self, tag)
        elif name in _SEPARATE or name in _OWN_LINE:
            self._block(separate=name in _SEPARATE)

    @property
    def _table(self) -> _Table | None:
        return self._tables[-1] if self._tables else None

    @property
    def _cell(self) -> list[str] | None:
        return self._table.cell if self._table else None

    @property
    def _sink(self) -> list[str]:
        """The words of the open cell, or of the open block."""
        return self._words if self._cell is None else self._cell

    def _block(self, *, separate: bool = False) -> None:
        """End the open block; inside a cell add only a blank."""
        if self._cell is not None:
            self._cell.append(" ")
            return
        self._end_block()
        if separate:
            self._blank_line()

    def _end_block(self) -> None:
        text = "".join(self._words)
        self._words.clear()
        if not self._preserving:
            room = max(_COLUMNS - len(self._prefix()), _ROOM)
            for part in text.split("\n"):
                self._write(fill(part, room))
        elif text.strip():
            self._write(text.strip("\n").split("\n"))

    def _write(self, lines: Iterable[str]) -> None:
        for line in lines:
            if self._separator is not None and self._lines:
                self._lines.append(self._separator)
            self._separator = None
            prefix = self._prefix()
            if self._bullet:
                prefix = prefix.removesuffix(" " * len(self._bullet)) + self._bullet
                self._bullet = ""
            self._lines.append((prefix + line).rstrip())

    def _blank_line(self) -> None:
        """Put an empty line before the next line."""
        prefix = self._prefix().rstrip()
        if self._separator is None or len(prefix) < len(self._separator):
            self._separator = prefix

    def _prefix(self) -> str:
        return "".join([level.prefix for level in self._levels])

    def _break_line(self, _tag: Tag) -> None:
        self._sink.append("\n" if self._cell is None else " ")

    def _rule(self, _tag: Tag) -> None:
        self._block(separate=True)
        if self._cell is None:
            self._write([_RULE])
            self._blank_line()

    def _heading(self, tag: Tag) -> None:
        """Write a heading, underlined if its level has a character for that."""
        if tag.closing and self._cell is None:
            lines = [*fill("".join(self._words))]
            self._words.clear()
            if lines and (under := _HEADINGS[tag.name]):
                lines.append(under * min(max(map(cells, lines)), _COLUMNS))
            self._write(lines)
        self._block(separate=True)

    def _preformatted(self, tag: Tag) -> None:
        self._block(separate=True)
        self._preserving = not tag.closing

    def _level(self, tag: Tag) -> None:
        """Begin a list or a quotation, or end it and everything open inside it."""
        is_list = tag.name in _LISTS
        separate = not (is_list and self._is_in_list)
        self._block(separate=separate)
        if self._cell is not None:
            return
        if not tag.closing:
            if len(self._levels) < _DEEPEST:
                self._levels.append(_Level(tag.name, "" if is_list else "> "))
            return
        if any(level.name == tag.name for level in self._levels):
            while self._levels.pop().name != tag.name:
                pass
        if separate or not self._is_in_list:
            self._blank_line()

    @property
    def _is_in_list(self) -> bool:
        return any(level.name in _LISTS for level in self._levels)

    def _item(self, tag: Tag) -> None:
        self._block()
        if self._cell is not None:
            self._cell.append("" if tag.closing else "* ")
        elif not tag.closing and self._levels and self._levels[-1].name in _LISTS:
            level = self._levels[-1]
            level.number += 1
            self._bullet = f"{level.number}. " if level.name == "ol" else "* "
            level.prefix = " " * len(self._bullet)

    def _image(self, tag: Tag) -> None:
        words = tag.attributes().get("alt")
        if words and words.value.strip():
            self.read_text(f"[{words.value.strip()}]")

    def _anchor(self, tag: Tag) -> None:
        """Begin or end a link; a new link ends an open one."""
        if self._link is not None:
            self._end_link(*self._link)
            self._link = None
        target = None if tag.closing else tag.attributes().get("href")
        url = re.sub(_BLANKS, "", target.value) if target else ""
        if re.match(_SHOWN_URL, url):
            self._link = url, self._sink, len(self._sink)

    def _end_link(self, url: str, sink: list[str], start: int) -> None:
        shown = "".join(sink[start:]).strip() if sink is self._sink else ""
        if shown not in (url, url.partition(":")[2].strip("/")):
            self._sink.append(f" <{url}>" if shown else f"<{url}>")

    def _begin_or_end_table(self, tag: Tag) -> None:
        if tag.closing:
            self._end_table()
            return
        if outer := self._table:
            self._tables[-1] = None
            self._end_block()
            self._write(format_table(outer.rows))
            self._words += outer.cell or []
        self._block(separate=True)
        self._tables.append(_Table())

    def _end_table(self) -> None:
        if not self._tables:
            return
        if table := self._tables.pop():
            table.end_cell()
        self._end_block()
        if table:
            self._write(format_table(table.rows))
        self._blank_line()

    def _row_or_cell(self, tag: Tag) -> None:
        table = self._table
        if table is None:
            self._block()
            return
        table.end_cell()
        if tag.name == "tr":
            table.rows.append([])
        elif not tag.closing:
            table.rows = table.rows or [[]]
            table.cell = []

    _readers: ClassVar[Mapping[str, Callable[["_Renderer", Tag], None]]] = {
        "a": _anchor,
        "br": _break_line,
        "hr": _rule,
        "img": _image,
        "li": _item,
        "pre": _preformatted,
        "table": _begin_or_end_table,
        **dict.fromkeys(("blockquote", *_LISTS), _level),
        **dict.fromkeys(("td", "th", "tr"), _row_or_cell),
        **dict.fromkeys(_HEADINGS, _heading),
    }
