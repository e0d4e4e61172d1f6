"""Header of a draft: fields that are added to it, or stand before its text (-t)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from pymail.address.address_list import split_list
from pymail.address.mailbox import parse_list, split_field
from pymail.message import fields, mbox_format
from pymail.message.byte_source import skip_mark
from pymail.message.decoding import repair
from pymail.message.draft import Draft
from pymail.message.encoded_words import decode
from pymail.message.raw_message import ENVELOPE_TO, parse_draft
from pymail.model import replace

# Fields that are fields of a draft, and how their bodies are read.
_READERS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "from": ("from_", fields.parse_authors),
    "sender": ("sender", lambda body: next(iter(parse_list(body)), None)),
    "reply-to": ("reply_to", parse_list),
    "subject": ("subject", str),
    "content-type": ("content_type", str),
    "content-transfer-encoding": ("transfer_encoding", fields.known_encoding),
}
_LISTS = ("to", "cc", "bcc")
_SEVERAL = (*_LISTS, "fcc", "fields")


def with_fields(
    draft: Draft, added: Iterable[tuple[str, str]], *, keep_lists: bool = False
) -> Draft:
    """Add header fields: those that pymail writes itself change the draft.

    `To?single` takes its body for one mailbox, whatever is in it (s-nail(1)). With
    `keep_lists` To, Cc and Bcc are fields like others, and name no recipients.

    Raises:
        AddressError: one names no mailbox, and has to.
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
        elif plain != "mime-version":  # ours is right
            several["fields"].append((name, body))
    changes |= {name: tuple(found) for name, found in several.items()}
    return replace(draft, **changes)


def split_entries(
    draft: Draft, make_token: Callable[[], str]
) -> Iterator[tuple[Draft, bool]]:
    """Yield a draft for every message that the text holds, and if more follow."""
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
    """Read the header that the text of a draft begins with (-t).

    What the header says wins over the options; recipients of both are added up,
    and several subjects are one (s-nail's way). In an mbox entry the recipients
    are those of the envelope. With `keep_lists` To and Cc stay as they are and
    name no recipients. `named` are charsets that the header may be in.

    Raises:
        MessageError: the header makes no sense.
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
