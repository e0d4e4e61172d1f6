"""OAUTHBEARER (RFC 7628) and its forerunner XOAUTH2: an access token.

Both send everything at once. A challenge after that is the reason for a refusal
(JSON); it has to be answered before the server says so in a reply.
"""

from pymail.errors import AuthenticationError
from pymail.sasl.mechanisms import Mechanism, octets
from pymail.secret import Secret

_SEPARATOR = b"\x01"


class XOAuth2(Mechanism):
    """The client's side of XOAUTH2, as Google and Microsoft describe it."""

    __slots__ = ("_refused", "_token", "_user")
    name = "XOAUTH2"

    def __init__(self, user: str, token: Secret) -> None:
        self._user = user
        self._token = token
        self._refused = False

    def start(self) -> bytes:
        """Return user and token."""
        user = _field(self._user, "user name")
        return b"user=" + user + _SEPARATOR + _bearer(self._token)

    def next(self, challenge: bytes) -> bytes:  # noqa: ARG002 - for the server's log
        """Acknowledge the reason for a refusal."""
        if self._refused:
            raise self.unexpected()
        self._refused = True
        return b""


class OAuthBearer(Mechanism):
    """The client's side of OAUTHBEARER."""

    __slots__ = ("_host", "_port", "_refused", "_token", "_user")
    name = "OAUTHBEARER"

    def __init__(self, user: str, token: Secret, host: str, port: int) -> None:
        self._user = user
        self._token = token
        self._host = host
        self._port = port
        self._refused = False

    def start(self) -> bytes:
        """Return user, server and token (RFC 7628 §3.1)."""
        fields = (
            b"n," + _authorization_identity(self._user) + b",",
            b"host=" + _field(self._host, "host name"),
            b"port=%d" % self._port,
            _bearer(self._token),
        )
        return _SEPARATOR.join(fields)

    def next(self, challenge: bytes) -> bytes:  # noqa: ARG002 - for the server's log
        """Acknowledge the reason for a refusal (RFC 7628 §3.2.3)."""
        if self._refused:
            raise self.unexpected()
        self._refused = True
        return _SEPARATOR


def _bearer(token: Secret) -> bytes:
    value = _field(token.reveal(), "access token")
    return b"auth=Bearer " + value + _SEPARATOR + _SEPARATOR


def _authorization_identity(user: str) -> bytes:
    """Write the user as the header of GS2 has it (RFC 5801 §4)."""
    escaped = user.replace("=", "=3D").replace(",", "=2C")
    return b"a=" + _field(escaped, "user name") if user else b""


def _field(text: str, what: str) -> bytes:
    encoded = octets(text, what)
    if _SEPARATOR in encoded:
        raise AuthenticationError(f"the {what} holds a control character")
    return encoded
