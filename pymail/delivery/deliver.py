"""Delivery of an outgoing message, through the outbox if there is one, and its copies."""

from collections.abc import Iterator

from pymail.delivery.outgoing import OutgoingMessage, Result, Versions
from pymail.environment import Environment
from pymail.errors import CannotKeepError, Interrupted, MessageError, PymailError
from pymail.report.delivery_report import Report
from pymail.settings.models import Settings
from pymail.settings.server_models import FileTarget
from pymail.transport.base import Transport


def deliver(
    outgoing: OutgoingMessage,
    transport: Transport,
    settings: Settings,
    environment: Environment,
    *,
    more: bool = False,
    begun: Result | None = None,
    falls_back: bool = False,
) -> Result:
    """Serve the files, hand the message over, then keep the copy settings ask for.

    `more` says that another message for the same server follows. `begun` is the
    result to go on with; it has what was done already, also when this raises. With
    `falls_back` it raises also where the outbox has the message: there is another way.

    Raises:
        PymailError: the attempt ended before any recipient was asked for.
    """
    result = begun or Result(outgoing=outgoing)
    if not (outgoing.files or settings.keeping.record):
        _hand_over(result, transport, settings, environment, more, raises=falls_back)
        return result
    from pymail.delivery import copies  # with all that writes mailboxes

    copy = copies.copy_maker(outgoing, settings)
    if not result.files_served:
        copies.serve_files(result, copy, settings, environment)
    _hand_over(result, transport, settings, environment, more, raises=falls_back)
    if result.accepted or not result.reports:
        copies.record(result, copy, settings)
    return result


def _hand_over(
    result: Result,
    transport: Transport,
    settings: Settings,
    environment: Environment,
    more: bool,
    *,
    raises: bool,
) -> None:
    """Hand all over, from the outbox if there is one.

    Raises:
        PymailError: the attempt ended before any recipient was asked for.
    """
    versions = result.outgoing.versions
    place = settings.retrying.outbox
    if not (place and versions) or isinstance(settings.server, FileTarget):
        result.reports += _handed_over(versions, transport, more=more)
        return
    from pymail.delivery.queue import PendingMessages
    from pymail.outbox.directory import Outbox, link_for_cron

    pending = PendingMessages(Outbox(place), settings, environment, result.instead)
    try:
        pending.put(versions)
    except CannotKeepError as error:
        result.queue_error = error  # to be told with whatever comes of it
        try:
            result.reports += _handed_over(versions, transport, more=more)
        except PymailError as failure:
            result.reports.append(_not_tried(versions, failure))
        return
    result.queued = pending
    link_for_cron(place, environment)
    try:
        result.reports += pending.send(transport, more=more, raises=raises)
    except PymailError:
        raise
    except BaseException:  # whoever called us goes on perhaps, and the mail waits
        pending.close()
        raise


def _handed_over(
    versions: Versions, transport: Transport, *, more: bool
) -> Iterator[Report]:
    """Send one after the other; the first that cannot even begin raises.

    Later ones report instead: some have got the letter, and what they have got
    must not be sent again. A message that cannot go stops no other message, but
    a server out of reach, and a signal, stop what is left.
    """
    alone = len(versions) == 1
    for n, (envelope, message) in enumerate(versions):
        try:
            last = n == len(versions) - 1
            transport.heed_signals()  # that came when another one had gone
            report = transport.send(envelope, message, more=more or not last)
        except MessageError as error:
            if alone:
                raise
            report = Report.of_failure(envelope.forward_paths, error)
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
    return Report.of_failure(tuple(paths), failure)
