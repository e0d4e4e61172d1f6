"""HTML that somebody has written: which charset it says, and where its images are.

It stays as it is but for these two: images of this machine go along, and what
says another charset says UTF-8, because that is what it is sent in.
"""

import re
from collections.abc import Iterator

from pymail.message.html_tokens import Attribute, Tag, pieces
from pymail.message.images import Images
from pymail.model import model

_DECLARED_IN = 1024  # characters (HTML Living Standard §4.2.5.4)
_CHARSET = r"""(?i)charset\s*=\s*["']?([^\s"'>;/]+)"""
_REMOTE = r"(?i)https?:|//"


@model()
class _Edit:
    """An attribute's new value."""

    old: Attribute
    value: str

    @property
    def written(self) -> str:
        """The value as it stands in HTML."""
        return '"' + self.value.replace("&", "&amp;").replace('"', "&quot;") + '"'


def declared_charset(start: bytes) -> str:
    """Return the charset that a page says it is in, empty if it does not."""
    text = start[:_DECLARED_IN].decode("latin-1")
    tags = (each for each in pieces(text) if isinstance(each, Tag))
    found = (re.search(_CHARSET, tag.text) for tag in tags if tag.name == "meta")
    return next((match[1] for match in found if match), "")


def ready(page: str, images: Images) -> str:
    """Return the page as it goes out; `images` is asked for each image, in order.

    It raises what `images` raises.
    """
    out: list[str] = []
    end = 0
    for edit in _edits(page, images):
        out += [page[end : edit.old.start], edit.written]
        end = edit.old.end
    return "".join(out) + page[end:]


def _edits(page: str, images: Images) -> Iterator[_Edit]:
    line, counted = 1, 0
    base_is_elsewhere = False
    for tag in pieces(page):
        if not isinstance(tag, Tag) or tag.closing:
            continue
        if tag.name == "base":
            href = tag.attributes().get("href")
            base_is_elsewhere |= bool(href and re.match(_REMOTE, href.value.strip()))
        elif tag.name == "meta":
            yield from _in_utf_8(tag)
        elif tag.name == "img" and (source := tag.attributes().get("src")):
            line += page.count("\n", counted, tag.start)
            counted = tag.start
            url = source.value.strip()
            relative = not url.lower().startswith("file:")
            new = url if base_is_elsewhere and relative else images(url, line)
            if new != url:
                yield from _replaced(tag, source, new)


def _replaced(tag: Tag, source: Attribute, new: str) -> Iterator[_Edit]:
    """Let the image be the new one, and no other that a reader might prefer."""
    edits = [_Edit(source, new)]
    others = tag.attributes().get("srcset")
    if others and others.value:
        edits.append(_Edit(others, ""))
    yield from sorted(edits, key=lambda edit: edit.old.start)


def _in_utf_8(tag: Tag) -> Iterator[_Edit]:
    for name, written in tag.attributes().items():
        if name == "charset" and written.value.strip().lower() not in ("", "utf-8"):
            yield _Edit(written, "utf-8")
        elif name == "content" and re.search(_CHARSET, written.value):
            value = re.sub(_CHARSET, "charset=utf-8", written.value)
            if value.lower() != written.value.lower():
                yield _Edit(written, value)
