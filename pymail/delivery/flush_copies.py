"""The record of a mail that went later than its sender was there."""

from pymail.environment import Environment
from pymail.files.choose import Copy, keep
from pymail.outbox.journal import Journal
from pymail.outbox.queued_message import Mail
from pymail.report.delivery_report import Fate, Report
from pymail.settings.models import Settings


def is_first(journal: Journal, report: Report) -> bool:
    """Tell whether somebody has got the mail now, and nobody had before."""
    had = any(fate is Fate.ACCEPTED for fate, _ in journal.fates.values())
    return bool(report.with_fate(Fate.ACCEPTED)) and not had


def record(mail: Mail, settings: Settings, environment: Environment) -> None:
    """Keep a copy where settings say so, of all mails but reports.

    It is the message as it went: who got it blindly is not in it.

    Raises:
        CannotKeepError: it cannot be written; the mail has been sent.
    """
    folder, sender = settings.keeping.record, mail.head.envelope.reverse_path
    if folder is None or not sender:
        return
    copy = Copy(
        sender=sender,
        now=environment.now(),
        token=environment.token(),
        chunks=mail.message.chunks(),
    )
    keep(copy, folder, settings.keeping.filing)
