"""Report of a run that failed, or that a user watches (-v).

After any failure the context has the message as far as it was read; unless it was
delivered, it is appended to the dead letter file. Signals are held by then.
"""

from contextlib import suppress
from pathlib import Path

from pymail.delivery.context import RunContext
from pymail.delivery.dead_letter import keep
from pymail.delivery.log import log_failure
from pymail.delivery.outgoing import Result
from pymail.environment import Environment
from pymail.errors import CannotKeepError, Interrupted, PymailError
from pymail.message.decoding import decode_source
from pymail.message.draft import Draft
from pymail.report.exit_status import ExitStatus, exit_status_for, exit_status_for_all
from pymail.report.explain import explain_failure
from pymail.settings.models import Settings
from pymail.settings.server_models import LocalMta
from pymail.terminal import lines
from pymail.terminal.renderer import say

SECONDS_AFTER_SIGNAL = 1.0  # service managers follow with SIGKILL after a few
SECONDS_WITHOUT_TEXT = 3.0


def report(context: RunContext, result: Result) -> int:
    """Print the result, keep an undelivered message, and return the exit status."""
    status = ExitStatus.OK.value
    output = list(map(lines.problem_line, result.outgoing.problems))
    for each in result.reports if context.verbose else ():
        output += lines.describe_accepted(each)
    say(context.environment, output)
    if result.queue_error:
        context.warn([f"not kept in the outbox: {result.queue_error}"])
    if result.undelivered:
        status = _report_undelivered(context, result)
    status = status or exit_status_for_all(result.reports)
    for problem in result.storage_errors:
        _explain(context, problem)
        status = status or ExitStatus.CANNOT_CREATE
    if result.outgoing.problems:
        status = status or ExitStatus.DATA
    return status


def _report_undelivered(context: RunContext, result: Result) -> int:
    """Keep the message for the recipients without it, and print the reasons.

    The outbox keeps it for those with a transient failure, the dead letter for others.
    """
    waiting, lost = result.waiting, result.lost
    kept, status = "", ExitStatus.OK.value
    if lost:
        if result.queued:
            result.queued.begin_giving_up(lost)
        kept, status = _keep(context, lost if result.any_delivered or waiting else [])
    output = []
    for each in result.reports:
        output += lines.describe_report(
            each,
            each.peer or context.host,
            everyone=len(result.reports) == 1,
            language=context.language,
            waits=bool(waiting),
        )
    say(context.environment, [*output, *lines.describe_kept(kept)])
    _settle_queued(context, result, [] if status else lost)
    return status


def _settle_queued(context: RunContext, result: Result, dead: list[str]) -> None:
    """Print the messages that stay in the outbox, and remove the others."""
    if result.queued is None:
        return
    for each in result.queued.kept:
        say(
            context.environment,
            lines.describe_waiting(each.name, each.due, each.remaining.held),
        )
    result.queued.end(dead)


def read_on(context: RunContext, error: PymailError) -> None:
    """Read the rest of standard input: the sender may have no other copy of the text.

    A valid call with recipients would have read it to its end, too. Without recipients
    the input may never end, and after a signal there is little time: both limit the wait.
    """
    context.awaits_text, environment = False, context.environment
    if environment.stdin_is_terminal and environment.stdin is not None:
        return
    draft = context.draft or (context.draft_to_keep and context.draft_to_keep())
    letter = draft or _empty_letter(environment)
    has_recipients = _has_recipients(letter, environment)
    if environment.stdin is not None:
        patience = None if has_recipients else SECONDS_WITHOUT_TEXT
        if isinstance(error, Interrupted):
            patience = SECONDS_AFTER_SIGNAL
        with suppress(Exception):  # a signal, or the error that ended the run
            context.spool.fill(environment.stdin, patience)
    if context.draft is None:
        letter = letter.with_text(context.spool)
        is_one = letter.text.size_octets or (draft and has_recipients)
        context.draft = letter if is_one else None


def _empty_letter(environment: Environment) -> Draft:
    """Make the draft for a command line that could not be parsed."""
    return Draft(
        now=environment.now(),
        token=environment.token(),
        unread_header="-t" in environment.argv,
        from_header=True,
    )


def _has_recipients(letter: Draft, environment: Environment) -> bool:
    """Tell whether the call names a recipient, even if it is invalid."""
    words = letter.to or letter.cc or letter.bcc or letter.unread_header
    return bool(words) or any("@" in word for word in environment.argv[1:])


def fail(context: RunContext, error: PymailError) -> int:
    """Keep the message, print the error that ended the run, and return the status."""
    if context.awaits_text:
        context.signals.heed()  # nothing has been sent
        read_on(context, error)
    context.signals.hold()
    if context.settings and error is not context.logged:
        log_failure(context, error, context.settings)
    letter, (kept, status) = context.draft, _keep(context, [])
    _explain(context, error, kept)
    status = status or exit_status_for(error)
    context.events.on_abandoned(letter, error, status)
    return status


def _explain(context: RunContext, error: PymailError, kept: str = "") -> None:
    """Print an error, its meaning and the next step."""
    advice = explain_failure(error, context.host, language=context.language)
    context.events.on_failure(error, advice)
    output = lines.describe_failure(error, advice, kept, language=context.language)
    say(context.environment, output)


def give_up(context: RunContext, error: PymailError) -> int:
    """Print an error that prevented even the dead letter, and the text of the message."""
    _explain(context, error)
    _dump_text(context)
    return ExitStatus.SOFTWARE


def _keep(context: RunContext, undelivered: list[str]) -> tuple[str, int]:
    """Keep the message; returns the file, and a status if it could not be written."""
    if context.draft is None:
        return "", 0
    settings = context.settings or default_settings(context.environment)
    try:
        place: Path | str | None = context.kept_in
        place = place or keep(context.draft, undelivered, settings, context.environment)
    except CannotKeepError as error:
        _explain(context, error)
        _dump_text(context)
        return "", ExitStatus.CANNOT_CREATE
    context.events.on_dead_letter(str(place or ""))
    return str(place or ""), 0


def _dump_text(context: RunContext) -> None:
    """Write the text to standard error, so that it is not lost."""
    if context.draft is None:
        return
    context.warn(["the message could not be saved; its text follows"])
    named = context.settings.message.named if context.settings else ()
    with suppress(OSError, ValueError):
        context.environment.stderr.writelines(decode_source(context.draft.text, named))


def default_settings(environment: Environment) -> Settings:
    """Make settings that suffice to keep a message when the real ones are invalid."""
    dead = environment.variables.get("DEAD") or "~/dead.letter"
    return Settings(
        server=LocalMta(program=environment.expand("/usr/sbin/sendmail")),
        login_name=environment.login,
        hostname=environment.hostname(),
        dead_letter=environment.expand(dead),
    )
