"""Rendering of HTML as plain text.

Words are kept, in lines of 78 columns: links with their address behind them,
items with a star or a number, quotations behind `>`, tables in columns, and
what is preformatted as it is. Scripts, styles and the head are left out.
"""

import re
from collections.abc import Callable, Mapping

from pymail.message.html_page import Tag, tokenize
from pymail.message.text_layout import TextWriter, format_table
from pymail.model import field, model

_BLANKS = r"[ \t\n\r\f]+"
_CONTROLS = r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]"  # what no browser shows either
_SHOWN_URL = (
    r"(?i)(?:https?|ftp|mailto|tel):."  # addresses that say something to people
)
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
_RULE = "-" * 40


def render_text(page: str) -> str:
    """Return the text of a page, each line ended."""
    reader = _Reader()
    for piece in tokenize(page):
        if isinstance(piece, Tag):
            reader.tag(piece)
        else:
            reader.text(piece)
    return reader.finish()


@model(frozen=False)
class _Table:
    """A table that is read; one with a table in it only says what stands where."""

    rows: list[list[str]] = field(default_factory=list)
    cell: list[str] | None = None
    is_layout: bool = False

    def end_cell(self) -> None:
        """Put the cell that was read into its row."""
        if self.cell is not None:
            words = re.sub(_BLANKS, " ", "".join(self.cell)).strip()
            self.rows[-1].append(words)
            self.cell = None


@model()
class _Link:
    url: str
    words: list[str]  # where its text goes
    start: int


