"""Queued messages grouped by the server that takes them, and the ports of a flush."""

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Protocol

from pymail.environment import Environment
from pymail.errors import CannotKeepError, PymailError
from pymail.model import field, model
from pymail.outbox.directory import Outbox
from pymail.outbox.entry import Damaged
from pymail.outbox.queued_message import QueuedMessage
from pymail.report.delivery_report import Report
from pymail.settings.models import Rows, Settings
from pymail.transport.base import Transport

# what all messages of a group have in common: their server, and what is kept where
_OF_GROUP = attrgetter(
    *("server", "dead_letter", "folder", "record", "copies"),
    *("file_mode", "dotlock", "new_maildirs"),
)


class FlushListener(Protocol):
    """A listener to what becomes of the messages."""

    def ended(
        self, mail: QueuedMessage, report: Report, settings: Settings | None
    ) -> None:
        """Hear how an attempt ended; without settings there was none to speak of."""
        ...

    def given_up(self, name: str, addresses: tuple[str, ...], kept: str) -> None:
        """Hear that a message is a dead letter for these, and where."""
        ...

    def wrong(self, failure: PymailError) -> None:
        """Hear of a message that cannot be handled."""
        ...

    def damaged(self, words: str) -> None:
        """Hear of a file that was set aside."""
        ...


@model()
class FlushContext:
    """The outbox of a flush, and its environment.

    `settings_of` finds the settings of a message again, `reach` the way to its server;
    both raise a PymailError when they cannot.
    """

    outbox: Outbox
    environment: Environment
    settings_of: Callable[[Rows], Settings]
    reach: Callable[[Settings], Transport]
    listener: FlushListener


@model(frozen=False)
class Group:
    """Messages for one server, the oldest first.

    `failure` is why there are no settings, which are None then.
    """

    settings: Settings | None
    failure: PymailError | None = None
    names: list[str] = field(default_factory=list)


def group_by_server(
    names: Iterable[str], context: FlushContext, in_time: Callable[[], bool]
) -> list[Group]:
    """Look at every message, as long as there is time for it."""
    groups: list[Group] = []
    by_options: dict[Rows, Group] = {}
    for name in names:
        if not in_time():
            break
        rows = _saved_options(name, context)
        if rows is None:
            continue
        if rows not in by_options:
            by_options[rows] = _join(_group(rows, context), groups)
        by_options[rows].names.append(name)
    return groups


def _saved_options(name: str, context: FlushContext) -> Rows | None:
    """Return how to find the settings of a message; None when it cannot be read."""
    try:
        mail = _look_at(name, context.outbox)
    except Damaged as error:
        context.listener.damaged(str(error))
        return None
    except CannotKeepError as error:
        context.listener.wrong(error)
        return None
    if mail is None:
        return None
    with mail:
        return mail.head.saved_options


def _look_at(name: str, outbox: Outbox) -> QueuedMessage | None:
    try:
        return outbox.peek(name)
    except Damaged:
        return outbox.claim(name)  # which sets it aside


def _group(rows: Rows, context: FlushContext) -> Group:
    try:
        return Group(context.settings_of(rows))
    except PymailError as error:
        return Group(None, error)


def _join(group: Group, groups: list[Group]) -> Group:
    """Return the group of the same server, if there is one."""
    for other in groups:
        both = group.settings and other.settings
        if both and _OF_GROUP(group.settings) == _OF_GROUP(other.settings):
            return other
    groups.append(group)
    return group
