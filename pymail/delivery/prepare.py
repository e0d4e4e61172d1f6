"""Preparation of a draft as an outgoing message."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pymail.address.addr_spec import wire_address
from pymail.address.envelope import Envelope, Notice
from pymail.address.mailbox import Mailbox
from pymail.delivery.assemble import (
    content,
    message_id,
    reads_header,
    shows_bcc,
    with_header,
)
from pymail.delivery.author import NOT_CUSTOM, rewrite_sender, with_author, with_sender
from pymail.delivery.outgoing import OutgoingMessage
from pymail.delivery.recipients import (
    ResolvedRecipients,
    resolve_recipients,
    with_legible_names,
)
from pymail.environment import Environment
from pymail.errors import AuthenticationError, MessageError, SettingsError
from pymail.message import fields
from pymail.message.byte_source import FinishedMessage
from pymail.message.decoding import repair
from pymail.message.draft import Draft
from pymail.message.mime_entity import Entity
from pymail.model import replace
from pymail.secret import Secret
from pymail.settings.models import Folder, MessageSettings, Settings
from pymail.settings.server_models import LocalMta, Login
from pymail.transport.base import AskSecret


def no_secret(login: Login, host: str) -> Secret:
    """Answer for a password where nobody can be asked.

    Raises:
        AuthenticationError: always, but for what the settings hold.
    """
    secret = next((g.secret for g in login.sources if g.secret is not None), None)
    if secret is None:
        raise AuthenticationError(f"no password of {login.user} at {host}")
    return secret


def prepare(
    draft: Draft,
    settings: Settings,
    environment: Environment,
    *,
    ask_password: AskSecret = no_secret,
) -> tuple[OutgoingMessage, Settings]:
    """Expand the recipients and build the message, sealed if settings say so.

    Returns also the settings that take in what the draft says. `ask_password` is
    asked for what opens a private key.

    Raises:
        NoRecipientsError, AddressError: nobody is left to send to.
        MessageError, UnreadableInputError: the message cannot be made.
        SettingsError: it cannot be sealed.
    """
    settings = asked = with_sender(draft, settings)
    found = resolve_recipients(draft, settings, environment)
    written = () if draft.raw else draft.from_
    draft, settings, remarks = rewrite_sender(
        with_author(draft, settings), settings, written
    )
    warnings = found.warnings
    additions = settings.message
    if not draft.raw and (additions.head or additions.tail or additions.signature):
        draft, more = with_signature(draft, additions, environment)
        warnings += more
    if additions.custom_fields:
        warnings += tuple(_custom_warnings(additions.custom_fields))
    draft = with_legible_text(draft, additions.named)
    if settings.notice.asked:
        notice, more = _notice(draft, settings, environment)
        draft, remarks = replace(draft, notice=notice), remarks + more
    envelope = _envelope(draft, settings, found.envelope)
    unsealed: dict[str, SettingsError] = {}
    if settings.smime.wanted:
        from pymail.delivery.seal import seal

        whole, versions, unsealed = seal(
            draft,
            found.lists,
            envelope,
            settings=settings,
            environment=environment,
            ask_password=ask_password,
        )
    else:
        whole = content(draft, settings, environment)
        message = envelope and _message(draft, found, whole, envelope, settings)
        versions = ((envelope, message),) if envelope and message else ()
    failures = (f"{path} gets nothing: {error}" for path, error in unsealed.items())
    outgoing = OutgoingMessage(
        draft=draft,
        recipients=found,
        content=whole,
        versions=versions,
        refused=(*found.refused, *unsealed),
        problems=(*found.problems, *failures),
        warnings=warnings,
        remarks=remarks,
    )
    if draft.record_by_name and versions:
        asked = _with_record_by_name(versions[0][0], asked)
    return outgoing, asked


def _with_record_by_name(envelope: Envelope, settings: Settings) -> Settings:
    """Keep the copy in a file with the first recipient's name (-F)."""
    local_part = Mailbox(envelope.forward_paths[0]).local_part
    record = Folder(path=settings.copies / Path(local_part).name)
    saved_options = (*settings.saved_options, ("record", str(record.path)))
    return replace(
        settings,
        record=record,
        saved_options=saved_options,
    )


def with_legible_text(draft: Draft, named: Sequence[str]) -> Draft:
    """Decode what stands in a draft as octets of another charset (PEP 383)."""
    return replace(
        draft,
        from_=with_legible_names(draft.from_, named),
        sender=draft.sender and with_legible_names((draft.sender,), named)[0],
        reply_to=with_legible_names(draft.reply_to, named),
        subject=draft.subject and repair(draft.subject, named),
        fields=tuple((name, repair(body, named)) for name, body in draft.fields),
        attachments=tuple(
            replace(each, name=repair(each.name, named)) for each in draft.attachments
        ),
    )


