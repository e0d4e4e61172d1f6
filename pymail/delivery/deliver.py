"""Hand a parcel over and keep copies."""

from collections.abc import Iterator, Sequence

from pymail.delivery.parcel import Consignment, Outcome, Parcel
from pymail.environment import Environment
from pymail.errors import CannotKeepError, Interrupted, MessageError, PymailError
from pymail.report.delivery_report import Report
from pymail.settings.models import Settings
from pymail.settings.server_models import FileTarget
from pymail.transport.base import Transport


def deliver(
    parcel: Parcel,
    transport: Transport,
    settings: Settings,
    environment: Environment,
    *,
    more: bool = False,
    begun: Outcome | None = None,
    falls_back: bool = False,
) -> Outcome:
    """Serve the files, hand the parcel over, then keep the copy settings ask for.

    `more` says that another parcel for the same server follows. `begun` is the
    outcome to go on with; it has what was done already, also when this raises. With
    `falls_back` it raises also where the outbox has the parcel: there is another way.

    Raises:
        PymailError: the attempt ended before any recipient was asked for.
    """
    outcome = begun or Outcome(parcel=parcel)
    if not (parcel.files or settings.keeping.record):
        _hand_over(outcome, transport, settings, environment, more, raises=falls_back)
        return outcome
    from pymail.delivery import copies  # with all that writes mailboxes

    copy = copies.maker(parcel, settings)
    if not outcome.files_served:
        copies.serve_files(outcome, copy, settings, environment)
    _hand_over(outcome, transport, settings, environment, more, raises=falls_back)
    if outcome.accepted or not outcome.reports:
        copies.record(outcome, copy, settings)
    return outcome


def _hand_over(
    outcome: Outcome,
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
    consignments = outcome.parcel.consignments
    place = settings.retrying.outbox
    if not (place and consignments) or isinstance(settings.server, FileTarget):
        outcome.reports += _handed_over(consignments, transport, more=more)
        return
    from pymail.delivery.queue import Spool
    from pymail.outbox.directory import Outbox, link_for_cron

    spool = Spool(Outbox(place), settings, environment, outcome.instead)
    try:
        spool.put(consignments)
    except CannotKeepError as error:
        outcome.unspooled = error  # to be told with whatever comes of it
        try:
            outcome.reports += _handed_over(consignments, transport, more=more)
        except PymailError as failure:
            outcome.reports.append(_not_tried(consignments, failure))
        return
    outcome.spool = spool
    link_for_cron(place, environment)
    try:
        outcome.reports += spool.send(transport, more=more, raises=raises)
    except PymailError:
        raise
    except BaseException:  # whoever called us goes on perhaps, and the mail waits
        spool.close()
        raise


def _handed_over(
    consignments: Sequence[Consignment], transport: Transport, *, more: bool
) -> Iterator[Report]:
    """Send one after the other; the first that cannot even begin raises.

    Later ones report instead: some have got the letter, and what they have got
    must not be sent again. A message that cannot go stops no other message, but
    a server out of reach, and a signal, stop what is left.
    """
    alone = len(consignments) == 1
    for n, each in enumerate(consignments):
        try:
            last = n == len(consignments) - 1
            transport.heed_signals()  # that came when another one had gone
            report = transport.send(each.envelope, each.message, more=more or not last)
        except MessageError as error:
            if alone:
                raise
            report = Report.of_failure(each.envelope.forward_paths, error)
        except PymailError as error:
            if n == 0:
                raise
            yield _not_tried(consignments[n:], error)
            return
        yield report
        if isinstance(report.failure, Interrupted) and consignments[n + 1 :]:
            yield _not_tried(consignments[n + 1 :], report.failure)
            return


def _not_tried(left: Sequence[Consignment], failure: PymailError) -> Report:
    paths = [path for each in left for path in each.envelope.forward_paths]
    return Report.of_failure(tuple(paths), failure)
