"""From the words of a command line to a letter without its text.

Where the families read a word in two ways, what exists decides: `-a` and `-A`
name a file, a header field or an account (mailx(1) of Heirloom, s-nail, BSD
and mailutils).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pymail.address.address_list import split_argument, split_list
from pymail.address.mailbox import Mailbox, parse_list, split_field
from pymail.commands.invocation import Invocation, as_meant
from pymail.environment import Environment
from pymail.errors import (
    AddressError,
    MessageError,
    SettingsError,
    UnreadableInputError,
    UsageError,
)
from pymail.message import fields
from pymail.message.byte_source import InMemory, Joined, Octets
from pymail.message.decoding import repair
from pymail.message.draft import Attachment, Draft
from pymail.model import field, model, replace
from pymail.octets import FileOctets

if TYPE_CHECKING:
    from pymail.delivery.attach import AttachmentOptions

_CONTROL = r"[\x00-\x08\x0a-\x1f\x7f]"


_TARGETS = frozenset({"to", "cc", "bcc", "fcc"})


@model(frozen=False)
class Words:
    """What the options say about the letter, sorted by what it is."""

    attachments: list[Attachment] = field(default_factory=list)
    fields: list[tuple[str, str]] = field(default_factory=list)
    to: list[str] = field(default_factory=list)
    cc: list[str] = field(default_factory=list)
    bcc: list[str] = field(default_factory=list)
    fcc: list[str] = field(default_factory=list)
    authors: tuple[Mailbox, ...] = ()
    sender: Mailbox | None = None
    reply_to: tuple[Mailbox, ...] = ()
    subject: str | None = None
    type: str = ""  # Content-Type
    transfer_encoding: str = ""
    attachment_options: Mapping[str, "AttachmentOptions"] = field(default_factory=dict)
    text: Octets = InMemory(b"")  # of files

    def add_field(self, name: str, body: str) -> None:
        """Take a header field: those that pymail writes itself change the letter.

        `To?single` takes its body for one mailbox, whatever is in it (s-nail(1)).
        """
        match name.partition("?")[0].lower():
            case "to" | "cc" | "bcc" | "fcc" as list_name:
                getattr(self, list_name).extend(_recipients(name, body))
            case "from":
                self.authors = fields.parse_authors(body)
            case "sender":
                self.sender = next(iter(parse_list(body)), None)
            case "reply-to":
                self.reply_to = parse_list(body)
            case "subject" | "content-type" | "content-transfer-encoding" as plain:
                setattr(self, plain.removeprefix("content-").replace("-", "_"), body)
            case "mime-version":
                pass  # ours is right
            case _:
                self.fields.append((name, body))


def _recipients(name: str, body: str) -> tuple[str, ...]:
    name, mark, modifier = name.lower().partition("?")
    if name == "fcc":
        return (body,) if body else ()
    return split_field(mark + modifier, body)


def letter_without_text(
    invocation: Invocation,
    files_to_attach: Iterable[str],
    environment: Environment,
    *,
    named: Sequence[str] = (),
    words: Words | None = None,
) -> Draft:
    """Make a letter of what the command line says; `words` have it, however this ends.

    `named` are charsets that it may be in.

    Raises:
        UnreadableInputError: a file to attach or to quote cannot be read.
        SettingsError: -A names neither an account nor a file.
        MessageError: a header field has no form.
        AddressError: a recipient is half of a subject in quotes that no shell knows.
        UsageError: a header field has a control character in it.
    """

    def read(texts: Iterable[str]) -> Iterator[str]:
        return (repair(text, named) for text in texts)

    words = words or Words()
    words.subject = invocation.subject
    words.attachment_options = invocation.attachment_options
    operands = (*invocation.recipients, *invocation.after_dashes)
    _check_recipients(operands)
    words.to += _split(read(operands))
    words.to += _lists(read(invocation.to))
    words.cc += _lists(read(invocation.cc))
    words.bcc += _lists(read(invocation.bcc))
    for word in read(invocation.targets):
        _target(word, words)
    _read_text(words, invocation, environment)
    for word in invocation.attach_or_field:
        _attach_or_field(word, words, environment, named)
    for word in files_to_attach:
        _account_or_file(word, words, environment)
    for word in read(invocation.fields):
        if re.search(_CONTROL, word):
            raise UsageError(f"-C: a control character in {word[:60]!r}")
        words.add_field(*fields.parse_field(word))
    return _letter(words, invocation, environment)


def _check_recipients(words: Iterable[str]) -> None:
    remarks: list[str] = []
    for word in words:
        as_meant("recipient", word, remarks)
    if remarks:
        raise AddressError(
            remarks[0], advice='write straight quotes around blanks: -s "TWO WORDS"'
        )


def _target(word: str, words: Words) -> None:
    """Take `to: a@x, b@x` of -T.

    Raises:
        UsageError: it has another form.
    """
    name, colon, body = word.partition(":")
    if not colon or name.strip().partition("?")[0].lower() not in _TARGETS:
        raise UsageError(f"-T {word[:60]!r}: not of the form 'to: ADDRESS'")
    words.add_field(name.strip(), body.strip())


def bare(
    invocation: Invocation, environment: Environment, words: Words | None = None
) -> Draft:
    """Make a letter to keep, when the command line cannot be followed.

    No file is opened for it; `words` have what was read.
    """
    words = words or Words()
    operands = (*invocation.recipients, *invocation.after_dashes)
    named = [w for w in operands if not w.startswith("-")]
    kind = "text/html" if invocation.html else invocation.content_type or words.type
    return Draft(
        from_=words.authors,
        subject=invocation.subject,
        fields=tuple(words.fields),
        content_type="" if invocation.markdown else kind,
        text=words.text,
        attachments=tuple(words.attachments),
        now=environment.now(),
        token=environment.token(),
        to=(*_split(named), *_lists(invocation.to)),
        cc=tuple(_lists(invocation.cc)),
        bcc=tuple(_lists(invocation.bcc)),
        unread_header=invocation.template,
        from_header=invocation.template,
    )


def _split(texts: Iterable[str]) -> Iterable[str]:
    return (word for text in texts for word in split_argument(text))


def _lists(texts: Iterable[str]) -> list[str]:
    return [word for text in texts for word in split_list(text)]


def _letter(words: Words, invocation: Invocation, environment: Environment) -> Draft:
    subject = words.subject
    if subject is not None:
        subject, tricked = fields.split_subject_trick(subject)
        for name, body in tricked:
            words.add_field(name, body)
    return Draft(
        from_=words.authors,
        sender=words.sender,
        reply_to=words.reply_to,
        subject=subject,
        fields=tuple(words.fields),
        text=words.text,
        content_type=_type(words, invocation),
        transfer_encoding=fields.known_encoding(words.transfer_encoding),
        attachments=_attached(words, invocation, environment),
        alternative=invocation.alternative,
        now=environment.now(),
        token=environment.token(),
        to=tuple(words.to),
        cc=tuple(words.cc),
        bcc=tuple(words.bcc),
        fcc=tuple(words.fcc),
        full_name=invocation.full_name,
        reverse_path=_reverse_path(invocation),
        record_by_name=invocation.record_by_name,
    )


def _reverse_path(invocation: Invocation) -> str | None:
    """The envelope sender: -f behind `--`, or -r; an empty -r is as good as none."""
    if invocation.envelope_sender is not None:
        return invocation.envelope_sender
    return invocation.sender or None


def _type(words: Words, invocation: Invocation) -> str:
    """Say what the text is, as far as it is said; it may not contradict."""
    kind = invocation.content_type or words.type
    if invocation.html or invocation.markdown:
        from pymail.delivery import html_alternative

        html_alternative.check_type(html_alternative.option(invocation), kind)
    elif not kind and invocation.body_file is not None:
        from pymail.message.attachments import guess_type

        kind = guess_type(Path(invocation.body_file).name)
    return kind


def _attach_or_field(
    word: str, words: Words, environment: Environment, named: Sequence[str]
) -> None:
    try:
        words.attachments.append(_file(word, words, environment))
    except UnreadableInputError as error:
        if ":" not in word:
            raise
        try:
            name, body = fields.parse_field(repair(word, named))
        except MessageError:
            raise UnreadableInputError(
                f"-a {word}: neither a file that can be read nor a field 'Name: value'"
            ) from error
        words.add_field(name, body)


def _account_or_file(word: str, words: Words, environment: Environment) -> None:
    try:
        words.attachments.append(_file(word, words, environment))
    except UnreadableInputError as error:
        raise SettingsError(
            f"-A {word}: no such account in the settings, and no such file",
            advice=f"define it in ~/.mailrc: account {word} {{ … }}",
        ) from error


def _file(word: str, words: Words, environment: Environment) -> Attachment:
    from pymail.delivery import attach  # most letters have no files

    file = attach.attachment(word, environment)
    options = words.attachment_options.get(word)
    return options.apply(file) if options else file


def _attached(
    words: Words, invocation: Invocation, environment: Environment
) -> tuple[Attachment, ...]:
    if not (words.attachments or invocation.descriptors):
        return ()
    from pymail.delivery.attach import from_descriptors

    options = words.attachment_options
    more = from_descriptors(invocation.descriptors, options, environment)
    attached = (*words.attachments, *more)
    if not invocation.skip_empty_attachments:
        return attached
    return tuple(each for each in attached if each.content.size_octets)


def _read_text(words: Words, invocation: Invocation, environment: Environment) -> None:
    """Take the text from -m FILE, and put -q FILE in front of it."""
    if invocation.body_file is not None:
        words.text = FileOctets.at(environment.expand(invocation.body_file))
    if invocation.quote_file not in (None, "-"):
        quoted = FileOctets.at(environment.expand(invocation.quote_file or ""))
        words.text = Joined((quoted, words.text))


def with_attachments(letter: Draft, more: Sequence[Attachment]) -> Draft:
    """Attach more to what the command line attaches."""
    attachments = (*letter.attachments, *more)
    return replace(letter, attachments=attachments)


def is_empty(letter: Draft) -> bool:
    """Tell whether there is no text at all (what -E looks at)."""
    return letter.text.size_octets == 0


def remark_on(letter: Draft) -> str:
    """What mailx says about a mail with neither text nor subject."""
    if is_empty(letter) and not letter.subject and not letter.attachments:
        return "no message, no subject; hope that's ok"
    return ""
