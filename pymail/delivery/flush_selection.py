"""Which mails of the outbox are to be sent now, and to whom."""

from datetime import datetime

from pymail.model import model
from pymail.outbox.queued_message import Mail
from pymail.outbox.retry import is_due


@model(kw_only=True)
class Wanted:
    """What somebody asks for: what is due, or more than that.

    `names`: these mails, whatever is known of them; the user decides. `now`: all
    but those who may have got it. `seconds`: begin no other mail after that, and
    `most`: look at no more than so many.
    """

    names: tuple[str, ...] | None = None
    now: bool = False
    seconds: float | None = None
    most: int | None = None

    def paths(self, mail: Mail, now: datetime) -> tuple[str, ...]:
        """Tell who is to get this mail; nobody when it is not its time."""
        standing = mail.standing
        if self.names is not None:
            return (*standing.waiting, *standing.unknown)
        if self.now:
            return standing.waiting
        return standing.due if is_due(mail.journal, now) else ()
