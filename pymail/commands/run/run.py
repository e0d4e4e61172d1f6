"""--run: run a command, and mail its outcome when that is wanted.

The command comes first: what is wrong with settings, addresses or files is found
when there is something to mail, and its status is ours whatever becomes of the mail.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256

from pymail.commands.attachment_options import attach_file
from pymail.commands.draft_options import draft_to_keep
from pymail.commands.invocation import Invocation
from pymail.commands.run import child, mail_text
from pymail.commands.run.child import Forwarding, Output, forwarding
from pymail.commands.run.history import HeldReports, Outcome, find_history
from pymail.commands.run.mail_text import Run
from pymail.commands.run.request import RunRequest, read_request
from pymail.delivery.context import RunContext
from pymail.environment import Environment
from pymail.errors import UnreadableInputError
from pymail.message.byte_source import InMemory
from pymail.message.draft import Attachment, Draft
from pymail.model import replace
from pymail.reply import visible
from pymail.report.exit_status import ExitStatus

Mail = Callable[[Invocation, RunContext, Sequence[Attachment]], int]

_WANTED: Mapping[str, Callable[[Run], bool]] = {
    "on-failure": lambda ran: ran.ending.status != 0,
    "on-output": lambda ran: ran.has_output,
    "always": lambda _ran: True,
}
# With these somebody may have got it; with all others nobody has.
_WENT_OUT = frozenset(
    {
        *(ExitStatus.OK, ExitStatus.DATA),
        *(ExitStatus.UNAVAILABLE, ExitStatus.CANNOT_CREATE),
    }
)


def run(invocation: Invocation, context: RunContext, mail: Mail) -> int:
    """Run the command; the context has its status, that of its mail is returned.

    Raises:
        UsageError: nothing was run.
        PymailError: it could not be mailed.
    """
    request = read_request(invocation, context)
    if invocation.ignore_interrupts:
        context.ignore_interrupts()
    with forwarding() as signals:
        ran, digest = _run_command(request, context, signals)
        status = context.command_status = ran.ending.status
        wanted = bool(request.recipients) and _WANTED[invocation.run or ""](ran)
        if wanted:  # from here on it is kept, whatever comes
            context.draft = _bare_draft(request, ran, context)
    _tell_programs(context, ran, "mailed" if wanted else "not wanted")
    if request.remembers:
        outcome = Outcome(
            digest=digest, status=status, now=context.environment.seconds()
        )
        return _mail_if_due(request, ran, outcome, context, mail, wanted=wanted)
    return _mail(request, ran, HeldReports(), context, mail) if wanted else 0


def _mail_if_due(
    request: RunRequest,
    ran: Run,
    outcome: Outcome,
    context: RunContext,
    mail: Mail,
    *,
    wanted: bool,
) -> int:
    """Mail the outcome unless earlier runs hold it back, and tell later ones.

    Where nothing can be remembered, everything is mailed.
    """
    history = find_history(context.environment, request.command, request.recipients)
    remembers, status, went_out = True, 0, False
    try:
        held = history.due(
            outcome,
            wanted=wanted,
            only_if_changed=request.invocation.only_if_changed,
            limit=request.limit,
        )
    except (OSError, ValueError) as error:
        why = (isinstance(error, OSError) and error.strerror) or "not ours alone"
        place = history.file.parent
        context.warn([f"{place}: {why.lower()}: earlier runs do not count"])
        held, remembers = HeldReports() if wanted else None, False
    if held is None:
        context.draft = None
        _tell_programs(context, ran, "held back" if wanted else "not wanted")
        return 0
    try:
        status = _mail(request, ran, held, context, mail)
        went_out = status in _WENT_OUT
    finally:
        if remembers:
            with suppress(OSError, ValueError):  # it comes again, at worst
                history.settle(outcome, held, went_out=went_out)
    return status


def _tell_programs(context: RunContext, ran: Run, report: str) -> None:
    """Tell programs how the command ended, and whether that is mailed."""
    ending = ran.ending
    command = {
        "words": list(map(visible, ran.command)),
        "status": ending.status,
        "signal": ending.signal_name if ending.signal_number else None,
        "not_started": visible(ending.not_started),
        "seconds": round(ran.seconds, 3),
        "report": report,
    }
    context.events.fields(command=command)


def _run_command(
    request: RunRequest, context: RunContext, signals: Forwarding
) -> tuple[Run, str]:
    """Run the command; returns it, and a hash of all that came of it."""
    environment, output, digest = context.environment, Output(), sha256()
    watched = environment.stdout_is_terminal or request.invocation.verbose

    def take(octets: bytes) -> None:
        output.write(octets)
        digest.update(octets)
        if watched:
            _show(octets, environment)

    started, clock = environment.now(), environment.clock()
    ending = child.run(request.command, take, environment, signals)
    seconds = environment.clock() - clock
    if ending.not_started:
        line = f"pymail: {request.command[0]}: {ending.not_started}\n"
        take(line.encode("utf-8", "backslashreplace"))
    digest.update(b"\0%d" % ending.status)
    ran = Run(
        command=request.command,
        host=environment.nodename() or "localhost",
        started=started,
        seconds=seconds,
        ending=ending,
        output=output.parts(),
    )
    return ran, digest.hexdigest()


def _show(octets: bytes, environment: Environment) -> None:
    """Show output as it comes; nobody may listen."""
    with suppress(OSError, ValueError):
        environment.stdout.buffer.write(octets)
        environment.stdout.flush()


def _bare_draft(request: RunRequest, ran: Run, context: RunContext) -> Draft:
    """Make what is kept when no better draft can be made."""
    draft = draft_to_keep(request.invocation, context.environment)
    subject = mail_text.subject(ran, request.invocation.subject)
    text = InMemory(mail_text.text(ran, [], bare=False))
    draft = replace(draft, subject=subject, text=text)
    return draft.with_attachments(mail_text.binary_parts(ran))


def _mail(
    request: RunRequest, ran: Run, held: HeldReports, context: RunContext, mail: Mail
) -> int:
    """Send the report as the letter whose text comes on standard input."""
    invocation, missing = _without_missing_files(request.invocation, context)
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
        fields=(*_fields(ran, held_back, invocation), *invocation.fields),
    )
    context.environment = replace(
        context.environment, stdin=io.BytesIO(text), stdin_is_terminal=False
    )
    return mail(invocation, context, mail_text.binary_parts(ran))


def _fields(ran: Run, held_back: Sequence[str], invocation: Invocation) -> list[str]:
    """Write the fields for filters, and against answers of machines (RFC 3834 §5)."""
    ours = [
        "Auto-Submitted: auto-generated",
        f"X-Pymail-Exit-Status: {ran.ending.status}",
        *(f"X-Pymail-{line}" for line in held_back),
    ]
    given = {_name(each) for each in (*invocation.fields, *invocation.attach_or_field)}
    return [each for each in ours if _name(each) not in given]


def _name(field: str) -> str:
    return field.partition(":")[0].strip().lower()


def _without_missing_files(
    invocation: Invocation, context: RunContext
) -> tuple[Invocation, list[str]]:
    """Leave out files that the command did not make; the report says so."""
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
