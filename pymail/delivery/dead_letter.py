"""The dead letter of an unsent draft.

A draft that can't become a valid message is kept as it was written: fields are not
folded, text is not encoded, no rule is checked, and a file ends where it can't be
read further. `pymail -t` reads both.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from pymail.delivery import raw_message
from pymail.delivery.complete_draft import (
    with_author,
    with_legible_text,
    with_message_id,
    with_signature,
)
from pymail.delivery.prepare import build_content
from pymail.environment import Environment
from pymail.errors import CannotKeepError, MessageError, UnreadableInputError
from pymail.files import mbox
from pymail.message import build, mbox_format, transfer_encoding
from pymail.message.byte_source import FinishedMessage, Octets
from pymail.message.draft import Attachment, Draft
from pymail.message.raw_message import BEGUN, ENVELOPE_TO, parse_message
from pymail.model import replace
from pymail.settings.models import Settings

_OURS = frozenset({ENVELOPE_TO.lower(), BEGUN.lower()})  # a stranger's must not count
_SEPARATOR = ", "

Rows = Iterable[tuple[str, str]]
Encoding = Callable[[Iterable[bytes]], Iterable[bytes]]


def keep(
    draft: Draft,
    undelivered: Sequence[str],
    settings: Settings,
    environment: Environment,
) -> Path | None:
    """Keep a draft in the dead letter file; None with `unset save`.

    `undelivered` are the addresses that didn't get it; empty means all. The entry
    is a whole message with all recipients, Bcc included, so that `pymail -t` can send
    it to them, and sign and encrypt it then. Text without attachments stays readable
    in the file: it is not encoded. Parts are encoded for any server, and have the
    signature text, because pymail never adds that to finished parts.

    Raises:
        CannotKeepError: it can be written neither there nor to a temporary file.
    """
    place = settings.dead_letter
    if place is None:
        return None

    def write(chunks: Callable[[], Iterable[bytes]]) -> Path:
        authors = draft.from_ or settings.from_
        sender = authors[0].address if authors else settings.login_name
        return mbox.append_or_save_elsewhere(
            place,
            lambda: mbox_format.format_entry(sender, draft.now, chunks()),
            temporary_directory=environment.temporary_directory,
        )

    if draft.unread_header:
        draft = _with_header_read(draft)
    try:
        with suppress(UnreadableInputError):
            return write(_message(draft, undelivered, settings, environment).chunks)
        draft = _without_unreadable_files(draft)
        return write(_message(draft, undelivered, settings, environment).chunks)
    except CannotKeepError:
        raise
    except Exception:  # noqa: BLE001 - whatever is wrong with a draft, it is kept
        return write(lambda: _as_written(draft, undelivered))


def _with_header_read(draft: Draft) -> Draft:
    """Parse a text that is a raw message; without a header it stays a text."""
    with suppress(MessageError):
        message = parse_message(draft.text)
        named = (*draft.to, *draft.cc, *draft.bcc)
        if named and draft.from_header:
            named += message.recipients()
        if message.fields:
            return replace(draft, raw=message, bcc=named)
    return draft


def _without_unreadable_files(draft: Draft) -> Draft:
    return replace(
        draft,
        attachments=tuple(filter(_is_readable, draft.attachments)),
        inline=tuple(filter(_is_readable, draft.inline)),
    )


def _is_readable(file: Attachment) -> bool:
    with suppress(UnreadableInputError):
        return sum(map(len, file.content.chunks())) >= 0
    return False


def _message(
    draft: Draft,
    undelivered: Sequence[str],
    settings: Settings,
    environment: Environment,
) -> FinishedMessage:
    draft = with_message_id(with_author(draft, settings), settings)
    if draft.attachments or draft.html is not None:
        draft = with_signature(draft, settings, environment, [])
    else:
        rules = replace(settings.message.text_rules, encoding="8bit")
        message = replace(settings.message, text_rules=rules)
        settings = replace(settings, message=message)
    only = tuple(undelivered) or draft.only
    if draft.raw:
        raw = raw_message.with_undelivered(draft.raw, only or draft.bcc)
        draft = replace(draft, raw=raw)
    envelope = [(ENVELOPE_TO, _SEPARATOR.join(only))] if only else []
    others = [field for field in draft.fields if field[0].lower() not in _OURS]
    named = [row for row in _recipient_fields(draft) if row[1]]
    draft = replace(draft, fields=(*envelope, *named, *others))
    draft = with_legible_text(draft, settings)
    if draft.raw:
        draft = raw_message.with_missing_fields(draft, {}, settings)
    content = build_content(draft, settings, environment)
    rules = settings.message.text_rules
    return build.with_header(draft, {}, content, rules=rules, keep_bcc=True)


def _recipient_fields(draft: Draft) -> Rows:
    yield "To", _SEPARATOR.join(draft.to)
    yield "Cc", _SEPARATOR.join(draft.cc)
    yield "Bcc", _SEPARATOR.join(draft.bcc)
    yield from (("Fcc", name) for name in draft.fcc)


def _as_written(draft: Draft, undelivered: Sequence[str]) -> Iterator[bytes]:
    """Yield a draft for the undelivered recipients, without any check."""
    only = _SEPARATOR.join(undelivered or draft.only)
    if draft.raw:
        yield _field(ENVELOPE_TO, only or _SEPARATOR.join(draft.bcc))
        yield from (field.octets for field in draft.raw.fields)
        yield b"\n"
        yield from draft.raw.body.chunks()
        return
    authors = [f"{each.name} <{each.address}>" for each in draft.from_]
    rows = (
        (ENVELOPE_TO, only),
        ("Date", build.format_date(draft.now)),
        ("From", _SEPARATOR.join(authors)),
        *_recipient_fields(draft),
        ("Subject", draft.subject or ""),
        *draft.fields,
    )
    yield from (_field(name, body) for name, body in rows if body)
    yield from _parts_as_written(draft, f"=_{draft.token}")


def _parts_as_written(draft: Draft, boundary: str) -> Iterator[bytes]:
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
    rows: Rows, octets: Octets, encoded: Encoding = lambda blocks: blocks
) -> Iterator[bytes]:
    yield from (_field(name, body) for name, body in rows if body)
    yield b"\n"
    with suppress(Exception):  # keep the parts after an unreadable one
        yield from encoded(octets.chunks())


def _field(name: str, body: str) -> bytes:
    """Write a field in one line, without any check."""
    return f"{name}: {' '.join(body.split())}\n".encode("utf-8", "surrogateescape")
