"""What every SASL mechanism is to a client (RFC 4422 §3), and what all share.

Texts become UTF-8 as they are; SASLprep (RFC 4013) is the server's, which
has to prepare what it stored in the same way anyway. Only SCRAM has no choice.
"""

from typing import Protocol

from pymail.errors import AuthenticationError, ProtocolError


class Mechanism(Protocol):
    """One authentication exchange, used once.

    `name` is the registered name. Octets go in and out raw; base64 is the
    profile's business (RFC 4954 §4).
    """

    @property
    def done(self) -> bool:
        """Whether the client has said all that it has to say."""
        ...

    @property
    def proven(self) -> bool:
        """Whether the server has proven itself, where the mechanism asks for that."""
        ...

    @property
    def unshown(self) -> bytes:
        """What the server may say next that no trace may show; empty for nothing."""
        ...

    @property
    def name(self) -> str:
        """The registered name, in upper case."""
        ...

    def start(self) -> bytes | None:
        """Return the initial response, or None when the server speaks first."""
        ...

    def next(self, challenge: bytes) -> bytes:
        """Answer a challenge.

        Raises:
            ProtocolError: the challenge makes no sense in this mechanism.
        """
        ...


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


def unexpected_challenge(name: str) -> ProtocolError:
    """Describe a challenge that has no place in the mechanism `name`."""
    return ProtocolError(f"the server asks for more than {name} has")
