"""What a flush needs of those who start it."""

from collections.abc import Callable
from typing import Protocol

from pymail.environment import Environment
from pymail.errors import PymailError
from pymail.outbox.directory import Outbox
from pymail.outbox.entry import Rows
from pymail.outbox.queued_message import Mail
from pymail.report.delivery_report import Report
from pymail.settings.models import Settings
from pymail.transport.base import Transport


class Tell(Protocol):
    """Who hears what became of the mails."""

    def ended(self, mail: Mail, report: Report, settings: Settings | None) -> None:
        """Hear how an attempt ended; without settings there was none to speak of."""
        ...

    def buried(self, name: str, addresses: tuple[str, ...], kept: str) -> None:
        """Hear that a mail is a dead letter for these, and where."""
        ...

    def wrong(self, failure: PymailError) -> None:
        """Hear of a mail that cannot be handled."""
        ...

    def damaged(self, words: str) -> None:
        """Hear of a file that was set aside."""
        ...


class Ports:
    """The outbox and its surroundings.

    `settings_of` finds the settings of a mail again, `reach` the way to its server;
    both raise a PymailError when they cannot.
    """

    def __init__(
        self,
        outbox: Outbox,
        environment: Environment,
        *,
        settings_of: Callable[[Rows], Settings],
        reach: Callable[[Settings], Transport],
        tell: Tell,
    ) -> None:
        self.outbox = outbox
        self.environment = environment
        self.settings_of = settings_of
        self.reach = reach
        self.tell = tell
