"""EXTERNAL: the client's certificate has said it already (RFC 4422 appendix A)."""

from pymail.sasl.mechanism import octets, unexpected_challenge


class External:
    """The client's side of EXTERNAL.

    `authorization_identity` is empty to be whoever the certificate names.
    """

    __slots__ = ("_authorization_identity", "done")
    name = "EXTERNAL"
    proven = True  # the server has nothing to prove
    unshown = b""

    def __init__(self, authorization_identity: str = "") -> None:
        self._authorization_identity = authorization_identity
        self.done = False

    def start(self) -> bytes:
        """Return the authorization identity, maybe empty."""
        self.done = True
        return octets(self._authorization_identity, "user name")

    def next(self, challenge: bytes) -> bytes:  # noqa: ARG002 - there is none to answer
        """Refuse; EXTERNAL has no challenge after the initial response."""
        raise unexpected_challenge(self.name)
