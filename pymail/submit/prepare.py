"""Expand the recipients of a letter and build its message; no network is touched."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pymail.address.aliases import deduplicate, expand
from pymail.address.envelope import Envelope
from pymail.address.lists import split_list
from pymail.address.mailbox import Mailbox, parse_mailbox
from pymail.address.recipients import Policy, RecipientKind, Recipients, gather
from pymail.environment import Environment
from pymail.errors import MessageError, NoRecipientsError, PymailError
from pymail.message import build, fields
from pymail.message.attachments import parse_mime_types
from pymail.message.draft import Draft, TextRules
from pymail.message.source import FinishedMessage
from pymail.settings.records import Composing, LocalMta, Settings
from pymail.submit.letter import Letter, Parcel

_NOT_CUSTOM = frozenset(
    (
        *("from", "sender", "to", "cc", "bcc", "subject", "reply-to", "date"),
        *("message-id", "in-reply-to", "references", "mime-version"),
        *("content-type", "content-transfer-encoding", "content-disposition"),
    )
)


def prepare(letter: Letter, settings: Settings, environment: Environment) -> Parcel:
    """Expand the recipients and build the message.

    Raises:
        NoRecipientsError, AddressError: nobody is left to send to.
        MessageError, UnreadableInputError: the message cannot be made.
    """
    sorted_out = _sorted_out(letter, settings)
    to, cc, bcc = deduplicate(*(found.mailboxes for found in sorted_out.fields))
    author = with_author(letter.draft, settings)
    draft, warnings = _with_surroundings(author, settings.composing, environment)
    letter = replace(letter, draft=replace(draft, to=to, cc=cc, bcc=bcc))
    server = settings.server
    show_bcc = isinstance(server, LocalMta) and server.keep_bcc
    return Parcel(
        letter=letter,
        envelope=_envelope(letter, settings),
        message=message(letter, settings, environment, bcc=show_bcc),
        files=tuple(sorted_out.each("files")),
        refused=tuple(sorted_out.each("refused")),
        problems=tuple(map(str, sorted_out.each("problems"))),
        warnings=(
            *sorted_out.loops,
            *warnings,
            *_custom_warnings(settings.composing),
        ),
    )


@dataclass(frozen=True, slots=True)
class _SortedOut:
    """To, Cc and Bcc after aliases, and the alias loops that were met."""

    fields: tuple[Recipients, Recipients, Recipients]
    loops: tuple[str, ...]

    def each(self, what: str) -> Iterator[str]:
        for found in self.fields:
            yield from getattr(found, what)


def _sorted_out(letter: Letter, settings: Settings) -> _SortedOut:
    composing = settings.composing
    to, to_loops = _recipients(letter.to, settings)
    cc, cc_loops = _recipients((*letter.cc, *split_list(composing.autocc)), settings)
    bcc, bcc_loops = _recipients(
        (*letter.bcc, *split_list(composing.autobcc)), settings
    )
    if not any(f.mailboxes or f.files for f in (to, cc, bcc)):
        raise _nobody(letter, (to, cc, bcc))
    return _SortedOut((to, cc, bcc), (*to_loops, *cc_loops, *bcc_loops))


def _recipients(
    words: Sequence[str], settings: Settings
) -> tuple[Recipients, tuple[str, ...]]:
    identity, composing = settings.identity, settings.composing
    expansion = expand(
        words, settings.aliases, login=identity.login, metoo=composing.metoo
    )
    policy = Policy.parse(composing.expandaddr, interactive=False)
    # no shell runs for a recipient, whatever the settings allow
    policy = replace(policy, kinds=policy.kinds - {RecipientKind.PIPE})
    found = gather(
        expansion.words,
        policy,
        hostname=identity.hostname,
        domains=composing.domains,
    )
    return found, expansion.problems


def _nobody(letter: Letter, sorted_out: Iterable[Recipients]) -> PymailError:
    problems = [p for each in sorted_out for p in each.problems]
    if problems:
        return problems[0]
    if letter.to or letter.cc or letter.bcc:
        return NoRecipientsError("no recipients are left after aliases are expanded")
    return NoRecipientsError("no recipients", advice="name an address to send to")


def with_author(draft: Draft, settings: Settings) -> Draft:
    """Fill in who writes, as far as the draft does not say it."""
    identity = settings.identity
    authors = draft.from_ or identity.from_
    # sendmail knows better who calls it, unless the settings name the host
    if not authors and (
        identity.hostname_is_set or not isinstance(settings.server, LocalMta)
    ):
        authors = (Mailbox(f"{identity.login}@{identity.hostname}"),)
    return replace(
        draft,
        from_=authors,
        sender=draft.sender or identity.sender,
        reply_to=draft.reply_to or identity.reply_to,
        fields=(*draft.fields, *_missing_fields(draft, settings, authors)),
    )


def _missing_fields(
    draft: Draft, settings: Settings, authors: tuple[Mailbox, ...]
) -> Iterable[tuple[str, str]]:
    """The fields that settings add, but for those the draft has (a dead letter)."""
    present = {name.lower() for name, _ in draft.fields}
    for name, body in _settings_fields(settings, authors):
        if name.lower() not in present:
            yield name, body


def _settings_fields(
    settings: Settings, authors: tuple[Mailbox, ...]
) -> Iterable[tuple[str, str]]:
    if settings.identity.organization:
        yield "Organization", settings.identity.organization
    if settings.composing.ask_receipt and authors:
        yield "Disposition-Notification-To", authors[0].address
    for name, body in fields.split_custom(settings.composing.custom_fields):
        if name.lower() not in _NOT_CUSTOM:
            yield name, body


def _custom_warnings(composing: Composing) -> Iterator[str]:
    for name, _ in fields.split_custom(composing.custom_fields):
        if name.lower() in _NOT_CUSTOM:
            yield f"customhdr: {name} is not for it; sent without"


def _with_surroundings(
    draft: Draft, composing: Composing, environment: Environment
) -> tuple[Draft, tuple[str, ...]]:
    """Add head, tail and signature; a signature that is missing stops no mail."""
    warnings: tuple[str, ...] = ()
    signature = b""
    if composing.signature:
        try:
            signature = environment.read_file(composing.signature)
            if signature and not signature.endswith(b"\n"):
                signature += b"\n"
        except OSError as error:
            reason = (error.strerror or "unreadable").lower()
            warnings = (f"signature: {composing.signature}: {reason}; sent without",)
    draft = replace(
        draft,
        head=composing.head.encode("utf-8", "surrogateescape"),
        tail=composing.tail.encode("utf-8", "surrogateescape"),
        signature=signature,
    )
    return draft, warnings


def _envelope(letter: Letter, settings: Settings) -> Envelope | None:
    """The paths; None when only files are recipients."""
    draft = letter.draft
    mailboxes = (*draft.to, *draft.cc, *draft.bcc)
    if letter.only:  # as a dead letter has it, corrected by hand perhaps
        mailboxes = tuple(parse_mailbox(word) for word in letter.only)
    if not mailboxes:
        return None
    return Envelope(
        reverse_path=_reverse_path(draft, settings),
        forward_paths=tuple(mailbox.address for mailbox in mailboxes),
    )


def _reverse_path(draft: Draft, settings: Settings) -> str:
    if settings.identity.reverse_path is not None:
        return settings.identity.reverse_path
    if len(draft.from_) == 1:
        return draft.from_[0].address
    if draft.sender:
        return draft.sender.address
    if draft.from_:
        raise MessageError("several authors need a sender", advice="add a Sender field")
    return settings.identity.login  # the local program completes it


def message(
    letter: Letter, settings: Settings, environment: Environment, *, bcc: bool = False
) -> FinishedMessage:
    """Build the message; with `bcc` as it is kept, not as it is sent."""
    draft, composing = letter.draft, settings.composing
    message_id = _message_id(letter, settings) if composing.message_id else ""
    return build.build(
        draft,
        now=letter.now,
        message_id=message_id,
        user_agent="pymail" if composing.user_agent else "",
        rules=_rules(composing),
        types=_types(environment) if draft.attachments else {},
        boundary_token=letter.token,
        keep_bcc=bcc,
    )


def _message_id(letter: Letter, settings: Settings) -> str:
    """Name the message under the host that is set, else the author's domain."""
    identity, authors = settings.identity, letter.draft.from_
    domain = authors[0].domain if authors else ""
    host = identity.hostname if identity.hostname_is_set else domain
    return build.message_id(letter.now, letter.token, host or identity.hostname)


def _rules(composing: Composing) -> TextRules:
    return TextRules(
        ttycharset=composing.ttycharset,
        sendcharsets=composing.sendcharsets,
        charset_7bit=composing.charset_7bit,
        charset_8bit=composing.charset_8bit,
        encoding=composing.encoding,
        longest_unencoded_line=composing.longest_unencoded_line,
    )


def _types(environment: Environment) -> dict[str, str]:
    types: dict[str, str] = {}
    for name in ("/etc/mime.types", "~/.mime.types"):
        try:
            octets = environment.read_file(environment.expand(name))
        except OSError:
            continue
        types.update(parse_mime_types(octets.decode("utf-8", "replace")))
    return types
