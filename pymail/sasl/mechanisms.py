"""SASL mechanisms with a password or none: PLAIN, LOGIN, CRAM-MD5, EXTERNAL (RFC 4422).

Texts become UTF-8 as they are; SASLprep (RFC 4013) is the server's, which
has to prepare what it stored in the same way anyway. Only SCRAM has no choice.
"""

from pymail.errors import AuthenticationError, ProtocolError
from pymail.secret import Secret


class Mechanism:
    """The client's side of one authentication exchange, used once.

    `name` is the registered name. Octets go in and out raw; base64 is the
    profile's business (RFC 4954 §4). `proven` is whether the server has proven
    itself, where the mechanism asks for that; `unshown` what it may say next that no
    trace may show.
    """

    __slots__ = ()
    name = ""
    proven = True
    unshown = b""

    def start(self) -> bytes | None:
        """Return the initial response, or None when the server speaks first."""
        return None

    def next(self, challenge: bytes) -> bytes:  # noqa: ARG002 - there is none to answer
        """Answer a challenge.

        Raises:
            ProtocolError: the challenge makes no sense in this mechanism.
        """
        raise self.unexpected()

    def unexpected(self) -> ProtocolError:
        """Describe a challenge that has no place here."""
        return ProtocolError(f"the server asks for more than {self.name} has")


class Plain(Mechanism):
    """PLAIN: user and password in one message, in clear (RFC 4616)."""

    __slots__ = ("_password", "_user")
    name = "PLAIN"

    def __init__(self, user: str, password: Secret) -> None:
        self._user = user
        self._password = password

    def start(self) -> bytes:
        """Return everything: no authorization identity, user, password."""
        user = octets(self._user, "user name")
        return b"\0" + user + b"\0" + octets(self._password.reveal(), "password")


class Login(Mechanism):
    """LOGIN: user and password one after the other, in clear.

    It was never standardized (draft-murchison-sasl-login describes it). The user name
    goes with the command, as the clients of .NET and Python send it; a server that
    asks for it all the same gets it again.
    """

    __slots__ = ("_answered", "_password", "_repeated", "_user")
    name = "LOGIN"

    def __init__(self, user: str, password: Secret) -> None:
        self._user = user
        self._password = password
        self._repeated = self._answered = False

    def start(self) -> bytes:
        """Return the user name, so that the first challenge is for the password."""
        return octets(self._user, "user name")

    def next(self, challenge: bytes) -> bytes:
        """Answer with the password, or with the user name if that is asked for."""
        if self._answered:
            raise self.unexpected()
        if not self._repeated and b"user" in challenge.lower():
            self._repeated = True
            return octets(self._user, "user name")
        self._answered = True
        return octets(self._password.reveal(), "password")


class CramMd5(Mechanism):
    """CRAM-MD5: a keyed digest of the server's challenge (RFC 2195).

    The password does not travel, so it is better than nothing on a line in clear;
    under TLS PLAIN is better, because the server need not store the password itself.
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

    `authorization_identity` is empty to be whoever the certificate names.
    """

    __slots__ = ("_authorization_identity",)
    name = "EXTERNAL"

    def __init__(self, authorization_identity: str = "") -> None:
        self._authorization_identity = authorization_identity

    def start(self) -> bytes:
        """Return the authorization identity, maybe empty."""
        return octets(self._authorization_identity, "user name")


def octets(text: str, what: str) -> bytes:
    """Encode a user name, password or token; `what` names it in the refusal.

    Octets that were not UTF-8 when they were read come out as they were.

    Raises:
        AuthenticationError: it holds NUL, which separates the fields of PLAIN.
    """
    try:
        encoded = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise AuthenticationError(f"the {what} is not text") from None
    if b"\0" in encoded:
        raise AuthenticationError(f"the {what} holds a NUL")
    return encoded


def _digest(key: bytes, challenge: bytes) -> str:
    import hmac

    try:
        return hmac.new(key, challenge, "md5").hexdigest()
    except ValueError:  # pragma: no cover - OpenSSL in FIPS mode
        raise AuthenticationError(
            "this system does not allow MD5, which CRAM-MD5 needs",
            advice="set smtp-auth=plain, with TLS",
        ) from None
