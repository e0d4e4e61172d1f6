"""SCRAM: client and server prove that they know the password without sending it.

The only importer of scramp, which does the arithmetic and SASLprep (RFC 4013). The
server's number of iterations is limited here, because each costs the client time. The client
announces no channel binding (`n`): the mechanisms with it (-PLUS) are not used, because
scramp lacks the only kind that TLS 1.3 has (RFC 9266). RFC 5802, RFC 7677.
"""

import re
from base64 import b64encode

from pymail.errors import AuthenticationError, ProtocolError, SettingsError, install
from pymail.sasl.mechanisms import Mechanism, octets
from pymail.secret import Secret

# With fewer, an eavesdropper can guess the password cheaply (RFC 7677 §4); a million
# take a second, and no known server asks for as many.
LEAST_ITERATIONS = 4096
MOST_ITERATIONS = 1_000_000

_SERVER_FIRST = (
    r"r=(?P<nonce>[!-+\--~]+),s=[A-Za-z0-9+/]+={0,2},"
    r"i=(?P<iterations>[1-9][0-9]{0,9})(?:,[a-zA-Z]=[^,]+)*"
)
_ERROR = "e="  # of the server, in place of its proof


class Scram(Mechanism):
    """The client's side of one SCRAM mechanism; `nonce` is for tests.

    `proven` tells whether the server has proven that it knows the password; before
    that its reply 235 means nothing (RFC 5802 §3). `unshown` is the server's proof: in a
    trace, it would allow a reader to guess passwords.
    """

    __slots__ = (
        "_challenges",
        "_client",
        "_error",
        "_nonce",
        "name",
        "proven",
        "unshown",
    )

    def __init__(
        self, name: str, user: str, password: Secret, *, nonce: str | None = None
    ) -> None:
        """Prepare user and password.

        Raises:
            SettingsError: scramp is not installed.
            AuthenticationError: SASLprep does not allow a character of theirs.
        """
        try:
            from scramp import ScramClient, ScramException
        except ImportError as error:
            raise missing(name) from error
        user = _prepared(user, "user name", name)
        if not user:
            raise AuthenticationError(f"{name} needs a user name")
        prepared = _prepared(password.reveal(), "password", name)
        self.name = name
        self.proven = False
        self.unshown = b""
        self._error = ScramException
        self._challenges = 0
        self._client = ScramClient([name], user, prepared, c_nonce=nonce)
        self._nonce = str(self._client.c_nonce)

    def start(self) -> bytes:
        """Return the user name and a nonce."""
        return str(self._client.get_client_first()).encode()

    def next(self, challenge: bytes) -> bytes:
        """Answer the nonce with the client's proof, and the server's with an empty line."""
        self._challenges += 1
        if self._challenges > 2:
            raise self.unexpected()
        try:
            text = challenge.decode()
            return self._proof(text) if self._challenges == 1 else self._verdict(text)
        except (self._error, ValueError):
            raise self._invalid("the server's message is not one of SCRAM") from None

    def _proof(self, text: str) -> bytes:
        found = re.fullmatch(_SERVER_FIRST, text)
        if not found:
            raise self._invalid("the server's challenge is not one of SCRAM")
        nonce = found["nonce"]
        if not nonce.startswith(self._nonce) or nonce == self._nonce:
            raise self._invalid("the server's challenge has a wrong nonce")
        self._check_iterations(int(found["iterations"]))
        self._client.set_server_first(text)
        answer = str(self._client.get_client_final())
        proof = self._client.server_signature  # older versions: in base64
        self.unshown = proof.encode() if isinstance(proof, str) else b64encode(proof)
        return answer.encode()

    def _check_iterations(self, wanted: int) -> None:
        if wanted < LEAST_ITERATIONS:
            words = f"{wanted} iterations are too few to protect the password"
            raise self._invalid(f"{words}, the minimum is {LEAST_ITERATIONS}")
        if wanted > MOST_ITERATIONS:
            words = f"the server asks for {wanted} iterations"
            raise self._invalid(f"{words}, the maximum is {MOST_ITERATIONS}")

    def _verdict(self, text: str) -> bytes:
        """Check the server's proof; after an error its reply has the reason."""
        if text.startswith(_ERROR):
            return b""
        try:
            self._client.set_server_final(text)
        except self._error:
            words = "the server does not prove that it knows the password"
            raise self._invalid(words) from None
        self.proven = True
        return b""

    def _invalid(self, words: str) -> ProtocolError:
        return ProtocolError(f"{self.name}: {words}")


def _prepared(text: str, what: str, name: str) -> str:
    """Return the text after SASLprep, so that both sides compute with the same octets.

    Raises:
        AuthenticationError: SASLprep does not allow a character of it.
    """
    from scramp import ScramException
    from scramp.core import saslprep

    octets(text, what)
    try:
        return str(saslprep(text))
    except ScramException:
        # `from None`: the message of the cause may quote the secret
        words = f"the {what} contains a character that {name} does not allow"
        raise AuthenticationError(words) from None


def missing(name: str) -> SettingsError:
    """Return the failure of the mechanism `name` without its library."""
    return SettingsError(f"{name} needs the library scramp", advice=install("scramp"))
