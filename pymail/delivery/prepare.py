"""Preparation of a draft as an outgoing message."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pymail.address.addr_spec import wire_address
from pymail.address.dsn import DsnRequest
from pymail.address.envelope import Envelope
from pymail.address.mailbox import Mailbox
from pymail.delivery.complete_draft import complete_draft, with_sender
from pymail.delivery.outgoing import OutgoingMessage
from pymail.delivery.recipients import Recipients
from pymail.environment import Environment
from pymail.errors import MessageError, SettingsError
from pymail.message import build
from pymail.message.byte_source import FinishedMessage, InMemory
from pymail.message.decoding import decode
from pymail.message.draft import Draft, Lists
from pymail.message.mime_entity import Entity
from pymail.model import replace
from pymail.settings.models import Folder, MessageSettings, Settings
from pymail.settings.server_models import LocalMta

if TYPE_CHECKING:
    from pymail.delivery.seal import Sealed


def prepare(
    draft: Draft, settings: Settings, environment: Environment
) -> OutgoingMessage:
    """Expand the recipients and build the message, sealed if settings say so.

    Raises:
        NoRecipientsError, AddressError: no recipient is left.
        MessageError, UnreadableInputError: the message cannot be made.
        SettingsError: it cannot be sealed.
    """
    settings = asked = with_sender(draft, settings)
    recipients = Recipients(settings, environment)
    recipients.resolve(draft)
    lists, warnings, remarks = recipients.lists, recipients.warnings, list[str]()
    draft, settings = complete_draft(draft, settings, environment, warnings, remarks)
    if settings.dsn.wanted:
        draft = replace(draft, dsn=_dsn(draft, settings, environment, remarks))
    envelope = _envelope(draft, settings, recipients.paths)
    sign = settings.smime.sign
    content = build_content(draft, settings, environment, robust=sign)
    sealed: Sealed = dict.fromkeys(recipients.paths)
    unsealed: dict[str, SettingsError] = {}
    if settings.smime.wanted:
        from pymail.delivery.seal import seal

        content, sealed, unsealed = seal(
            content,
            draft,
            recipients.paths,
            settings=settings,
            environment=environment,
        )
    failures = (f"{path} gets nothing: {error}" for path, error in unsealed.items())
    versions = (
        tuple(_versions(draft, lists, content, sealed, settings, envelope=envelope))
        if envelope
        else ()
    )
    if draft.record_by_name and versions:
        asked = _with_record_by_name(versions[0][0], asked)
    return OutgoingMessage(
        draft=_with_missing_fields(draft, lists, settings) if draft.raw else draft,
        settings=asked,
        lists=lists,
        content=content,
        files=tuple(recipients.files),
        versions=versions,
        refused=(*recipients.refused, *unsealed),
        problems=(*map(str, recipients.problems), *failures),
        warnings=tuple(warnings),
        remarks=tuple(remarks),
    )


def build_content(
    draft: Draft,
    settings: Settings,
    environment: Environment,
    *,
    robust: bool = False,
) -> Entity:
    """Build what stands below the header.

    With `robust` every text is encoded, so that no server has a reason to change
    a line of it, not even a blank at its end (RFC 8551 §3.1.2 and §3.1.3).

    Raises:
        MessageError, UnreadableInputError: it cannot be made.
    """
    rules = settings.message.text_rules
    if robust:
        encoding = "" if rules.encoding == "8bit" else rules.encoding
        rules = replace(rules, encoding=encoding, longest_unencoded_line=0)
    if draft.raw:  # it has its own
        draft = replace(draft, text=InMemory(b""))
    has_files = draft.attachments or draft.inline
    types = _types(settings.message, environment) if has_files else {}
    return build.build_content(draft, rules=rules, types=types)


def _types(message: MessageSettings, environment: Environment) -> dict[str, str]:
    from pymail.message.attachments import parse_mime_types

    types: dict[str, str] = {}
    for path in message.types_from:
        try:
            octets = environment.read_file(path)
        except OSError:
            continue
        types.update(parse_mime_types(decode(octets)))
    types.update(parse_mime_types("\n".join(message.types)))
    return types


def _with_record_by_name(envelope: Envelope, settings: Settings) -> Settings:
    """Keep the copy in a file with the first recipient's name (-F)."""
    local_part = Mailbox(envelope.forward_paths[0]).local_part
    record = Folder(path=settings.copies / Path(local_part).name)
    saved_options = (*settings.saved_options, ("record", str(record.path)))
    return replace(settings, record=record, saved_options=saved_options)


