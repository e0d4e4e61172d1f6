"""Re-readable octets: what a body, an attachment and a finished message have in common."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


class Octets(Protocol):
    """Octets that can be read as often as asked, in blocks, without holding them all."""

    @property
    def size_octets(self) -> int:
        """How many there are."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """Yield them from the start."""
        ...


class FinishedMessage(Octets, Protocol):
    """A message as it goes on the wire (the first argument of every transport).

    `chunks` yields CRLF line ends only, not dot-stuffed, without the final dot;
    the last octets are CRLF. No line is longer than 998 octets unless
    `longest_line` says so.
    """

    @property
    def eight_bit(self) -> bool:
        """Whether an octet over 127 is in the body (RFC 6152)."""
        ...

    @property
    def needs_smtputf8(self) -> bool:
        """Whether the header holds other than ASCII (RFC 6532)."""
        ...

    @property
    def longest_line(self) -> int:
        """Octets of the longest line, without its CRLF."""
        ...

    def seven_bit(self) -> "FinishedMessage":
        """Return the same message with every body encoded to ASCII, if it can be."""
        ...


@dataclass(frozen=True, slots=True)
class InMemory:
    """Octets that are small enough to hold."""

    octets: bytes

    @property
    def size_octets(self) -> int:
        """How many there are."""
        return len(self.octets)

    def chunks(self) -> Iterator[bytes]:
        """Yield them at once."""
        if self.octets:
            yield self.octets
