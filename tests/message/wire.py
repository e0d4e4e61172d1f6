"""Octets of a message as they go on the wire, and what they have to be."""

from pymail.message.byte_source import FinishedMessage


def octets_of(message: FinishedMessage) -> bytes:
    """Read a message twice, and see that its facts are true of it."""
    octets = b"".join(message.chunks())
    assert octets == b"".join(message.chunks())
    assert len(octets) == message.facts.size_octets
    lines = octets.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert octets.endswith(b"\r\n") or not octets
    assert max(map(len, lines)) <= message.facts.longest_line
    return octets