class _Reader:
    """Takes tags and texts in order."""

    def __init__(self) -> None:
        self._writer = TextWriter()
        self._words: list[str] = []  # of the block that is being read
        self._dropping = ""
        self._as_it_is = False
        self._link: _Link | None = None
        self._tables: list[_Table] = []

    def finish(self) -> str:
        """Return what was read."""
        while self._tables:
            self._end_table()
        self._end_block()
        return self._writer.text()

    def text(self, text: str) -> None:
        """Take a text."""
        if not self._dropping:
            text = re.sub(_CONTROLS, "", text)
            kept = self._as_it_is and not self._cell
            self._sink.append(text if kept else re.sub(_BLANKS, " ", text))

    def tag(self, tag: Tag) -> None:
        """Take a tag."""
        name = tag.name
        if self._dropping:
            ends = (name == self._dropping and tag.closing) or (
                (self._dropping, name) == ("head", "body")
            )
            self._dropping = "" if ends else self._dropping
        elif name in _DROPPED:
            self._dropping = "" if tag.closing else name
        elif name in _READERS:
            _READERS[name](self, tag)
        elif name in _SEPARATE:
            self._block(separate=True)
        elif name in _OWN_LINE:
            self._block()

    @property
    def _cell(self) -> "list[str] | None":
        table = self._tables[-1] if self._tables else None
        return None if table is None or table.is_layout else table.cell

    @property
    def _sink(self) -> list[str]:
        """Where words go: into the cell of a table, or into the text."""
        return self._words if self._cell is None else self._cell

    def _block(self, *, separate: bool = False) -> None:
        """End what was a block before; in a cell that is a blank."""
        if self._cell is not None:
            self._cell.append(" ")
            return
        self._end_block()
        if separate:
            self._writer.blank_line()

    def _end_block(self) -> None:
        text = "".join(self._words)
        self._words.clear()
        if not self._as_it_is:
            self._writer.paragraph(text)
        elif text.strip():
            self._writer.write(text.strip("\n").split("\n"))

    def break_line(self, _tag: Tag) -> None:
        """Take `br`."""
        self._sink.append(" " if self._cell is not None else "\n")

    def rule(self, _tag: Tag) -> None:
        """Take `hr`."""
        self._block(separate=True)
        if self._cell is None:
            self._writer.write([_RULE])
            self._writer.blank_line()

    def heading(self, tag: Tag) -> None:
        """Take `h1` to `h6`."""
        if tag.closing and self._cell is None:
            text = "".join(self._words)
            self._words.clear()
            self._writer.heading(text, _HEADINGS[tag.name])
        self._block(separate=True)

    def preformatted(self, tag: Tag) -> None:
        """Take `pre`."""
        self._block(separate=True)
        self._as_it_is = not tag.closing

    def listed(self, tag: Tag) -> None:
        """Take `ul` and `ol`."""
        self._level(tag, "", separate=not self._writer.is_in_list)

    def quotation(self, tag: Tag) -> None:
        """Take `blockquote`."""
        self._level(tag, "> ", separate=True)

    def _level(self, tag: Tag, prefix: str, *, separate: bool) -> None:
        self._block(separate=separate)
        if self._cell is not None:
            return
        if not tag.closing:
            self._writer.begin_level(tag.name, prefix)
            return
        self._writer.end_level(tag.name)
        if separate or not self._writer.is_in_list:
            self._writer.blank_line()

    def item(self, tag: Tag) -> None:
        """Take `li`."""
        self._block()
        if self._cell is not None:
            self._cell.append("" if tag.closing else "* ")
        elif not tag.closing:
            self._writer.begin_item()

    def image(self, tag: Tag) -> None:
        """Take `img`: its alternative text."""
        words = tag.attributes().get("alt")
        if words and words.value.strip():
            self.text(f"[{words.value.strip()}]")

    def link(self, tag: Tag) -> None:
        """Take `a`; another one ends the one before."""
        if self._link is not None:
            self._end_link(self._link)
            self._link = None
        target = None if tag.closing else tag.attributes().get("href")
        url = re.sub(_BLANKS, "", target.value) if target else ""
        if re.match(_SHOWN_URL, url):
            self._link = _Link(url, self._sink, len(self._sink))

    def _end_link(self, link: _Link) -> None:
        words = self._sink
        text = "".join(words[link.start :]) if words is link.words else ""
        shown = text.strip()
        if shown not in (link.url, link.url.partition(":")[2].strip("/")):
            words.append(f" <{link.url}>" if shown else f"<{link.url}>")

    def table(self, tag: Tag) -> None:
        """Take `table`."""
        if tag.closing:
            self._end_table()
            return
        if self._tables:
            self._make_layout(self._tables[-1])
        self._block(separate=True)
        self._tables.append(_Table())

    def _make_layout(self, table: _Table) -> None:
        """Take a table for the places of what is in it: its cells are blocks."""
        if table.is_layout:
            return
        begun, table.cell, table.is_layout = table.cell, None, True
        self._end_block()
        self._writer.write(format_table([row for row in table.rows if any(row)]))
        self._words += begun or []

    def _end_table(self) -> None:
        if not self._tables:
            return
        table = self._tables.pop()
        table.end_cell()
        self._end_block()
        if not table.is_layout:
            self._writer.write(format_table([row for row in table.rows if any(row)]))
        self._writer.blank_line()

    def row(self, _tag: Tag) -> None:
        """Take `tr`."""
        table = self._tables[-1] if self._tables else None
        if table is None or table.is_layout:
            self._block()
            return
        table.end_cell()
        table.rows.append([])

    def cell(self, tag: Tag) -> None:
        """Take `td` and `th`."""
        table = self._tables[-1] if self._tables else None
        if table is None or table.is_layout:
            self._block()
            return
        table.end_cell()
        if not tag.closing:
            table.rows = table.rows or [[]]
            table.cell = []


_READERS: Mapping[str, Callable[[_Reader, Tag], None]] = {
    "a": _Reader.link,
    "blockquote": _Reader.quotation,
    "br": _Reader.break_line,
    "hr": _Reader.rule,
    "img": _Reader.image,
    "li": _Reader.item,
    "ol": _Reader.listed,
    "pre": _Reader.preformatted,
    "table": _Reader.table,
    "td": _Reader.cell,
    "th": _Reader.cell,
    "tr": _Reader.row,
    "ul": _Reader.listed,
    **dict.fromkeys(_HEADINGS, _Reader.heading),
}
