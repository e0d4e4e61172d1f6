"""One attempt to send a message: to files, to the server or outbox, to the record."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pymail.delivery.context import RunContext
from pymail.delivery.outgoing import Result, Versions
from pymail.errors import CannotKeepError, Interrupted, MessageError, PymailError
from pymail.report.delivery_report import Report
from pymail.settings.server_models import FileTarget
from pymail.transport.base import Transport

if TYPE_CHECKING:
    from pymail.outbox.directory import Outbox


def hand_over(
    result: Result,
    transport: Transport,
    context: RunContext,
    *,
    more: bool = False,
    raises: bool = False,
) -> None:
    """Write to the files, send the message, then write the record.

    `more` announces another message for the same server. With `raises` a failure is
    raised even if the outbox has the message, because another account may send it.
    The result is filled in also when this raises.

    Raises:
        PymailError: the attempt failed before the first RCPT.
    """
    outgoing = result.outgoing
    settings = outgoing.settings
    if outgoing.files:
        from pymail.delivery import copies  # imports all that writes mailboxes

        copies.serve_files(result, context.environment)
    is_file = isinstance(settings.server, FileTarget)
    if settings.outbox and outgoing.versions and not is_file:
        from pymail.outbox.directory import Outbox

        outbox = Outbox(settings.outbox)
        _send_queued(result, outbox, transport, context, more=more, raises=raises)
    else:
        sent = _send_versions(outgoing.versions, transport, context, more=more)
        result.reports += sent
    folder = settings.record
    if folder and (result.accepted or not result.reports):
        from pymail.delivery import copies

        result.record_error = copies.record(outgoing, folder) or result.record_error


def _send_queued(
    result: Result,
    outbox: "Outbox",
    transport: Transport,
    context: RunContext,
    *,
    more: bool,
    raises: bool,
) -> None:
    """Put all versions into the outbox, and send them from there.

    Raises:
        PymailError: the attempt failed before the first RCPT.
    """
    from pymail.delivery.queue import PendingMessages
    from pymail.outbox.directory import link_for_cron

    outgoing, environment = result.outgoing, context.environment
    pending = PendingMessages(outbox, outgoing.settings, environment, result.instead)
    try:
        pending.put(outgoing.versions)
    except CannotKeepError as error:
        result.queue_error = error  # reported with the result
        versions = outgoing.versions
        try:
            result.reports += _send_versions(versions, transport, context, more=more)
        except PymailError as failure:
            result.reports.append(_not_tried(versions, failure))
        return
    result.queued = pending
    link_for_cron(outbox.directory, environment)
    try:
        result.reports += pending.send(transport, more=more, raises=raises)
    except PymailError:
        raise
    except BaseException:  # the caller may continue, so unlock the queued message
        pending.close()
        raise


def _send_versions(
    versions: Versions, transport: Transport, context: RunContext, *, more: bool
) -> Iterator[Report]:
    """Send the versions in turn; only the first raises if its attempt fails.

    The failure of a later one is a report: some recipients have the message, and must
    not get it again. A version that can't be sent stops no other version, but
    an unreachable server or a signal stops the rest.
    """
    alone = len(versions) == 1
    for n, (envelope, message) in enumerate(versions):
        try:
            last = n == len(versions) - 1
            context.signals.heed()  # raise the one held while the last was sent
            report = transport.send(envelope, message, more=more or not last)
        except MessageError as error:
            if alone:
                raise
            report = Report.from_failure(envelope.forward_paths, error)
        except PymailError as error:
            if n == 0:
                raise
            yield _not_tried(versions[n:], error)
            return
        yield report
        if isinstance(report.failure, Interrupted) and versions[n + 1 :]:
            yield _not_tried(versions[n + 1 :], report.failure)
            return


def _not_tried(versions: Versions, failure: PymailError) -> Report:
    paths = [path for envelope, _ in versions for path in envelope.forward_paths]
    return Report.from_failure(tuple(paths), failure)
