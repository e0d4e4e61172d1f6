"""The mailx door: read the command line and the settings, then send one letter."""

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from pymail import __version__
from pymail.address.mailbox import parse_mailbox
from pymail.cli.read import read
from pymail.commands.invocation import Invocation
from pymail.delivery import letter_fields as letters
from pymail.delivery.context import Desk
from pymail.delivery.letter import Letter, with_text
from pymail.delivery.load import Loaded, load, resolve_settings, with_account
from pymail.delivery.sender import Carrier, asking
from pymail.errors import Interrupted, NoRecipientsError, PymailError, UsageError
from pymail.message.draft import Attachment
from pymail.model import model, replace
from pymail.settings.models import Settings

if TYPE_CHECKING:  # loaded while the connection is made
    from pymail.delivery.parcel import Parcel


def run(words: Sequence[str], desk: Desk) -> int:
    """Do what the command line asks; returns the exit status.

    Raises:
        PymailError: whatever ended the run; the desk has the letter, if any.
    """
    variable = f"_{desk.program.replace('-', '_').upper()}_COMPLETE"
    if asked := desk.environment.variables.get(variable):
        from pymail.cli import completion

        return completion.answer(asked, variable, desk)
    invocation = read(words, desk.program, desk.environment.columns)
    if isinstance(invocation, str):
        desk.print(invocation + "\n")
        return 0
    if invocation.json or desk.told:
        from pymail.commands import json_report

        json_report.follow(desk, invocation)
    if invocation.version:
        desk.print(f"pymail {__version__}\n")
        return 0
    desk.warn(invocation.remarks)
    desk.progress = invocation.progress
    if invocation.demo:
        raise UsageError("--demo goes alone")
    _prepare_desk(desk, invocation)
    if invocation.run:
        from pymail.commands.run import run

        return run.run(invocation, desk, _mail)
    return _follow(invocation, desk)


def _prepare_desk(desk: Desk, invocation: Invocation) -> None:
    """Let the desk know who calls, and what is to be kept if nothing comes of it."""
    world = desk.environment
    if invocation.login:
        world = replace(world, login=invocation.login)
    if invocation.body_file is not None:
        world = replace(world, stdin=None)
    desk.environment = world
    desk.awaits_text = _has_text(invocation)
    desk.bare = lambda: letters.bare(invocation, world)
    desk.heed_signals()  # that came before there was something to keep


def _has_text(invocation: Invocation) -> bool:
    """Tell whether standard input is the text of a letter."""
    asked = invocation.run or invocation.tasks or invocation.show_settings
    return not (asked or invocation.takes_commands)


def _follow(invocation: Invocation, desk: Desk) -> int:
    loaded = load(invocation, desk.environment)
    _say(loaded, desk, reports=invocation.check)
    if invocation.show_settings:
        from pymail.commands.output import show_settings

        return show_settings(loaded, desk)
    if invocation.tasks or invocation.only_for_tasks:
        from pymail.cli import tasks

        return tasks.run(invocation, loaded, desk, _send_again)
    return _send_all(invocation, loaded, desk)


def _send_all(invocation: Invocation, loaded: Loaded, desk: Desk) -> int:
    """Send what there is to send, then what waits in the outbox and is due."""
    with closing(Carrier(desk, debug=invocation.debug)) as carrier:
        if invocation.takes_commands:
            from pymail.commands import batch

            status = batch.run(invocation, loaded, desk, carrier, _send)
        else:
            status = _send(invocation, loaded, desk, carrier)
    if settings_of_outbox := carrier.followed_by():
        from pymail.commands import outbox

        outbox.along(settings_of_outbox, desk)
    return status


def _mail(invocation: Invocation, desk: Desk, more: Sequence[Attachment]) -> int:
    """Send one letter that has more attachments than its options say."""
    loaded = load(invocation, desk.environment)
    _say(loaded, desk, reports=False)
    with closing(Carrier(desk, debug=invocation.debug)) as carrier:
        return _send(invocation, loaded, desk, carrier, more)


def _say(loaded: Loaded, desk: Desk, *, reports: bool) -> None:
    """Print what the files print, and warn of what is wrong in them.

    What `reports` later has a place of its own for that, and nothing else there.
    """
    if not reports:
        desk.print("".join(loaded.state.output))
        desk.warn(text.rstrip("\n") for text in loaded.state.error_output)
        desk.warn(loaded.warnings())


@model()
class _Order:
    """How letters are to be sent: what was asked, read, and made of both.

    `more` says that another letter follows.
    """

    invocation: Invocation
    loaded: Loaded
    settings: Settings
    carrier: Carrier
    more: bool = False

    @property
    def goes_nowhere(self) -> bool:
        """Whether the letter is only shown."""
        return self.invocation.dry_run or self.loaded.layers.switch("debug")


def _send(
    invocation: Invocation,
    loaded: Loaded,
    desk: Desk,
    carrier: Carrier,
    attached: Sequence[Attachment] = (),
) -> int:
    letter = letters.with_attachments(_begin(invocation, loaded, desk), attached)
    settings = resolve_settings(loaded, invocation, desk.environment)
    desk.settings = settings
    desk.warn(settings.warnings)
    interrupts_mean_nothing = (
        invocation.ignore_interrupts or settings.writing.ignore_interrupts
    )
    if interrupts_mean_nothing and not desk.environment.stdin_is_terminal:
        desk.ignore_interrupts()
    if _is_written(invocation, desk):
        desk.awaits_text = False
        from pymail.commands import compose

        letter, settings = compose.write(letter, invocation, loaded, desk)
    else:
        letter = _complete(letter, invocation, desk)
    order = _Order(invocation, loaded, settings, carrier, more=invocation.batch)
    if not invocation.template:
        return _send_one(letter, order, desk)
    return _send_templates(letter, order, desk)


