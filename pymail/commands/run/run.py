"""--run: run a command, and mail its result if WHEN says so.

The command runs first: errors in settings, addresses or files are reported only when
there is a mail to send, and pymail exits with the status of the command even then.
"""

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256

from pymail.address.address_list import split_argument
from pymail.commands.attachment_options import attach_file
from pymail.commands.draft_options import draft_to_keep
from pymail.commands.invocation import Invocation
from pymail.commands.run import child, mail_text
from pymail.commands.run.child import Forwarding, Output, forwarding
from pymail.commands.run.history import HeldReports, Limit, find_history
from pymail.commands.run.mail_text import Run
from pymail.delivery.context import RunContext
from pymail.environment import Environment
from pymail.errors import UnreadableInputError, UsageError
from pymail.message.byte_source import InMemory
from pymail.message.draft import Attachment, Draft
from pymail.model import replace
from pymail.report.exit_status import ExitStatus

Mail = Callable[[Invocation, RunContext, Sequence[Attachment]], int]

_WANTED: Mapping[str, Callable[[Run], bool]] = {
    "on-failure": lambda ran: ran.ending.status != 0,
    "on-output": lambda ran: ran.has_output,
    "always": lambda _ran: True,
}
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}
_LIMIT = rf"([1-9][0-9]{{0,2}})/({'|'.join(_SECONDS)})"
# With these exit statuses a recipient may have received the report.
_WENT_OUT = frozenset(
    {
        *(ExitStatus.OK, ExitStatus.DATA),
        *(ExitStatus.UNAVAILABLE, ExitStatus.CANNOT_CREATE),
    }
)


def run(invocation: Invocation, context: RunContext, mail: Mail) -> int:
    """Run the command and mail its result; returns the status of the mail.

    The context has the status of the command.

    Raises:
        UsageError: the call is invalid, and the command did not run.
        PymailError: the mail could not be sent.
    """
    invocation, limit = _read_request(invocation, context)
    if invocation.ignore_interrupts:
        context.signals.ignore_interrupts()
    with forwarding() as signals:
        ran = _run_command(invocation, context, signals)
        context.command_status = ran.ending.status
        wanted = bool(_recipients(invocation)) and _WANTED[invocation.run or ""](ran)
        if wanted:  # from now on a failure keeps the report
            context.draft = _bare_draft(invocation, ran, context)
    _emit_result(context, ran, "mailed" if wanted else "not wanted")
    if invocation.dry_run or not (invocation.only_if_changed or limit):
        return _mail(invocation, ran, HeldReports(), context, mail) if wanted else 0
    return _mail_if_due(invocation, limit, ran, context, mail, wanted=wanted)


# ── the request ─────────────────────────────────────────────────────────────


def _read_request(
    invocation: Invocation, context: RunContext
) -> tuple[Invocation, Limit | None]:
    """Check the command line; without an address, MAILTO of cron is used.

    Raises:
        UsageError: the call is invalid.
    """
    advice = f"{context.program} --run [WHEN] ADDRESS -- COMMAND, or --help"
    if not invocation.command:
        raise UsageError("--run needs a command after --", advice=advice)
    for name in _unfit_options(invocation):
        raise UsageError(f"{name} can't be combined with --run")
    if form := invocation.text_form:
        from pymail.delivery.html_alternative import check_type

        check_type(form, invocation.content_type or "")
    limit = _limit(invocation.at_most)
    if not (invocation.recipients or invocation.to or invocation.targets):
        recipients = _mailto(invocation, context, advice)
        invocation = replace(invocation, recipients=recipients)
    return invocation, limit


def _mailto(
    invocation: Invocation, context: RunContext, advice: str
) -> tuple[str, ...]:
    """Return the recipients in MAILTO; an empty one means no mail (crontab(5)).

    Raises:
        UsageError: MAILTO is unset, or empty although -c or -b name recipients.
    """
    mailto = context.environment.variables.get("MAILTO")
    if split_argument(mailto or ""):
        return (mailto or "",)
    if mailto is None or invocation.cc or invocation.bcc:
        raise UsageError(
            "no recipients, and no MAILTO in the environment", advice=advice
        )
    return ()


def _unfit_options(invocation: Invocation) -> Iterator[str]:
    """Yield the options that conflict with --run: other texts, other tasks."""
    yield from invocation.tasks
    yield from invocation.misplaced_options(["--run"])
    named = {
        "-t": invocation.template,
        "-m": invocation.body_file is not None,
        "-~": invocation.tilde_escapes,
        "-#": invocation.batch,
        "--password-fd 0": invocation.password_fd == 0,
    }
    yield from filter(named.get, named)
    yield from invocation.questions


def _limit(text: str | None) -> Limit | None:
    if text is None:
        return None
    found = re.fullmatch(_LIMIT, text)
    if not found:
        raise UsageError(
            f"--at-most {text}: not of the form N/minute, N/hour or N/day, N up to 999"
        )
    return Limit(int(found[1]), _SECONDS[found[2]])


