r"""The log: a line for each attempt to send a message, in msmtp's format.

`key=value` with msmtp's names and order, so that programs for msmtp's logs can read
these. Values are printable; those with blanks, quotes or `=` stand in single quotes,
with `\` before a quote or backslash. A log that can't be written is only a warning.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from pymail.delivery.context import RunContext
from pymail.delivery.outgoing import OutgoingMessage, Result
from pymail.errors import CannotKeepError, PymailError
from pymail.model import model
from pymail.outbox.entry import Head
from pymail.reply import Reply
from pymail.report.delivery_report import Fate, Report
from pymail.report.exit_status import SIGNAL_BASE, ExitStatus, exit_status_for
from pymail.settings.models import Settings
from pymail.settings.server_models import SmtpServer, TlsMode
from pymail.text import visible

_STANDARD_OUTPUT = "-"
_FROM_THE_START = (TlsMode.IMPLICIT, TlsMode.REQUIRED)
SHOWN_CHARACTERS = 600  # of an error message; `Reply` limits its own text
_PLAIN = r"[^\s'\"\\=]+"

# as sysexits(3) and msmtp have them
_NAMES = {
    ExitStatus.OK: "EX_OK",
    ExitStatus.USAGE: "EX_USAGE",
    ExitStatus.DATA: "EX_DATAERR",
    ExitStatus.NO_INPUT: "EX_NOINPUT",
    ExitStatus.NO_USER: "EX_NOUSER",
    ExitStatus.NO_HOST: "EX_NOHOST",
    ExitStatus.UNAVAILABLE: "EX_UNAVAILABLE",
    ExitStatus.SOFTWARE: "EX_SOFTWARE",
    ExitStatus.CANNOT_CREATE: "EX_CANTCREAT",
    ExitStatus.TEMPORARY: "EX_TEMPFAIL",
    ExitStatus.PROTOCOL: "EX_PROTOCOL",
    ExitStatus.NO_PERMISSION: "EX_NOPERM",
    ExitStatus.CONFIG: "EX_CONFIG",
}


@model(kw_only=True)
class Attempt:
    """The values of a log line.

    `user` is None without a login. `size_octets` is 0 if no message was built yet.
    `fallback` names the fallback account in use, or is empty.
    """

    host: str
    tls: bool
    user: str | None
    sender: str
    recipients: tuple[str, ...]
    result: Report | PymailError
    size_octets: int = 0
    fallback: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether all recipients got the message."""
        return exit_status_for(self.result) == ExitStatus.OK


def log_outcome(context: RunContext, result: Result) -> None:
    """Log the report of each version of a message."""
    outgoing = result.outgoing
    for (envelope, message), report in zip(
        outgoing.versions, result.reports, strict=False
    ):
        _write(
            context,
            outgoing.settings,
            report,
            sender=envelope.reverse_path,
            size_octets=message.facts.size_octets,
        )


def log_failure(
    context: RunContext,
    error: PymailError,
    settings: Settings,
    outgoing: OutgoingMessage | None = None,
) -> None:
    """Log an attempt that failed before the first RCPT.

    Without `outgoing` the failed draft of the context is logged.
    """
    context.logged = error
    if not settings.logs_attempts:
        return
    draft = context.draft
    if outgoing and outgoing.envelope:
        _write(
            context,
            settings,
            error,
            sender=outgoing.envelope.reverse_path,
            recipients=outgoing.forward_paths,
            size_octets=outgoing.versions[0][1].facts.size_octets,
        )
    elif draft:  # its recipients as written; they may be no valid addresses
        authors = draft.from_ or settings.from_
        author = next((each.address for each in authors), "")
        _write(
            context,
            settings,
            error,
            sender=settings.reverse_path or author,
            recipients=draft.only or (*draft.to, *draft.cc, *draft.bcc),
        )


def log_retry(
    context: RunContext, head: Head, report: Report, settings: Settings
) -> None:
    """Log an attempt to send a queued message."""
    _write(
        context,
        settings,
        report,
        sender=head.envelope.reverse_path,
        size_octets=head.facts.size_octets,
    )


