"""Delivery for commands: send, say what came of it, and tell the exit status.

What is said when something went wrong is in `report_outcome`, loaded when it did.
"""

from typing import TYPE_CHECKING

from pymail.delivery.context import Events, RunContext
from pymail.delivery.sender import Sender
from pymail.environment import Environment
from pymail.errors import CannotKeepError
from pymail.settings.models import Settings
from pymail.terminal.output import write

if TYPE_CHECKING:  # loaded while the connection is made
    from pymail.delivery.fallback import ByAccount
    from pymail.delivery.outgoing import OutgoingMessage, Result


class TerminalEvents(Events):
    """What people see of a run: texts on standard output, warnings on standard error.

    Nobody listening is no failure.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def on_output(self, text: str) -> None:
        """Write to standard output."""
        write(self._environment.stdout, text)

    def on_warning(self, text: str, *, shown: bool = False) -> None:
        """Say what is wrong and stops nothing."""
        if not shown:
            from pymail.terminal import lines, renderer  # mostly nothing is said

            renderer.say(self._environment, [lines.warning_line(text)])

    def on_remark(self, text: str) -> None:
        """Say what is not wrong."""
        from pymail.terminal import lines, renderer

        renderer.say(self._environment, [lines.remark_line(text)])


def deliver(
    sender: Sender,
    outgoing: "OutgoingMessage",
    settings: Settings,
    *,
    more: bool = False,
    by_account: "ByAccount | None" = None,
) -> int:
    """Hand a message over, say what came of it, and tell the exit status.

    `more` and `by_account` are as `Sender.send` has them.

    Raises:
        PymailError: the attempt ended before any recipient was asked for.
    """
    from pymail.delivery.outgoing import Result

    context, begun = sender.context, Result(outgoing=outgoing)
    result = sender.send(begun, settings, more=more, by_account=by_account)
    status = _finish(context, result)
    sender.sent = settings if status == 0 else None
    if more:
        context.draft = None  # it is done with, whatever signal has come
        context.heed_signals()
    return status


def _finish(context: RunContext, result: "Result") -> int:
    """Say what came of it, keep what was not delivered, and tell the status."""
    status = 0
    if context.verbose or not result.fully_delivered:
        if result.undelivered:
            context.hold_signals()
        from pymail.commands import report_outcome

        status = report_outcome.report(context, result)
    context.events.on_result(result, status)
    return status


def send_waiting(sender: Sender) -> None:
    """Send what waits in the outbox behind a letter that went, if settings say so."""
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
