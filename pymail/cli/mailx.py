"""The mailx door: read the command line and the settings, then send one letter."""

from collections.abc import Sequence
from dataclasses import replace

from pymail import __version__, submit
from pymail.cli import letter as letters
from pymail.cli.desk import Desk
from pymail.cli.invocation import Invocation, read
from pymail.cli.load import Loaded, load, netrc_path, resolve_settings
from pymail.environment import SpooledOctets
from pymail.errors import SettingsError, UsageError
from pymail.settings.records import LocalMta, Settings
from pymail.submit import Letter, Parcel
from pymail.transport.base import Trace, Transport


def run(words: Sequence[str], desk: Desk) -> int:
    """Do what the command line asks; returns the exit status.

    Raises:
        PymailError: whatever ended the run; the desk has the letter, if any.
    """
    invocation = read(words, desk.program)
    if isinstance(invocation, str):
        desk.print(invocation + "\n")
        return 0
    if invocation.version:
        desk.print(f"pymail {__version__}\n")
        return 0
    if invocation.demo:
        from pymail.cli.demo import demonstrate

        return demonstrate(desk)
    loaded = load(invocation, desk.environment)
    desk.print("".join(loaded.state.output))
    desk.warn(loaded.warnings())
    if invocation.show_settings:
        from pymail.cli.show import show_settings

        return show_settings(loaded, desk)
    return _send(invocation, loaded, desk)


def _send(invocation: Invocation, loaded: Loaded, desk: Desk) -> int:
    letter = _begin(invocation, loaded, desk)
    try:
        desk.settings = resolve_settings(loaded, invocation, desk.environment)
    except SettingsError:
        # a script has one chance to say it: what it says is kept
        if not desk.environment.stdin_is_terminal:
            _complete(letter, invocation, desk)
        raise
    settings = desk.settings
    desk.warn(settings.warnings)
    if not isinstance(settings.server, LocalMta):  # for whom they were arguments
        dashed = tuple(w for w in invocation.after_dashes if w.startswith("-"))
        letter = replace(letter, to=(*letter.to, *dashed))
    letter = _complete(letter, invocation, desk)
    skip = invocation.skip_empty or settings.composing.skip_empty
    if skip and letters.is_empty(letter):
        return 0
    if remark := letters.remark_on(letter):
        desk.warn([remark])
    parcel = submit.prepare(letter, settings, desk.environment)
    desk.letter = parcel.letter
    desk.warn(parcel.warnings)
    return _deliver(parcel, settings, invocation, loaded, desk)


def _begin(invocation: Invocation, loaded: Loaded, desk: Desk) -> Letter:
    """Look at the command line and its files before the text is read."""
    named = (*invocation.recipients, *invocation.after_dashes, *invocation.to)
    if not named and not invocation.template and desk.environment.stdin_is_terminal:
        raise UsageError(
            "no recipients", advice=f"{desk.program} -s SUBJECT ADDRESS, or --help"
        )
    addresses = [w for w in invocation.after_dashes if not w.startswith("-")]
    return letters.letter_without_text(
        invocation, loaded.files_to_attach, addresses, desk.environment
    )


def _complete(letter: Letter, invocation: Invocation, desk: Desk) -> Letter:
    """Read the text; the desk has what was read, however this ends."""
    world = desk.environment
    if invocation.body_file is not None:
        desk.letter = letter
        return letter
    spool = SpooledOctets()
    desk.letter = letters.with_text(letter, spool)
    if not world.stdin_is_terminal:
        if world.stdin is not None:
            spool.fill(world.stdin)
    elif desk.settings:
        from pymail.compose import dialogue

        subject = dialogue.compose(spool, letter.draft.subject, desk.settings, world)
        draft = replace(desk.letter.draft, subject=subject)
        desk.letter = replace(desk.letter, draft=draft)
    if invocation.template:
        desk.letter = letters.from_template(desk.letter)
    return desk.letter


def _deliver(
    parcel: Parcel,
    settings: Settings,
    invocation: Invocation,
    loaded: Loaded,
    desk: Desk,
) -> int:
    if invocation.dry_run or loaded.layers.switch("debug"):
        from pymail.cli.show import show_parcel

        return show_parcel(parcel, settings, desk)
    desk.verbose = bool(invocation.verbose) or loaded.layers.switch("verbose")
    transport = _transport(settings, invocation, loaded, desk)
    outcome = submit.deliver(parcel, transport, settings, desk.environment)
    return desk.finish(outcome)


def _transport(
    settings: Settings, invocation: Invocation, loaded: Loaded, desk: Desk
) -> Transport:
    from pymail.credentials import chain
    from pymail.transport.choose import choose

    return choose(
        settings.server,
        trace=_trace(invocation, desk),
        ask_secret=chain.of(
            desk.environment, netrc_path(loaded.layers, desk.environment)
        ),
        environment=desk.environment,
    )


def _trace(invocation: Invocation, desk: Desk) -> Trace:
    from pymail.terminal import transcript

    if invocation.debug:
        return transcript.Debug(desk.environment.stderr, desk.environment.clock)
    if desk.verbose:
        return transcript.Verbose(desk.environment.stderr)
    return transcript.Quiet(desk.environment.stderr)
