"""One mail to see that mail leaves, sent as every other."""

from contextlib import closing

from pymail.commands.deliver import deliver
from pymail.commands.draft_options import draft_of
from pymail.commands.invocation import Invocation
from pymail.delivery.context import RunContext
from pymail.delivery.prepare import prepare
from pymail.delivery.sender import Sender, asking
from pymail.delivery.settings import resolve_settings
from pymail.message.byte_source import InMemory
from pymail.settings.loader import LoadRequest, load

_SUBJECT = "Test of pymail"
_TEXT = b"This mail was sent by pymail --setup: sending works.\n"


def send(address: str, context: RunContext, *, debug: bool) -> int:
    """Send it with the settings that are on the disk; returns the exit status.

    Raises:
        PymailError: the attempt ended before the recipient was asked for.
    """
    environment = context.environment
    invocation = Invocation(recipients=(address,), subject=_SUBJECT)
    settings = resolve_settings(load(LoadRequest(), environment), environment)
    letter = draft_of(invocation, (), environment)
    outgoing, settings = prepare(
        letter.with_text(InMemory(_TEXT)),
        settings,
        environment,
        ask_password=asking(settings, environment),
    )
    with closing(Sender(context, debug=debug)) as sender:
        return deliver(sender, outgoing, settings)
