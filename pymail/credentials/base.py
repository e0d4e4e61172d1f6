"""What a place that may hold a secret answers."""

from typing import Protocol

from pymail.record import record
from pymail.secret import Secret
from pymail.settings.records import Login


@record()
class Found:
    """The secret, and where it was, for messages."""

    secret: Secret
    place: str


@record()
class Missing:
    """Why this place does not have it."""

    reason: str


class Source(Protocol):
    """One place to look at."""

    def __call__(self, login: Login, host: str, /) -> Found | Missing:
        """Look for the secret of `login` at the server `host`. Never raises."""
        ...
