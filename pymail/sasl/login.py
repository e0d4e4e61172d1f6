"""LOGIN: user and password one after the other, in clear.

It was never standardized (draft-murchison-sasl-login describes it). The user name
goes with the command, as the clients of .NET and Python send it; a server that
asks for it all the same gets it again.
"""

from pymail.sasl.mechanism import octets, unexpected_challenge
from pymail.secret import Secret


class Login:
    """The client's side of LOGIN."""

    __slots__ = ("_password", "_repeated", "_user", "done")
    name = "LOGIN"
    proven = True  # the server has nothing to prove
    unshown = b""

    def __init__(self, user: str, password: Secret) -> None:
        self._user = user
        self._password = password
        self._repeated = False
        self.done = False

    def start(self) -> bytes:
        """Return the user name, so that the first challenge is for the password."""
        return octets(self._user, "user name")

    def next(self, challenge: bytes) -> bytes:
        """Answer with the password, or with the user name if that is asked for."""
        if self.done:
            raise unexpected_challenge(self.name)
        if not self._repeated and b"user" in challenge.lower():
            self._repeated = True
            return octets(self._user, "user name")
        self.done = True
        return octets(self._password.reveal(), "password")
