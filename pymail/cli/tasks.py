"""What the command does besides sending: one thing at a time."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pymail.commands.invocation import Invocation
from pymail.delivery.context import RunContext
from pymail.errors import UsageError
from pymail.settings.loader import Loaded

if TYPE_CHECKING:
    from pymail.commands.resend import SendAgain

# What each of the options is good for.
BELONGS_TO: Mapping[str, tuple[str, ...]] = {
    "--as-cron": ("--check",),
    "--store": ("--login", "--logout", "--setup"),
    "--only-if-changed": ("--run",),
    "--at-most": ("--run",),
    "--now": ("--flush",),
}


def run(
    invocation: Invocation, loaded: Loaded, context: RunContext, send: "SendAgain"
) -> int:
    """Do what is asked for; returns the exit status. `send` sends a dead letter.

    Raises:
        UsageError: two things at once, or an option without what it belongs to.
        PymailError: it failed.
    """
    _check_words(invocation)
    match invocation.tasks:
        case ("--setup",) if invocation.sender is not None:  # --from, of a file
            from pymail.commands.setup.import_accounts import bring_over

            return bring_over(invocation, loaded, context)
        case ("--setup",):
            from pymail.commands.setup.setup import set_up

            return set_up(invocation, loaded, context)
        case ("--check",):
            from pymail.commands.check.check import check

            return check(invocation, loaded, context)
        case ("--queue" | "--flush" | "--drop",):
            from pymail.commands import outbox

            return outbox.run(invocation, loaded, context)
        case ("--resend",):
            from pymail.commands import resend

            return resend.run(invocation, loaded, context, send)
        case (name,):
            from pymail.commands.setup import login

            log_in_or_out = login.log_in if name == "--login" else login.log_out
            return log_in_or_out(invocation, loaded, context)
        case _:
            raise AssertionError("nothing to do")  # pragma: no cover


def _check_words(invocation: Invocation) -> None:
    if len(invocation.tasks) > 1:
        raise UsageError(f"{' and '.join(invocation.tasks)}: one at a time")
    if invocation.dry_run and invocation.tasks:
        raise UsageError(f"{invocation.tasks[0]} cannot be a dry run (-d)")
    for option in invocation.only_for_tasks:
        if not set(BELONGS_TO[option]) & set(invocation.tasks):
            raise UsageError(f"{option} goes with {' or '.join(BELONGS_TO[option])}")
