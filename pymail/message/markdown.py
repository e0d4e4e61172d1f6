"""Markdown rendered as HTML: CommonMark with tables and strikethrough.

The only importer of markdown-it-py.

HTML in the Markdown is shown as text. A report may contain foreign data, such as a
name or a line of a log, which must not bring elements into the page; for HTML there
is `--html`. URLs of scripts do not become links, as in other CommonMark programs.
"""

from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from pymail.message.html_page import BORDER, MONOSPACE, Images

_CELL = f"{BORDER};padding:3px 8px"
_STYLES = {
    "table_open": "border-collapse:collapse",
    "th_open": _CELL,
    "td_open": _CELL,
    "code_inline": MONOSPACE,
    "code_block": f"{BORDER};padding:8px;{MONOSPACE};white-space:pre-wrap",
    "blockquote_open": "margin-left:0;padding-left:1em;border-left:3px solid #999",
    "image": "max-width:100%",
}
# Deeper elements are left out. A list takes two levels; within a line, each level
# costs a scan of the rest of the line.
_DEEPEST, _DEEPEST_IN_LINE = 100, 20
_BREAKS = frozenset({"softbreak", "hardbreak"})


class _Reader(MarkdownIt):
    """Parser that keeps links to local files: `images` decides about them."""

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        return _is_file(url) or super().validateLink(url)


def to_html(text: str, images: Images) -> str:
    """Return the body of a page; call `images` for each image, in order.

    Exceptions of `images` are propagated.
    """
    reader = _Reader("commonmark", {"html": False, "maxNesting": _DEEPEST})
    reader.enable(["table", "strikethrough"])
    reader.core.ruler.before("inline", "shallow", _be_shallow)
    tokens = reader.parse(text)
    for image, line in _images(tokens):
        image.attrSet("src", images(str(image.attrGet("src") or ""), line))
    for token in _all(tokens):
        _dress(token)
    return str(reader.renderer.render(tokens, reader.options, {}))


def _be_shallow(state: StateCore) -> None:
    state.md.options["maxNesting"] = _DEEPEST_IN_LINE


def _images(tokens: Sequence[Token]) -> Iterator[tuple[Token, int]]:
    """Yield the images with their lines, counted from 1."""
    for block in tokens:
        line = block.map[0] + 1 if block.map else 0
        for token in block.children or ():
            if token.type == "image":
                yield token, line
            line += token.type in _BREAKS


def _all(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from token.children or ()


def _dress(token: Token) -> None:
    """Add its style to an element; remove the target of a link to a file."""
    if token.type == "fence":
        token.type = "code_block"  # renders the same, with the style at <pre>
    if style := _STYLES.get(token.type):
        before = token.attrGet("style")
        token.attrSet("style", f"{before};{style}" if before else style)
    elif token.type == "link_open" and _is_file(str(token.attrGet("href") or "")):
        del token.attrs["href"]


def _is_file(url: str) -> bool:
    return url[:5].lower() == "file:"
