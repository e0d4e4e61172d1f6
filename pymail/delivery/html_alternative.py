"""HTML alternative of a text, with its inline images (--html, --markdown).

With --html the text is HTML, or terminal output: the output of a command under --run,
and any text that has an escape sequence or no HTML tag.

Images that are local files are attached, URLs stay as they are. Only regular files whose
content is an image are attached: the text may quote strangers, who could write
`![](/etc/shadow)`. For the same reason an image that can't be attached is only a warning.
"""

import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from stat import S_ISREG
from urllib.parse import unquote

from pymail.delivery.context import RunContext
from pymail.environment import Environment
from pymail.errors import MessageError, UnreadableInputError, UsageError
from pymail.message import html_page, transfer_encoding
from pymail.message.attachments import image_type
from pymail.message.byte_source import InMemory, Octets, flatten
from pymail.message.charsets import choose_charset
from pymail.message.decoding import decode, repair
from pymail.message.draft import Attachment, Draft, TextRules
from pymail.message.html_page import is_html
from pymail.message.mime_parameters import ContentType, parse_content_type
from pymail.message.transfer_encoding import scan
from pymail.model import field, model, replace
from pymail.octets import FileOctets

HTML, MARKDOWN = "--html", "--markdown"
# The text is read into memory: 1 MB of Markdown takes 4 s and up to 300 MB, HTML a tenth.
LONGEST_OCTETS = {HTML: 10 << 20, MARKDOWN: 1 << 20}

_TYPES: Mapping[str, frozenset[str]] = {
    HTML: frozenset({"text/html", "text/plain"}),
    MARKDOWN: frozenset({"text/markdown", "text/x-markdown", "text/plain"}),
}
_ESCAPE = "\x1b"
_ELSEWHERE = r"(?i)(?!file:)[a-z][a-z0-9+.-]*:|//|#|\Z"
_FILE_URL = r"(?i)file:(?://(?:localhost(?=/))?)?"
_SHOWN_CHARACTERS = 200
_NAMED = 5  # images named in warnings; the others are counted


def check_type(form: str, content_type: str) -> None:
    """Refuse a content type that `form` can't convert.

    Raises:
        UsageError: the type is another than HTML, Markdown or plain text.
    """
    name = parse_content_type(content_type).name
    if name not in _TYPES[form]:
        raise UsageError(f"{form} can't be used with the content type {name}")


def add_html_alternative(
    draft: Draft, form: str, context: RunContext, *, is_output: bool = False
) -> Draft:
    """Return the draft with its text in both forms, and set it in the context.

    `form` is HTML or MARKDOWN; with `is_output` the text is terminal output, whatever
    it looks like. A message with parts is finished, such as a dead letter, and stays as
    it is. So does a text that is too long or contains NUL: strangers write into logs,
    and must not be able to prevent a message about them.

    Raises:
        MessageError: the text has another type, or is not in its transfer encoding.
    """
    kind = parse_content_type(draft.content_type)
    if kind.name.startswith("multipart/") or not draft.text.size_octets:
        return draft
    assert context.settings is not None  # noqa: S101 - resolved by the caller
    context.draft = draft = _octets(draft, form, kind)
    if not _fits(draft.text, form):
        return _as_written(draft, form, kind.charset, context)
    rules = context.settings.message.text_rules
    text = _decoded(draft, form, kind, rules.named)
    images = InlineImages(context.environment, draft.token)
    if form == MARKDOWN:
        draft, page = _from_markdown(draft, text, images, context)
    elif is_output or _ESCAPE in text or not is_html(text):
        draft, page = _from_output(draft, text, context)
    else:
        from pymail.message.html_to_text import render_text

        context.draft = draft = _as_html(draft, kind.charset)
        draft = _with_text(draft, render_text(text), rules)
        page = html_page.prepare_page(text, images)
    context.warn(images.warnings())
    inline = tuple(images.attachments.values())
    context.draft = draft = replace(draft, html=InMemory(page.encode()), inline=inline)
    return draft


def _from_markdown(
    draft: Draft, text: str, images: "InlineImages", context: RunContext
) -> tuple[Draft, str]:
    """Return the draft with the Markdown as plain text, and the HTML page."""
    from pymail.message.markdown import to_html

    charset = parse_content_type(draft.content_type).charset
    kind = f"text/plain; charset={charset}" if charset else ""
    page = _page(to_html(text, images), text, draft, context)
    return replace(draft, content_type=kind), page


def _from_output(draft: Draft, text: str, context: RunContext) -> tuple[Draft, str]:
    """Return the draft with the text as a screen shows it, and the same as an HTML page."""
    from pymail.message.ansi import render

    assert context.settings is not None  # noqa: S101 - the caller checks it
    shown = render(text)
    body = f"<pre>{escape(shown, quote=False)}</pre>\n"
    page = _page(body, text, draft, context)
    return _with_text(draft, shown, context.settings.message.text_rules), page


def _with_text(draft: Draft, text: str, rules: TextRules) -> Draft:
    """Replace the text, with its own charset and content type."""
    charset = ""
    if not text.isascii():
        charset = choose_charset(text, (*rules.sendcharsets, rules.charset_8bit))
    return replace(
        draft,
        text=InMemory(text.encode(charset or "us-ascii")),
        content_type=f"text/plain; charset={charset}" if charset else "",
    )


