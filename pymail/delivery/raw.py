"""A letter as it was written, for the dead letter file.

No rule is kept that a letter could break: fields are not folded, text is not encoded,
and a file that cannot be read is left out from there. `pymail -t` reads it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress

from pymail.delivery.letter import Letter
from pymail.message import build, transfer_encoding
from pymail.message.byte_source import Octets
from pymail.message.draft import Attachment, Draft
from pymail.message.raw_message import ENVELOPE_TO

Rows = Iterable[tuple[str, str]]
Encoding = Callable[[Iterable[bytes]], Iterable[bytes]]


def chunks(letter: Letter, unserved: Sequence[str]) -> Iterator[bytes]:
    """Yield the letter, for those who have not got it."""
    only = ", ".join(unserved or letter.only)
    if letter.handed:
        yield _field(ENVELOPE_TO, only or ", ".join(letter.bcc))
        yield from (field.octets for field in letter.handed.fields)
        yield b"\n"
        yield from letter.handed.body.chunks()
    else:
        yield from (_field(name, body) for name, body in _rows(letter, only) if body)
        yield from _content(letter.draft, f"=_{letter.token}")


def _rows(letter: Letter, only: str) -> Rows:
    draft, separator = letter.draft, ", "
    authors = [f"{each.name} <{each.address}>" for each in draft.from_]
    yield from (
        (ENVELOPE_TO, only),
        ("Date", build.format_date(letter.now)),
        ("From", separator.join(authors)),
        ("To", separator.join(letter.to)),
        ("Cc", separator.join(letter.cc)),
        ("Bcc", separator.join(letter.bcc)),
        *(("Fcc", name) for name in letter.fcc),
        ("Subject", draft.subject or ""),
        *draft.fields,
    )


def _content(draft: Draft, boundary: str) -> Iterator[bytes]:
    rows = [
        ("Content-Type", draft.content_type),
        ("Content-Transfer-Encoding", draft.transfer_encoding),
    ]
    parts = [_part(rows, draft.text)]
    if draft.html is not None:
        html = [("Content-Type", "text/html; charset=utf-8")]
        parts.append(_part(html, draft.html))
    parts += map(_file, (*draft.attachments, *draft.inline))
    if len(parts) == 1:
        yield from parts[0]
        return
    yield _field("MIME-Version", "1.0")
    yield _field("Content-Type", f'multipart/mixed; boundary="{boundary}"')
    for part in parts:
        yield f"\n--{boundary}\n".encode()
        yield from part
    yield f"\n--{boundary}--\n".encode()


def _file(file: Attachment) -> Iterator[bytes]:
    name = file.name.replace('"', "_")
    rows = (
        ("Content-Type", file.content_type or "application/octet-stream"),
        ("Content-Transfer-Encoding", "base64"),
        ("Content-ID", f"<{file.content_id}>" if file.content_id else ""),
        ("Content-Disposition", f'attachment; filename="{name}"'),
    )
    return _part(rows, file.content, transfer_encoding.encode_base64)


def _part(
    rows: Rows, content: Octets, encoded: Encoding = lambda blocks: blocks
) -> Iterator[bytes]:
    yield from (_field(name, body) for name, body in rows if body)
    yield b"\n"
    with suppress(Exception):  # what comes behind it is kept, too
        yield from encoded(content.chunks())


def _field(name: str, body: str) -> bytes:
    """Write a field in one line, whatever is in it."""
    return f"{name}: {' '.join(body.split())}\n".encode("utf-8", "surrogateescape")
