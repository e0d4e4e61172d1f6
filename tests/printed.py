"""The message that `mta=test` prints."""

import email
import email.policy
from email.message import EmailMessage


def message(out: str) -> EmailMessage:
    """Parse the one mbox entry on standard output, which has no defects."""
    start, _, octets = out.encode().partition(b"\n")
    assert start.startswith(b"From ")
    found = email.message_from_bytes(octets, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    assert not any(part.defects for part in found.walk())
    return found
