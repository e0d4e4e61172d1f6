"""A line in the log for every attempt to hand a letter over.

A log that cannot be written costs one warning, and nothing else.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from pymail.delivery.outgoing import OutgoingMessage, Result
from pymail.errors import CannotKeepError, PymailError
from pymail.message.draft import Draft
from pymail.model import replace
from pymail.outbox.entry import Head
from pymail.report.delivery_report import Report
from pymail.report.log_line import Attempt, log_line, stamped
from pymail.settings.models import Settings
from pymail.settings.server_models import Server, SmtpServer, TlsMode

if TYPE_CHECKING:
    from pymail.delivery.context import RunContext

_STANDARD_OUTPUT = "-"
_FROM_THE_START = (TlsMode.IMPLICIT, TlsMode.REQUIRED)


def of_outcome(context: "RunContext", result: Result, settings: Settings) -> None:
    """Log what came of every version of a message."""
    for number, report in enumerate(result.reports):
        attempt = _of_message(result.outgoing, settings, report)
        recipients = tuple(row.address for row in report.fates)
        if len(result.reports) > 1:
            size = result.outgoing.versions[number][1].facts.size_octets
            attempt = replace(attempt, recipients=recipients, size_octets=size)
        _write(context, replace(attempt, tls=bool(report.tls)), settings)


def of_failure(
    context: "RunContext",
    error: PymailError,
    outgoing: OutgoingMessage | None,
    settings: Settings,
) -> None:
    """Log an attempt that ended before any recipient was asked for.

    Without a message the draft on the context was not ready.
    """
    if outgoing and outgoing.envelope:
        attempt = _of_message(outgoing, settings, error)
    elif context.letter:
        attempt = _of_letter(context.letter, settings, error)
    else:
        return
    _write(context, attempt, settings)


def of_mail(
    context: "RunContext", head: Head, report: Report, settings: Settings
) -> None:
    """Log another attempt at a mail of the outbox."""
    attempt = replace(
        _of_server(settings, report),
        tls=bool(report.tls),
        sender=head.envelope.reverse_path,
        recipients=tuple(row.address for row in report.fates),
        size_octets=head.facts.size_octets,
    )
    _write(context, attempt, settings)


def _of_message(
    outgoing: OutgoingMessage, settings: Settings, came_of_it: Report | PymailError
) -> Attempt:
    envelope, message = outgoing.versions[0]
    return replace(
        _of_server(settings, came_of_it),
        sender=envelope.reverse_path,
        recipients=outgoing.forward_paths,
        size_octets=message.facts.size_octets,
    )


def _of_letter(letter: Draft, settings: Settings, error: PymailError) -> Attempt:
    """Take the words of the letter as they are; none of them may be an address."""
    authors = letter.from_ or settings.identity.from_
    sender = settings.identity.reverse_path or next((a.address for a in authors), "")
    return replace(
        _of_server(settings, error),
        sender=sender,
        recipients=letter.only or (*letter.to, *letter.cc, *letter.bcc),
    )


def _of_server(settings: Settings, came_of_it: Report | PymailError) -> Attempt:
    server = settings.server
    smtp = server if isinstance(server, SmtpServer) else None
    return Attempt(
        host=_host(server),
        tls=bool(smtp and smtp.tls.mode in _FROM_THE_START),
        user=smtp.login.user if smtp and smtp.login else None,
        sender="",
        recipients=(),
        came_of_it=came_of_it,
    )


def _host(server: Server) -> str:
    return server.host if isinstance(server, SmtpServer) else server.name


def _write(context: "RunContext", attempt: Attempt, settings: Settings) -> None:
    logging, environment = settings.logging, context.environment
    assert logging is not None  # noqa: S101 - the context looked
    attempt = replace(attempt, fallback=context.fallback)
    if logging.facility:
        from pymail.files import log

        line = log_line(attempt, longest=log.SYSTEM_LINE_OCTETS)
        log.send_to_system(line, logging.facility, failed=not attempt.succeeded)
    if not logging.file:
        return
    line = stamped(log_line(attempt), environment.now())
    if logging.file == _STANDARD_OUTPUT:
        context.print(f"{line}\n")
        return
    from pymail.files import log

    try:
        log.append(Path(logging.file), line)
    except CannotKeepError as error:
        context.warn([f"logfile: {error.happened}"])