def _write(
    context: RunContext,
    settings: Settings,
    result: Report | PymailError,
    *,
    sender: str,
    recipients: tuple[str, ...] = (),
    size_octets: int = 0,
) -> None:
    """Write a line if the settings name a log; a report has the recipients."""
    if not settings.logs_attempts:
        return
    server = settings.server
    smtp = server if isinstance(server, SmtpServer) else None
    tls = bool(smtp and smtp.tls.mode in _FROM_THE_START)
    if isinstance(result, Report):
        tls = bool(result.tls)
        recipients = tuple(row.address for row in result.fates)
    attempt = Attempt(
        host=smtp.host if smtp else server.name,
        tls=tls,
        user=smtp.login.user if smtp and smtp.login else None,
        sender=sender,
        recipients=recipients,
        result=result,
        size_octets=size_octets,
        fallback=context.fallback,
    )
    _put(attempt, settings, context)


def _put(attempt: Attempt, settings: Settings, context: RunContext) -> None:
    from pymail.files import log_file

    if settings.log_facility:
        line = log_line(attempt, longest=log_file.SYSTEM_LINE_OCTETS)
        facility, failed = settings.log_facility, not attempt.succeeded
        log_file.send_to_system(line, facility, failed=failed)
    if not settings.log_file:
        return
    line = stamp(log_line(attempt), context.environment.now())
    if settings.log_file == _STANDARD_OUTPUT:
        context.print(f"{line}\n")
        return
    try:
        log_file.append(Path(settings.log_file), line)
    except CannotKeepError as error:
        context.warn([f"logfile: {error.happened}"])


def log_line(attempt: Attempt, *, longest: int | None = None) -> str:
    """Make the line without its line end, of `longest` octets at most.

    The list of recipients is cut first: it makes lines long.
    """
    shown = len(attempt.recipients)
    line = _line(attempt, shown)
    while longest and shown and len(line.encode()) > longest:
        shown //= 2
        line = _line(attempt, shown)
    return _cut(line, longest) if longest else line


def _cut(line: str, longest: int) -> str:
    """Cut a line, but keep the status at its end."""
    octets = line.encode()
    if len(octets) <= longest:
        return line
    end = f"… exitcode={line.rpartition('exitcode=')[2]}"
    return octets[: longest - len(end.encode())].decode(errors="ignore") + end


def stamp(line: str, now: datetime) -> str:
    """Prepend the local time with its zone (ISO 8601)."""
    return f"{now.isoformat(timespec='seconds')} {line}"


def _line(attempt: Attempt, shown: int) -> str:
    pairs = [
        ("host", attempt.host),
        ("tls", _switch(on=attempt.tls)),
        ("auth", _switch(on=attempt.user is not None)),
        *([("user", attempt.user)] if attempt.user is not None else []),
        ("from", attempt.sender),
        ("recipients", _join(attempt.recipients, shown)),
        *([("mailsize", str(attempt.size_octets))] if attempt.size_octets else []),
        *([("fallback", attempt.fallback)] if attempt.fallback else []),
    ]
    words = [f"{key}={_quote_if_needed(value)}" for key, value in pairs]
    return " ".join([*words, *_result_words(attempt.result, shown)])


def _join(addresses: Sequence[str], shown: int) -> str:
    more = len(addresses) - shown
    return ",".join([*addresses[:shown], *([f"+{more}"] if more > 0 else [])])


def _result_words(result: Report | PymailError, shown: int) -> Iterator[str]:
    """Yield the decisive reply, the undelivered recipients, the error, the status."""
    reply = _decisive_reply(result)
    if reply is not None:
        yield f"smtpstatus={reply.code}"
        yield f"smtpmsg={_quote(str(reply))}"
    failure = result if isinstance(result, PymailError) else result.failure
    if isinstance(result, Report) and not result.complete:
        rows = [row for row in result.fates if row.fate is not Fate.ACCEPTED]
        addresses = [row.address for row in rows]
        yield f"unserved={_quote_if_needed(_join(addresses, shown))}"
    if failure is not None:
        happened = str(failure).removesuffix(f": {reply}")
        yield f"errormsg={_quote(happened[:SHOWN_CHARACTERS])}"
    yield f"exitcode={_status(result)}"


def _decisive_reply(result: Report | PymailError) -> Reply | None:
    if isinstance(result, PymailError):
        return result.reply
    missed = (row for row in result.fates if row.fate is not Fate.ACCEPTED)
    return next((row.reply for row in missed if row.reply), result.reply)


def _status(result: Report | PymailError) -> str:
    number = exit_status_for(result)
    return str(number) if number > SIGNAL_BASE else _NAMES[ExitStatus(number)]


def _switch(*, on: bool) -> str:
    return "on" if on else "off"


def _quote_if_needed(value: str) -> str:
    return value if re.fullmatch(_PLAIN, visible(value)) else _quote(value)


def _quote(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{visible(escaped)}'"
