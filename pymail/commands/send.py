"""Sending as mailx does: read settings and text, then send one letter or several."""

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from pymail import __version__
from pymail.address.mailbox import parse_mailbox
from pymail.commands.invocation import Invocation
from pymail.delivery import letter_fields as letters
from pymail.delivery.context import RunContext
from pymail.delivery.sender import Sender, asking
from pymail.delivery.settings import resolve_settings
from pymail.errors import Interrupted, NoRecipientsError, PymailError, UsageError
from pymail.message.draft import Attachment, Draft
from pymail.model import model, replace
from pymail.settings.loader import Loaded, load, with_account
from pymail.settings.models import Settings

if TYPE_CHECKING:  # loaded while the connection is made
    from pymail.delivery.outgoing import OutgoingMessage


def run(invocation: Invocation, context: RunContext) -> int:
    """Do what the command line asks; returns the exit status.

    Raises:
        PymailError: whatever ended the run; the context has the letter, if any.
    """
    if invocation.json or context.told:
        from pymail.commands import json_report

        json_report.follow(context, invocation)
    if invocation.version:
        context.print(f"pymail {__version__}\n")
        return 0
    context.warn(invocation.remarks)
    context.progress = invocation.progress
    if invocation.demo:
        raise UsageError("--demo goes alone")
    _prepare_context(context, invocation)
    if invocation.run:
        from pymail.commands.run import run

        return run.run(invocation, context, _mail)
    return _follow(invocation, context)


def _prepare_context(context: RunContext, invocation: Invocation) -> None:
    """Let the context know who calls, and what is to be kept if nothing comes of it."""
    environment = context.environment
    if invocation.login:
        environment = replace(environment, login=invocation.login)
    if invocation.body_file is not None:
        environment = replace(environment, stdin=None)
    context.environment = environment
    context.awaits_text = _has_text(invocation)
    context.bare = lambda: letters.bare(invocation, environment)
    context.heed_signals()  # that came before there was something to keep


def _has_text(invocation: Invocation) -> bool:
    """Tell whether standard input is the text of a letter."""
    asked = invocation.run or invocation.tasks or invocation.show_settings
    return not (asked or invocation.takes_commands)


def _follow(invocation: Invocation, context: RunContext) -> int:
    loaded = load(invocation.load_request, context.environment)
    _say(loaded, context, reports=invocation.check)
    if invocation.show_settings:
        from pymail.commands.output import show_settings

        return show_settings(loaded, context)
    if invocation.tasks or invocation.only_for_tasks:
        invocation.check_tasks()
        return _run_task(invocation, loaded, context)
    return _send_all(invocation, loaded, context)


def _run_task(invocation: Invocation, loaded: Loaded, context: RunContext) -> int:
    """Do what the command does besides sending."""
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

            return resend.run(invocation, loaded, context, _send_again)
        case (name,):
            from pymail.commands.setup import login

            log_in_or_out = login.log_in if name == "--login" else login.log_out
            return log_in_or_out(invocation, loaded, context)
        case _:
            raise AssertionError("nothing to do")  # pragma: no cover


def _send_all(invocation: Invocation, loaded: Loaded, context: RunContext) -> int:
    """Send what there is to send, then what waits in the outbox and is due."""
    with closing(Sender(context, debug=invocation.debug)) as sender:
        if invocation.takes_commands:
            from pymail.commands import batch

            status = batch.run(invocation, loaded, context, sender, _send)
        else:
            status = _send(invocation, loaded, context, sender)
    if settings_of_outbox := sender.followed_by():
        from pymail.commands import outbox

        outbox.along(settings_of_outbox, context)
    return status


def _mail(
    invocation: Invocation, context: RunContext, more: Sequence[Attachment]
) -> int:
    """Send one letter that has more attachments than its options say."""
    loaded = load(invocation.load_request, context.environment)
    _say(loaded, context, reports=False)
    with closing(Sender(context, debug=invocation.debug)) as sender:
        return _send(invocation, loaded, context, sender, more)


def _say(loaded: Loaded, context: RunContext, *, reports: bool) -> None:
    """Print what the files print, and warn of what is wrong in them.

    What `reports` later has a place of its own for that, and nothing else there.
    """
    if not reports:
        context.print("".join(loaded.state.output))
        context.warn(text.rstrip("\n") for text in loaded.state.error_output)
        context.warn(loaded.warnings())


@model()
class _Order:
    """How letters are to be sent: what was asked, read, and made of both.

    `more` says that another letter follows.
    """

    invocation: Invocation
    loaded: Loaded
    settings: Settings
    sender: Sender
    more: bool = False

    @property
    def goes_nowhere(self) -> bool:
        """Whether the letter is only shown."""
        return self.invocation.dry_run or self.loaded.layers.switch("debug")


def _send(
    invocation: Invocation,
    loaded: Loaded,
    context: RunContext,
    sender: Sender,
    attached: Sequence[Attachment] = (),
) -> int:
    letter = letters.with_attachments(_begin(invocation, loaded, context), attached)
    settings = resolve_settings(loaded, context.environment)
    context.settings = settings
    context.warn(settings.warnings)
    interrupts_mean_nothing = (
        invocation.ignore_interrupts or settings.writing.ignore_interrupts
    )
    if interrupts_mean_nothing and not context.environment.stdin_is_terminal:
        context.ignore_interrupts()
    if _is_written(invocation, context):
        context.awaits_text = False
        from pymail.commands import compose

        letter, settings = compose.write(letter, invocation, loaded, context)
    else:
        letter = _complete(letter, invocation, context)
    order = _Order(invocation, loaded, settings, sender, more=invocation.batch)
    if not invocation.template:
        return _send_one(letter, order, context)
    return _send_templates(letter, order, context)


