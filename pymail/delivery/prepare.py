"""Expand the recipients of a letter and build its message; no network is touched."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pymail.address.addr_spec import wire_address
from pymail.address.envelope import Envelope
from pymail.address.mailbox import Mailbox
from pymail.delivery.assemble import content, reads_header, shows_bcc, under_fields
from pymail.delivery.author import NOT_CUSTOM, authored
from pymail.delivery.letter import Letter
from pymail.delivery.parcel import Consignment, Parcel, Sealed
from pymail.delivery.recipients import sorted_out
from pymail.delivery.rewrite_from import fit, sending
from pymail.environment import Environment
from pymail.errors import AuthenticationError, MessageError, SettingsError
from pymail.message import fields
from pymail.message.decoding import repair
from pymail.message.draft import Draft
from pymail.model import replace
from pymail.secret import Secret
from pymail.settings.models import Composing, Folder, Settings
from pymail.settings.server_models import Login
from pymail.transport.base import AskSecret


def nobody_knows(login: Login, host: str) -> Secret:
    """Answer for a password where nobody can be asked.

    Raises:
        AuthenticationError: always, but for what the settings hold.
    """
    secret = next((g.secret for g in login.given if g.secret is not None), None)
    if secret is None:
        raise AuthenticationError(f"no password of {login.user} at {host}")
    return secret


def prepare(
    letter: Letter,
    settings: Settings,
    environment: Environment,
    *,
    ask_password: AskSecret = nobody_knows,
) -> tuple[Parcel, Settings]:
    """Expand the recipients and build the message, sealed if settings say so.

    Returns also the settings that take in what the letter says. `ask_password` is
    asked for what opens a private key.

    Raises:
        NoRecipientsError, AddressError: nobody is left to send to.
        MessageError, UnreadableInputError: the message cannot be made.
        SettingsError: it cannot be sealed.
    """
    settings = told = sending(letter, settings)
    found = sorted_out(letter, settings, environment)
    written = () if letter.handed else letter.draft.from_
    fitted = fit(authored(letter, settings), settings, written)
    settings, draft = fitted.settings, fitted.draft
    warnings: tuple[str, ...] = ()
    if not letter.handed:
        draft, warnings = with_surroundings(draft, settings.composing, environment)
    draft = replace(draft, to=found.to, cc=found.cc, bcc=found.bcc)
    draft = legible(draft, settings.composing.named)
    letter, remarks = _noticed(replace(letter, draft=draft), settings, environment)
    envelope = _envelope(letter, settings, found.envelope)
    if settings.sealing.wanted:
        from pymail.delivery.seal import sealed

        whole = sealed(letter, envelope, settings, environment, ask_password)
    else:
        whole = _as_it_is(letter, envelope, settings, environment)
    parcel = Parcel(
        letter=letter,
        content=whole.content,
        consignments=whole.consignments,
        files=found.files,
        refused=(*found.refused, *whole.refused),
        problems=(*found.problems, *whole.problems),
        warnings=(
            *found.warnings,
            *warnings,
            *_custom_warnings(settings.composing),
        ),
        remarks=(*fitted.remarks, *remarks),
    )
    return parcel, _recording(parcel, told)


def _recording(parcel: Parcel, settings: Settings) -> Settings:
    """Keep the copy in a file with the first recipient's name, if asked to (-F)."""
    if not (parcel.letter.record_by_name and parcel.consignments):
        return settings
    first = parcel.consignments[0].envelope.forward_paths[0]
    local_part = Mailbox(first).local_part
    record = Folder(path=settings.keeping.copies / Path(local_part).name)
    manner = (*settings.retrying.manner, ("record", str(record.path)))
    return replace(
        settings,
        keeping=replace(settings.keeping, record=record),
        retrying=replace(settings.retrying, manner=manner),
    )


def legible(draft: Draft, named: Sequence[str]) -> Draft:
    """Decode what stands in a draft as octets of another charset (PEP 383)."""

    def read(mailboxes: Iterable[Mailbox]) -> tuple[Mailbox, ...]:
        return tuple(replace(m, name=repair(m.name, named)) for m in mailboxes)

    return replace(
        draft,
        from_=read(draft.from_),
        sender=draft.sender and read((draft.sender,))[0],
        reply_to=read(draft.reply_to),
        to=read(draft.to),
        cc=read(draft.cc),
        bcc=read(draft.bcc),
        subject=draft.subject and repair(draft.subject, named),
        fields=tuple((name, repair(body, named)) for name, body in draft.fields),
        attachments=tuple(
            replace(each, name=repair(each.name, named)) for each in draft.attachments
        ),
    )


def _noticed(
    letter: Letter, settings: Settings, environment: Environment
) -> tuple[Letter, tuple[str, ...]]:
    """Let the letter ask for the notifications that settings want, if any."""
    if not settings.notice.asked:
        return letter, ()
    from pymail.delivery import notices

    notice, remarks = notices.of(letter, settings, environment)
    return replace(letter, notice=notice), remarks


def _as_it_is(
    letter: Letter,
    envelope: Envelope | None,
    settings: Settings,
    environment: Environment,
) -> Sealed:
    plain = content(letter, settings, environment)
    if envelope is None:
        return Sealed(content=plain)
    if reads_header(settings):
        letter = _named_in_header(letter, envelope, settings)
    message = under_fields(letter, plain, settings, bcc=shows_bcc(settings))
    return Sealed(content=plain, consignments=(Consignment(envelope, message),))


def _named_in_header(letter: Letter, envelope: Envelope, settings: Settings) -> Letter:
    """Let the header name all who get it; it may name nobody else.

    Raises:
        SettingsError: it does.
    """
    draft, paths = letter.draft, envelope.forward_paths
    if letter.handed:
        from pymail.delivery.raw_letter import naming

        handed, named = naming(letter.handed, paths, settings)
        letter = replace(letter, handed=handed)
    else:
        named = (*draft.to, *draft.cc, *draft.bcc)
    if others := {wire_address(each.address) for each in named} - set(paths):
        raise SettingsError(
            f"mta-no-recipient-arguments: the program would send it to"
            f" {min(others)}, too, whom the header names",
            advice="unset mta-no-recipient-arguments",
        )
    return letter


def _custom_warnings(composing: Composing) -> Iterator[str]:
    found, problems = fields.split_custom(composing.custom_fields)
    for name, _ in found:
        if name.lower() in NOT_CUSTOM:
            yield f"customhdr: {name} is not for it; sent without"
    for problem in problems:
        yield f"customhdr: {problem}; sent without"


def with_surroundings(
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


def _envelope(
    letter: Letter, settings: Settings, mailboxes: Sequence[Mailbox]
) -> Envelope | None:
    """The paths; None when only files are recipients."""
    if not mailboxes:
        return None
    return Envelope(
        reverse_path=wire_address(_reverse_path(letter.draft, settings)),
        forward_paths=tuple(wire_address(mailbox.address) for mailbox in mailboxes),
        notice=letter.notice,
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
