"""Preparation of a draft as an outgoing message: envelope, header, content, S/MIME.

With S/MIME each recipient with a certificate gets a version of the message, and all
other recipients share one. A recipient for whom the message can't be encrypted is left
out and reported, as if the server had refused the address.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from pymail.address.addr_spec import wire_address
from pymail.address.dsn import DsnRequest
from pymail.address.envelope import Envelope
from pymail.address.mailbox import Mailbox
from pymail.delivery.complete_draft import complete_draft, with_sender
from pymail.delivery.outgoing import OutgoingMessage
from pymail.delivery.recipients import Recipients
from pymail.environment import Environment
from pymail.errors import MessageError, SettingsError, install
from pymail.message import build
from pymail.message.byte_source import FinishedMessage, InMemory
from pymail.message.decoding import decode
from pymail.message.draft import Draft, Lists
from pymail.message.mime_entity import Entity
from pymail.model import replace
from pymail.settings.models import Folder, MessageSettings, Settings
from pymail.settings.server_models import LocalMta, Server

# The encrypted content for each path; None for a path that gets the common version.
Encrypted = Mapping[str, Entity | None]


def prepare(
    draft: Draft, settings: Settings, environment: Environment
) -> OutgoingMessage:
    """Expand the recipients and build the message, signed and encrypted as set.

    Raises:
        NoRecipientsError, AddressError: no recipient is left.
        MessageError, UnreadableInputError: the message can't be built.
        SettingsError: it can't be signed, or be encrypted for any recipient.
    """
    settings = original = with_sender(draft, settings)
    recipients = Recipients(settings, environment)
    recipients.resolve(draft)
    lists, paths, warnings = recipients.lists, recipients.paths, recipients.warnings
    remarks: list[str] = []
    draft, settings = complete_draft(draft, settings, environment, warnings, remarks)
    if settings.dsn.wanted:
        draft = replace(draft, dsn=_dsn(draft, settings, environment, remarks))
    sent = draft
    if paths and _reads_header(settings.server) and not settings.smime.wanted:
        sent = _named_in_header(draft, lists, paths, settings)
    if draft.raw:
        from pymail.delivery import raw_message  # only the sendmail command has one

        complete = partial(
            raw_message.with_missing_fields, lists=lists, settings=settings
        )
        # the copy to keep doesn't get the Bcc field that only the program needs
        draft, sent = complete(draft), complete(sent)
    envelope = _envelope(draft, settings, paths)
    content = build_content(draft, settings, environment, robust=settings.smime.sign)
    encrypted: Encrypted = dict.fromkeys(paths)
    failed: dict[str, SettingsError] = {}
    if settings.smime.wanted:
        content, encrypted, failed = _seal(content, draft, paths, settings, environment)
    versions = (
        tuple(_versions(sent, lists, content, encrypted, settings, envelope=envelope))
        if envelope
        else ()
    )
    if draft.record_by_name and versions:
        original = _with_record_by_name(versions[0][0], original)
    failures = (f"not sent to {path}: {error}" for path, error in failed.items())
    return OutgoingMessage(
        draft=draft,
        settings=original,
        lists=lists,
        content=content,
        files=tuple(recipients.files),
        versions=versions,
        refused=(*recipients.refused, *failed),
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
    """Build the content, everything below the header of the message.

    With `robust` every text is encoded, so that no server has a reason to change
    a line, not even a blank at its end (RFC 8551 §3.1.2 and §3.1.3).

    Raises:
        MessageError, UnreadableInputError: it can't be built.
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
    """Record the message in a file with the first recipient's name (-F)."""
    local_part = Mailbox(envelope.forward_paths[0]).local_part
    record = Folder(path=settings.copies / Path(local_part).name)
    saved_options = (*settings.saved_options, ("record", str(record.path)))
    return replace(settings, record=record, saved_options=saved_options)


def _dsn(
    draft: Draft, settings: Settings, environment: Environment, remarks: list[str]
) -> DsnRequest:
    """Choose the delivery status notifications to request.

    Options of the message override the settings. Without an envelope identifier among
    them the Message-ID is used: RFC 3461 §4.4 wants an identifier that the sender
    recognizes, and logs and `--json` have this.
    """
    own, wanted, server = draft.dsn, settings.dsn, settings.server
    notify = own.notify or wanted.notify
    name = "" if own.wanted or notify == "NEVER" else draft.message_id
    name = name.removeprefix("<").removesuffix(">")
    name = name if name.isascii() and name.isprintable() else ""
    request = DsnRequest(
        notify=notify,
        ret=own.ret or wanted.ret,
        envelope_id=own.envelope_id or name,
    )
    if not isinstance(server, LocalMta) or request == own:
        return request
    # A program gets only options that it is known to understand: Exim with -N sends
    # nothing.
    from pymail.transport.local_mta import known_options

    options = known_options(server.program, environment)
    if "N" not in options:
        remarks.append(
            f"dsn: {server.program} is not known to support it; sent without"
        )
        return own
    if "V" not in options:
        request = replace(request, envelope_id=own.envelope_id)
    return request


