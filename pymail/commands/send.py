"""Send as mailx does: read settings and text, then send one or more messages."""

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from pymail import __version__
from pymail.address.mailbox import parse_mailbox
from pymail.commands.deliver import deliver, has_due
from pymail.commands.draft_options import draft_to_keep, read_options
from pymail.commands.invocation import Invocation
from pymail.delivery.context import RunContext
from pymail.delivery.sender import Sender
from pymail.delivery.settings import resolve_settings
from pymail.errors import Interrupted, NoRecipientsError, PymailError, UsageError
from pymail.message.draft import Attachment, Draft
from pymail.model import replace
from pymail.settings.loader import Loaded, load
from pymail.settings.models import Settings

if TYPE_CHECKING:  # loaded while the connection is made
    from pymail.delivery.outgoing import OutgoingMessage


def run(invocation: Invocation, context: RunContext) -> int:
    """Carry out a command line of mailx; returns the exit status.

    Raises:
        PymailError: the run failed; the context has the message, if there is one.
    """
    if invocation.json or context.events.machine_readable:
        from pymail.commands import json_report

        json_report.follow(context, invocation)
    if invocation.version:
        context.print(f"pymail {__version__}\n")
        return 0
    if invocation.manual:
        from pymail.commands import manual

        return manual.show(invocation.recipients, context)
    context.warn(invocation.remarks)
    context.progress = invocation.progress
    if invocation.demo:
        raise UsageError("--demo can't be combined with other options")
    _prepare_context(context, invocation)
    if invocation.run:
        from pymail.commands.run import run

        return run.run(invocation, context, _mail)
    return _follow(invocation, context)


def _prepare_context(context: RunContext, invocation: Invocation) -> None:
    """Set the login name, standard input, and the draft to keep after a failure."""
    environment = context.environment
    if invocation.login:
        environment = replace(environment, login=invocation.login)
    if invocation.body_file is not None:
        environment = replace(environment, stdin=None)
    context.environment = environment
    sends = not (invocation.run or invocation.tasks or invocation.questions)
    context.awaits_text = sends and not invocation.takes_commands
    context.draft_to_keep = lambda: draft_to_keep(invocation, environment)
    context.signals.heed()  # signals that came before there was a draft to keep


def _follow(invocation: Invocation, context: RunContext) -> int:
    loaded = load(invocation.load_request, context.environment)
    context.explain = loaded.layers.text("explain")
    if not invocation.check:  # --check reports them itself
        _show_messages(loaded, context)
    if invocation.show_settings:
        from pymail.commands.show_settings import show_settings

        return show_settings(loaded, context)
    if invocation.explain is not None:
        from pymail.commands import explain

        return explain.show(invocation, context)
    invocation.check_tasks()
    if invocation.tasks:
        return _run_task(invocation, loaded, context)
    return _send_all(invocation, loaded, context)


def _run_task(invocation: Invocation, loaded: Loaded, context: RunContext) -> int:
    """Run the one task that replaces sending."""
    match invocation.tasks:
        case ("--setup",):
            from pymail.commands.setup.setup import set_up

            return set_up(invocation, context)
        case ("--check",):
            from pymail.commands.check.check import check

            return check(invocation, loaded, context)
        case ("--queue" | "--flush" | "--drop",):
            from pymail.commands import outbox

            return outbox.run(invocation, loaded, context)
        case ("--resend",):
            from pymail.commands import resend

            return resend.run(invocation, loaded, context, _send_again)
        case (name,):
            from pymail.commands.setup import login

            log_in_or_out = login.log_in if name == "--login" else login.log_out
            return log_in_or_out(invocation, loaded, context)
        case _:
            raise AssertionError("nothing to do")  # pragma: no cover


def _send_all(invocation: Invocation, loaded: Loaded, context: RunContext) -> int:
    """Send the messages of this call, then the queued messages that are due."""
    with closing(Sender(context, debug=invocation.debug)) as sender:
        if invocation.takes_commands:
            from pymail.commands import batch

            status = batch.run(invocation, loaded, sender, _send)
        else:
            status = _send(invocation, loaded, sender)
    if has_due(sender):
        from pymail.commands import outbox

        outbox.send_due(sender)
    return status


def _mail(
    invocation: Invocation, context: RunContext, attached: Sequence[Attachment]
) -> int:
    """Send one message with attachments beyond those of its options."""
    loaded = load(invocation.load_request, context.environment)
    context.explain = loaded.layers.text("explain")
    _show_messages(loaded, context)
    with closing(Sender(context, debug=invocation.debug)) as sender:
        return _send(invocation, loaded, sender, attached)


def _show_messages(loaded: Loaded, context: RunContext) -> None:
    """Print the output of the settings files, and warn of their errors."""
    if loaded.state.output:
        context.print("".join(loaded.state.output))
    context.warn(text.rstrip("\n") for text in loaded.state.error_output)
    context.warn(loaded.warnings())


