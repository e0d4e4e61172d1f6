"""Header of a draft: fields that are added to it, or stand before its text (-t)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pymail.address.address_list import split_list
from pymail.address.mailbox import parse_list, split_field
from pymail.message import fields, mbox_format
from pymail.message.decoding import repair, skip_mark
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


def with_field(draft: Draft, name: str, body: str) -> Draft:
    """Add a header field: those that pymail writes itself change the draft.

    `To?single` takes its body for one mailbox, whatever is in it (s-nail(1)).

    Raises:
        AddressError: it names nobody, and has to.
    """
    plain, mark, modifier = name.lower().partition("?")
    if plain in ("to", "cc", "bcc"):
        more = (*getattr(draft, plain), *split_field(mark + modifier, body))
        lists: dict[str, Any] = {plain: more}
        return replace(draft, **lists)
    if plain == "fcc":
        return replace(draft, fcc=(*draft.fcc, body) if body else draft.fcc)
    if plain in _READERS:
        field, read = _READERS[plain]
        return replace(draft, **{field: read(body)})
    if plain == "mime-version":  # ours is right
        return draft
    return replace(draft, fields=(*draft.fields, (name, body)))


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
    subjects: list[str] = []
    only: tuple[str, ...] = ()
    for field in found.fields:
        name, body = field.name, repair(field.text, named)
        plain = name.lower()
        if found.is_entry and plain == ENVELOPE_TO.lower():
            only = only or (*from_caller, *split_list(decode(body)))
        elif keep_lists and plain in ("to", "cc", "bcc"):
            draft = replace(draft, fields=(*draft.fields, (name, body)))
        elif plain in ("subject", "subj"):
            subjects.append(body)
        else:
            draft = with_field(draft, name, body)
    return replace(
        draft,
        subject=" ".join(subjects) if subjects else draft.subject,
        text=found.body,
        transfer_encoding=found.encoding,
        only=only,
        unread_header=False,
    )
