"""One attempt at a queued message: marked when it is about to go, and settled.

Whatever ends this process, nothing is lost: a message that nobody has the lock of
waits for the next flush. One that was about to be taken is marked as such, and is
not sent again by itself.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from pymail.environment import Environment
from pymail.errors import CannotKeepError, TransientError
from pymail.model import replace
from pymail.outbox import retry
from pymail.outbox.journal import Event, EventKind
from pymail.outbox.queued_message import NotifyingMessage, QueuedMessage
from pymail.report.delivery_report import Report
from pymail.transport.base import Transport


def now(environment: Environment) -> datetime:
    """Return the time, to the second."""
    seconds = datetime.fromtimestamp(environment.seconds(), UTC)
    return seconds.replace(microsecond=0)


def send(
    mail: QueuedMessage,
    paths: Sequence[str],
    transport: Transport,
    environment: Environment,
    *,
    more: bool,
    goes_unmarked: bool = False,
) -> Report:
    """Send a message to these of its recipients.

    Where there is no room for the mark that the server may take it from here on, it
    must not go; with `goes_unmarked` it goes as without an outbox.

    Raises:
        PymailError: the attempt ended before any recipient was asked for.
    """

    def mark() -> None:
        sending = Event(now(environment), EventKind.SENDING, str(len(paths)))
        try:
            mail.append(sending, on_disk=True)
        except CannotKeepError as error:
            if goes_unmarked:
                with suppress(CannotKeepError):
                    mail.remove()
            if not mail.gone:
                raise TransientError(error.happened) from error

    envelope = replace(mail.head.envelope, forward_paths=tuple(paths))
    return transport.send(envelope, NotifyingMessage(mail.message, mark), more=more)


def settle(
    mail: QueuedMessage, report: Report, environment: Environment, at: datetime
) -> None:
    """Note what became of an attempt; a message that all have got is taken out.

    Raises:
        CannotKeepError: there is no room for that.
    """
    asked = {row.address for row in report.fates}
    if report.complete and asked == {*mail.remaining.left}:
        mail.remove()
    if not mail.gone:
        jitter = int(environment.token()[:4], 16) / 0xFFFF
        mail.append(*retry.events(report, mail.journal, at=at, jitter=jitter))
