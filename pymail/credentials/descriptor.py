"""A secret from an open file descriptor, which nobody else can see."""

import os
import select
from time import monotonic

from pymail.credentials.base import Missing
from pymail.credentials.first_line import OCTETS, line, reason

SECONDS = 60.0  # somebody may have to type a pass phrase first


def of_descriptor(number: int, seconds: float) -> str | Missing:
    """Read the first line and no octet more: what follows may be the message."""
    octets = bytearray()
    deadline = monotonic() + seconds
    poll = select.poll()
    try:
        poll.register(number, select.POLLIN)
        while len(octets) < OCTETS:
            if not poll.poll(1000 * max(deadline - monotonic(), 0)):
                return Missing(f"no line within {seconds:g} seconds")
            octet = os.read(number, 1)
            if octet in (b"", b"\n"):
                break
            octets += octet
    except (OSError, ValueError, OverflowError) as error:
        return Missing(reason(error))
    return line(octets)