def _send(
    invocation: Invocation,
    loaded: Loaded,
    sender: Sender,
    attached: Sequence[Attachment] = (),
) -> int:
    """Compose or read one text, and send it or the messages in it (-t)."""
    context = sender.context
    draft = _draft(invocation, loaded, context).with_attachments(attached)
    settings = context.settings = resolve_settings(loaded, context.environment)
    context.warn(settings.warnings)
    ignored = invocation.ignore_interrupts or loaded.layers.switch("ignore")
    if ignored and not context.environment.stdin_is_terminal:
        context.signals.ignore_interrupts()
    escapes = invocation.tilde_escapes or invocation.batch
    written = context.environment.stdin_is_terminal or escapes
    if written and invocation.body_file is None:
        context.awaits_text = False
        from pymail.commands import compose

        draft = compose.write(draft, invocation, loaded, context)
    else:
        draft = _read_text(draft, invocation, context)
    if invocation.template:
        return _send_templates(draft, invocation, loaded, sender)
    return _send_one(draft, invocation, loaded, sender, more=invocation.batch)


def _draft(invocation: Invocation, loaded: Loaded, context: RunContext) -> Draft:
    """Make the draft of the command line and its files; the text is not read yet."""
    environment = context.environment
    addressed = invocation.to or invocation.targets
    addressed = addressed or invocation.recipients or invocation.after_dashes
    if environment.stdin_is_terminal and not (addressed or invocation.template):
        raise UsageError(
            "no recipients", advice=f"{context.program} -s SUBJECT ADDRESS, or --help"
        )
    if invocation.sender:
        parse_mailbox(invocation.sender)  # raises for a list of words
    draft: Draft | None = None
    context.draft_to_keep = lambda: draft_to_keep(invocation, environment, draft)
    files = loaded.files_to_attach
    for draft in read_options(invocation, files, environment, loaded.named):  # noqa: B007 - the last is complete
        pass
    assert draft  # noqa: S101 - there is at least one
    return draft


def _read_text(draft: Draft, invocation: Invocation, context: RunContext) -> Draft:
    """Read the text; after a failure the context has the part that was read."""
    environment = context.environment
    if invocation.body_file is None:
        draft = draft.with_text(context.spool)
    context.draft = draft
    if environment.stdin is not None and not environment.stdin_is_terminal:
        context.spool.fill(environment.stdin)
    context.awaits_text = False
    return draft


def _send_templates(
    draft: Draft, invocation: Invocation, loaded: Loaded, sender: Sender
) -> int:
    """Send the message on standard input, or every message of an mbox.

    A message that fails does not stop the next ones; the status is that of the first
    failure. A signal stops the run: the unsent messages are kept.
    """
    from pymail.message.draft_header import read_header, split_entries

    context, statuses = sender.context, []
    settings = context.settings
    assert settings is not None  # noqa: S101 - they are read before a message
    stopped: Interrupted | None = None
    for each, more in split_entries(draft, context.environment.token):
        context.draft = each
        context.settings = settings  # the last message may have used a fallback's
        try:
            context.draft = template = read_header(each, settings.message.named)
            if stopped is not None:
                raise stopped
            statuses.append(_send_one(template, invocation, loaded, sender, more=more))
        except PymailError as error:
            stopped = error if isinstance(error, Interrupted) else stopped
            from pymail.commands.report_outcome import fail

            statuses.append(fail(context, error))
    if stopped is not None:
        return 128 + stopped.signal_number
    return next(filter(None, statuses), 0)


def _send_again(
    draft: Draft, invocation: Invocation, loaded: Loaded, sender: Sender
) -> int:
    """Send a dead letter with the settings of the context."""
    invocation = replace(invocation, template=True)
    return _send_one(draft, invocation, loaded, sender, more=True)


def _send_one(
    draft: Draft,
    invocation: Invocation,
    loaded: Loaded,
    sender: Sender,
    *,
    more: bool,
) -> int:
    """Send a message, or show it (-d); `more` says that another message follows."""
    context = sender.context
    assert context.settings is not None  # noqa: S101 - they are read before a message
    additions = context.settings.message
    skips = invocation.skip_empty or additions.skip_empty
    if skips and not draft.text.size_octets and not additions.head:
        context.events.on_skipped(draft)
        return 0
    if not (draft.text.size_octets or draft.subject or draft.attachments):
        context.warn(["no message, no subject; hope that's ok"])
    if not (draft.to or invocation.template or invocation.targets):
        raise NoRecipientsError(
            "no recipients (-c and -b alone do not count)",
            advice="name an address to send to",
        )
    context.verbose = bool(invocation.verbose) or loaded.layers.switch("verbose")
    if form := invocation.text_form:
        draft = _with_html(draft, form, invocation, context)

    def make(settings: Settings) -> "OutgoingMessage":
        from pymail.delivery.prepare import prepare

        return prepare(draft, settings, context.environment)

    if invocation.dry_run or loaded.layers.switch("debug"):
        from pymail.commands.dry_run import show_message

        outgoing = make(context.settings)
        context.warn(outgoing.warnings)
        return show_message(outgoing, context)
    return deliver(sender, make, context.settings, loaded=loaded, more=more)


def _with_html(
    draft: Draft, form: str, invocation: Invocation, context: RunContext
) -> Draft:
    """Add the HTML form of a Markdown text, or the plain form of an HTML text."""
    from pymail.delivery.html_alternative import add_html_alternative, check_type

    check_type(form, invocation.content_type or "")  # of --resend
    is_output = invocation.run is not None and not invocation.content_type
    return add_html_alternative(draft, form, context, is_output=is_output)
