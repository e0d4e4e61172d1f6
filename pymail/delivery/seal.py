"""Sign a letter, and encrypt it for those who get it so.

Everybody with a certificate gets a message of their own, all others one in
common. Whoever nothing can be sealed for is left out and named; the others get
theirs, as with a recipient whom the server refuses.
"""

from pymail.address.envelope import Envelope
from pymail.delivery.assemble import content, reads_header, shows_bcc, under_fields
from pymail.delivery.letter import Letter
from pymail.delivery.parcel import Consignment, Sealed
from pymail.environment import Environment
from pymail.errors import SettingsError
from pymail.message.mime_entity import Entity
from pymail.model import replace
from pymail.sealing.base import Sealer
from pymail.sealing.choose import choose
from pymail.settings.models import Settings
from pymail.transport.base import AskSecret


def sealed(
    letter: Letter,
    envelope: Envelope | None,
    settings: Settings,
    environment: Environment,
    ask_password: AskSecret,
) -> Sealed:
    """Make the content and the messages of a letter.

    Raises:
        SettingsError: it cannot be signed, or be encrypted for anybody.
    """
    sealing = settings.sealing
    sealer = choose(sealing, ask_password=ask_password, environment=environment)
    whole = content(letter, settings, environment, robust=sealing.sign)
    if sealing.sign:
        whole = sealer.sign(whole, _author(letter), letter.token)
    if envelope is None:
        return Sealed(content=whole)
    for_each = _for_each(whole, envelope, sealer)
    if all(isinstance(each, SettingsError) for each in for_each.values()):
        raise next(e for e in for_each.values() if isinstance(e, SettingsError))
    return _consigned(letter, whole, envelope, for_each, settings)


def _author(letter: Letter) -> str:
    """The address that signs: the only author, or else the sender (s-nail(1))."""
    draft = letter.draft
    if len(draft.from_) == 1:
        return draft.from_[0].address
    return draft.sender.address if draft.sender else ""


_ForEach = dict[str, Entity | SettingsError | None]


def _for_each(whole: Entity, envelope: Envelope, sealer: Sealer) -> _ForEach:
    """Encrypt for every path; None where nobody asks for it."""
    found: _ForEach = {}
    for path in envelope.forward_paths:
        try:
            found[path] = sealer.encrypt(whole, path)
        except SettingsError as error:
            found[path] = error
    return found


def _consigned(
    letter: Letter,
    whole: Entity,
    envelope: Envelope,
    for_each: _ForEach,
    settings: Settings,
) -> Sealed:
    consignments: dict[str, Consignment] = {}
    in_common = [path for path, each in for_each.items() if each is None]
    for path, each in for_each.items():
        if isinstance(each, Entity):
            message = under_fields(letter, each, settings)
            own = replace(envelope, forward_paths=(path,))
            consignments[path] = Consignment(own, message)
        elif path in in_common[:1]:
            message = under_fields(letter, whole, settings, bcc=shows_bcc(settings))
            common = replace(envelope, forward_paths=tuple(in_common))
            consignments[path] = Consignment(common, message)
    failed = {p: e for p, e in for_each.items() if isinstance(e, SettingsError)}
    if len(consignments) > 1 or failed:
        _check_that_paths_count(settings)
    return Sealed(
        content=whole,
        consignments=tuple(consignments.values()),
        refused=tuple(failed),
        problems=tuple(f"{path} gets nothing: {e}" for path, e in failed.items()),
    )


def _check_that_paths_count(settings: Settings) -> None:
    """Refuse a program that reads the header: it would send each message to all."""
    if reads_header(settings):
        raise SettingsError(
            "mta-no-recipient-arguments: the program cannot be told who gets the"
            " encrypted message",
            advice="unset mta-no-recipient-arguments, or smime-encrypt-…",
        )
