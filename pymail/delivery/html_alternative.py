"""A text in two forms, as written and as HTML: what --html and --markdown ask for.

With --html the text is HTML, or what a program wrote for a terminal: that is what
has an escape sequence in it, or no tag of HTML; and what --run has run.
"""

from collections.abc import Mapping
from html import escape

from pymail.commands.invocation import Invocation
from pymail.delivery.context import RunContext
from pymail.delivery.inline_images import LocalImages
from pymail.environment import Environment
from pymail.errors import MessageError, UsageError
from pymail.message import html_page, transfer_encoding
from pymail.message.byte_source import InMemory, Octets, flatten
from pymail.message.charsets import choose_charset
from pymail.message.decoding import decode, repair
from pymail.message.draft import Draft
from pymail.message.html_page import is_html
from pymail.message.mime_parameters import ContentType, parse_content_type
from pymail.message.transfer_encoding import scan
from pymail.model import model, replace

HTML, MARKDOWN = "--html", "--markdown"
# They are read as a whole: 1 MB of Markdown takes 4 s and up to 300 MB, HTML a tenth.
LONGEST_OCTETS = {HTML: 10 << 20, MARKDOWN: 1 << 20}

_TYPES: Mapping[str, frozenset[str]] = {
    HTML: frozenset({"text/html", "text/plain"}),
    MARKDOWN: frozenset({"text/markdown", "text/x-markdown", "text/plain"}),
}
_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that is not empty, as in POSIX
_ESCAPE = "\x1b"


def option(invocation: Invocation) -> str:
    """Return which of both is asked for.

    Raises:
        UsageError: both are, or the text is said to be of another type.
    """
    if invocation.html and invocation.markdown:
        raise UsageError("--html and --markdown: the text is one of them")
    asked = HTML if invocation.html else MARKDOWN
    check_type(asked, invocation.content_type or "")
    return asked


def check_type(asked: str, content_type: str) -> None:
    """Refuse a type that the text cannot be of.

    Raises:
        UsageError: it is another one.
    """
    name = parse_content_type(content_type).name
    if name not in _TYPES[asked]:
        raise UsageError(f"{asked} does not go with the type {name}")


def in_both(letter: Draft, invocation: Invocation, context: RunContext) -> Draft:
    """Return the letter with its text in both forms; the context has it, too.

    A message that has parts already is finished, such as a dead letter; it stays as
    it is. So does a text that is too long, or has NUL in it: strangers write into
    logs, and must not keep a mail about that from being sent.

    Raises:
        MessageError: the text is of another type, or not in its encoding.
    """
    asked = option(invocation)
    kind = parse_content_type(letter.content_type)
    if kind.name.startswith("multipart/") or not letter.text.size_octets:
        return letter
    assert context.settings is not None  # noqa: S101 - they say what the text is in
    context.letter = letter = _taken(letter, asked, kind)
    if not _fits(letter.text, asked):
        return _as_written(letter, asked, kind.charset, context)
    composing = context.settings.composing
    source = _Source(
        draft=letter,
        text=_decoded(letter, asked, kind, composing.named),
        named=composing.named,
        charsets=(*composing.sendcharsets, composing.charset_8bit),
        environment=context.environment,
        images=LocalImages(context.environment, letter.token),
    )
    if asked == MARKDOWN:
        draft = source.from_markdown()
    elif _is_output(source.text, invocation):
        draft = source.from_output()
    else:
        context.letter = _as_html(letter, kind.charset)
        draft = source.from_html()
    context.warn(source.images.warnings())
    context.letter = draft
    return draft


def _as_written(letter: Draft, asked: str, charset: str, context: RunContext) -> Draft:
    """Leave the text in its one form, and say so."""
    context.warn(
        [f"{asked}: there is NUL in the text, or too much of it; it goes as is"]
    )
    start = next(letter.text.chunks()).decode("latin-1")
    if asked == HTML and is_html(start):
        context.letter = letter = _as_html(letter, charset)
    return letter


