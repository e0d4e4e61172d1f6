"""What a check tries: a server, and the mail that would go there."""

from datetime import datetime

from pymail.address.envelope import Envelope
from pymail.commands.check.reachability import CONNECT_SECONDS
from pymail.message.byte_source import FinishedMessage
from pymail.model import model, replace
from pymail.secret import Secret
from pymail.settings.server_models import SmtpServer, Timeouts
from pymail.transport.base import Trace

LONGEST_SECONDS = 30.0  # for any reply: whoever checks does not wait five minutes
GOODBYE_SECONDS = 1.0


@model(kw_only=True)
class Visit:
    """What is tried: the server, and the mail that would go there.

    `secret` is None when nobody has it, `envelope` when no mail can be made.
    """

    server: SmtpServer
    trace: Trace
    now: datetime
    secret: Secret | None = None
    envelope: Envelope | None = None
    message: FinishedMessage | None = None


def impatient(server: SmtpServer, *, watched: bool = False) -> SmtpServer:
    """Bound every wait: somebody is waiting for the result.

    The answer to QUIT is nothing to wait for, unless the session is `watched`.
    """
    usual = server.timeouts
    timeouts = Timeouts(
        connect=min(usual.connect, CONNECT_SECONDS),
        greeting=min(usual.greeting, LONGEST_SECONDS),
        command=min(usual.command, LONGEST_SECONDS),
        quit=GOODBYE_SECONDS if watched else 0,
    )
    return replace(server, timeouts=timeouts)
