"""What every SASL mechanism is to a client (RFC 4422 §3)."""

from typing import Protocol


class Mechanism(Protocol):
    """One authentication exchange, used once.

    `name` is the registered name. Octets go in and out raw; base64 is the
    profile's business (RFC 4954 §4).
    """

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
