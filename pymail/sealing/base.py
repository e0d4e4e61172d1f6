"""What can be done to the content of a message before it leaves.

Content is what stands below the header fields of the letter: they stay as they
are, outside, for servers to read.
"""

from collections.abc import Callable
from typing import Protocol

from pymail.message.mime_entity import Entity
from pymail.secret import Secret
from pymail.settings.server_models import Login

# as `credentials.chain` answers; the host is USER's domain with a suffix of ours
AskPassword = Callable[[Login, str], Secret]


class Sealer(Protocol):
    """A way to sign and to encrypt."""

    def sign(self, content: Entity, author: str, boundary_token: str) -> Entity:
        """Return the content with the signature of `author` beside it.

        `author` is an address, empty when only the local MTA knows it.

        Raises:
            SettingsError: key or certificate is missing or of no use.
        """
        ...

    def encrypt(self, content: Entity, recipient: str) -> Entity | None:
        """Return the content for one recipient's eyes; None if nobody asks for it.

        Raises:
            SettingsError: the certificate is of no use, or there is none and
                nothing may leave without encryption.
        """
        ...
