"""A whole message on standard input (`-t`): header fields, then the body.

Lenient as mailx is: CRLF or LF, `#` lines are remarks, a header without a body
is fine, and the first line that is no field begins the body. An mbox entry, such
as a dead letter, is taken without its From_ line and its `>` quoting.
RFC 5322 §2.2.
"""

import re

from pymail.message import raw_message
from pymail.message.blocks import in_lines
from pymail.message.byte_source import Octets, Slice, behind
from pymail.message.fields import known_encoding
from pymail.model import model

# atomic: a line is looked at once, however many times of day are in it
_NEXT_ENTRY = rb"\n\r?\n(?=From (?>[^\n]*? \d\d:\d\d:\d\d )(?>[^\n]*?\d{4}))"


@model(kw_only=True)
class Template:
    """Fields in order, folding undone, bodies as text; then the rest as octets."""

    fields: tuple[tuple[str, str], ...]
    body: Octets
    is_entry: bool = False

    def first(self, name: str) -> str:
        """Return the body of the first field of this name, empty if there is none."""
        wanted = name.lower()
        return next((body for n, body in self.fields if n.lower() == wanted), "")

    @property
    def encoding(self) -> str:
        """The transfer encoding that the body is in already, empty for plain text.

        Such a body is left as it is (RFC 2045 §6).
        """
        return known_encoding(self.first("content-transfer-encoding"))


def entries(source: Octets, *, mixed: bool = False) -> list[Octets]:
    """Take an mbox apart; a text that is none is its own only entry.

    A `mixed` one may begin with a text: old mailx kept that without a From_ line.
    """
    starts, before, position = [0], b"", 0
    for block in in_lines(source.chunks()):
        if not (position or mixed or block.startswith(b"From ")):
            return [source]
        shift = position - len(before)
        starts += [
            shift + found.end() for found in re.finditer(_NEXT_ENTRY, before + block)
        ]
        before = block[-3:]  # the empty line, when the entry begins the next block
        position += len(block)
    ends = [*starts[1:], source.size_octets]
    return [Slice(source, start, end) for start, end in zip(starts, ends, strict=True)]


def parse(source: Octets) -> Template:
    """Read the header of a message; the body stays where it is.

    Raises:
        MessageError: the header does not end.
    """
    source, start = raw_message.opened(source)
    is_entry = start.startswith(b"From ")
    position = start.find(b"\n") + 1 or len(start) if is_entry else 0
    position = raw_message.behind_blank_lines(start, position)
    fields, position = raw_message.read_fields(start, position, remark=b"#")
    rest = behind(source, position)
    return Template(
        fields=tuple((field.name, _unfolded(field.octets)) for field in fields),
        body=raw_message.Unquoted(rest) if is_entry else rest,
        is_entry=is_entry,
    )


def _unfolded(octets: bytes) -> str:
    lines = octets.partition(b":")[2].splitlines()
    return b" ".join(map(bytes.strip, lines)).decode("utf-8", "surrogateescape").strip()
