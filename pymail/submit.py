"""One letter from the author's words to its fate: expand, build, send, record, keep.

`prepare` makes the envelope and the message and touches no network; `deliver`
hands them over; `keep` writes what could not be sent where it can be found.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from pymail.address.aliases import deduplicate, expand
from pymail.address.envelope import Envelope
from pymail.address.lists import split_list
from pymail.address.mailbox import Mailbox
from pymail.address.recipients import Policy, Recipients, gather
from pymail.environment import Environment
from pymail.errors import (
    AddressError,
    CannotKeepError,
    NoRecipientsError,
    PymailError,
    SettingsError,
    UnreadableInputError,
)
from pymail.message import build, fields, mbox
from pymail.message.attachments import parse_mime_types
from pymail.message.draft import Draft, TextRules
from pymail.message.source import FinishedMessage
from pymail.outcome.report import Fate, Report
from pymail.settings.records import Composing, LocalMta, Settings
from pymail.store import dead_letter
from pymail.store import mbox as mbox_file
from pymail.transport.base import Transport

ENVELOPE_FROM = "X-Envelope-From"
ENVELOPE_TO = "X-Envelope-To"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a door has collected.

    `to`, `cc` and `bcc` are entries as written: addresses, aliases, files.
    `only` names the recipients of the envelope when they are fewer than the
    header's (a dead letter that some had got). `now` and `token` make Date and
    Message-ID, the same in every copy.
    """

    draft: Draft
    now: datetime
    token: str
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A letter that is ready to go.

    `problems` are recipients that get nothing, `warnings` what else the user
    should know; `files` are recipients too, as written.
    """

    letter: Letter
    envelope: Envelope | None
    message: FinishedMessage
    files: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What came of a parcel. `report` is None when only files were recipients."""

    report: Report | None
    problems: list[str] = field(default_factory=list)
    unrecorded: CannotKeepError | None = None

    @property
    def complete(self) -> bool:
        """Whether everybody got it and every copy was kept."""
        delivered = self.report is None or self.report.complete
        return delivered and not self.problems and self.unrecorded is None


def prepare(letter: Letter, settings: Settings, environment: Environment) -> Parcel:
    """Expand the recipients and build the message.

    Raises:
        NoRecipientsError, AddressError: nobody is left to send to.
        MessageError, UnreadableInputError: the message cannot be made.
    """
    to, cc, bcc = (_recipients(w, settings) for w in _fields_of(letter, settings))
    problems = [str(p) for each in (to, cc, bcc) for p in each.problems]
    problems += [f"|{c}: commands are not run" for c in (*to.commands, *cc.commands)]
    mailboxes = deduplicate(to.mailboxes, cc.mailboxes, bcc.mailboxes)
    files = (*to.files, *cc.files, *bcc.files)
    if not files and not any(mailboxes):
        raise _nobody(letter, (to, cc, bcc))
    author = _with_author(letter.draft, settings)
    signed, warnings = _with_surroundings(author, settings.composing, environment)
    draft = replace(signed, to=mailboxes[0], cc=mailboxes[1], bcc=mailboxes[2])
    letter = replace(letter, draft=draft)
    return Parcel(
        letter=letter,
        envelope=_envelope(letter, settings),
        message=_message(letter, settings, environment),
        files=files,
        problems=tuple(dict.fromkeys(problems)),
        warnings=warnings,
    )


def _fields_of(
    letter: Letter, settings: Settings
) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
    composing = settings.composing
    return (
        letter.to,
        (*letter.cc, *split_list(composing.autocc)),
        (*letter.bcc, *split_list(composing.autobcc)),
    )


def _recipients(words: Sequence[str], settings: Settings) -> Recipients:
    identity, composing = settings.identity, settings.composing
    expansion = expand(
        words, settings.aliases, login=identity.login, metoo=composing.metoo
    )
    found = gather(
        expansion.words,
        Policy.parse(composing.expandaddr, interactive=False),
        hostname=identity.hostname,
    )
    loops = tuple(AddressError(problem) for problem in expansion.problems)
    return replace(found, problems=(*loops, *found.problems))


def _nobody(letter: Letter, sorted_out: Iterable[Recipients]) -> PymailError:
    problems = [p for each in sorted_out for p in each.problems]
    if problems:
        return problems[0]
    if letter.to or letter.cc or letter.bcc:
        return NoRecipientsError("no recipients are left after aliases are expanded")
    return NoRecipientsError("no recipients", advice="name an address to send to")


