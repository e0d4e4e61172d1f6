"""HTML pages: tags and texts, charset, images, and a page around a body.

Pages are tokenized as in browsers, as far as a mail needs: an unclosed tag or comment
extends to the end of the page, and a `<` before anything but a name is text. Every
octet is read once. `html.parser` isn't used: 160 kB of `<!--` keep it busy for ten
seconds.

The user's page stays unchanged, except that local images refer to attached ones, and
a declared charset becomes UTF-8, in which the page is sent. In a page made here, the
styles are at the elements, because some mail programs drop style sheets. Text and
background have no colours, so that a dark screen stays dark; the grey of borders is
visible on both.

HTML Living Standard §13.2.5.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from html import escape, unescape

from pymail.model import model

# From the source of an image and its line to the source to write.
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
# A text is HTML if it has a tag with one of these names; `vector<int>` is not HTML.
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
    """A value, entities decoded, and its span in the page, quotes included."""

    value: str
    start: int
    end: int


_Edit = tuple[Attribute, str]  # an attribute and its new value


@model()
class Tag:
    """A tag; `start` and `end` are offsets in the page, `text` is as written."""

    name: str
    closing: bool
    text: str
    start: int
    end: int

    def attributes(self) -> Mapping[str, Attribute]:
        """Parse the attributes; of two with the same name the first counts."""
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
    """Yield tags, and the texts between them, entities decoded; skip comments.

    The content of a script, a style, a title or a text area is one text.
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


def _tags(page: str) -> Iterator[Tag]:
    return (each for each in tokenize(page) if isinstance(each, Tag))


def _end_of_raw(page: str, name: str, start: int) -> int:
    found = re.compile(rf"(?i)</{name}(?=[\s/>])").search(page, start)
    return found.start() if found else len(page)


def is_html(text: str) -> bool:
    """Tell whether a text is HTML: it contains an HTML tag or begins with a doctype."""
    if re.match(_DOCTYPE, text):
        return True
    return any(tag.name in ELEMENTS for tag in _tags(text))


def declared_charset(start: bytes) -> str:
    """Return the charset that a page declares; empty if it declares none."""
    text = start[:_DECLARED_IN].decode("latin-1")
    metas = (tag for tag in _tags(text) if tag.name == "meta")
    found = (re.search(_CHARSET, meta.text) for meta in metas)
    return next((match[1] for match in found if match), "")


def prepare_page(page: str, images: Images) -> str:
    """Return the page as it is sent; call `images` for each image, in order.

    Exceptions of `images` are propagated.
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
    for tag in _tags(page):
        if tag.closing:
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
    """Replace the source of an image; empty its `srcset`, which readers may prefer."""
    edits = [(source, new)]
    srcset = tag.attributes().get("srcset")
    if srcset and srcset.value:
        edits.append((srcset, ""))
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
    """Wrap a page around a body of HTML; `title` is plain text."""
    title = escape(title, quote=False)
    style = f"{_TEXT};line-height:1.4"
    return _PAGE.format(language=language, title=title, style=style, body=body)


def guess_language(locale: str, text: str) -> str:
    """Guess the language, for screen readers; empty if it is unknown.

    Han characters without kana or hangul are Chinese, unless the locale is Japanese or
    Korean.
    """
    found = re.match(_LOCALE, locale)
    spoken = found[1].lower() if found else ""
    if spoken not in _WRITTEN_IN_HAN and re.search(_HAN, text):
        return "" if re.search(_KANA_OR_HANGUL, text) else "zh"
    return f"{spoken}-{found[2].upper()}" if found and found[2] else spoken
