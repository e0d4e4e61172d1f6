"""Delivery for commands: send, report the result, and return the exit status.

What is said when something went wrong is in `report_outcome`, loaded when it did.
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
    """Hand a message over, report the result, and return the exit status.

    `make` makes it for settings, and again for a fallback account of what is `loaded`.
    `more` says that another message follows.

    Raises:
        PymailError: it cannot be made, or no recipient could be asked for.
    """
    context = sender.context

    def find_settings(account: str) -> Settings:
        assert loaded is not None  # noqa: S101 - an account is defined in it
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
        context.draft = None  # it is done with, whatever signal has come
        context.signals.heed()
    return status


def send_waiting(sender: Sender) -> None:
    """Send what waits in the outbox behind a message that went, if settings say so."""
    settings = sender.sent
    if settings is None or not settings.flush_after_send:
        return
    from pymail.outbox.directory import Outbox

    assert settings.outbox  # noqa: S101 - there is one
    try:
        waiting = Outbox(settings.outbox).due(sender.context.environment.now())
    except CannotKeepError:  # which was said already
        return
    if waiting:
        from pymail.commands import outbox

        outbox.send_due(settings, sender.context)
