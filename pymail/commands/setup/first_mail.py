"""One mail to see that mail leaves, sent as every other."""

from contextlib import closing

from pymail.commands.invocation import Invocation
from pymail.delivery import letter_fields as letters
from pymail.delivery.context import Desk
from pymail.delivery.letter import with_text
from pymail.delivery.load import load, resolve_settings
from pymail.delivery.prepare import prepare
from pymail.delivery.sender import Carrier, asking
from pymail.message.byte_source import InMemory

_SUBJECT = "Test of pymail"
_TEXT = b"This mail was sent by pymail --setup: sending works.\n"


def send(address: str, desk: Desk, *, debug: bool) -> int:
    """Send it with the settings that are on the disk; returns the exit status.

    Raises:
        PymailError: the attempt ended before the recipient was asked for.
    """
    world = desk.environment
    invocation = Invocation(recipients=(address,), subject=_SUBJECT)
    settings = resolve_settings(load(invocation, world), invocation, world)
    letter = letters.letter_without_text(invocation, (), world)
    parcel, settings = prepare(
        with_text(letter, InMemory(_TEXT)),
        settings,
        world,
        ask_password=asking(settings, world),
    )
    with closing(Carrier(desk, debug=debug)) as carrier:
        return carrier.deliver(parcel, settings)
