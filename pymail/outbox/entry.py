r"""The file format of a queued message, and its head.

    pymail outbox 1
    created 2026-11-26T09:15:00+00:00
    sender me@example.com
    recipient ops@example.com
    recipient boss@example.com
    with account work
    with set smtp=mail.example.com
    message 1234
    (empty line)
    (1234 octets: the message as it travels, CRLF line ends)
    2026-11-26T09:15:02+00:00 accepted <ops@example.com> 250 2.0.0 Ok
    2026-11-26T09:15:02+00:00 deferred <boss@example.com> 451 4.3.0 later
    2026-11-26T09:15:02+00:00 due 2026-11-26T09:20:00+00:00
    (blanks: room for more lines on a full disk)

The head is written once, with the message; the lines below the message are the
`journal`. A line end, NUL or backslash in a value is written as `\n`, `\r`, `\0`, `\\`.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from pymail.address.dsn import DsnRequest
from pymail.address.envelope import Envelope
from pymail.errors import AddressError, NoRecipientsError
from pymail.message.byte_source import Facts
from pymail.model import model
from pymail.settings.models import Rows
from pymail.text import visible

TITLE = "pymail outbox 1"
_TITLES = r"pymail outbox [0-9]+\n"
RESERVED_OCTETS = 1024  # for the journal of a few attempts

_FIELD = r"([a-z0-9-]+)(?: (.*))?"
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\0": "\\0"}
_MEANT = {written: meant for meant, written in _ESCAPES.items()}
_SHOWN_CHARACTERS = 60


class Damaged(ValueError):  # noqa: N818 - describes the file
    """The file is not a queued message; the text says why."""


@model(kw_only=True)
class Head:
    """The head of a queued message.

    `facts` are those of the message. `saved_options` are the options from which its
    settings are restored, without secrets.
    """

    created: datetime
    envelope: Envelope
    facts: Facts
    saved_options: Rows = ()


def head_lines(head: Head) -> bytes:
    """Format the head, with the empty line that ends it."""
    dsn = head.envelope.dsn
    fields = [
        ("created", head.created.isoformat()),
        ("sender", head.envelope.reverse_path),
        *(("recipient", path) for path in head.envelope.forward_paths),
        ("notify", dsn.notify),
        ("ret", dsn.ret),
        ("envelope-id", dsn.envelope_id),
        *(("with", f"{name} {value}".rstrip()) for name, value in head.saved_options),
        ("eight-bit", "yes" if head.facts.eight_bit else ""),
        ("smtputf8", "yes" if head.facts.needs_smtputf8 else ""),
        ("longest-line", str(head.facts.longest_line)),
        ("message", str(head.facts.size_octets)),
    ]
    lines = [TITLE, *(f"{name} {_escape(body)}" for name, body in fields if body), ""]
    text = "".join(f"{line}\n" for line in lines)
    return text.encode("utf-8", "surrogateescape")


def _escape(body: str) -> str:
    return re.sub(r"[\\\n\r\0]", lambda found: _ESCAPES[found[0]], body)


def _unescape(body: str) -> str:
    return re.sub(r"\\[\\nr0]", lambda found: _MEANT[found[0]], body)


def parse_head(lines: Iterable[bytes]) -> Head:
    """Parse the head, up to the empty line that ends it.

    Raises:
        Damaged: it is invalid or incomplete.
        OSError: a later version of pymail wrote it.
    """
    fields = list(_fields(lines))
    single = dict(fields)
    try:
        created = datetime.fromisoformat(single["created"])
        return Head(
            created=created if created.tzinfo else created.astimezone(),
            envelope=_envelope(fields, single),
            facts=Facts(
                size_octets=int(single["message"]),
                eight_bit="eight-bit" in single,
                needs_smtputf8="smtputf8" in single,
                longest_line=int(single["longest-line"]),
            ),
            saved_options=tuple(
                _split_row(body) for name, body in fields if name == "with"
            ),
        )
    except KeyError as error:
        raise Damaged(f"the field {error.args[0]!r} is missing") from error
    except (ValueError, AddressError, NoRecipientsError) as error:
        raise Damaged(f"invalid: {error}") from error


def _envelope(fields: list[tuple[str, str]], single: dict[str, str]) -> Envelope:
    return Envelope(
        reverse_path=single.get("sender", ""),
        forward_paths=tuple(body for name, body in fields if name == "recipient"),
        dsn=DsnRequest(
            notify=single.get("notify", ""),
            ret=single.get("ret", ""),
            envelope_id=single.get("envelope-id", ""),
        ),
    )


def _split_row(body: str) -> tuple[str, str]:
    name, _, value = body.partition(" ")
    return name, value


def _fields(lines: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    texts = (line.decode("utf-8", "surrogateescape") for line in lines)
    title = next(texts, "")
    if title != f"{TITLE}\n":
        if re.fullmatch(_TITLES, title):
            raise OSError("a later version of pymail wrote it")
        raise Damaged(f"its first line is not {TITLE!r}")
    for text in texts:
        if text == "\n":
            return
        found = re.fullmatch(_FIELD, text.removesuffix("\n"), re.DOTALL)
        if not found or not text.endswith("\n"):
            shown = visible(text[:_SHOWN_CHARACTERS])
            raise Damaged(f"invalid line: {shown!r}")
        yield found[1], _unescape(found[2] or "")
    raise Damaged("no empty line ends its head")
