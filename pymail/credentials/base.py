"""What a place that may hold a secret answers, and what a store can do."""

from typing import Protocol

from pymail.model import model
from pymail.secret import Secret
from pymail.settings.server_models import Login


@model()
class Found:
    """The secret, and where it was, for messages.

    `explicit`: somebody has put it before all that is stored.
    """

    secret: Secret
    place: str
    explicit: bool = False


@model()
class Missing:
    """Why this place does not have it."""

    reason: str


class Source(Protocol):
    """One place to look at."""

    def __call__(self, login: Login, host: str, /) -> Found | Missing:
        """Look for the secret of `login` at the server `host`. Never raises."""
        ...


class Store(Protocol):
    """A place where pymail puts secrets, by server and login."""

    def put(self, user: str, host: str, secret: Secret) -> str:
        """Keep the secret of `user` at `host`; returns where, for messages.

        What was there for them is replaced; everything else stays.

        Raises:
            CannotKeepError: it cannot be kept, and why.
        """
        ...

    def remove(self, user: str, host: str) -> bool:
        """Forget the secret; returns whether there was one.

        Raises:
            CannotKeepError: the place cannot be changed, and why.
        """
        ...