# ── S/MIME ──────────────────────────────────────────────────────────────────


def _seal(
    content: Entity,
    draft: Draft,
    paths: tuple[str, ...],
    settings: Settings,
    environment: Environment,
) -> tuple[Entity, Encrypted, dict[str, SettingsError]]:
    """Sign the content, and encrypt it for each recipient with a certificate.

    Returns the signed content, the encrypted content for each path, and the error for
    each path that can't get the message.

    Raises:
        SettingsError: it can't be signed, or be encrypted for any recipient.
    """
    from pymail.credentials.chain import make_chain

    try:
        from pymail.smime import Smime
    except ImportError as error:
        raise SettingsError(
            f"the smime-* variables need the library cryptography: {error}",
            advice=install("cryptography --upgrade"),
        ) from error
    smime, ask = settings.smime, make_chain(environment, settings)
    sealer = Smime(smime, ask_password=ask, environment=environment)
    if smime.sign:
        content = sealer.sign(content, _signer(draft), draft.token)
    encrypted: dict[str, Entity | None] = {}
    failed: dict[str, SettingsError] = {}
    for path in paths:
        try:
            encrypted[path] = sealer.encrypt(content, path)
        except SettingsError as error:
            failed[path] = error
    if failed and not encrypted:
        raise next(iter(failed.values()))
    several = len(encrypted) > 1 and any(encrypted.values())
    if _reads_header(settings.server) and (failed or several):
        raise SettingsError(
            "mta-no-recipient-arguments: the program can't be told who gets the"
            " encrypted message",
            advice="unset mta-no-recipient-arguments, or smime-encrypt-…",
        )
    return content, encrypted, failed


def _signer(draft: Draft) -> str:
    """Return the address that signs: the only author, else the sender (s-nail(1))."""
    if len(draft.from_) == 1:
        return draft.from_[0].address
    return draft.sender.address if draft.sender else ""


# ── envelope and versions ───────────────────────────────────────────────────


def _versions(
    draft: Draft,
    lists: Lists,
    content: Entity,
    encrypted: Encrypted,
    settings: Settings,
    *,
    envelope: Envelope,
) -> Iterator[tuple[Envelope, FinishedMessage]]:
    """Yield a version for each recipient with a certificate, and one for all others."""
    rules, server = settings.message.text_rules, settings.server
    keep_bcc = _reads_header(server) or (
        isinstance(server, LocalMta) and server.keep_bcc
    )
    in_common = tuple(path for path, entity in encrypted.items() if entity is None)
    for path, entity in encrypted.items():
        if entity is not None:
            message = build.with_header(draft, lists, entity, rules=rules)
            yield replace(envelope, forward_paths=(path,)), message
        elif path == in_common[0]:
            message = build.with_header(
                draft, lists, content, rules=rules, keep_bcc=keep_bcc
            )
            yield replace(envelope, forward_paths=in_common), message


def _reads_header(server: Server) -> bool:
    """Tell whether a local program takes the recipients from the header (-t)."""
    return isinstance(server, LocalMta) and not server.recipients_as_arguments


def _named_in_header(
    draft: Draft, lists: Lists, paths: tuple[str, ...], settings: Settings
) -> Draft:
    """Name every recipient in the header, for a program that reads them there.

    Raises:
        SettingsError: the header also names an address that is no recipient.
    """
    if draft.raw:
        from pymail.delivery.raw_message import complete_bcc

        raw, named = complete_bcc(draft.raw, paths, settings)
        draft = replace(draft, raw=raw)
    else:
        named = tuple(each for boxes in lists.values() for each in boxes)
    if others := {wire_address(each.address) for each in named} - set(paths):
        raise SettingsError(
            "mta-no-recipient-arguments: the program would also send the message to"
            f" {min(others)}, whom the header names",
            advice="unset mta-no-recipient-arguments",
        )
    return draft


def _envelope(
    draft: Draft, settings: Settings, paths: tuple[str, ...]
) -> Envelope | None:
    if not paths:  # all recipients are files
        return None
    sender = settings.reverse_path
    if sender is None:
        author = draft.from_[0] if len(draft.from_) == 1 else draft.sender
        if draft.from_ and not author:
            raise MessageError(
                "several authors need a sender", advice="add a Sender field"
            )
        # without an author the local program adds the domain
        sender = author.address if author else settings.login_name
    return Envelope(
        reverse_path=wire_address(sender), forward_paths=paths, dsn=draft.dsn
    )
