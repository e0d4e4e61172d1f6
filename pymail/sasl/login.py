"""LOGIN: user and password one after the other, in clear.

It was never standardized (draft-murchison-sasl-login describes it). The texts of
the challenges differ between servers and mean nothing, with one exception: a
server that asks for the password first gets it first.
"""

from pymail.sasl.mechanism import octets, unexpected_challenge
from pymail.secret import Secret


class Login:
    """The client's side of LOGIN. The server speaks first."""

    __slots__ = ("_asked", "_password", "_user")
    name = "LOGIN"

    def __init__(self, user: str, password: Secret) -> None:
        self._user = user
        self._password = password
        self._asked: list[str] = []

    def start(self) -> None:
        """Send nothing: some servers take an initial response for the password."""

    def next(self, challenge: bytes) -> bytes:
        """Answer with the user name, then with the password."""
        if len(self._asked) == 2:
            raise unexpected_challenge(self.name)
        if self._asked:
            wanted = "user" if self._asked == ["password"] else "password"
        else:
            wanted = "password" if b"pass" in challenge.lower() else "user"
        self._asked.append(wanted)
        if wanted == "user":
            return octets(self._user, "user name")
        return octets(self._password.reveal(), "password")