def _recipients(invocation: Invocation) -> tuple[str, ...]:
    """Return all recipients, as written."""
    to = (*invocation.recipients, *invocation.to, *invocation.targets)
    return (*to, *invocation.cc, *invocation.bcc)


# ── earlier runs ────────────────────────────────────────────────────────────


def _mail_if_due(
    invocation: Invocation,
    limit: Limit | None,
    ran: Run,
    context: RunContext,
    mail: Mail,
    *,
    wanted: bool,
) -> int:
    """Mail the result unless the history holds it back, and record it there.

    If the history can't be read or written, the result is mailed.
    """
    now = context.environment.seconds()
    history = find_history(context.environment, ran.command, _recipients(invocation))
    remembers, status, went_out = True, 0, False
    try:
        held = history.due(
            ran.digest,
            ran.ending.status,
            now,
            wanted=wanted,
            only_if_changed=invocation.only_if_changed,
            limit=limit,
        )
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not private to this user"
        place = history.file.parent
        context.warn([f"{place}: {why.lower()}; this run ignores earlier ones"])
        held, remembers = HeldReports() if wanted else None, False
    if held is None:
        context.draft = None
        _emit_result(context, ran, "held back" if wanted else "not wanted")
        return 0
    try:
        status = _mail(invocation, ran, held, context, mail)
        went_out = status in _WENT_OUT
    finally:
        if remembers:
            with suppress(OSError, ValueError):  # at worst the report is mailed again
                history.settle(now, held, went_out=went_out)
    return status


def _emit_result(context: RunContext, ran: Run, report: str) -> None:
    """Emit the result of the command for --json; `report` says whether it is mailed."""
    ending = ran.ending
    command = {
        "words": ran.command,
        "status": ending.status,
        "signal": ending.signal_name if ending.signal_number else None,
        "not_started": ending.not_started,
        "seconds": round(ran.seconds, 3),
        "report": report,
    }
    context.events.fields(command=command)


# ── the command ─────────────────────────────────────────────────────────────


def _run_command(
    invocation: Invocation, context: RunContext, signals: Forwarding
) -> Run:
    environment, output, digest = context.environment, Output(), sha256()
    watched = environment.stdout_is_terminal or invocation.verbose
    command = invocation.command or ()

    def take(octets: bytes) -> None:
        output.write(octets)
        digest.update(octets)
        if watched:
            _show(octets, environment)

    started, clock = environment.now(), environment.clock()
    ending = child.run(command, take, environment, signals)
    seconds = environment.clock() - clock
    if ending.not_started:
        line = f"pymail: {command[0]}: {ending.not_started}\n"
        take(line.encode("utf-8", "backslashreplace"))
    digest.update(b"\0%d" % ending.status)
    return Run(
        command=command,
        host=environment.nodename() or "localhost",
        started=started,
        seconds=seconds,
        ending=ending,
        output=output.parts(),
        digest=digest.hexdigest(),
    )


def _show(octets: bytes, environment: Environment) -> None:
    """Show output immediately, unless the terminal is closed."""
    with suppress(OSError, ValueError):
        environment.stdout.buffer.write(octets)
        environment.stdout.flush()


# ── the mail ────────────────────────────────────────────────────────────────


def _bare_draft(invocation: Invocation, ran: Run, context: RunContext) -> Draft:
    """Make the draft to keep if an error prevents the complete one."""
    draft = replace(
        draft_to_keep(invocation, context.environment),
        subject=mail_text.subject(ran, invocation.subject),
        text=InMemory(mail_text.text(ran, [], bare=False)),
    )
    return draft.with_attachments(mail_text.binary_parts(ran))


def _mail(
    invocation: Invocation,
    ran: Run,
    held: HeldReports,
    context: RunContext,
    mail: Mail,
) -> int:
    """Send the report; the settings are read as for a text on standard input."""
    invocation, missing = _without_missing_files(invocation, context)
    bare = ran.is_text and bool(invocation.content_type or invocation.markdown)
    held_back = mail_text.held_back(held, ran.started)
    if bare:
        context.warn(missing)
    text = mail_text.text(ran, [*held_back, *missing], bare=bare)
    invocation = replace(
        invocation,
        subject=mail_text.subject(ran, invocation.subject),
        content_type=invocation.content_type if bare else None,
        markdown=invocation.markdown and bare,
        fields=(*mail_text.fields(ran, held_back, invocation), *invocation.fields),
    )
    context.environment = replace(
        context.environment, stdin=io.BytesIO(text), stdin_is_terminal=False
    )
    return mail(invocation, context, mail_text.binary_parts(ran))


def _without_missing_files(
    invocation: Invocation, context: RunContext
) -> tuple[Invocation, list[str]]:
    """Leave out files that the command did not create; the report names them."""
    there, missing = [], []
    for word in invocation.attach_or_field:
        try:
            attach_file(word, context.environment)
        except UnreadableInputError as error:
            if ":" not in word:
                missing.append(mail_text.not_attached(error))
                continue
        there.append(word)
    return replace(invocation, attach_or_field=tuple(there)), missing
