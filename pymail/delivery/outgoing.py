"""An outgoing message with its envelopes, its delivery, and the result."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Self

from pymail.address.envelope import Envelope
from pymail.environment import Environment
from pymail.errors import CannotKeepError, Interrupted, MessageError, PymailError
from pymail.message.build import with_header
from pymail.message.byte_source import FinishedMessage
from pymail.message.draft import Draft, Lists, TextRules
from pymail.message.mime_entity import Entity
from pymail.model import field, model, replace
from pymail.report.delivery_report import Fate, Report
from pymail.settings.models import Settings
from pymail.settings.server_models import FileTarget
from pymail.transport.base import Transport

if TYPE_CHECKING:
    from pymail.delivery.queue import PendingMessages
    from pymail.files.folder import Copy

Versions = tuple[tuple[Envelope, FinishedMessage], ...]


@model(kw_only=True)
class OutgoingMessage:
    """A message that is ready to go, and for whom.

    `lists` are To, Cc and Bcc as the header has them. `files` are recipients, too; each
    is as written.

    `versions` pair an envelope with what travels under it: one for all, several when
    some get it encrypted, none when only files are recipients; whoever is named first
    in the draft is in the first. `content` is what is kept of it: signed perhaps, never
    encrypted. The words in `refused` get nothing, and `problems` say why; `warnings`
    is what else the user should know, `remarks` what -v tells.
    """

    draft: Draft
    lists: Lists
    content: Entity
    files: tuple[str, ...] = ()
    versions: Versions = ()
    refused: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def envelope(self) -> Envelope | None:
        """The envelope of its first version; None when only files are recipients."""
        return self.versions[0][0] if self.versions else None

    @property
    def forward_paths(self) -> tuple[str, ...]:
        """Everybody whom a server is asked for."""
        return tuple(p for envelope, _ in self.versions for p in envelope.forward_paths)

    def whole(self, rules: TextRules, *, keep_bcc: bool = True) -> FinishedMessage:
        """Return the message as it is kept: for all, and with Bcc."""
        return with_header(
            self.draft, self.lists, self.content, rules=rules, keep_bcc=keep_bcc
        )

    def with_callback(self, on_read: Callable[[], None]) -> Self:
        """Call back each time one of its versions was read to its end."""
        from pymail.outbox.queued_message import NotifyingMessage

        return replace(
            self,
            versions=tuple((e, NotifyingMessage(m, on_read)) for e, m in self.versions),
        )


@model(frozen=False, kw_only=True)
class Result:
    """The result of an outgoing message; `reports` are of its versions, in their order.

    The last report may stand for several that were not tried any more.
    `files_served`: whatever came of it, it is not done again. `unwritten` are the
    files among the recipients that could not be written, and `record_error` says
    what was wrong with one, or with the record. `queued` is what the outbox has of
    it, `queue_error` why that has nothing; `instead` is what it had for another server.
    """

    outgoing: OutgoingMessage
    reports: list[Report] = field(default_factory=list)
    record_error: CannotKeepError | None = None
    files_served: bool = False
    unwritten: list[str] = field(default_factory=list)
    queued: "PendingMessages | None" = None
    queue_error: CannotKeepError | None = None
    instead: "PendingMessages | None" = None

    def queued_after(self, failure: PymailError) -> Self:
        """Let the outbox keep it after a failure, and return the same result."""
        self.reports += self.queued.fail(failure) if self.queued else ()
        return self

    @property
    def waiting(self) -> frozenset[str]:
        """Addresses that may still get it from the outbox, or have got it perhaps."""
        kept = self.queued.kept if self.queued else []
        return frozenset(address for each in kept for address in each.remaining.open)

    @property
    def undelivered(self) -> list[str]:
        """Recipients who did not get it, each an address or the word that was none."""
        missed = [
            row.address
            for report in self.reports
            for row in report.fates
            if row.fate is not Fate.ACCEPTED
        ]
        return [*missed, *self.unwritten, *self.outgoing.refused]

    @property
    def fully_delivered(self) -> bool:
        """True when all got it, and there is nothing to say about it."""
        complete = all(each.complete and not each.failure for each in self.reports)
        kept = self.queue_error or (self.queued and self.queued.problem)
        left = self.undelivered or self.record_error or self.outgoing.problems
        return complete and not left and not kept

    @property
    def any_delivered(self) -> bool:
        """True when anybody got it."""
        return len(self.outgoing.files) > len(self.unwritten) or self.accepted

    @property
    def accepted(self) -> bool:
        """True when a server took it for anybody."""
        return any(report.with_fate(Fate.ACCEPTED) for report in self.reports)


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
    if not (outgoing.files or settings.record):
        _send_all(result, transport, settings, environment, more, raises=falls_back)
        return result
    from pymail.delivery import copies  # with all that writes mailboxes

    def copy() -> "Copy":
        return _copy(outgoing, settings)

    if not result.files_served:
        result.files_served = True
        for name, error in copies.write_files(
            outgoing.files, copy, settings, environment
        ):
            result.record_error = error
            result.unwritten.append(name)
    _send_all(result, transport, settings, environment, more, raises=falls_back)
    if result.accepted or not result.reports:
        result.record_error = copies.record(copy, settings) or result.record_error
    return result


def _copy(outgoing: OutgoingMessage, settings: Settings) -> "Copy":
    """Make a copy to keep, with Bcc."""
    from pymail.files.folder import Copy

    draft = outgoing.draft
    return Copy(
        sender=draft.from_[0].address if draft.from_ else settings.login_name,
        now=draft.now,
        token=draft.token,
        chunks=outgoing.whole(settings.message.text_rules).chunks(),
    )


def _send_all(
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
    place = settings.outbox
    if not (place and versions) or isinstance(settings.server, FileTarget):
        result.reports += _send_versions(versions, transport, more=more)
        return
    from pymail.delivery.queue import PendingMessages
    from pymail.outbox.directory import Outbox, link_for_cron

    pending = PendingMessages(Outbox(place), settings, environment, result.instead)
    try:
        pending.put(versions)
    except CannotKeepError as error:
        result.queue_error = error  # to be told with whatever comes of it
        try:
            result.reports += _send_versions(versions, transport, more=more)
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


def _send_versions(
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