def _notice(
    draft: Draft, settings: Settings, environment: Environment
) -> tuple[Notice, tuple[str, ...]]:
    """Choose the delivery status notifications to ask for; returns remarks, too.

    What its sender said with the draft counts before what the settings say. Then the
    identifier of the envelope is the Message-ID: RFC 3461 §4.4 wants one by which the
    sender knows the transaction again, and that is what every log and `--json` name.
    """
    own, wanted, server = draft.notice, settings.notice, settings.server
    notify = own.notify or wanted.notify
    name = "" if own.asked or notify == "NEVER" else message_id(draft, settings)
    name = name.removeprefix("<").removesuffix(">")
    name = name if name.isascii() and name.isprintable() else ""
    asked = Notice(
        notify=notify,
        ret=own.ret or wanted.ret,
        envelope_id=own.envelope_id or name,
    )
    if not isinstance(server, LocalMta) or asked == own:
        return asked, ()
    # a program is asked for what it is known to understand; Exim's -N sends nothing
    from pymail.transport.local_mta import known_options

    options = known_options(server.program, environment)
    if "N" not in options:
        remark = f"dsn: {server.program} is not known to take it; sent without"
        return own, (remark,)
    if "V" not in options:
        asked = replace(asked, envelope_id=own.envelope_id)
    return asked, ()


def _message(
    draft: Draft,
    recipients: ResolvedRecipients,
    whole: Entity,
    envelope: Envelope,
    settings: Settings,
) -> FinishedMessage:
    bcc = False
    if isinstance(settings.server, LocalMta):
        bcc = shows_bcc(settings)
        if reads_header(settings):
            draft = _named_in_header(draft, recipients, envelope, settings)
    return with_header(draft, recipients.lists, whole, settings, bcc=bcc)


def _named_in_header(
    draft: Draft,
    recipients: ResolvedRecipients,
    envelope: Envelope,
    settings: Settings,
) -> Draft:
    """Let the header name all who get it; it may name nobody else.

    Raises:
        SettingsError: it does.
    """
    paths = envelope.forward_paths
    if draft.raw:
        from pymail.delivery.raw_message import complete_bcc

        raw, named = complete_bcc(draft.raw, paths, settings)
        draft = replace(draft, raw=raw)
    else:
        named = tuple(each for boxes in recipients.lists.values() for each in boxes)
    if others := {wire_address(each.address) for each in named} - set(paths):
        raise SettingsError(
            f"mta-no-recipient-arguments: the program would send it to"
            f" {min(others)}, too, whom the header names",
            advice="unset mta-no-recipient-arguments",
        )
    return draft


def _custom_warnings(custom_fields: str) -> Iterator[str]:
    found, problems = fields.split_custom(custom_fields)
    for name, _ in found:
        if name.lower() in NOT_CUSTOM:
            yield f"customhdr: {name} is not for it; sent without"
    for problem in problems:
        yield f"customhdr: {problem}; sent without"


def with_signature(
    draft: Draft, message: MessageSettings, environment: Environment
) -> tuple[Draft, tuple[str, ...]]:
    """Add head, tail and signature; a signature that is missing stops no mail."""
    warnings: tuple[str, ...] = ()
    signature = b""
    if message.signature:
        try:
            signature = environment.read_file(message.signature)
            if signature and not signature.endswith(b"\n"):
                signature += b"\n"
        except OSError as error:
            reason = (error.strerror or "unreadable").lower()
            warnings = (f"signature: {message.signature}: {reason}; sent without",)
    draft = replace(
        draft,
        head=message.head.encode("utf-8", "surrogateescape"),
        tail=message.tail.encode("utf-8", "surrogateescape"),
        signature=signature,
    )
    return draft, warnings


def _envelope(
    draft: Draft, settings: Settings, mailboxes: Sequence[Mailbox]
) -> Envelope | None:
    """The paths; None when only files are recipients."""
    if not mailboxes:
        return None
    return Envelope(
        reverse_path=wire_address(_reverse_path(draft, settings)),
        forward_paths=tuple(wire_address(mailbox.address) for mailbox in mailboxes),
        notice=draft.notice,
    )


def _reverse_path(draft: Draft, settings: Settings) -> str:
    if settings.reverse_path is not None:
        return settings.reverse_path
    if len(draft.from_) == 1:
        return draft.from_[0].address
    if draft.sender:
        return draft.sender.address
    if draft.from_:
        raise MessageError("several authors need a sender", advice="add a Sender field")
    return settings.login_name  # the local program completes it