def _dsn(
    draft: Draft, settings: Settings, environment: Environment, remarks: list[str]
) -> DsnRequest:
    """Choose the delivery status notifications to ask for.

    What its sender said with the draft counts before what the settings say. Then the
    identifier of the envelope is the Message-ID: RFC 3461 §4.4 wants one by which the
    sender knows the transaction again, and that is what every log and `--json` name.
    """
    own, wanted, server = draft.dsn, settings.dsn, settings.server
    notify = own.notify or wanted.notify
    name = "" if own.wanted or notify == "NEVER" else draft.message_id
    name = name.removeprefix("<").removesuffix(">")
    name = name if name.isascii() and name.isprintable() else ""
    asked = DsnRequest(
        notify=notify,
        ret=own.ret or wanted.ret,
        envelope_id=own.envelope_id or name,
    )
    if not isinstance(server, LocalMta) or asked == own:
        return asked
    # a program is asked for what it is known to understand; Exim's -N sends nothing
    from pymail.transport.local_mta import known_options

    options = known_options(server.program, environment)
    if "N" not in options:
        remarks.append(f"dsn: {server.program} is not known to take it; sent without")
        return own
    if "V" not in options:
        asked = replace(asked, envelope_id=own.envelope_id)
    return asked


def _versions(
    draft: Draft,
    lists: Lists,
    content: Entity,
    sealed: "Sealed",
    settings: Settings,
    *,
    envelope: Envelope,
) -> Iterator[tuple[Envelope, FinishedMessage]]:
    """Make what travels: one for each who gets it encrypted, one for all others."""
    in_common = tuple(path for path, entity in sealed.items() if entity is None)
    for path, entity in sealed.items():
        if entity is not None:
            rules = settings.message.text_rules
            message = build.with_header(draft, lists, entity, rules=rules)
            yield replace(envelope, forward_paths=(path,)), message
        elif path == in_common[0]:
            message = _message(draft, lists, content, in_common, settings)
            yield replace(envelope, forward_paths=in_common), message


def _message(
    draft: Draft,
    lists: Lists,
    content: Entity,
    paths: tuple[str, ...],
    settings: Settings,
) -> FinishedMessage:
    keep_bcc, server = False, settings.server
    if isinstance(server, LocalMta):
        keep_bcc = server.keep_bcc or not server.recipients_as_arguments
        if not server.recipients_as_arguments and not settings.smime.wanted:
            draft = _named_in_header(draft, lists, paths, settings)
    if draft.raw:
        draft = _with_missing_fields(draft, lists, settings)
    rules = settings.message.text_rules
    return build.with_header(draft, lists, content, rules=rules, keep_bcc=keep_bcc)


def _with_missing_fields(draft: Draft, lists: Lists, settings: Settings) -> Draft:
    from pymail.delivery import raw_message  # what only the sendmail command has

    return raw_message.with_missing_fields(draft, lists, settings)


def _named_in_header(
    draft: Draft, lists: Lists, paths: tuple[str, ...], settings: Settings
) -> Draft:
    """Let the header name all who get it, and no others.

    Raises:
        SettingsError: it names others.
    """
    if draft.raw:
        from pymail.delivery.raw_message import complete_bcc

        raw, named = complete_bcc(draft.raw, paths, settings)
        draft = replace(draft, raw=raw)
    else:
        named = tuple(each for boxes in lists.values() for each in boxes)
    if others := {wire_address(each.address) for each in named} - set(paths):
        raise SettingsError(
            f"mta-no-recipient-arguments: the program would send it to"
            f" {min(others)}, too, whom the header names",
            advice="unset mta-no-recipient-arguments",
        )
    return draft


def _envelope(
    draft: Draft, settings: Settings, paths: tuple[str, ...]
) -> Envelope | None:
    if not paths:  # only files are recipients
        return None
    sender = settings.reverse_path
    if sender is None:
        who = draft.from_[0] if len(draft.from_) == 1 else draft.sender
        if draft.from_ and not who:
            raise MessageError(
                "several authors need a sender", advice="add a Sender field"
            )
        # without an author the local program completes it
        sender = who.address if who else settings.login_name
    return Envelope(
        reverse_path=wire_address(sender), forward_paths=paths, dsn=draft.dsn
    )