def _page(body: str, text: str, draft: Draft, context: RunContext) -> str:
    """Wrap HTML in a page, with the subject as title and a guessed language."""
    assert context.settings is not None  # noqa: S101 - the caller checks it
    charsets = context.settings.message.named
    return html_page.wrap_page(
        body,
        title=repair(draft.subject or "", charsets),
        language=html_page.guess_language(context.locale, text),
    )


def _as_written(draft: Draft, form: str, charset: str, context: RunContext) -> Draft:
    """Leave the text unconverted, with a warning."""
    context.warn([f"{form}: the text contains NUL or is too long; sent unconverted"])
    start = next(draft.text.chunks()).decode("latin-1")
    if form == HTML and is_html(start):
        context.draft = draft = _as_html(draft, charset)
    return draft


def _as_html(draft: Draft, charset: str) -> Draft:
    """Set the content type to HTML, for a text that is sent or kept unconverted."""
    kind = f"text/html; charset={charset}" if charset else "text/html"
    return replace(draft, content_type=kind)


def _octets(draft: Draft, form: str, kind: ContentType) -> Draft:
    """Undo the transfer encoding of the text.

    Raises:
        MessageError: `form` can't convert its type, or it isn't in that encoding.
    """
    if kind.name not in _TYPES[form]:
        raise MessageError(f"{form}: the text is {kind.name} according to its header")
    if not draft.transfer_encoding or draft.text.size_octets > LONGEST_OCTETS[form]:
        return draft
    octets = b"".join(draft.text.chunks())
    try:
        octets = transfer_encoding.decode(octets, draft.transfer_encoding)
    except ValueError as error:
        reason = f"the text is not valid {draft.transfer_encoding}"
        raise MessageError(reason) from error
    return replace(draft, text=InMemory(octets), transfer_encoding="")


def _fits(text: Octets, form: str) -> bool:
    """Tell whether it is a text, and short enough to be read into memory."""
    return text.size_octets <= LONGEST_OCTETS[form] and not scan(text).binary


def _decoded(draft: Draft, form: str, kind: ContentType, named: tuple[str, ...]) -> str:
    """Decode the text, in its declared charset if that is valid."""
    texts = []
    for piece in flatten(draft.text):
        octets = b"".join(piece.chunks())
        declared = kind.charset
        if form == HTML and not declared:
            declared = html_page.declared_charset(octets)
        texts.append(decode(octets, (declared, *named)))
    return "".join(texts).removeprefix("\ufeff")


@model(frozen=False)
class InlineImages:
    """Returns the URL to write for each image, and collects the files to attach.

    `attachments` has each file once, however often the text names it; `left_out` has
    the warnings about the others. `token` makes the Content-IDs unique.
    """

    environment: Environment
    token: str
    attachments: dict[Path, Attachment] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def __call__(self, source: str, line: int) -> str:
        """Return `cid:…` for a file; a URL or a file that is left out is unchanged."""
        if re.match(_ELSEWHERE, source) or source in self.left_out:
            return source
        try:
            path = self._path(re.sub(_FILE_URL, "", source, count=1))
            found = self.attachments.get(path) or self._attachment(path)
        except UnreadableInputError as error:
            shown = f"image {source[:_SHOWN_CHARACTERS]} in line {line}"
            self.left_out[source] = f"{shown} is left out: {error.happened}"
            return source
        self.attachments[path] = found
        return f"cid:{found.content_id}"

    def warnings(self) -> list[str]:
        """Return the warnings about images that are left out."""
        named = [*self.left_out.values()][:_NAMED]
        more = len(self.left_out) - len(named)
        return [*named, f"{more} more images are left out"] if more else named

    def _path(self, written: str) -> Path:
        """Find the file; blanks and other characters may be written as `%20`."""
        names = dict.fromkeys((unquote(written), written))
        paths = [self.environment.expand(name) for name in names]
        for path in paths:
            try:
                return path.resolve(strict=True)
            except (OSError, RuntimeError, ValueError):
                continue
        return paths[0]

    def _attachment(self, path: Path) -> Attachment:
        _check_regular(path)
        content = FileOctets.at(path)
        kind = image_type(next(content.chunks(), b""))
        if not kind:
            raise UnreadableInputError(f"{path} is not an image; attach it with -a")
        number = len(self.attachments) + 1
        return Attachment(
            name=path.name,
            content=content,
            content_type=kind,
            content_id=f"image{number}.{self.token}@pymail",
        )


def _check_regular(path: Path) -> None:
    """Refuse a device or pipe, which might never end or never send anything.

    Raises:
        UnreadableInputError: it is not a regular file, or doesn't exist.
    """
    try:
        regular = S_ISREG(path.stat().st_mode)
    except (OSError, ValueError) as error:  # ValueError: the name contains NUL
        reason = getattr(error, "strerror", None) or "no file can have this name"
        raise UnreadableInputError(f"{path}: {reason}") from error
    if not regular:
        raise UnreadableInputError(f"{path}: not a regular file")
