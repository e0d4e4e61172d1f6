"""From a message on standard input to a letter (-t), or several of them."""

from collections.abc import Iterator, Sequence

from pymail.address.address_list import split_list
from pymail.delivery.letter_fields import Words
from pymail.environment import Environment
from pymail.message.decoding import repair, skip_mark
from pymail.message.draft import Draft
from pymail.message.encoded_words import decode
from pymail.message.mbox_format import split_entries
from pymail.message.raw_message import ENVELOPE_TO, parse_draft
from pymail.model import replace


def of_templates(
    letter: Draft, environment: Environment
) -> Iterator[tuple[Draft, bool]]:
    """Yield a letter for every message that the text holds, and if more follow."""
    texts = split_entries(skip_mark(letter.text))
    for n, text in enumerate(texts, 1):
        token = environment.token()
        each = replace(
            letter, text=text, token=token, unread_header=True, from_header=True
        )
        yield each, n < len(texts)


def from_template(
    letter: Draft, named: Sequence[str] = (), *, keep_lists: bool = False
) -> Draft:
    """Take the letter from the header of its own text (-t).

    What the header says wins over the options; recipients of both are added up,
    and several subjects are one (s-nail's way). In an mbox entry the recipients
    are those of the envelope. With `keep_lists` To and Cc stay as they are and
    name no recipients. `named` are charsets that the header may be in.

    Raises:
        MessageError: the header makes no sense.
    """
    found = parse_draft(letter.text)
    words = Words(
        subject=letter.subject,
        type=letter.content_type,
        authors=letter.from_,
        sender=letter.sender,
        reply_to=letter.reply_to,
    )
    subjects: list[str] = []
    only: tuple[str, ...] = ()
    for field in found.fields:
        name, body = field.name, repair(field.text, named)
        if found.is_entry and name.lower() == ENVELOPE_TO.lower():
            missed = split_list(decode(body))
            only = only or (*letter.to, *letter.cc, *letter.bcc, *missed)
        elif keep_lists and name.lower() in ("to", "cc", "bcc"):
            words.fields.append((name, body))
        elif name.lower() in ("subject", "subj"):
            subjects.append(body)
        else:
            words.add_field(name, body)
    return replace(
        letter,
        from_=words.authors,
        sender=words.sender,
        reply_to=words.reply_to,
        subject=" ".join(subjects) if subjects else words.subject,
        content_type=words.type,
        fields=(*letter.fields, *words.fields),
        text=found.body,
        transfer_encoding=found.encoding,
        to=(*letter.to, *words.to),
        cc=(*letter.cc, *words.cc),
        bcc=(*letter.bcc, *words.bcc),
        fcc=(*letter.fcc, *words.fcc),
        only=only,
        unread_header=False,
    )