def _with_author(draft: Draft, settings: Settings) -> Draft:
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
        fields=(*draft.fields, *_settings_fields(settings, authors)),
    )


def _settings_fields(
    settings: Settings, authors: tuple[Mailbox, ...]
) -> Iterable[tuple[str, str]]:
    if settings.identity.organization:
        yield "Organization", settings.identity.organization
    if settings.composing.ask_receipt and authors:
        yield "Disposition-Notification-To", authors[0].address
    if settings.composing.custom_fields:
        yield from fields.split_custom(settings.composing.custom_fields)


def _with_surroundings(
    draft: Draft, composing: Composing, environment: Environment
) -> tuple[Draft, tuple[str, ...]]:
    """Add head, tail and signature; a signature that is missing stops no mail."""
    warnings: tuple[str, ...] = ()
    signature = b""
    if composing.signature:
        try:
            signature = environment.read_file(composing.signature)
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
    """The paths; None when only files are recipients.

    Raises:
        SettingsError: there are several authors and no sender.
    """
    draft = letter.draft
    header = (m.address for m in (*draft.to, *draft.cc, *draft.bcc))
    paths = letter.only or tuple(header)
    if not paths:
        return None
    return Envelope(reverse_path=_reverse_path(draft, settings), forward_paths=paths)


def _reverse_path(draft: Draft, settings: Settings) -> str:
    if settings.identity.reverse_path is not None:
        return settings.identity.reverse_path
    if len(draft.from_) == 1:
        return draft.from_[0].address
    if draft.sender:
        return draft.sender.address
    if draft.from_:
        raise SettingsError(
            "several authors need a sender", advice="set sender=ADDRESS"
        )
    return settings.identity.login  # the local program completes it


def _message(
    letter: Letter, settings: Settings, environment: Environment, *, bcc: bool = False
) -> FinishedMessage:
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


def deliver(
    parcel: Parcel,
    transport: Transport,
    settings: Settings,
    environment: Environment,
) -> Outcome:
    """Hand the parcel over, then keep the copies that settings ask for.

    Raises:
        PymailError: the attempt ended before any recipient was asked for.
    """
    outcome = Outcome(report=None, problems=list(parcel.problems))
    if parcel.envelope is not None:
        outcome.report = transport.send(parcel.envelope, parcel.message)
    copies = [environment.expand(name) for name in parcel.files]
    record = settings.keeping.record
    if record and (outcome.report is None or outcome.report.with_fate(Fate.ACCEPTED)):
        copies.append(record)
    for path in copies:
        try:
            mbox_file.append(path, _entry(parcel.letter, settings, environment))
        except CannotKeepError as error:
            outcome.unrecorded = error
    return outcome


def _entry(
    letter: Letter, settings: Settings, environment: Environment
) -> Iterator[bytes]:
    message = _message(letter, settings, environment, bcc=True)
    authors = letter.draft.from_
    sender = authors[0].address if authors else settings.identity.login
    return mbox.entry(sender, letter.now, message.chunks())


def keep(
    letter: Letter,
    unserved: Sequence[str],
    settings: Settings,
    environment: Environment,
) -> Path | None:
    """Keep a letter in the dead letter file; None when settings say not to.

    `unserved` are the addresses that did not get it, empty for all. The entry
    is a whole message with its recipients, blind ones too, so that
    `pymail -t` sends it again to those.

    Raises:
        CannotKeepError: it can be written nowhere.
    """
    draft = _with_author(letter.draft, settings)
    envelope = [(ENVELOPE_TO, ", ".join(unserved))] if unserved else []
    as_written = [
        (name, ", ".join(words))
        for name, words in (("To", letter.to), ("Cc", letter.cc), ("Bcc", letter.bcc))
        if words
    ]
    draft = replace(draft, fields=(*envelope, *as_written, *draft.fields))
    letter = replace(letter, draft=draft)
    try:
        return _write(letter, settings, environment)
    except UnreadableInputError:  # an attachment is gone; the text is not
        letter = replace(letter, draft=replace(draft, attachments=()))
        return _write(letter, settings, environment)


def _write(letter: Letter, settings: Settings, environment: Environment) -> Path | None:
    place = settings.keeping.dead_letter
    if place is None:
        return None
    temporary = Path(environment.variables.get("TMPDIR") or "/tmp")  # noqa: S108 - made there with mkstemp
    entry = _entry(letter, settings, environment)
    return dead_letter.keep(place, entry, temporary_directory=temporary)
