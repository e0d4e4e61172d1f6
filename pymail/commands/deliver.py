"""Delivery for commands: send, report the result, and return the exit status.

`report_outcome`, which words failures, is imported only after a failure.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from pymail.delivery.sender import Sender
from pymail.delivery.settings import resolve_settings
from pymail.errors import CannotKeepError
from pymail.settings.loader import Loaded, load_account
from pymail.settings.models import Settings

if TYPE_CHECKING:  # loaded while the connection is made
    from pymail.delivery.outgoing import OutgoingMessage


def deliver(
    sender: Sender,
    make: "Callable[[Settings], OutgoingMessage]",
    settings: Settings,
    *,
    loaded: Loaded | None = None,
    more: bool = False,
) -> int:
    """Send a message, report the result, and return the exit status.

    `make` builds the message for settings; it is called again for a fallback account,
    which is defined in `loaded`. `more` says that another message follows.

    Raises:
        PymailError: the message can't be built, or failed before the first RCPT.
    """
    context = sender.context

    def find_settings(account: str) -> Settings:
        assert loaded is not None  # noqa: S101 - accounts are defined in it
        other = load_account(account, loaded, context.environment)
        return resolve_settings(other, context.environment)

    find = find_settings if loaded else None
    result = sender.send(make, settings, find_settings=find, more=more)
    if result.failure is not None:
        raise result.failure
    status = 0
    if context.verbose or not result.fully_delivered:
        if result.undelivered:
            context.signals.hold()
        from pymail.commands import report_outcome

        status = report_outcome.report(context, result)
    context.events.on_result(result, status)
    sender.sent = settings if status == 0 else None
    if more:
        context.draft = None  # a signal that came meanwhile must not keep it again
        context.signals.heed()
    return status


def has_due(sender: Sender) -> bool:
    """Tell whether queued messages are to be sent after a successful send."""
    settings = sender.sent
    if settings is None or not settings.flush_after_send:
        return False
    from pymail.outbox.directory import Outbox

    assert settings.outbox  # noqa: S101 - flush_after_send needs it
    try:
        return bool(Outbox(settings.outbox).due(sender.context.environment.now()))
    except CannotKeepError:  # already reported
        return False
