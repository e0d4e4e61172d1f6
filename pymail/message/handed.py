"""A finished message as a program hands it over: fields and body as written.

What needs no change stays octet for octet, but for the line ends: order,
folding and case of the fields, and the body. A leading `From ` line is no part
of the message. The first line that is no field begins the body, as in
sendmail(1) of Postfix.

RFC 5322 §2.2 and §3.6.6.
"""

import re
from collections.abc import Iterable, Iterator

from pymail.address.lists import split_list
from pymail.message import header
from pymail.message.source import Octets, behind
from pymail.message.template import Unquoted, head
from pymail.record import record, replace

ENVELOPE_TO = "X-Envelope-To"  # in a dead letter: who has not got it

_NAME = rb"([!-9;-~]+)[ \t]*:"
_FROM_LINE = rb">*From [^\n]*(\n|\Z)"
_SOUND = rb"(?:[\t -~]{0,998}\r\n)+"
_DROPPED = frozenset({"bcc", "resent-bcc", "return-path", "content-length"})
_RECIPIENTS = ("to", "cc", "bcc")
_TRACE = frozenset({"received", "return-path"})
_SEVERAL = frozenset({"resent-to", "resent-cc", "resent-bcc"})


@record()
class Field:
    """A field; `octets` are its lines as written, each with CRLF."""

    name: str
    octets: bytes

    @property
    def body(self) -> str:
        """What it says, folding undone."""
        text = self.octets.replace(b"\r\n", b"").decode("utf-8", "surrogateescape")
        return text.partition(":")[2].strip(" \t")

    def sound(self) -> "Field":
        """Return the field as it may travel: ASCII, in lines of 998 octets."""
        if re.fullmatch(_SOUND, self.octets):
            return self
        return Field(self.name, header.make(self.name, self.body))


@record(kw_only=True)
class Handed:
    """A message in parts. `is_entry`: it was kept in a dead letter file."""

    fields: tuple[Field, ...]
    body: Octets
    is_entry: bool = False

    def all(self, name: str) -> Iterator[str]:
        """Yield the bodies of the fields of this name."""
        return (f.body for f in self.fields if f.name.lower() == name.lower())

    def first(self, name: str) -> str | None:
        """Return the body of the first field of this name, None if there is none."""
        return next(self.all(name), None)

    def recipients(self) -> tuple[str, ...]:
        """Who shall get it by its header (-t).

        That is not for X-Envelope-To to say: a stranger may have written it. A message
        that was sent on goes to those it was sent on to, the latest
        time; those in To got it before (RFC 5322 §3.6.6).
        """
        resent = _latest_resent(self.fields)
        if resent:
            names = {f"resent-{name}" for name in _RECIPIENTS}
            return _words(f.body for f in resent if f.name.lower() in names)
        return _words(body for name in _RECIPIENTS for body in self.all(name))

    def without(self, *names: str) -> "Handed":
        """Take fields out."""
        unwanted = {name.lower() for name in names}
        kept = tuple(f for f in self.fields if f.name.lower() not in unwanted)
        return replace(self, fields=kept)

    def public(self) -> "Handed":
        """Take out what only this machine is to see."""
        entry = (ENVELOPE_TO,) if self.is_entry else ()
        return self.without(*_DROPPED, *entry)

    def put(self, name: str, octets: bytes) -> "Handed":
        """Write a field in the place of the first of its name, else at the end."""
        fields: list[Field] = []
        fresh: Field | None = Field(name, octets)
        for each in self.fields:
            if each.name.lower() != name.lower():
                fields.append(each)
            elif fresh:
                fields.append(fresh)
                fresh = None
        return replace(self, fields=(*fields, *([fresh] if fresh else ())))


def parse(source: Octets) -> Handed:
    """Read a message.

    Raises:
        MessageError: the header does not end.
    """
    start = head(source)
    position, from_lines = _behind_from_lines(start)
    fields: list[Field] = []
    while position < len(start):
        end = start.find(b"\n", position) + 1 or len(start)
        line = start[position:end].rstrip(b"\r\n") + b"\r\n"
        if line[:1] in (b" ", b"\t") and fields:
            last = fields[-1]
            fields[-1] = Field(last.name, last.octets + line)
        elif found := re.match(_NAME, line):
            fields.append(Field(found[1].decode("ascii"), line))
        else:
            position = end if line == b"\r\n" else position
            break
        position = end
    rest = behind(source, position)
    kept = any(f.name.lower() == ENVELOPE_TO.lower() for f in fields)
    is_entry = kept and from_lines
    body = Unquoted(rest) if is_entry else rest
    return Handed(fields=tuple(fields), body=body, is_entry=is_entry)


def _behind_from_lines(start: bytes) -> tuple[int, bool]:
    position = 0
    while found := re.compile(_FROM_LINE).match(start, position):
        position = found.end()
    return position, position > 0


def _latest_resent(fields: Iterable[Field]) -> list[Field]:
    """Take the first block of Resent fields; each block goes above the ones before."""
    block: list[Field] = []
    names: set[str] = set()
    for each in fields:
        name = each.name.lower()
        if name.startswith("resent-"):
            if name in names - _SEVERAL:
                break
            names.add(name)
            block.append(each)
        elif block and name in _TRACE:
            break
    return block


def _words(bodies: Iterable[str]) -> tuple[str, ...]:
    return tuple(word for body in bodies for word in split_list(body))
