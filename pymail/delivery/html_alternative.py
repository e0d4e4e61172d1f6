"""HTML alternative of a text, with its inline images (--html, --markdown).

With --html the text is HTML, or what a program wrote for a terminal: that is what
has an escape sequence in it, or no tag of HTML; and what --run has run.

Images that are files of this machine go along, addresses stay. Only what is an image
by its content goes along, and only from regular files: a text may hold words of
strangers, and `![](/etc/shadow)` is quickly said. For the same reason one that cannot
go along costs a line, and never the mail.
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
# They are read as a whole: 1 MB of Markdown takes 4 s and up to 300 MB, HTML a tenth.
LONGEST_OCTETS = {HTML: 10 << 20, MARKDOWN: 1 << 20}

_TYPES: Mapping[str, frozenset[str]] = {
    HTML: frozenset({"text/html", "text/plain"}),
    MARKDOWN: frozenset({"text/markdown", "text/x-markdown", "text/plain"}),
}
_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that is not empty, as in POSIX
_ESCAPE = "\x1b"
_ELSEWHERE = r"(?i)(?!file:)[a-z][a-z0-9+.-]*:|//|#|\Z"
_FILE_URL = r"(?i)file:(?://(?:localhost(?=/))?)?"
_SHOWN_CHARACTERS = 200
_NAMED = 5  # of those that cannot go along; the others are counted


def check_type(form: str, content_type: str) -> None:
    """Refuse a type that the text cannot be of.

    Raises:
        UsageError: it is another one.
    """
    name = parse_content_type(content_type).name
    if name not in _TYPES[form]:
        raise UsageError(f"{form} does not go with the type {name}")


def add_html_alternative(
    draft: Draft, form: str, context: RunContext, *, is_output: bool = False
) -> Draft:
    """Return the draft with its text in both forms; the context has it, too.

    `form` is HTML or MARKDOWN; with `is_output` a program wrote the text for a
    terminal, whatever it looks like. A message that has parts already is finished,
    such as a dead letter; it stays as it is. So does a text that is too long, or has
    NUL in it: strangers write into logs, and must not keep a mail about that from
    being sent.

    Raises:
        MessageError: the text is of another type, or not in its encoding.
    """
    kind = parse_content_type(draft.content_type)
    if kind.name.startswith("multipart/") or not draft.text.size_octets:
        return draft
    assert context.settings is not None  # noqa: S101 - they say what the text is in
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
    """Send the Markdown as it is, and as HTML."""
    from pymail.message.markdown import to_html

    charset = parse_content_type(draft.content_type).charset
    kind = f"text/plain; charset={charset}" if charset else ""
    page = _page(to_html(text, images), text, draft, context)
    return replace(draft, content_type=kind), page


def _from_output(draft: Draft, text: str, context: RunContext) -> tuple[Draft, str]:
    """Send what stays on the screen, and the same as preformatted HTML."""
    from pymail.message.ansi import render

    assert context.settings is not None  # noqa: S101 - a caller has looked
    shown = render(text)
    body = f"<pre>{escape(shown, quote=False)}</pre>\n"
    page = _page(body, text, draft, context)
    return _with_text(draft, shown, context.settings.message.text_rules), page


def _with_text(draft: Draft, text: str, rules: TextRules) -> Draft:
    """Take another text; what is set of the one that was read is not true of it."""
    charset = ""
    if not text.isascii():
        charset = choose_charset(text, (*rules.sendcharsets, rules.charset_8bit))
    return replace(
        draft,
        text=InMemory(text.encode(charset or "us-ascii")),
        content_type=f"text/plain; charset={charset}" if charset else "",
    )


def _page(body: str, text: str, draft: Draft, context: RunContext) -> str:
    """Make a page of what a text says."""
    assert context.settings is not None  # noqa: S101 - a caller has looked
    charsets = context.settings.message.named
    variables = context.environment.variables
    locale = next(filter(None, map(variables.get, _LOCALE)), "")
    return html_page.wrap_page(
        body,
        title=repair(draft.subject or "", charsets),
        language=html_page.guess_language(locale, text),
    )


def _as_written(draft: Draft, form: str, charset: str, context: RunContext) -> Draft:
    """Leave the text in its one form, and say so."""
    context.warn(
        [f"{form}: there is NUL in the text, or too much of it; it goes as is"]
    )
    start = next(draft.text.chunks()).decode("latin-1")
    if form == HTML and is_html(start):
        context.draft = draft = _as_html(draft, charset)
    return draft


def _as_html(draft: Draft, charset: str) -> Draft:
    """Say what the text is, should it be kept as it is."""
    kind = f"text/html; charset={charset}" if charset else "text/html"
    return replace(draft, content_type=kind)


def _octets(draft: Draft, form: str, kind: ContentType) -> Draft:
    """Take the text as octets, if it may be what was asked for.

    Raises:
        MessageError: it is not.
    """
    if kind.name not in _TYPES[form]:
        raise MessageError(f"{form}: the text is {kind.name}, as its header says")
    if not draft.transfer_encoding or draft.text.size_octets > LONGEST_OCTETS[form]:
        return draft
    octets = b"".join(draft.text.chunks())
    try:
        octets = transfer_encoding.decode(octets, draft.transfer_encoding)
    except ValueError as error:
        raise MessageError(f"the text is not in {draft.transfer_encoding}") from error
    return replace(draft, text=InMemory(octets), transfer_encoding="")


def _fits(text: Octets, form: str) -> bool:
    """Whether it is a text, and short enough to be read as a whole."""
    return text.size_octets <= LONGEST_OCTETS[form] and not scan(text).binary


def _decoded(draft: Draft, form: str, kind: ContentType, named: tuple[str, ...]) -> str:
    """Read the text, in the charset that it is labelled with if it can be."""
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
    """Answers for each image what to write; `attachments` are those that go along.

    Each file goes once, however often it is named; `left_out` says why the others
    do not. `token` makes their Content-IDs.
    """

    environment: Environment
    token: str
    attachments: dict[Path, Attachment] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def __call__(self, source: str, line: int) -> str:
        """Return `cid:…` for a file, and as it is what is elsewhere or left out."""
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
        """Say what is left out."""
        named = [*self.left_out.values()][:_NAMED]
        others = len(self.left_out) - len(named)
        return [*named, f"{others} more images are left out"] if others else named

    def _path(self, written: str) -> Path:
        """Find the file; blanks and other characters may be spelt `%20`."""
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
            raise UnreadableInputError(f"{path} is no image; attach it with -a")
        number = len(self.attachments) + 1
        return Attachment(
            name=path.name,
            content=content,
            content_type=kind,
            content_id=f"image{number}.{self.token}@pymail",
        )


def _check_regular(path: Path) -> None:
    """Refuse what would never end or never begin: devices, pipes.

    Raises:
        UnreadableInputError: it is none, or is not there.
    """
    try:
        regular = S_ISREG(path.stat().st_mode)
    except (OSError, ValueError) as error:  # ValueError: there is NUL in it
        reason = getattr(error, "strerror", None) or "no file can have this name"
        raise UnreadableInputError(f"{path}: {reason}") from error
    if not regular:
        raise UnreadableInputError(f"{path}: not a regular file")
