"""Mbox entries (RFC 4155) with mboxrd quoting.

An entry is a From_ line, the message with LF line ends, and an empty line.
Every line that begins with any number of ">" and then "From " gets one more ">", so
that removing one restores the message.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from pymail.message.byte_source import Octets, Slice, cut_lines, to_lf

_NULL_SENDER = "MAILER-DAEMON"  # in the From_ line of a message from <>

_QUOTED = rb"(?m)^>(?=>*From )"
_QUOTABLE = rb"\n(>*From )"
# A line that may still become quotable: its ">" can be yielded, the rest must wait.
_UNDECIDED = rb">*(F(?:r(?:om?)?)?)?"
# atomic: a line is scanned once, however many times of day it contains
_NEXT_ENTRY = rb"\n\r?\n(?=From (?>[^\n]*? \d\d:\d\d:\d\d )(?>[^\n]*?\d{4}))"
_NO_NAME = r"[^!-~\u00a1-\ud7ff\ue000-\U0010ffff]+"


def format_entry(
    sender: str, now: datetime, chunks: Iterable[bytes]
) -> Iterator[bytes]:
    """Yield the entry of a message; `sender` is for the From_ line only."""
    yield format_from_line(sender, now)
    last = b"\n"
    for block in quote(to_lf(chunks)):
        yield block
        last = block[-1:]
    yield b"\n" if last == b"\n" else b"\n\n"


def format_from_line(sender: str, now: datetime) -> bytes:
    """Return the From_ line: the sender as one word, and the time as in asctime(3)."""
    plain = re.fullmatch("[!-~]+", sender)  # _NO_NAME takes 3 ms to compile
    word = sender if plain else re.sub(_NO_NAME, "_", sender) or _NULL_SENDER
    return f"From {word} {now.ctime()}\n".encode()


def quote(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Quote lines that look like a From_ line; the blocks may end anywhere."""
    margin = True  # the line has nothing but ">" so far
    held = b""
    for chunk in chunks:
        block = held + chunk
        block = (
            re.sub(_QUOTABLE, rb"\n>\1", b"\n" + block)[1:]
            if margin
            else (re.sub(_QUOTABLE, rb"\n>\1", block))
        )
        line = block[block.rfind(b"\n") + 1 :]
        undecided = re.fullmatch(_UNDECIDED, line) if margin or b"\n" in block else None
        margin = undecided is not None
        held = (undecided and undecided[1]) or b""
        if ready := block.removesuffix(held):
            yield ready
    if held:
        yield held


def set_field(start: bytes, name: str, body: str) -> bytes:
    """Replace all fields of this name by one at the top; without `body` remove them.

    `start` is the start of an entry, with all of its header.
    """
    from_line = re.match(rb"(?:From [^\n]*\n)?", start)
    top = from_line.end() if from_line else 0
    end = re.compile(rb"^\r?$", re.MULTILINE).search(start, top)
    bottom = end.start() if end else len(start)
    old = rb"(?im)^%s[ \t]*:[^\n]*\n?(?:[ \t][^\n]*\n?)*" % re.escape(name.encode())
    others = re.sub(old, b"", start[top:bottom])
    field = f"{name}: {body}\n".encode("utf-8", "surrogateescape") if body else b""
    return start[:top] + field + others + start[bottom:]


def unquote(block: bytes) -> bytes:
    """Remove one ">" from every quoted line; `block` begins with a line."""
    return re.sub(_QUOTED, b"", block)


def unquote_body(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the body of an entry without its quoting and the empty line at its end."""
    held = b""
    for block in cut_lines(chunks):
        if held:
            yield held
        held = unquote(block)
    yield held.removesuffix(b"\n") if held.endswith(b"\n\n") else held


def split_entries(source: Octets, *, mixed: bool = False) -> list[Octets]:
    """Split an mbox; a text that isn't an mbox is its own only entry.

    A `mixed` mbox may begin with a text: old mailx kept texts without a From_ line.
    """
    starts, before, position = [0], b"", 0
    for block in cut_lines(source.chunks()):
        if not (position or mixed or block.startswith(b"From ")):
            return [source]
        shift = position - len(before)
        starts += [
            shift + found.end() for found in re.finditer(_NEXT_ENTRY, before + block)
        ]
        before = block[-3:]  # the empty line, if the next block begins with an entry
        position += len(block)
    ends = [*starts[1:], source.size_octets]
    return [Slice(source, start, end) for start, end in zip(starts, ends, strict=True)]
