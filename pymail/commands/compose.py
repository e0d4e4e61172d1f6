"""Composing at a terminal, or with escapes in a pipe (-~)."""

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
    """Read a text with all that can happen in it.

    The context has what was written, however this ends, and the settings, which may
    change by it.

    Raises:
        Interrupted: the writer does not want to send it, or a signal came.
    """
    assert context.settings is not None  # noqa: S101 - they say what to ask
    composer = _composer(draft, invocation, loaded, context)
    with _kept(composer, context):
        dialogue.compose(composer, questions=not invocation.template)
    if composer.console.ignoring:
        context.signals.ignore_interrupts()
    context.settings = composer.settings
    return replace(composer.draft, text=composer.text)


@contextmanager
def _kept(composer: Composer, context: RunContext) -> Iterator[None]:
    """Leave on the context what was written, unless that is not wanted."""
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
    """Prepare the writing; the text that options gave begins it."""
    settings, environment = context.settings, context.environment
    assert settings is not None  # noqa: S101 - they say what to ask
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
    """Run a settings command; one that makes no sense changes nothing.

    Raises:
        SettingsError, AddressError: the settings after it make no sense.
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
    """Run settings commands, show what they print, and say what is wrong."""
    state = loaded.state
    printed, problems = len(state.output), len(state.problems)
    errors = len(state.error_output)
    loaded.run(text, branches)
    context.print("".join(state.output[printed:]))
    context.warn(line.rstrip("\n") for line in state.error_output[errors:])
    context.warn(problem.what for problem in state.problems[problems:])


def _variable(name: str, loaded: Loaded) -> str | None:
    if is_private(name):  # it would be sent
        return None
    values = {n: value.text for n, value in loaded.layers.in_force()}
    return values.get(name, loaded.environment.variables.get(name))