def _is_written(invocation: Invocation, context: RunContext) -> bool:
    """Whether escapes count in the text: a person writes it, or -~ says so."""
    if invocation.body_file is not None:
        return False
    escapes = invocation.tilde_escapes or invocation.batch
    return context.environment.stdin_is_terminal or escapes


def _send_templates(letter: Draft, order: _Order, context: RunContext) -> int:
    """Send the message on standard input, or every message of an mbox.

    One that fails does not stop the others; the status is that of the first
    that did. A signal does: those that have not been sent are kept.
    """
    from pymail.delivery import templates

    statuses = []
    stopped: Interrupted | None = None
    for each, more in templates.of_templates(letter, context.environment):
        context.letter = each
        try:
            context.letter = template = templates.from_template(
                each, order.settings.composing.named
            )
            if stopped is not None:
                raise stopped
            statuses.append(_send_one(template, replace(order, more=more), context))
        except PymailError as error:
            stopped = error if isinstance(error, Interrupted) else stopped
            statuses.append(context.failed(error))
    if stopped is not None:
        return 128 + stopped.signal_number
    return next(filter(None, statuses), 0)


def _send_again(
    letter: Draft, invocation: Invocation, loaded: Loaded, sender: Sender
) -> int:
    """Send a dead letter with the settings that its context has."""
    context = sender.context
    assert context.settings is not None  # noqa: S101 - whoever asks has read them
    invocation = replace(invocation, template=True)
    order = _Order(invocation, loaded, context.settings, sender, more=True)
    return _send_one(letter, order, context)


def _send_one(letter: Draft, order: _Order, context: RunContext) -> int:
    invocation, settings = order.invocation, order.settings
    skip = invocation.skip_empty or settings.composing.skip_empty
    if skip and letters.is_empty(letter) and not settings.composing.head:
        if context.told:
            context.told.skipped(letter)
        return 0
    if remark := letters.remark_on(letter):
        context.warn([remark])
    if not (letter.to or invocation.template or invocation.targets):
        raise NoRecipientsError(
            "no recipients (-c and -b alone do not count)",
            advice="name an address to send to",
        )
    verbose = order.loaded.layers.switch("verbose")
    context.verbose = bool(invocation.verbose) or verbose
    if invocation.html or invocation.markdown:
        from pymail.delivery import html_alternative

        letter = html_alternative.in_both(letter, invocation, context)
    outgoing, settings = _ready(letter, order, context)
    context.warn(outgoing.warnings)
    return _deliver(letter, outgoing, replace(order, settings=settings), context)


def _ready(
    letter: Draft, order: _Order, context: RunContext
) -> "tuple[OutgoingMessage, Settings]":
    settings = order.settings
    if not order.goes_nowhere:
        order.sender.begin(settings)  # and make the letter meanwhile
    from pymail.delivery.prepare import prepare

    ask = asking(settings, context.environment)
    return prepare(letter, settings, context.environment, ask_password=ask)


def _begin(invocation: Invocation, loaded: Loaded, context: RunContext) -> Draft:
    """Look at the command line and its files before the text is read."""
    named = (
        *(*invocation.recipients, *invocation.after_dashes),
        *(*invocation.to, *invocation.targets),
    )
    if not named and not invocation.template and context.environment.stdin_is_terminal:
        raise UsageError(
            "no recipients", advice=f"{context.program} -s SUBJECT ADDRESS, or --help"
        )
    if invocation.sender:
        parse_mailbox(invocation.sender)  # a list of words is no sender
    words, environment = letters.Words(), context.environment
    context.bare = lambda: letters.bare(invocation, environment, words)
    files = loaded.files_to_attach
    return letters.letter_without_text(
        invocation, files, environment, named=loaded.named, words=words
    )


def _complete(letter: Draft, invocation: Invocation, context: RunContext) -> Draft:
    """Read the text; the context has what was read, however this ends."""
    environment = context.environment
    if invocation.body_file is not None:
        context.letter = letter
        context.awaits_text = False
        return letter
    spool = context.spool
    context.letter = letter.with_text(spool)
    if environment.stdin is not None and not environment.stdin_is_terminal:
        spool.fill(environment.stdin)
    context.awaits_text = False
    return context.letter


def _deliver(
    letter: Draft, outgoing: "OutgoingMessage", order: _Order, context: RunContext
) -> int:
    settings = order.settings
    if order.goes_nowhere:
        from pymail.commands.output import show_parcel

        return show_parcel(outgoing, settings, context)

    def by_account(name: str) -> "tuple[OutgoingMessage, Settings]":
        loaded = with_account(name, order.loaded, context.environment)
        resolved = resolve_settings(loaded, context.environment)
        other = replace(order, loaded=loaded, settings=resolved)
        made, resolved = _ready(letter, other, context)
        _tell_watchers(made, resolved, order.sender)
        return made, resolved

    sender = order.sender
    _tell_watchers(outgoing, settings, sender)
    return sender.deliver(outgoing, settings, more=order.more, by_account=by_account)


def _tell_watchers(
    outgoing: "OutgoingMessage", settings: Settings, sender: Sender
) -> None:
    if sender.is_watched:
        sender.context.remark((*settings.remarks, *outgoing.remarks))
