"""Signature and encryption of a message, by recipient.

Everybody with a certificate gets a version of their own, all others one in
common. Whoever nothing can be sealed for is left out and named; the others get
theirs, as with a recipient whom the server refuses.
"""

from pymail.address.envelope import Envelope
from pymail.delivery.assemble import content, reads_header, shows_bcc, with_header
from pymail.delivery.outgoing import Versions
from pymail.environment import Environment
from pymail.errors import SettingsError, install
from pymail.message.byte_source import FinishedMessage
from pymail.message.draft import Draft, Lists
from pymail.message.mime_entity import Entity
from pymail.model import replace
from pymail.settings.models import Settings
from pymail.transport.base import AskSecret


def seal(
    draft: Draft,
    lists: Lists,
    envelope: Envelope | None,
    *,
    settings: Settings,
    environment: Environment,
    ask_password: AskSecret,
) -> tuple[Entity, Versions, dict[str, SettingsError]]:
    """Make the content of a draft, its versions, and why some get none.

    Raises:
        SettingsError: it cannot be signed, or be encrypted for anybody.
    """
    try:
        from pymail.smime import Smime
    except ImportError as error:
        raise SettingsError(
            f"the smime-* variables need the library cryptography: {error}",
            advice=install("cryptography --upgrade"),
        ) from error
    sealing = settings.smime
    sealer = Smime(sealing, ask_password=ask_password, environment=environment)
    whole = content(draft, settings, environment, robust=sealing.sign)
    if sealing.sign:
        whole = sealer.sign(whole, _author(draft), draft.token)
    if envelope is None:
        return whole, (), {}
    sealed: dict[str, Entity | None] = {}  # None where nobody asks for it
    failed: dict[str, SettingsError] = {}
    for path in envelope.forward_paths:
        try:
            sealed[path] = sealer.encrypt(whole, path)
        except SettingsError as error:
            failed[path] = error
    if not sealed:
        raise next(iter(failed.values()))
    versions = _versions(draft, lists, envelope, sealed, whole=whole, settings=settings)
    if len(versions) > 1 or failed:
        _check_that_paths_count(settings)
    return whole, versions, failed


def _author(draft: Draft) -> str:
    """The address that signs: the only author, or else the sender (s-nail(1))."""
    if len(draft.from_) == 1:
        return draft.from_[0].address
    return draft.sender.address if draft.sender else ""


def _versions(
    draft: Draft,
    lists: Lists,
    envelope: Envelope,
    sealed: dict[str, Entity | None],
    *,
    whole: Entity,
    settings: Settings,
) -> Versions:
    versions: list[tuple[Envelope, FinishedMessage]] = []
    in_common = tuple(path for path, each in sealed.items() if each is None)
    for path, each in sealed.items():
        if each is not None:
            message = with_header(draft, lists, each, settings)
            versions.append((replace(envelope, forward_paths=(path,)), message))
        elif path == in_common[0]:
            bcc = shows_bcc(settings)
            message = with_header(draft, lists, whole, settings, bcc=bcc)
            versions.append((replace(envelope, forward_paths=in_common), message))
    return tuple(versions)


def _check_that_paths_count(settings: Settings) -> None:
    """Refuse a program that reads the header: it would send each message to all."""
    if reads_header(settings):
        raise SettingsError(
            "mta-no-recipient-arguments: the program cannot be told who gets the"
            " encrypted message",
            advice="unset mta-no-recipient-arguments, or smime-encrypt-…",
        )
