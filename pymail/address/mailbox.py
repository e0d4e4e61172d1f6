"""Mailboxes and lists of them (RFC 5322 §3.4)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address, and the display name it is shown with."""

    address: str
    name: str = ""
