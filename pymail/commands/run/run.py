"""--run: run a command, and mail what came of it when that is wanted.

The command comes first: what is wrong with settings, addresses or files is found
when there is something to mail, and its status is ours whatever becomes of the mail.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256

from pymail.commands.draft_options import draft_to_keep
from pymail.commands.invocation import Invocation
from pymail.commands.run import child, mail_text
from pymail.commands.run.captured_output import Output
from pymail.commands.run.history import Finding, Held
from pymail.commands.run.mail_text import Run
from pymail.commands.run.memory import Memory
from pymail.commands.run.request import Order
from pymail.commands.run.request import order as ordered
from pymail.commands.run.signals import Forwarding, forwarding
from pymail.delivery.attachments import attach_file
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
    order = ordered(invocation, context)
    if invocation.ignore_interrupts:
        context.ignore_interrupts()
    with forwarding() as signals:
        ran, digest = _ran(order, context, signals)
        status = context.command_status = ran.ending.status
        wanted = bool(order.recipients) and _WANTED[invocation.run or ""](ran)
        if wanted:  # from here on it is kept, whatever comes
            context.letter = _bare_letter(order, ran, context)
    _tell(context, ran, "mailed" if wanted else "not wanted")
    if not order.remembers:
        return _mail(order, ran, Held(), context, mail) if wanted else 0
    now = context.environment.seconds()
    found = Finding(digest=digest, status=status, now=now)
    with Memory(order, found, context) as memory:
        held = memory.due(wanted=wanted)
        if held is None:
            context.letter = None
            _tell(context, ran, "held back" if wanted else "not wanted")
            return 0
        status = _mail(order, ran, held, context, mail)
        memory.went_out = status in _WENT_OUT
    return status


def _tell(context: RunContext, ran: Run, report: str) -> None:
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


def _ran(order: Order, context: RunContext, signals: Forwarding) -> tuple[Run, str]:
    """Run the command; returns it, and a hash of all that came of it."""
    environment, output, digest = context.environment, Output(), sha256()
    watched = environment.stdout_is_terminal or order.invocation.verbose

    def take(octets: bytes) -> None:
        output.write(octets)
        digest.update(octets)
        if watched:
            _show(octets, environment)

    started, clock = environment.now(), environment.clock()
    ending = child.run(order.command, take, environment, signals)
    seconds = environment.clock() - clock
    if ending.not_started:
        line = f"pymail: {order.command[0]}: {ending.not_started}\n"
        take(line.encode("utf-8", "backslashreplace"))
    digest.update(b"\0%d" % ending.status)
    ran = Run(
        command=order.command,
        host=environment.nodename() or "localhost",
        started=started,
        seconds=seconds,
        ending=ending,
        output=output.parts(),
    )
    return ran, digest.hexdigest()


def _show(octets: bytes, environment: Environment) -> None:
    """Let whoever looks on see what the command says; nobody may listen."""
    with suppress(OSError, ValueError):
        environment.stdout.buffer.write(octets)
        environment.stdout.flush()


def _bare_letter(order: Order, ran: Run, context: RunContext) -> Draft:
    """Make what is kept when no better letter can be made."""
    letter = draft_to_keep(order.invocation, context.environment)
    subject = mail_text.subject(ran, order.invocation.subject)
    text = InMemory(mail_text.text(ran, [], bare=False))
    letter = replace(letter, subject=subject, text=text)
    return letter.with_attachments(mail_text.binary_parts(ran))


def _mail(order: Order, ran: Run, held: Held, context: RunContext, mail: Mail) -> int:
    """Send the report as the letter whose text comes on standard input."""
    invocation, missing = _with_what_there_is(order.invocation, context)
    bare = ran.is_text and bool(invocation.content_type or invocation.markdown)
    held_back = mail_text.held_back(held, ran.started)
    if bare:
        context.warn(missing)
    remarks = [*held_back, *missing]
    text = mail_text.text(ran, remarks, bare=bare)
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


def _with_what_there_is(
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
