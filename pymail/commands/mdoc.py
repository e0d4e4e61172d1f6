"""Renderer of mdoc(7) pages as plain text, for machines without man and mandoc.

It supports the macros in the pages of pymail; the tests render every page. A line of
Chinese continues in the next without a blank.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from pymail.terminal.output import fold
from pymail.text import cells

TEXT_COLUMNS = 78
_INDENT = 5
_TEXT = " " * _INDENT  # titles are indented less
_GAP = 4  # between columns, at least 1 where a cell is longer
_ESCAPES = {r"\&": "", r"\e": "\\", r"\~": "\N{NO-BREAK SPACE}", r"\-": "-"}
_ESCAPES |= {r"\(Fo": "«", r"\(Fc": "»", r"\(ba": "|"}
_CLOSING = frozenset(".,;:)]?!")
_OPENING = frozenset("([")
# brackets around the rest of the line
_AROUND = {"Op": ("[", "]"), "Pq": ("(", ")"), "Ql": ("'", "'")}
_BRACKETS = {"Oo": "[", "Oc": "]", "Po": "(", "Pc": ")"}
_PLAIN = frozenset(["Ar", "Cm", "Em", "Ev", "Ic", "Li", "Nm", "No", "Pa", "Sx", "Va"])
_MACROS = frozenset(["Fl", "Ns", "Pf", "Ta", "Xr", *_AROUND, *_BRACKETS, *_PLAIN])
_WIDE = 2  # columns
_WIDE_MARKS = frozenset("，。、；：？！（）")  # they bring their own blank
_WITHOUT_TEXT = frozenset(["Dd", "Dt", "Os"])


def render(source: str) -> str:
    """Render a page as text of 78 columns."""
    page = _Page()
    for line in source.splitlines():
        page.take(line)
    page.end_paragraph()
    return "\n".join(page.lines).strip("\n") + "\n"


class _Page:
    """The finished lines, and the words of the current paragraph."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._words = _Words()
        self._name = ""
        self._title = ""
        self._lists: list[str] = []  # their kinds, the innermost last
        self._number = 0
        self._is_compact = False
        self._widths: list[int] = []  # of columns
        self._first_indent: int | None = None  # of the next paragraph
        self._before = ""  # its bullet
        self._literal = False

    def take(self, line: str) -> None:
        """Read one line of the source."""
        if line.startswith(r".\""):
            return
        if self._literal and not line.startswith(".Ed"):
            self.lines.append(f"{' ' * (self._indent + 2)}{_plain(line)}".rstrip())
        elif line.startswith("."):
            macro, _, rest = line[1:].partition(" ")
            block = _BLOCKS.get(macro)
            if block:
                block(self, _split(rest))
            elif macro not in _WITHOUT_TEXT:
                self._words.add_line([macro, *_split(rest)])
        else:
            self._words.add(*_plain(line).split())

    @property
    def _indent(self) -> int:
        return _INDENT * (1 + len(self._lists))

    def end_paragraph(self) -> None:
        """Wrap the words of the paragraph into lines."""
        text = self._words.take()
        indent = self._indent if self._first_indent is None else self._first_indent
        if text:
            line = f"{' ' * indent}{self._before}{text}"
            folded = fold(line, TEXT_COLUMNS, indent + cells(self._before))
            self.lines += [each.replace("\xa0", " ") for each in folded]
        self._first_indent, self._before = None, ""

    def paragraph(self, _words: Sequence[str] = ()) -> None:
        """Start a paragraph after an empty line."""
        self.end_paragraph()
        if self.lines and self.lines[-1]:
            self.lines.append("")

    def title(self, words: Sequence[str]) -> None:
        """Begin a section."""
        self.paragraph()
        self._title = _plain(" ".join(words))
        self.lines.append(self._title)

    def subtitle(self, words: Sequence[str]) -> None:
        """Begin a part of a section."""
        self.paragraph()
        self.lines.append(f"   {_plain(' '.join(words))}")

    def begin_list(self, words: Sequence[str]) -> None:
        """Begin a list of items."""
        self.end_paragraph()
        self._lists.append(words[0])
        self._is_compact = "-compact" in words
        columns = [word for word in words if not word.startswith("-")]
        self._widths = [cells(word) + _GAP - 1 for word in columns]
        self._number = 0

    def item(self, words: Sequence[str]) -> None:
        """Begin an item: with a tag, a bullet or a number."""
        kind = self._lists[-1]
        self.end_paragraph()
        if kind == "-column":
            self._row(words)
            return
        self._first_indent = self._indent - _INDENT
        self._number += 1
        bullets = {"-enum": f"{self._number}. ", "-bullet": "- "}
        self._before = bullets.get(kind, "")
        if kind != "-tag":
            self._words.add_line(words)
        elif self._is_compact:
            tag = _Words()
            tag.add_line(words)
            self._before = f"{_padded(tag.take(), self._widths[0])} "
        else:
            self._tag(words)

    def _tag(self, words: Sequence[str]) -> None:
        """Write a tag on a line of its own, after an empty line if text precedes it."""
        if self.lines[-1].startswith(_TEXT):
            self.lines.append("")
        self._words.add_line(words)
        self.end_paragraph()

    def _row(self, words: Sequence[str]) -> None:
        """Write the cells of a row side by side."""
        row = [_Words()]
        for word in words:
            if word == "Ta":
                row.append(_Words())
            else:
                row[-1].add_word(word)
        texts = [cell.take() for cell in row]
        padded = map(_padded, texts, [*self._widths, *[0] * len(texts)])
        self.lines.append(f"{_TEXT}{' '.join(padded)}".rstrip())

    def end_list(self, _words: Sequence[str]) -> None:
        """End a list."""
        self.end_paragraph()
        self._lists.pop()

    def begin_display(self, _words: Sequence[str]) -> None:
        """Begin literal lines."""
        self.paragraph()
        self._literal = True

    def end_display(self, _words: Sequence[str]) -> None:
        """End literal lines."""
        self._literal = False

    def one_line(self, words: Sequence[str]) -> None:
        """Write one literal line."""
        self.end_paragraph()
        self.lines.append(f"{' ' * (self._indent + 2)}{_plain(' '.join(words))}")

    def name(self, words: Sequence[str]) -> None:
        """Write the name of the page; .Nm without a name repeats the first."""
        if self._title == "SYNOPSIS":
            self.end_paragraph()
        self._name = self._name or words[0]
        is_named = words and words[0] not in _CLOSING | _MACROS
        self._words.add_line(words if is_named else [self._name, *words])

    def purpose(self, words: Sequence[str]) -> None:
        """Write the one-line description after the name."""
        self._words.add("-", *map(_plain, words))