def _is_written(invocation: Invocation, desk: Desk) -> bool:
    """Whether escapes count in the text: a person writes it, or -~ says so."""
    if invocation.body_file is not None:
        return False
    escapes = invocation.tilde_escapes or invocation.batch
    return desk.environment.stdin_is_terminal or escapes


def _send_templates(letter: Letter, order: _Order, desk: Desk) -> int:
    """Send the message on standard input, or every message of an mbox.

    One that fails does not stop the others; the status is that of the first
    that did. A signal does: those that have not been sent are kept.
    """
    from pymail.delivery import templates

    statuses = []
    stopped: Interrupted | None = None
    for each, more in templates.of_templates(letter, desk.environment):
        desk.letter = each
        try:
            desk.letter = template = templates.from_template(
                each, order.settings.composing.named
            )
            if stopped is not None:
                raise stopped
            statuses.append(_send_one(template, replace(order, more=more), desk))
        except PymailError as error:
            stopped = error if isinstance(error, Interrupted) else stopped
            statuses.append(desk.failed(error))
    if stopped is not None:
        return 128 + stopped.signal_number
    return next(filter(None, statuses), 0)


def _send_again(
    letter: Letter, invocation: Invocation, loaded: Loaded, carrier: Carrier
) -> int:
    """Send a dead letter with the settings that its desk has."""
    desk = carrier.desk
    assert desk.settings is not None  # noqa: S101 - whoever asks has read them
    invocation = replace(invocation, template=True)
    order = _Order(invocation, loaded, desk.settings, carrier, more=True)
    return _send_one(letter, order, desk)


def _send_one(letter: Letter, order: _Order, desk: Desk) -> int:
    invocation, settings = order.invocation, order.settings
    skip = invocation.skip_empty or settings.composing.skip_empty
    if skip and letters.is_empty(letter) and not settings.composing.head:
        if desk.told:
            desk.told.skipped(letter)
        return 0
    if remark := letters.remark_on(letter):
        desk.warn([remark])
    if not (letter.to or invocation.template or invocation.targets):
        raise NoRecipientsError(
            "no recipients (-c and -b alone do not count)",
            advice="name an address to send to",
        )
    verbose = order.loaded.layers.switch("verbose")
    desk.verbose = bool(invocation.verbose) or verbose
    if invocation.html or invocation.markdown:
        from pymail.delivery import html_alternative

        letter = html_alternative.in_both(letter, invocation, desk)
    parcel, settings = _ready(letter, order, desk)
    desk.warn(parcel.warnings)
    return _deliver(letter, parcel, replace(order, settings=settings), desk)


def _ready(letter: Letter, order: _Order, desk: Desk) -> "tuple[Parcel, Settings]":
    settings = order.settings
    if not order.goes_nowhere:
        order.carrier.begin(settings)  # and make the letter meanwhile
    from pymail.delivery.prepare import prepare

    ask = asking(settings, desk.environment)
    return prepare(letter, settings, desk.environment, ask_password=ask)


def _begin(invocation: Invocation, loaded: Loaded, desk: Desk) -> Letter:
    """Look at the command line and its files before the text is read."""
    named = (
        *(*invocation.recipients, *invocation.after_dashes),
        *(*invocation.to, *invocation.targets),
    )
    if not named and not invocation.template and desk.environment.stdin_is_terminal:
        raise UsageError(
            "no recipients", advice=f"{desk.program} -s SUBJECT ADDRESS, or --help"
        )
    if invocation.sender:
        parse_mailbox(invocation.sender)  # a list of words is no sender
    words, world = letters.Words(), desk.environment
    desk.bare = lambda: letters.bare(invocation, world, words)
    files = loaded.files_to_attach
    return letters.letter_without_text(
        invocation, files, world, named=loaded.named, words=words
    )


def _complete(letter: Letter, invocation: Invocation, desk: Desk) -> Letter:
    """Read the text; the desk has what was read, however this ends."""
    world = desk.environment
    if invocation.body_file is not None:
        desk.letter = letter
        desk.awaits_text = False
        return letter
    spool = desk.spool
    desk.letter = with_text(letter, spool)
    if world.stdin is not None and not world.stdin_is_terminal:
        spool.fill(world.stdin)
    desk.awaits_text = False
    return desk.letter


def _deliver(letter: Letter, parcel: "Parcel", order: _Order, desk: Desk) -> int:
    settings = order.settings
    if order.goes_nowhere:
        from pymail.commands.output import show_parcel

        return show_parcel(parcel, settings, desk)

    def by_account(name: str) -> "tuple[Parcel, Settings]":
        invocation, world = order.invocation, desk.environment
        loaded = with_account(name, order.loaded, invocation, world)
        resolved = resolve_settings(loaded, invocation, world)
        other = replace(order, loaded=loaded, settings=resolved)
        made, resolved = _ready(letter, other, desk)
        _tell_watchers(made, resolved, order.carrier)
        return made, resolved

    carrier = order.carrier
    _tell_watchers(parcel, settings, carrier)
    return carrier.deliver(parcel, settings, more=order.more, by_account=by_account)


def _tell_watchers(parcel: "Parcel", settings: Settings, carrier: Carrier) -> None:
    if carrier.is_watched:
        carrier.desk.remark((*settings.remarks, *parcel.remarks))
