"""One mail to see that mail leaves, sent as every other."""

from contextlib import closing

from pymail.cli import letter as letters
from pymail.cli.carrier import Carrier, asking
from pymail.cli.desk import Desk
from pymail.cli.invocation import Invocation
from pymail.cli.load import load, resolve_settings
from pymail.message.source import InMemory
from pymail.submit.letter import with_text
from pymail.submit.prepare import prepare

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