class _Words:
    """Words separated by blanks, except before punctuation and after brackets."""

    def __init__(self) -> None:
        self._text = ""
        self._is_glued = False
        self._macro = ""

    def add(self, *words: str) -> None:
        """Add words that are no macros."""
        for word in words:
            glued = self._is_glued or word in _CLOSING or _touch(self._text, word)
            self._text += word if glued else f" {word}"
            self._is_glued = word in _OPENING

    def take(self) -> str:
        """Return the text, and clear it."""
        text, self._text, self._is_glued = self._text, "", False
        return text

    def add_line(self, words: Sequence[str]) -> None:
        """Add a line of macros; closing brackets precede the punctuation at its end."""
        inner = list(words)
        while inner and inner[-1] in _CLOSING:
            inner.pop()
        self._macro = ""
        closing = [self.add_word(word) for word in inner]
        for bracket in filter(None, reversed(closing)):
            self._is_glued = True
            self.add(bracket)
        self.add(*words[len(inner) :])

    def add_word(self, word: str) -> str:
        """Add a word or apply a macro; returns the bracket to add at the end of the line."""
        if word in _AROUND:
            before, after = _AROUND[word]
            self.add(before)
            self._is_glued = True
            return after
        if word in _BRACKETS:
            self._is_glued |= word.endswith("c")
            self.add(_BRACKETS[word])
        elif word == "Ns":
            self._is_glued, self._macro = True, ""
        elif word in _MACROS:
            self._macro = word
        else:
            self._add_argument(word)
        return ""

    def _add_argument(self, word: str) -> None:
        text = _plain(word)
        is_delimiter = word in _CLOSING | _OPENING | {"|"}
        if self._macro == "Fl" and not is_delimiter:
            self.add(f"-{text}")
        elif self._macro == "Xr" and word.isdecimal():
            self._is_glued = True
            self.add(f"({word})")
        else:
            self.add(text)
        self._is_glued |= self._macro == "Pf"


def _split(line: str) -> list[str]:
    """Split arguments at blanks outside double quotes."""
    found = re.findall(r'"([^"]*)"|((?:\\.|\S)+)', line)
    return [quoted or word for quoted, word in found]


def _touch(left: str, right: str) -> bool:
    """Tell whether no blank separates two words, as in Chinese and in an empty line."""
    ends = (left[-1:], right[:1])
    both_wide = all(cells(each) == _WIDE for each in ends)
    return both_wide or not left or any(each in _WIDE_MARKS for each in ends)


def _padded(text: str, columns: int) -> str:
    """Fill a text with blanks up to a column."""
    return text + " " * (columns - cells(text))


def _plain(text: str) -> str:
    """Replace escape sequences by their characters."""
    return re.sub(r"\\(?:\(..|.)", lambda found: _ESCAPES.get(found[0], ""), text)


_BLOCKS: Mapping[str, Callable[[_Page, Sequence[str]], None]] = {
    "Sh": _Page.title,
    "Ss": _Page.subtitle,
    "Pp": _Page.paragraph,
    "br": lambda page, _: page.end_paragraph(),
    "Bl": _Page.begin_list,
    "It": _Page.item,
    "El": _Page.end_list,
    "Bd": _Page.begin_display,
    "Ed": _Page.end_display,
    "Dl": _Page.one_line,
    "Nm": _Page.name,
    "Nd": _Page.purpose,
}
