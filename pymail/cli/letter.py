"""From the words of a command line to a letter without its text.

Where the families read a word in two ways, what exists decides: `-a` and `-A`
name a file, a header field or an account (mailx(1) of Heirloom, s-nail, BSD
and mailutils).
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from pymail.address.lists import one_mailbox, split_argument, split_list
from pymail.address.mailbox import Mailbox, parse_list
from pymail.cli.invocation import Invocation, as_meant
from pymail.cli.manners import Manner
from pymail.environment import Environment
from pymail.errors import (
    AddressError,
    MessageError,
    SettingsError,
    UnreadableInputError,
    UsageError,
)
from pymail.message import fields
from pymail.message.draft import Attachment, Draft
from pymail.message.source import InMemory, Joined, Octets
from pymail.octets import FileOctets
from pymail.record import field, record, replace
from pymail.submit.letter import Letter

_CONTROL = r"[\x00-\x08\x0a-\x1f\x7f]"


_ONE_MAILBOX = frozenset({"s", "single"})
_TARGETS = frozenset({"to", "cc", "bcc", "fcc"})


@record(frozen=False)
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
    manners: Mapping[str, Manner] = field(default_factory=dict)

    def add_field(self, name: str, body: str) -> None:
        """Take a header field: those that pymail writes itself change the letter.

        `To?single` takes its body for one mailbox, whatever is in it (s-nail(1)).
        """
        match name.partition("?")[0].lower():
            case "to" | "cc" | "bcc" | "fcc" as list_name:
                getattr(self, list_name).extend(_recipients(name, body))
            case "from":
                self.authors = parse_list(body)
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
    name, _, modifier = name.lower().partition("?")
    if name == "fcc":
        return (body,) if body else ()
    return (one_mailbox(body),) if modifier in _ONE_MAILBOX else split_list(body)


def letter_without_text(
    invocation: Invocation,
    files_to_attach: Iterable[str],
    extra_recipients: Iterable[str],
    environment: Environment,
) -> Letter:
    """Make a letter of what the command line says.

    Raises:
        UnreadableInputError: a file to attach or to quote cannot be read.
        SettingsError: -A names neither an account nor a file.
        MessageError: a header field has no form.
        AddressError: a recipient is half of a subject in quotes that no shell knows.
        UsageError: a header field has a control character in it.
    """
    words = Words(subject=invocation.subject, manners=invocation.manners)
    _check_recipients(invocation.recipients)
    for text in (*invocation.recipients, *extra_recipients):
        words.to += split_argument(text)
    words.to += _lists(invocation.to)
    words.cc += _lists(invocation.cc)
    words.bcc += _lists(invocation.bcc)
    for word in invocation.targets:
        _target(word, words)
    for word in invocation.attach_or_field:
        _attach_or_field(word, words, environment)
    for word in files_to_attach:
        _account_or_file(word, words, environment)
    for word in invocation.fields:
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


def bare(invocation: Invocation, environment: Environment) -> Letter:
    """Make a letter to keep, when the command line cannot be followed."""
    return Letter(
        draft=Draft(subject=invocation.subject),
        now=environment.now(),
        token=environment.token(),
        to=tuple(w for text in invocation.recipients for w in split_argument(text)),
        cc=tuple(_lists(invocation.cc)),
        bcc=tuple(_lists(invocation.bcc)),
    )


def _lists(texts: Iterable[str]) -> list[str]:
    return [word for text in texts for word in split_list(text)]


def _letter(words: Words, invocation: Invocation, environment: Environment) -> Letter:
    subject = words.subject
    if subject is not None:
        subject, tricked = fields.split_subject_trick(subject)
        for name, body in tricked:
            words.add_field(name, body)
    draft = Draft(
        from_=words.authors,
        sender=words.sender,
        reply_to=words.reply_to,
        subject=subject,
        fields=tuple(words.fields),
        content_type=_type(words, invocation),
        transfer_encoding=fields.known_encoding(words.transfer_encoding),
        attachments=_attached(words, invocation, environment),
        alternative=invocation.alternative,
    )
    return Letter(
        draft=_with_body_file(draft, invocation, environment),
        now=environment.now(),
        token=environment.token(),
        to=tuple(words.to),
        cc=tuple(words.cc),
        bcc=tuple(words.bcc),
        fcc=tuple(words.fcc),
    )


def _type(words: Words, invocation: Invocation) -> str:
    """Say what the text is, as far as it is said; it may not contradict."""
    kind = invocation.content_type or words.type
    if invocation.html or invocation.markdown:
        from pymail.cli import forms

        forms.check_type(forms.option(invocation), kind)
    return kind


def _attach_or_field(word: str, words: Words, environment: Environment) -> None:
    try:
        words.attachments.append(_file(word, words, environment))
    except UnreadableInputError as error:
        if ":" not in word:
            raise
        try:
            name, body = fields.parse_field(word)
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
    from pymail.cli import attach  # most letters have no files

    file = attach.attachment(word, environment)
    return attach.in_manner(file, words.manners.get(word))


def _attached(
    words: Words, invocation: Invocation, environment: Environment
) -> tuple[Attachment, ...]:
    if not (words.attachments or invocation.descriptors):
        return ()
    from pymail.cli import attach

    return attach.attached(words.attachments, invocation, environment)


def _with_body_file(
    draft: Draft, invocation: Invocation, environment: Environment
) -> Draft:
    """Take the text from -m FILE, and put -q FILE in front of it."""
    if invocation.body_file is not None:
        from pymail.message.attachments import guess_type

        path = environment.expand(invocation.body_file)
        kind = draft.content_type
        if not (invocation.html or invocation.markdown):
            kind = kind or guess_type(path.name)
        draft = replace(draft, text=FileOctets.at(path), content_type=kind)
    if invocation.quote_file not in (None, "-"):
        quoted = FileOctets.at(environment.expand(invocation.quote_file or ""))
        draft = replace(draft, text=Joined((quoted, draft.text)))
    return draft


def with_text(letter: Letter, text: Octets) -> Letter:
    """Put the text of standard input behind what files gave."""
    before = letter.draft.text
    whole = text if before == InMemory(b"") else Joined((before, text))
    return replace(letter, draft=replace(letter.draft, text=whole))


def with_attachments(letter: Letter, more: Sequence[Attachment]) -> Letter:
    """Attach more to what the command line attaches."""
    attachments = (*letter.draft.attachments, *more)
    return replace(letter, draft=replace(letter.draft, attachments=attachments))


def is_empty(letter: Letter) -> bool:
    """Tell whether there is no text at all (what -E looks at)."""
    return letter.draft.text.size_octets == 0


def remark_on(letter: Letter) -> str:
    """What mailx says about a mail with neither text nor subject."""
    if is_empty(letter) and not letter.draft.subject and not letter.draft.attachments:
        return "no message, no subject; hope that's ok"
    return ""
