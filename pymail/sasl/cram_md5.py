"""CRAM-MD5: a keyed digest of the server's challenge (RFC 2195).

The password does not travel, so it is better than nothing on a line in clear;
under TLS PLAIN is better, because the server need not store the password itself.
"""

from pymail.errors import AuthenticationError
from pymail.sasl.mechanism import octets, unexpected_challenge
from pymail.secret import Secret


class CramMd5:
    """The client's side of CRAM-MD5. The server speaks first."""

    __slots__ = ("_password", "_user", "done")
    name = "CRAM-MD5"
    proven = True  # the server has nothing to prove
    unshown = b""

    def __init__(self, user: str, password: Secret) -> None:
        self._user = user
        self._password = password
        self.done = False

    def start(self) -> None:
        """Send nothing: there is no digest without a challenge."""

    def next(self, challenge: bytes) -> bytes:
        """Answer with the user name and the digest in hexadecimal."""
        if self.done or not challenge:
            raise unexpected_challenge(self.name)
        self.done = True
        digest = _digest(octets(self._password.reveal(), "password"), challenge)
        return octets(self._user, "user name") + b" " + digest.encode("ascii")


def _digest(key: bytes, challenge: bytes) -> str:
    import hmac

    try:
        return hmac.new(key, challenge, "md5").hexdigest()
    except ValueError:  # pragma: no cover - OpenSSL in FIPS mode
        raise AuthenticationError(
            "this system does not allow MD5, which CRAM-MD5 needs",
            advice="set smtp-auth=plain, with TLS",
        ) from None
