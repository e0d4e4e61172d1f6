"""Header of a draft: fields added to it, or read from the top of its text (-t)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from pymail.address.address_list import split_list
from pymail.address.mailbox import parse_list, split_field
from pymail.message import fields, mbox_format
from pymail.message.byte_source import skip_mark
from pymail.message.decoding import repair
from pymail.message.draft import Draft
from pymail.message.encoded_words import decode
from pymail.message.raw_message import ENVELOPE_TO, known_encoding, parse_draft
from pymail.model import replace

# Header fields that have a field in a draft: its name, and the parser of the body.
_READERS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "from": ("from_", fields.parse_authors),
    "sender": ("sender", lambda body: next(iter(parse_list(body)), None)),
    "reply-to": ("reply_to", parse_list),
    "subject": ("subject", str),
    "content-type": ("content_type", str),
    "content-transfer-encoding": ("transfer_encoding", known_encoding),
}
_LISTS = ("to", "cc", "bcc")
_SEVERAL = (*_LISTS, "fcc", "fields")


def with_fields(
    draft: Draft, added: Iterable[tuple[str, str]], *, keep_lists: bool = False
) -> Draft:
    """Add header fields; those that have a field in the draft set it.

    The whole body of `To?single` is one mailbox (s-nail(1)). With `keep_lists`, To, Cc
    and Bcc are ordinary fields and name no recipients.

    Raises:
        AddressError: a field must name a mailbox and does not.
    """
    changes: dict[str, Any] = {}
    several: dict[str, list[Any]] = {name: [*getattr(draft, name)] for name in _SEVERAL}
    for name, body in added:
        plain, mark, modifier = name.lower().partition("?")
        if keep_lists and name.lower() in _LISTS:
            several["fields"].append((name, body))
        elif plain in _LISTS:
            several[plain] += split_field(mark + modifier, body)
        elif plain == "fcc":
            several["fcc"] += filter(None, [body])
        elif plain in _READERS:
            field, read = _READERS[plain]
            changes[field] = read(body)
        elif plain != "mime-version":  # the builder writes it
            several["fields"].append((name, body))
    changes |= {name: tuple(found) for name, found in several.items()}
    return replace(draft, **changes)


def split_entries(
    draft: Draft, make_token: Callable[[], str]
) -> Iterator[tuple[Draft, bool]]:
    """Yield a draft for each message in the text, and whether more follow."""
    texts = mbox_format.split_entries(skip_mark(draft.text))
    for n, text in enumerate(texts, 1):
        token = make_token()
        each = replace(
            draft, text=text, token=token, unread_header=True, from_header=True
        )
        yield each, n < len(texts)


def read_header(
    draft: Draft, named: Sequence[str] = (), *, keep_lists: bool = False
) -> Draft:
    """Read the header at the top of a draft's text (-t).

    The header overrides the options, but recipients of both are combined, and several
    subjects are joined (s-nail's way). In an mbox entry the recipients are those of
    X-Envelope-To. With `keep_lists`, To and Cc stay as written and name no recipients.
    `named` are charsets that the header may be in.

    Raises:
        MessageError: the header does not end.
        AddressError: a field must name a mailbox and does not.
    """
    found = parse_draft(draft.text)
    from_caller = (*draft.to, *draft.cc, *draft.bcc)
    added: list[tuple[str, str]] = []
    subjects: list[str] = []
    only: tuple[str, ...] = ()
    for field in found.fields:
        name, body = field.name, repair(field.text, named)
        plain = name.lower()
        if found.is_entry and plain == ENVELOPE_TO.lower():
            only = only or (*from_caller, *split_list(decode(body)))
        elif plain in ("subject", "subj"):
            subjects.append(body)
        else:
            added.append((name, body))
    draft = with_fields(draft, added, keep_lists=keep_lists)
    return replace(
        draft,
        subject=" ".join(subjects) if subjects else draft.subject,
        text=found.body,
        transfer_encoding=found.encoding,
        only=only,
        unread_header=False,
    )
