"""SCRAM: both sides prove that they know the password, and it does not travel.

The only importer of scramp, which does the arithmetic and SASLprep (RFC 4013). What
a server may ask for is bounded here: its iterations cost us time. No channel binding
is said to be known (`n`): the mechanisms that have it (-PLUS) are left alone, for
scramp lacks the one kind that TLS 1.3 has (RFC 9266). RFC 5802, RFC 7677.
"""

import re
from base64 import b64encode

from pymail.errors import AuthenticationError, ProtocolError, SettingsError, install
from pymail.sasl.mechanisms import Mechanism, octets
from pymail.secret import Secret

# Fewer make it cheap to guess the password from what travels (RFC 7677 §4); a
# million take a second, and no server that is known asks for as many.
LEAST_ITERATIONS = 4096
MOST_ITERATIONS = 1_000_000

_SERVER_FIRST = (
    r"r=(?P<nonce>[!-+\--~]+),s=[A-Za-z0-9+/]+={0,2},"
    r"i=(?P<iterations>[1-9][0-9]{0,9})(?:,[a-zA-Z]=[^,]+)*"
)
_ERROR = "e="  # the server's, instead of its proof


def installed() -> bool:
    """Tell whether scramp is there, without loading it."""
    from importlib.util import find_spec

    return find_spec("scramp") is not None


class Scram(Mechanism):
    """The client's side of one SCRAM mechanism; `nonce` is for tests.

    `proven` is whether the server has shown that it knows the password, too; until
    then its word that the login is right means nothing (RFC 5802 §3). With its proof
    and the rest of the exchange, whoever reads a trace could guess passwords.
    """

    __slots__ = ("_client", "_error", "_nonce", "_said", "name", "proven", "unshown")

    def __init__(
        self, name: str, user: str, password: Secret, *, nonce: str | None = None
    ) -> None:
        """Prepare user and password.

        Raises:
            SettingsError: scramp is not installed.
            AuthenticationError: SASLprep does not allow what they hold.
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
        self._said = 0
        self._client = ScramClient([name], user, prepared, c_nonce=nonce)
        self._nonce = str(self._client.c_nonce)

    def start(self) -> bytes:
        """Return the user name and a nonce."""
        return str(self._client.get_client_first()).encode()

    def next(self, challenge: bytes) -> bytes:
        """Answer the nonce with our proof, and the server's proof with nothing."""
        self._said += 1
        if self._said > 2:
            raise self.unexpected()
        try:
            text = challenge.decode()
            return self._proof(text) if self._said == 1 else self._verdict(text)
        except (self._error, ValueError):
            raise self._nonsense("the server's words are none of SCRAM's") from None

    def _proof(self, text: str) -> bytes:
        found = re.fullmatch(_SERVER_FIRST, text)
        if not found:
            raise self._nonsense("the server's challenge is none of SCRAM's")
        given = found["nonce"]
        if not given.startswith(self._nonce) or given == self._nonce:
            raise self._nonsense("the server's challenge answers somebody else")
        self._check_iterations(int(found["iterations"]))
        self._client.set_server_first(text)
        answer = str(self._client.get_client_final())
        proof = self._client.server_signature  # older versions: in base64
        self.unshown = proof.encode() if isinstance(proof, str) else b64encode(proof)
        return answer.encode()

    def _check_iterations(self, wanted: int) -> None:
        if wanted < LEAST_ITERATIONS:
            words = f"{wanted} iterations are too few to protect the password"
            raise self._nonsense(f"{words}, {LEAST_ITERATIONS} are the least")
        if wanted > MOST_ITERATIONS:
            words = f"the server asks for {wanted} iterations"
            raise self._nonsense(f"{words}, {MOST_ITERATIONS} are the most")

    def _verdict(self, text: str) -> bytes:
        """Check the server's proof; what it refuses with is said in its reply."""
        if text.startswith(_ERROR):
            return b""
        try:
            self._client.set_server_final(text)
        except self._error:
            words = "the server does not prove that it knows the password"
            raise self._nonsense(words) from None
        self.proven = True
        return b""

    def _nonsense(self, words: str) -> ProtocolError:
        return ProtocolError(f"{self.name}: {words}")


def _prepared(text: str, what: str, name: str) -> str:
    """Return the text as SASLprep has it, so that both sides mean the same.

    Raises:
        AuthenticationError: SASLprep does not allow it.
    """
    from scramp import ScramException
    from scramp.core import saslprep

    octets(text, what)
    try:
        return str(saslprep(text))
    except ScramException:
        # not `from`: the text of the cause may quote what it refuses
        words = f"the {what} holds what {name} does not allow"
        raise AuthenticationError(words) from None


def missing(name: str) -> SettingsError:
    """Say what `name` needs."""
    return SettingsError(f"{name} needs the library scramp", advice=install("scramp"))
