"""Mails of the outbox, put together by the server that takes them."""

from collections.abc import Callable, Iterable

from pymail.delivery.flush_ports import Ports
from pymail.errors import CannotKeepError, PymailError
from pymail.model import field, model
from pymail.outbox.directory import Outbox
from pymail.outbox.entry import Damaged, Rows
from pymail.outbox.queued_message import Mail
from pymail.settings.models import Settings


@model(frozen=False)
class Group:
    """Mails for one server, the oldest first.

    `failure` is why there are no settings, which are None then.
    """

    settings: Settings | None
    failure: PymailError | None = None
    names: list[str] = field(default_factory=list)


def grouped(
    names: Iterable[str], ports: Ports, in_time: Callable[[], bool]
) -> list[Group]:
    """Look at every mail, as long as there is time for it."""
    groups: list[Group] = []
    by_manner: dict[Rows, Group] = {}
    for name in names:
        if not in_time():
            break
        rows = _manner(name, ports)
        if rows is None:
            continue
        if rows not in by_manner:
            by_manner[rows] = _joined(_group(rows, ports), groups)
        by_manner[rows].names.append(name)
    return groups


def _manner(name: str, ports: Ports) -> Rows | None:
    """Return how to find the settings of a mail; None when it cannot be read."""
    try:
        mail = _looked_at(name, ports.outbox)
    except Damaged as error:
        ports.tell.damaged(str(error))
        return None
    except CannotKeepError as error:
        ports.tell.wrong(error)
        return None
    if mail is None:
        return None
    with mail:
        return mail.head.manner


def _looked_at(name: str, outbox: Outbox) -> Mail | None:
    try:
        return outbox.peek(name)
    except Damaged:
        return outbox.claim(name)  # which sets it aside


def _group(rows: Rows, ports: Ports) -> Group:
    try:
        return Group(ports.settings_of(rows))
    except PymailError as error:
        return Group(None, error)


def _joined(group: Group, groups: list[Group]) -> Group:
    """Return the group of the same server, if there is one."""
    for other in groups:
        if group.settings and other.settings:
            same = group.settings.server == other.settings.server
            if same and group.settings.keeping == other.settings.keeping:
                return other
    groups.append(group)
    return group
