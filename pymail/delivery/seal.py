"""Signature and encryption of a message, by recipient.

Each recipient with a certificate gets a version of their own, all others one in
common. Recipients for whom nothing can be sealed are left out and named; others get
theirs, as with a recipient whom the server refuses.
"""

from collections.abc import Mapping, Sequence

from pymail.credentials.chain import make_chain
from pymail.environment import Environment
from pymail.errors import SettingsError, install
from pymail.message.draft import Draft
from pymail.message.mime_entity import Entity
from pymail.settings.models import Settings
from pymail.settings.server_models import LocalMta

# What each path gets; None where nothing is encrypted, and all get the same.
Sealed = Mapping[str, Entity | None]


def seal(
    content: Entity,
    draft: Draft,
    paths: Sequence[str],
    *,
    settings: Settings,
    environment: Environment,
) -> tuple[Entity, Sealed, dict[str, SettingsError]]:
    """Sign the content of a draft, and encrypt it for those with a certificate.

    Returns it signed, what is encrypted for each path, and why some get nothing.

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
    sealing, ask = settings.smime, make_chain(environment, settings.lookup)
    sealer = Smime(sealing, ask_password=ask, environment=environment)
    if sealing.sign:
        content = sealer.sign(content, _author(draft), draft.token)
    sealed: dict[str, Entity | None] = {}
    failed: dict[str, SettingsError] = {}
    for path in paths:
        try:
            sealed[path] = sealer.encrypt(content, path)
        except SettingsError as error:
            failed[path] = error
    if failed and not sealed:
        raise next(iter(failed.values()))
    encrypted = [entity for entity in sealed.values() if entity is not None]
    if failed or (encrypted and len(sealed) > 1):
        _check_that_paths_count(settings)
    return content, sealed, failed


def _author(draft: Draft) -> str:
    """The address that signs: the only author, or else the sender (s-nail(1))."""
    if len(draft.from_) == 1:
        return draft.from_[0].address
    return draft.sender.address if draft.sender else ""


def _check_that_paths_count(settings: Settings) -> None:
    """Refuse a program that reads the header: it would send each message to all."""
    server = settings.server
    if isinstance(server, LocalMta) and not server.recipients_as_arguments:
        raise SettingsError(
            "mta-no-recipient-arguments: the program cannot be told who gets the"
            " encrypted message",
            advice="unset mta-no-recipient-arguments, or smime-encrypt-…",
        )
