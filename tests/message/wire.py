"""Messages that tests build, and checks of their octets."""

from collections.abc import Iterator
from dataclasses import dataclass

from pymail.message.build import build_content, with_header
from pymail.message.byte_source import FinishedMessage
from pymail.message.draft import Draft, Lists, TextRules


def build_message(
    draft: Draft, lists: Lists, rules: TextRules, *, keep_bcc: bool = False
) -> FinishedMessage:
    """Build a message as all recipients get it."""
    content = build_content(draft, rules=rules)
    return with_header(draft, lists, content, rules=rules, keep_bcc=keep_bcc)


def octets_of(message: FinishedMessage) -> bytes:
    """Read a message twice; check that its facts are true."""
    octets = b"".join(message.chunks())
    assert octets == b"".join(message.chunks())
    assert len(octets) == message.facts.size_octets
    lines = octets.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert octets.endswith(b"\r\n") or not octets
    assert max(map(len, lines)) <= message.facts.longest_line
    return octets


@dataclass(frozen=True)
class OneByOne:
    """A source that yields one octet at a time."""

    octets: bytes

    @property
    def size_octets(self) -> int:
        return len(self.octets)

    def chunks(self) -> Iterator[bytes]:
        for number in range(len(self.octets)):
            yield self.octets[number : number + 1]
