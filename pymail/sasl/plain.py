"""PLAIN: user and password in one message, in clear (RFC 4616)."""

from pymail.sasl.mechanism import octets, unexpected_challenge
from pymail.secret import Secret


class Plain:
    """The client's side of PLAIN; it acts for nobody but the user."""

    __slots__ = ("_password", "_user", "done")
    name = "PLAIN"
    proven = True  # the server has nothing to prove
    unshown = b""

    def __init__(self, user: str, password: Secret) -> None:
        self._user = user
        self._password = password
        self.done = False

    def start(self) -> bytes:
        """Return everything: no authorization identity, user, password."""
        self.done = True
        user = octets(self._user, "user name")
        return b"\0" + user + b"\0" + octets(self._password.reveal(), "password")

    def next(self, challenge: bytes) -> bytes:  # noqa: ARG002 - there is none to answer
        """Refuse; PLAIN has no challenge."""
        raise unexpected_challenge(self.name)
