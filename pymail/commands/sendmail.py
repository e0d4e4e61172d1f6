"""Send as sendmail does, for cron, git, mutt and PHP.

The message is sent unchanged (see `message.raw_message`). The recipients are the
arguments; with `-t` also those in the header, as in sendmail(1) of Postfix. The
message is kept after every error, as the calling program has no other copy.
"""

from contextlib import closing
from typing import TYPE_CHECKING

from pymail.address.address_list import split_argument
from pymail.commands.deliver import deliver, has_due
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
_SENDING = ("", "m")  # letters of -b that send a message
_OF_NO_MESSAGE = frozenset("bdDhHipqstv")  # with these sendmail reads no message


def run(call: SendmailInvocation, context: RunContext) -> int:
    """Carry out a command line of sendmail; returns the exit status.

    Raises:
        PymailError: the run failed; the context has the message, if there is one.
    """
    context.draft_to_keep = lambda: _begin_draft(call, context.environment)
    context.signals.heed()  # signals that came before there was a draft to keep
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
        raise UsageError(f"-b{mode}: not supported, pymail only sends mail")
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
    if has_due(sender):
        from pymail.commands import outbox

        outbox.send_due(sender)
    return status


def _collect(call: SendmailInvocation, context: RunContext) -> Draft:
    """Read the message; from now on the context has it, and a failure keeps it."""
    draft = _begin_draft(call, context.environment)
    draft = context.draft = replace(draft, text=context.spool)
    if context.environment.stdin is not None:
        context.spool.fill(context.environment.stdin)
    context.awaits_text = False
    return draft


def _begin_draft(call: SendmailInvocation, environment: Environment) -> Draft:
    """Make the draft of a call, without its text."""
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
    """Look local names up in /etc/aliases, unless the settings name another file."""
    path = context.environment.system_rc_directory / "aliases"
    if isinstance(settings.server, LocalMta) or settings.message.mta_aliases:
        return settings
    if not path.is_file():
        return settings
    return replace(settings, message=replace(settings.message, mta_aliases=path))
