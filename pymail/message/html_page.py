"""HTML pages: tags and texts, charset, images, and a page around a body.

Pages are read as browsers read them, as far as a mail needs that: a tag or a
comment that does not end goes to the end of the page, and a `<` before anything
but a name is text. Every octet is looked at once. `html.parser` is not used: 160 kB
of `<!--` keep it busy for ten seconds.

A page that is sent stays as it is but for two things: images of this machine go
along, and what says another charset says UTF-8, because that is what it is sent in.
In a page that is made here styles stand at the elements, because some programs drop
a style sheet. Text and background have no colours of their own, so that a dark
screen stays dark; borders are of a grey that both show.

HTML Living Standard §13.2.5.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from html import escape, unescape

from pymail.model import model

# Where an image of a text comes from, and its line; returns what to write for it.
Images = Callable[[str, int], str]
BORDER = "border:1px solid #999"
MONOSPACE = "font-family:Menlo,Consolas,monospace"
_TEXT = "font-family:-apple-system,'Segoe UI',Helvetica,Arial,sans-serif"
_HAN, _KANA_OR_HANGUL = r"[㐀-䶿一-鿿]", r"[぀-ヿ가-힯]"
_WRITTEN_IN_HAN = frozenset({"zh", "ja", "ko"})
_LOCALE = r"([A-Za-z]{2,3})(?:_([A-Za-z]{2}))?(?=[.@]|$)"
_PAGE = """\
<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
</head>
<body style="{style}">
{body}</body>
</html>
"""
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
_DECLARED_IN = 1024  # characters (HTML Living Standard §4.2.5.4)
_CHARSET = r"""(?i)charset\s*=\s*["']?([^\s"'>;/]+)"""
_REMOTE = r"(?i)https?:|//"


@model()
class Attribute:
    """A value, entities decoded, and where it stands, with its quotes."""

    value: str
    start: int
    end: int


_Edit = tuple[Attribute, str]  # and its new value


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


def tokenize(page: str) -> Iterator[Tag | str]:
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
    tags = (each for each in tokenize(text) if isinstance(each, Tag))
    return any(tag.name in ELEMENTS for tag in tags)


def declared_charset(start: bytes) -> str:
    """Return the charset that a page says it is in, empty if it does not."""
    text = start[:_DECLARED_IN].decode("latin-1")
    tags = (each for each in tokenize(text) if isinstance(each, Tag))
    found = (re.search(_CHARSET, tag.text) for tag in tags if tag.name == "meta")
    return next((match[1] for match in found if match), "")


def prepare_page(page: str, images: Images) -> str:
    """Return the page as it goes out; `images` is asked for each image, in order.

    It raises what `images` raises.
    """
    out: list[str] = []
    end = 0
    for old, value in _find_edits(page, images):
        written = value.replace("&", "&amp;").replace('"', "&quot;")
        out += [page[end : old.start], f'"{written}"']
        end = old.end
    return "".join(out) + page[end:]


def _find_edits(page: str, images: Images) -> Iterator[_Edit]:
    line, counted = 1, 0
    base_is_elsewhere = False
    for tag in tokenize(page):
        if not isinstance(tag, Tag) or tag.closing:
            continue
        if tag.name == "base":
            href = tag.attributes().get("href")
            base_is_elsewhere |= bool(href and re.match(_REMOTE, href.value.strip()))
        elif tag.name == "meta":
            yield from _declare_utf_8(tag)
        elif tag.name == "img" and (source := tag.attributes().get("src")):
            line += page.count("\n", counted, tag.start)
            counted = tag.start
            url = source.value.strip()
            relative = not url.lower().startswith("file:")
            new = url if base_is_elsewhere and relative else images(url, line)
            if new != url:
                yield from _replace_image(tag, source, new)


def _replace_image(tag: Tag, source: Attribute, new: str) -> list[_Edit]:
    """Let the image be the new one, and no other that a reader might prefer."""
    edits = [(source, new)]
    others = tag.attributes().get("srcset")
    if others and others.value:
        edits.append((others, ""))
    return sorted(edits, key=lambda edit: edit[0].start)


def _declare_utf_8(tag: Tag) -> Iterator[_Edit]:
    for name, written in tag.attributes().items():
        if name == "charset" and written.value.strip().lower() not in ("", "utf-8"):
            yield written, "utf-8"
        elif name == "content" and re.search(_CHARSET, written.value):
            value = re.sub(_CHARSET, "charset=utf-8", written.value)
            if value.lower() != written.value.lower():
                yield written, value


def wrap_page(body: str, *, title: str, language: str) -> str:
    """Put a page around a body of HTML; `title` is text."""
    title = escape(title, quote=False)
    style = f"{_TEXT};line-height:1.4"
    return _PAGE.format(language=language, title=title, style=style, body=body)


def guess_language(locale: str, text: str) -> str:
    """Name the language for screen readers; empty when it is unknown.

    Chinese characters without any of Japan or Korea are Chinese, unless the locale
    is one of these.
    """
    found = re.match(_LOCALE, locale)
    spoken = found[1].lower() if found else ""
    if spoken not in _WRITTEN_IN_HAN and re.search(_HAN, text):
        return "" if re.search(_KANA_OR_HANGUL, text) else "zh"
    return f"{spoken}-{found[2].upper()}" if found and found[2] else spoken