def _as_html(letter: Draft, charset: str) -> Draft:
    """Say what the text is, should it be kept as it is."""
    kind = f"text/html; charset={charset}" if charset else "text/html"
    return replace(letter, content_type=kind)


def _is_output(text: str, invocation: Invocation) -> bool:
    """Tell what was written for a terminal; -M says of a command what it writes."""
    if invocation.run is not None and not invocation.content_type:
        return True
    return _ESCAPE in text or not is_html(text)


def _taken(draft: Draft, asked: str, kind: ContentType) -> Draft:
    """Take the text as octets, if it may be what was asked for.

    Raises:
        MessageError: it is not.
    """
    if kind.name not in _TYPES[asked]:
        raise MessageError(f"{asked}: the text is {kind.name}, as its header says")
    if not draft.transfer_encoding or draft.text.size_octets > LONGEST_OCTETS[asked]:
        return draft
    octets = b"".join(draft.text.chunks())
    try:
        octets = transfer_encoding.decode(octets, draft.transfer_encoding)
    except ValueError as error:
        raise MessageError(f"the text is not in {draft.transfer_encoding}") from error
    return replace(draft, text=InMemory(octets), transfer_encoding="")


def _fits(text: Octets, asked: str) -> bool:
    """Whether it is a text, and short enough to be read as a whole."""
    return text.size_octets <= LONGEST_OCTETS[asked] and not scan(text).binary


def _decoded(
    draft: Draft, asked: str, kind: ContentType, named: tuple[str, ...]
) -> str:
    """Read the text, in the charset that it is labelled with if it can be."""
    texts = []
    for piece in flatten(draft.text):
        octets = b"".join(piece.chunks())
        declared = kind.charset
        if asked == HTML and not declared:
            from pymail.message.html_page import declared_charset

            declared = declared_charset(octets)
        texts.append(decode(octets, (declared, *named)))
    return "".join(texts).removeprefix("\ufeff")


@model()
class _Source:
    """A text, and what is needed to make the other form of it.

    `charsets` are those that a text may go in, the best one first; `named` those
    that words may come in.
    """

    draft: Draft
    text: str
    charsets: tuple[str, ...]
    named: tuple[str, ...]
    environment: Environment
    images: LocalImages

    def from_markdown(self) -> Draft:
        """Send the Markdown as it is, and as HTML."""
        from pymail.message.markdown import to_html

        body = to_html(self.text, self.images)
        kind = parse_content_type(self.draft.content_type)
        written = f"text/plain; charset={kind.charset}" if kind.charset else ""
        return self._with_html(replace(self.draft, content_type=written), body)

    def from_output(self) -> Draft:
        """Send what stays on the screen, and the same as preformatted HTML."""
        from pymail.message.ansi import render

        text = render(self.text)
        body = f"<pre>{escape(text, quote=False)}</pre>\n"
        return self._with_html(self._saying(text), body)

    def from_html(self) -> Draft:
        """Send the HTML as it is, and its words."""
        from pymail.message.html_page import prepare_page
        from pymail.message.html_to_text import render_text

        whole = prepare_page(self.text, self.images)
        return self._with_page(self._saying(render_text(self.text)), whole)

    def _saying(self, text: str) -> Draft:
        """Take another text; what is set of the one that was read is not true of it."""
        charset = "" if text.isascii() else choose_charset(text, self.charsets)
        return replace(
            self.draft,
            text=InMemory(text.encode(charset or "us-ascii")),
            content_type=f"text/plain; charset={charset}" if charset else "",
        )

    def _with_html(self, draft: Draft, body: str) -> Draft:
        variables = self.environment.variables
        locale = next(filter(None, map(variables.get, _LOCALE)), "")
        whole = html_page.wrap_page(
            body,
            title=repair(draft.subject or "", self.named),
            language=html_page.guess_language(locale, self.text),
        )
        return self._with_page(draft, whole)

    def _with_page(self, draft: Draft, whole: str) -> Draft:
        inline = tuple(self.images.attachments.values())
        return replace(draft, html=InMemory(whole.encode()), inline=inline)
