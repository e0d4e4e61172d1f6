"""HTML as a row of tags and texts, each with its place in the page.

It is read as browsers read it, as far as a mail needs that: a tag or a comment
that does not end goes to the end of the page, and a `<` before anything but a
name is text. Every octet is looked at once. `html.parser` is not used: 160 kB
of `<!--` keep it busy for ten seconds.

HTML Living Standard §13.2.5.
"""

import re
from collections.abc import Iterator, Mapping
from html import unescape

from pymail.model import model

_MARK = (
    r"(?s)<!--(?:>|->|.*?(?:--!?>|\Z))"
    r"|<[!?][^>]*+(?:>|\Z)"
    r"|<(?P<closing>/?)(?P<name>[A-Za-z][^\s/>]*+)"
    r"""(?>(?:[^>"'=]++|=\s*+(?:"[^"]*+"|'[^']*+')|["'=])*)(?:>|\Z)"""
)
_ATTRIBUTE = (
    r"""([^\s"'<>/=]++)(?>(?:\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+))?)"""
)
_RAW = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noframes"})

# What a text has to have one of to be HTML: `vector<int>` has not.
_ELEMENTS = (
    "a abbr acronym address area article aside audio b base bdi bdo big blockquote"
    " body br button canvas caption center cite code col colgroup data datalist dd"
    " del details dfn dialog dir div dl dt em embed fieldset figcaption figure font"
    " footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i"
    " iframe img input ins kbd label legend li link main map mark menu meta meter"
    " nav noframes noscript object ol optgroup option output p param picture pre"
    " progress q rp rt ruby s samp script section select small source span strike"
    " strong style sub summary sup svg table tbody td template textarea tfoot th"
    " thead time title tr track tt u ul var video wbr"
)
ELEMENTS = frozenset(_ELEMENTS.split())
_DOCTYPE = r"(?i)\s*<!doctype\s+html"


@model()
class Attribute:
    """A value, entities decoded, and where it stands, with its quotes."""

    value: str
    start: int
    end: int


@model()
class Tag:
    """One tag; `start` and `end` are offsets in the page, `text` is as written."""

    name: str
    closing: bool
    text: str
    start: int
    end: int

    def attributes(self) -> Mapping[str, Attribute]:
        """Read the attributes; of two with one name the first counts."""
        found: dict[str, Attribute] = {}
        behind_name = len("</" if self.closing else "<") + len(self.name)
        for match in re.compile(_ATTRIBUTE).finditer(self.text, behind_name):
            written = match[2] or ""
            bare = written[1:-1] if written.startswith(('"', "'")) else written
            start, end = match.span(2)
            attribute = Attribute(unescape(bare), self.start + start, self.start + end)
            found.setdefault(match[1].lower(), attribute)
        return found


def pieces(page: str) -> Iterator[Tag | str]:
    """Yield tags, and between them texts, entities decoded; comments are nothing.

    What is in a script or a style is one text; so is a title's or a text area's.
    """
    mark, position = re.compile(_MARK), 0
    while found := mark.search(page, position):
        if found.start() > position:
            yield unescape(page[position : found.start()])
        position = found.end()
        name = (found["name"] or "").lower()
        if name:
            closing = bool(found["closing"])
            yield Tag(name, closing, found[0], found.start(), found.end())
            if name in _RAW and not closing:
                end = _end_of_raw(page, name, position)
                yield page[position:end]
                position = end
    if position < len(page):
        yield unescape(page[position:])


def _end_of_raw(page: str, name: str, start: int) -> int:
    found = re.compile(rf"(?i)</{name}(?=[\s/>])").search(page, start)
    return found.start() if found else len(page)


def is_html(text: str) -> bool:
    """Tell whether a text is HTML: it has a tag of it, or says so at its start."""
    if re.match(_DOCTYPE, text):
        return True
    tags = (each for each in pieces(text) if isinstance(each, Tag))
    return any(tag.name in ELEMENTS for tag in tags)
