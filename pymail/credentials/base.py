"""What a place that may hold a secret answers."""

from dataclasses import dataclass
from typing import Protocol

from pymail.secret import Secret
from pymail.settings.records import Login


@dataclass(frozen=True, slots=True)
class Found:
    """The secret, and where it was, for messages."""

    secret: Secret
    place: str


@dataclass(frozen=True, slots=True)
class Missing:
    """Why this place does not have it."""

    reason: str


class Source(Protocol):
    """One place to look at."""

    def __call__(self, login: Login, host: str, /) -> Found | Missing:
        """Look for the secret of `login` at the server `host`. Never raises."""
        ...
