"""Sending as sendmail does, for cron, git, mutt and PHP.

The message goes out as it is written (see `message.raw_message`); without `-t` the
recipients are the arguments alone, with it those of the header, too, as
sendmail(1) of Postfix has it. Whatever is wrong with the call, the message is
kept: the caller is a program that throws it away.
"""

from contextlib import closing
from typing import TYPE_CHECKING

from pymail.address.address_list import split_argument
from pymail.commands.deliver import deliver, send_waiting
from pymail.commands.invocation import SendmailInvocation
from pymail.delivery.context import RunContext
from pymail.delivery.raw_message import read_message
from pymail.delivery.sender import Sender
from pymail.delivery.settings import resolve_settings
from pymail.environment import Environment
from pymail.errors import UsageError
from pymail.message.draft import Draft
from pymail.model import replace
from pymail.settings.loader import LoadRequest, load
from pymail.settings.models import Settings
from pymail.settings.server_models import LocalMta

if TYPE_CHECKING:  # loaded while the connection is made
    from pymail.delivery.outgoing import OutgoingMessage

_NO_MESSAGE = {"mailq": "p", "newaliases": "i"}
_SENDING = ("", "m")  # what -b may say and still hand a message over
_OF_NO_MESSAGE = frozenset("bdDhHipqstv")  # with these no sendmail reads one


def run(call: SendmailInvocation, context: RunContext) -> int:
    """Send the message on standard input; returns the exit status.

    Raises:
        PymailError: whatever ended the run; the context has the message, if any.
    """
    context.draft_to_keep = lambda: _begin_draft(call, context.environment)
    context.signals.heed()  # that came before there was something to keep
    if call.refused:
        raise UsageError(call.refused)
    mode = _NO_MESSAGE.get(context.program, call.mode)
    context.awaits_text = mode not in _OF_NO_MESSAGE
    if mode == "i":
        return 0
    if mode in ("p", "q"):
        from pymail.commands import outbox

        return outbox.run_for_sendmail(call, context, sends=mode == "q")
    if mode not in _SENDING:
        raise UsageError(f"-b{mode}: pymail hands messages over, it serves nobody")
    return _send(call, context)


def _send(call: SendmailInvocation, context: RunContext) -> int:
    collected = _collect(call, context)
    loaded = load(LoadRequest(verbose=call.verbose), context.environment)
    context.warn(loaded.warnings())
    context.settings = resolve_settings(loaded, context.environment)
    context.verbose = call.verbose
    context.remark(call.remarks if call.verbose else ())

    def make(settings: Settings) -> "OutgoingMessage":
        from pymail.delivery.prepare import prepare

        context.settings = settings = _with_aliases(settings, context)
        context.draft = draft = read_message(collected, settings)
        return prepare(draft, settings, context.environment)

    with closing(Sender(context)) as sender:
        status = deliver(sender, make, context.settings, loaded=loaded)
    send_waiting(sender)
    return status


def _collect(call: SendmailInvocation, context: RunContext) -> Draft:
    """Read the message; from here on the context keeps it, however this ends."""
    draft = _begin_draft(call, context.environment)
    draft = context.draft = replace(draft, text=context.spool)
    if context.environment.stdin is not None:
        context.spool.fill(context.environment.stdin)
    context.awaits_text = False
    return draft


def _begin_draft(call: SendmailInvocation, environment: Environment) -> Draft:
    """Make the draft of a call, whose text is yet to come."""
    arguments = tuple(w for text in call.recipients for w in split_argument(text))
    return Draft(
        now=environment.now(),
        token=environment.token(),
        bcc=arguments,
        full_name=call.full_name,
        reverse_path=call.sender,
        dsn=call.dsn,
        unread_header=True,
        from_header=call.from_header,
    )


def _with_aliases(settings: Settings, context: RunContext) -> Settings:
    """Look local names up where every sendmail does, unless settings say where."""
    path = context.environment.system_rc_directory / "aliases"
    if isinstance(settings.server, LocalMta) or settings.message.mta_aliases:
        return settings
    if not path.is_file():
        return settings
    return replace(settings, message=replace(settings.message, mta_aliases=path))
