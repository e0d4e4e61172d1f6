"""One attempt to hand a message over: files, the server or the outbox, the record."""

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
    """Serve the files, hand the message over, then keep the copy settings ask for.

    `more` says that another message for the same server follows. With `raises` a
    failure is raised also where the outbox has the message: there is another way.
    The result has what was done, also when this raises.

    Raises:
        PymailError: the attempt ended before any recipient was asked for.
    """
    outgoing = result.outgoing
    settings = outgoing.settings
    if outgoing.files:
        from pymail.delivery import copies  # with all that writes mailboxes

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
    """Put all versions into the outbox, and try them from there.

    Raises:
        PymailError: the attempt ended before any recipient was asked for.
    """
    from pymail.delivery.queue import PendingMessages
    from pymail.outbox.directory import link_for_cron

    outgoing, environment = result.outgoing, context.environment
    pending = PendingMessages(outbox, outgoing.settings, environment, result.instead)
    try:
        pending.put(outgoing.versions)
    except CannotKeepError as error:
        result.queue_error = error  # to be told with the result
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
    except BaseException:  # the caller goes on perhaps, and the message waits
        pending.close()
        raise


def _send_versions(
    versions: Versions, transport: Transport, context: RunContext, *, more: bool
) -> Iterator[Report]:
    """Send one after the other; the first that cannot even begin raises.

    Later ones report instead: some have got the message, and what they have got
    must not be sent again. A message that cannot go stops no other message, but
    a server out of reach, and a signal, stop what is left.
    """
    alone = len(versions) == 1
    for n, (envelope, message) in enumerate(versions):
        try:
            last = n == len(versions) - 1
            context.signals.heed()  # that came when another one had gone
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


def _not_tried(left: Versions, failure: PymailError) -> Report:
    paths = [path for envelope, _ in left for path in envelope.forward_paths]
    return Report.from_failure(tuple(paths), failure)
