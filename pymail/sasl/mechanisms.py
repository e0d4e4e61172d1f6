"""SASL mechanisms with a password, a token or neither (RFC 4422); SCRAM is in `scram`.

User names and passwords are sent as UTF-8, without SASLprep (RFC 4013): the server
prepared the stored password, and prepares these the same way. Only SCRAM must do it.
"""

from pymail.errors import AuthenticationError, ProtocolError
from pymail.secret import Secret

_SEPARATOR = b"\x01"  # of the fields in OAUTHBEARER and XOAUTH2


class Mechanism:
    """The client's side of one authentication exchange, for a single use.

    `name` is the registered name. Messages are raw octets; base64 belongs to the
    protocol (RFC 4954 §4). `proven` is False until the server has proven itself, in a
    mechanism that requires it; `unshown` is the server's next message if no trace may
    show it.
    """

    __slots__ = ()
    name = ""
    proven = True
    unshown = b""

    def start(self) -> bytes | None:
        """Return the initial response, or None if the server speaks first."""
        return None

    def next(self, challenge: bytes) -> bytes:  # noqa: ARG002 - never answered here
        """Answer a challenge.

        Raises:
            ProtocolError: the mechanism has no such challenge.
        """
        raise self.unexpected()

    def unexpected(self) -> ProtocolError:
        """Return the failure for a challenge that the mechanism does not have."""
        return ProtocolError(f"the server asks for more than {self.name} has")


class Plain(Mechanism):
    """PLAIN: user and password in one message, in clear (RFC 4616)."""

    __slots__ = ("_password", "_user")
    name = "PLAIN"

    def __init__(self, user: str, password: Secret) -> None:
        self._user = user
        self._password = password

    def start(self) -> bytes:
        """Return an empty authorization identity, the user and the password."""
        user = octets(self._user, "user name")
        return b"\0" + user + b"\0" + octets(self._password.reveal(), "password")


class Login(Mechanism):
    """LOGIN: the user name, then the password, in clear.

    Never standardized (draft-murchison-sasl-login describes it). The user name is the
    initial response, as in the clients of .NET and Python; a server that still asks for
    it gets it again.
    """

    __slots__ = ("_answered", "_password", "_repeated", "_user")
    name = "LOGIN"

    def __init__(self, user: str, password: Secret) -> None:
        self._user = user
        self._password = password
        self._repeated = self._answered = False

    def start(self) -> bytes:
        """Return the user name, so that the first challenge asks for the password."""
        return octets(self._user, "user name")

    def next(self, challenge: bytes) -> bytes:
        """Answer with the password, or once with the user name if asked for it."""
        if self._answered:
            raise self.unexpected()
        if not self._repeated and b"user" in challenge.lower():
            self._repeated = True
            return octets(self._user, "user name")
        self._answered = True
        return octets(self._password.reveal(), "password")


class CramMd5(Mechanism):
    """CRAM-MD5: a keyed digest of the server's challenge (RFC 2195).

    The password itself is not sent, which helps on a connection without TLS. With TLS
    PLAIN is better, because the server need not store the password itself.
    """

    __slots__ = ("_answered", "_password", "_user")
    name = "CRAM-MD5"

    def __init__(self, user: str, password: Secret) -> None:
        self._user = user
        self._password = password
        self._answered = False

    def next(self, challenge: bytes) -> bytes:
        """Answer with the user name and the digest in hexadecimal."""
        if self._answered or not challenge:
            raise self.unexpected()
        self._answered = True
        digest = _digest(octets(self._password.reveal(), "password"), challenge)
        return octets(self._user, "user name") + b" " + digest.encode("ascii")


class External(Mechanism):
    """EXTERNAL: the client's certificate is the login (RFC 4422 appendix A).

    With an empty `authorization_identity`, the certificate names the user.
    """

    __slots__ = ("_authorization_identity",)
    name = "EXTERNAL"

    def __init__(self, authorization_identity: str = "") -> None:
        self._authorization_identity = authorization_identity

    def start(self) -> bytes:
        """Return the authorization identity, which may be empty."""
        return octets(self._authorization_identity, "user name")


class XOAuth2(Mechanism):
    """XOAUTH2: user and access token in one message, as Google and Microsoft define it.

    A challenge explains a refusal (JSON), and must be acknowledged; the reply follows.
    """

    __slots__ = ("_refused", "_token", "_user")
    name = "XOAUTH2"
    acknowledgement = b""

    def __init__(self, user: str, token: Secret) -> None:
        self._user = user
        self._token = token
        self._refused = False

    def start(self) -> bytes:
        """Return user and token."""
        user = _field(self._user, "user name")
        return b"user=" + user + _SEPARATOR + self._bearer()

    def next(self, challenge: bytes) -> bytes:  # noqa: ARG002 - the trace shows it
        """Acknowledge the explanation of a refusal."""
        if self._refused:
            raise self.unexpected()
        self._refused = True
        return self.acknowledgement

    def _bearer(self) -> bytes:
        token = _field(self._token.reveal(), "access token")
        return b"auth=Bearer " + token + _SEPARATOR + _SEPARATOR


class OAuthBearer(XOAuth2):
    """OAUTHBEARER: the standard successor of XOAUTH2 (RFC 7628)."""

    __slots__ = ("_host", "_port")
    name = "OAUTHBEARER"
    acknowledgement = _SEPARATOR  # RFC 7628 §3.2.3

    def __init__(self, user: str, token: Secret, host: str, port: int) -> None:
        super().__init__(user, token)
        self._host = host
        self._port = port

    def start(self) -> bytes:
        """Return user, server and token (RFC 7628 §3.1)."""
        fields = (
            b"n," + _authorization_identity(self._user) + b",",
            b"host=" + _field(self._host, "host name"),
            b"port=%d" % self._port,
            self._bearer(),
        )
        return _SEPARATOR.join(fields)


def octets(text: str, what: str) -> bytes:
    """Encode a user name, password or token; `what` names it in an error message.

    Surrogate escapes become the octets that they stand for.

    Raises:
        AuthenticationError: the text contains NUL, the separator of PLAIN.
    """
    try:
        encoded = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise AuthenticationError(f"the {what} is not text") from None
    if b"\0" in encoded:
        raise AuthenticationError(f"the {what} contains a NUL")
    return encoded


def _field(text: str, what: str) -> bytes:
    encoded = octets(text, what)
    if _SEPARATOR in encoded:
        raise AuthenticationError(f"the {what} contains a control character")
    return encoded


def _authorization_identity(user: str) -> bytes:
    """Write the user in the form of a GS2 header (RFC 5801 §4)."""
    escaped = user.replace("=", "=3D").replace(",", "=2C")
    return b"a=" + _field(escaped, "user name") if user else b""


def _digest(key: bytes, challenge: bytes) -> str:
    import hmac

    try:
        return hmac.new(key, challenge, "md5").hexdigest()
    except ValueError:  # pragma: no cover - OpenSSL in FIPS mode
        raise AuthenticationError(
            "this system does not allow MD5, which CRAM-MD5 needs",
            advice="set smtp-auth=plain, with TLS",
        ) from None
