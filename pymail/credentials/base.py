"""Sources and stores of secrets: their interfaces and answers."""

from collections.abc import Callable
from typing import Protocol

from pymail.model import model
from pymail.secret import Secret
from pymail.settings.server_models import Login


@model()
class Found:
    """A secret and its place, for messages; an `explicit` one comes before stored ones."""

    secret: Secret
    place: str
    explicit: bool = False


@model()
class Missing:
    """The reason why a source has no secret."""

    reason: str


Source = Callable[[Login, str], Found | Missing]
"""Looks for the secret of a login at a server. Never raises."""


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
