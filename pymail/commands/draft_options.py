"""Draft from command-line options, without the text on standard input.

The mailx families (Heirloom, s-nail, BSD, mailutils) read the words of `-a` and `-A`
in different ways: as a file, a header field or an account. The files and accounts
that exist decide.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pymail.address.address_list import split_argument, split_list
from pymail.commands.invocation import Invocation, replace_lookalikes
from pymail.environment import Environment
from pymail.errors import (
    AddressError,
    MessageError,
    SettingsError,
    UnreadableInputError,
    UsageError,
)
from pymail.message import fields
from pymail.message.byte_source import Joined, Octets
from pymail.message.decoding import repair
from pymail.message.draft import Draft
from pymail.model import replace
from pymail.octets import FileOctets

_CONTROL = r"[\x00-\x08\x0a-\x1f\x7f]"
_TARGETS = frozenset({"to", "cc", "bcc", "fcc"})


def read_options(
    invocation: Invocation,
    files_to_attach: Iterable[str],
    environment: Environment,
    named: Sequence[str] = (),
) -> Iterator[Draft]:
    """Yield the draft before each option that may fail; the last one is complete.

    `named` are charsets that words may be in.

    Raises:
        UnreadableInputError: a file to attach or to quote cannot be read.
        SettingsError: -A names neither an account nor a file.
        MessageError: a header field is malformed.
        AddressError: a recipient has typographic quotes, which no shell understands.
        UsageError: a header field contains a control character.
    """

    def read(texts: Iterable[str]) -> Iterator[str]:
        return (repair(text, named) for text in texts)

    operands = (*invocation.recipients, *invocation.after_dashes)
    _check_recipients(operands)
    sender = invocation.sender or None  # an empty -r counts as none
    after_dashes = invocation.envelope_sender  # -f after `--`
    draft = Draft(
        now=environment.now(),
        token=environment.token(),
        subject=invocation.subject,
        to=(*_split(read(operands)), *_lists(read(invocation.to))),
        cc=_lists(read(invocation.cc)),
        bcc=_lists(read(invocation.bcc)),
        full_name=invocation.full_name,
        reverse_path=sender if after_dashes is None else after_dashes,
        record_by_name=invocation.record_by_name,
        alternative=invocation.alternative,
    )
    for word in read(invocation.targets):
        draft = _with_field(draft, *_target(word))
    for text in _texts(invocation, environment):
        yield (draft := replace(draft, text=text))
    for word in invocation.attach_or_field:
        yield (draft := _attach_or_field(word, draft, invocation, environment, named))
    for word in files_to_attach:
        yield (draft := _account_or_file(word, draft, invocation, environment))
    for word in read(invocation.fields):
        if re.search(_CONTROL, word):
            raise UsageError(f"-C: a control character in {word[:60]!r}")
        yield (draft := _with_field(draft, *fields.parse_field(word)))
    yield _complete(draft, invocation, environment)


def draft_to_keep(
    invocation: Invocation, environment: Environment, partial: Draft | None = None
) -> Draft:
    """Make the draft to keep when the command line is invalid.

    It opens no file; `partial` has the text and attachments that were read.
    """
    partial = partial or Draft(now=environment.now(), token=environment.token())
    operands = (*invocation.recipients, *invocation.after_dashes)
    kind = "text/html" if invocation.html else invocation.content_type
    return Draft(
        now=partial.now,
        token=partial.token,
        from_=partial.from_,
        to=(
            *_split(word for word in operands if not word.startswith("-")),
            *_lists(invocation.to),
        ),
        cc=_lists(invocation.cc),
        bcc=_lists(invocation.bcc),
        subject=invocation.subject,
        fields=partial.fields,
        content_type="" if invocation.markdown else kind or partial.content_type,
        text=partial.text,
        attachments=partial.attachments,
        unread_header=invocation.template,
        from_header=invocation.template,
    )


def _check_recipients(words: Iterable[str]) -> None:
    remarks: list[str] = []
    for word in words:
        replace_lookalikes("recipient", word, remarks)
    if remarks:
        raise AddressError(
            remarks[0],
            advice='put straight quotes around text with spaces: -s "TWO WORDS"',
        )


def _split(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(word for text in texts for word in split_argument(text))


def _lists(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(word for text in texts for word in split_list(text))


def _with_field(draft: Draft, name: str, body: str) -> Draft:
    from pymail.message.draft_header import with_fields  # most drafts have none

    return with_fields(draft, [(name, body)])


def _target(word: str) -> tuple[str, str]:
    """Parse `to: a@x, b@x` of -T.

    Raises:
        UsageError: the word has another form.
    """
    name, colon, body = word.partition(":")
    if not colon or name.strip().partition("?")[0].lower() not in _TARGETS:
        raise UsageError(f"-T {word[:60]!r}: not of the form 'to: ADDRESS'")
    return name.strip(), body.strip()


def _texts(invocation: Invocation, environment: Environment) -> Iterator[Octets]:
    """Yield the text of -m FILE, then the file of -q followed by that text."""
    body: tuple[Octets, ...] = ()
    if invocation.body_file is not None:
        body = (FileOctets.at(environment.expand(invocation.body_file)),)
        yield body[0]
    if invocation.quote_file not in {None, "-"}:  # "-" is standard input
        quoted = FileOctets.at(environment.expand(invocation.quote_file or ""))
        yield Joined((quoted, *body))


def _attach_or_field(
    word: str,
    draft: Draft,
    invocation: Invocation,
    environment: Environment,
    named: Sequence[str],
) -> Draft:
    try:
        return _attach(word, draft, invocation, environment)
    except UnreadableInputError as error:
        if ":" not in word:
            raise
        try:
            name, body = fields.parse_field(repair(word, named))
        except MessageError:
            raise UnreadableInputError(
                f"-a {word}: neither a readable file nor a header field 'Name: value'"
            ) from error
    return _with_field(draft, name, body)


def _account_or_file(
    word: str, draft: Draft, invocation: Invocation, environment: Environment
) -> Draft:
    try:
        return _attach(word, draft, invocation, environment)
    except UnreadableInputError as error:
        raise SettingsError(
            f"-A {word}: no such account in the settings, and no such file",
            advice=f"define it in ~/.mailrc: account {word} {{ … }}",
        ) from error


def _attach(
    word: str, draft: Draft, invocation: Invocation, environment: Environment
) -> Draft:
    from pymail.commands.attachment_options import (
        attach_file,  # most drafts have no files
    )

    file = attach_file(word, environment)
    options = invocation.attachment_options.get(word)
    return draft.with_attachments([options.apply(file) if options else file])


def _complete(draft: Draft, invocation: Invocation, environment: Environment) -> Draft:
    """Apply the options that depend on others: a subject of several lines, the type."""
    if draft.subject is not None:
        subject, tricked = fields.split_subject_trick(draft.subject)
        draft = replace(draft, subject=subject)
        for name, body in tricked:
            draft = _with_field(draft, name, body)
    kind = _type(draft, invocation)
    if invocation.descriptors:
        from pymail.commands.attachment_options import attach_descriptors

        options = invocation.attachment_options
        more = attach_descriptors(invocation.descriptors, options, environment)
        draft = draft.with_attachments(more)
    attachments = draft.attachments
    if invocation.skip_empty_attachments:
        attachments = tuple(each for each in attachments if each.content.size_octets)
    return replace(draft, content_type=kind, attachments=attachments)


def _type(draft: Draft, invocation: Invocation) -> str:
    """Return the media type of the text, "" if no option names it.

    Raises:
        UsageError: --html or --markdown contradicts the type.
    """
    kind = invocation.content_type or draft.content_type
    if form := invocation.text_form:
        from pymail.delivery.html_alternative import check_type

        check_type(form, kind)
    elif not kind and invocation.body_file is not None:
        from pymail.message.attachments import guess_type

        kind = guess_type(Path(invocation.body_file).name)
    return kind
