"""Compose a message at a terminal, or with escapes in a pipe (-~)."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from pymail.commands.attachment_options import attach_file
from pymail.commands.invocation import Invocation
from pymail.compose import dialogue
from pymail.compose.composer import Composer
from pymail.compose.console import Console, can_edit_lines, with_history
from pymail.delivery.context import RunContext
from pymail.delivery.settings import resolve_settings
from pymail.errors import GivenUp
from pymail.mailrc.state import Branches
from pymail.message.draft import Draft
from pymail.model import replace
from pymail.settings.loader import Loaded
from pymail.settings.models import Settings
from pymail.settings.variables import is_private


def write(
    draft: Draft, invocation: Invocation, loaded: Loaded, context: RunContext
) -> Draft:
    """Read a text with tilde escapes; returns the draft they made.

    After any end the context has the text so far, and the settings, which escapes may
    have changed.

    Raises:
        Interrupted: the user cancelled the message, or a signal came.
    """
    assert context.settings is not None  # noqa: S101 - resolved before
    composer = _composer(draft, invocation, loaded, context)
    with _kept(composer, context):
        dialogue.compose(composer, questions=not invocation.template)
    if composer.console.ignoring:
        context.signals.ignore_interrupts()
    context.settings = composer.settings
    return replace(composer.draft, text=composer.text)


@contextmanager
def _kept(composer: Composer, context: RunContext) -> Iterator[None]:
    """Put the draft so far on the context, unless the user discards it."""
    keep = True
    context.draft = replace(composer.draft, text=composer.text)
    history = composer.console.editing and composer.settings.dialogue.history_file
    try:
        with with_history(history) if history else nullcontext():
            yield
    except GivenUp as given_up:
        keep = given_up.keep
        raise
    finally:
        context.draft = replace(composer.draft, text=composer.text) if keep else None


def _composer(
    draft: Draft, invocation: Invocation, loaded: Loaded, context: RunContext
) -> Composer:
    """Make a composer; the text of -m and -q is the first text."""
    settings, environment = context.settings, context.environment
    assert settings is not None  # noqa: S101 - resolved before
    for block in draft.text.chunks():
        context.spool.write(block)
    wanted = settings.dialogue
    console = Console(
        environment=environment,
        editing=wanted.line_editing and can_edit_lines(environment),
        by_line=invocation.batch,
        ignoring=wanted.ignore_interrupts or invocation.ignore_interrupts,
        catch_signals=context.signals.catch,
    )
    return Composer(
        draft=draft,
        text=context.spool,
        console=console,
        settings=settings,
        complain=lambda text: context.warn([text]),
        attach=lambda word: attach_file(word, context.environment),
        command=lambda text: _after_command(text, loaded, context),
        variable=lambda name: _variable(name, loaded),
    )


def _after_command(text: str, loaded: Loaded, context: RunContext) -> Settings:
    """Run a settings command; an invalid command changes nothing.

    Raises:
        SettingsError, AddressError: the settings after the command are invalid.
    """
    layers = loaded.layers
    run_command(text, loaded, context)
    try:
        return resolve_settings(loaded, context.environment)
    except BaseException:
        loaded.layers = layers
        raise


def run_command(
    text: str, loaded: Loaded, context: RunContext, branches: Branches | None = None
) -> None:
    """Run settings commands; print their output and their errors."""
    state = loaded.state
    printed, problems = len(state.output), len(state.problems)
    errors = len(state.error_output)
    loaded.run(text, branches)
    context.print("".join(state.output[printed:]))
    context.warn(line.rstrip("\n") for line in state.error_output[errors:])
    context.warn(problem.what for problem in state.problems[problems:])


def _variable(name: str, loaded: Loaded) -> str | None:
    if is_private(name):  # the text would disclose it
        return None
    values = {n: value.text for n, value in loaded.layers.in_force()}
    return values.get(name, loaded.environment.variables.get(name))
