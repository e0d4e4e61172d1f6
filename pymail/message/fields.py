"""Header field parsing: names, bodies and lists of fields as users write them.

A field body can't end its line or the header: CR, LF, NUL and every other character
that some reader treats as a line end becomes a blank.

RFC 5322 §2.2.
"""

import re

from pymail.address.addr_spec import shown
from pymail.address.mailbox import Mailbox, find_mailbox, parse_list
from pymail.errors import AddressError, MessageError
from pymail.message.decoding import repair
from pymail.message.encoded_words import decode

_LINE_ENDS = dict.fromkeys(map(ord, "\n\r\0\v\f\x1c\x1d\x1e\x85\u2028\u2029"), " ")
_CONTROLS = dict.fromkeys([*range(9), *range(10, 32), *range(127, 160)], " ")
_MIME_FIELD = r"(?is)(Content-Type|MIME-Version|Content-Transfer-Encoding)[ \t]*:(.*)"


def clean(text: str) -> str:
    """Replace every character that could end a line by a blank."""
    return repair(text).replace("\r\n", " ").translate(_LINE_ENDS)


def clean_tokens(text: str) -> str:
    """Replace every control character by a blank, in text that can't be encoded."""
    return clean(text).translate(_CONTROLS).strip(" \t")


def check_name(name: str) -> str:
    """Return a field name that RFC 5322 §2.2 allows.

    Raises:
        MessageError: it contains blanks, a colon or non-ASCII characters.
    """
    is_word = name.isascii() and name.isprintable() and " " not in name
    if not (name and is_word and ":" not in name):
        raise MessageError(f"not a header field name: {name[:60]!r}")
    return name


def parse_field(text: str) -> tuple[str, str]:
    """Split `Name: value` into name and body.

    Raises:
        MessageError: there is no colon, or the name is not valid.
    """
    name, colon, body = text.partition(":")
    if not colon:
        raise MessageError(f"not a header field, `Name: value`: {text[:60]!r}")
    return check_name(name.strip(" \t")), clean(body).strip(" \t")


def parse_authors(body: str) -> tuple[Mailbox, ...]:
    """Parse the authors; from malformed text, the most likely author.

    Raises:
        AddressError: it contains no address.
    """
    try:
        found = parse_list(body)
        if all("@" in each.address for each in found):
            return found
        if len(found) == 1 and decode(found[0].address) == found[0].address:
            return found  # a local name
    except AddressError:
        pass
    meant = find_mailbox(decode(body))
    if meant is None:
        raise AddressError(f"{shown(body)}: no address")
    return (meant,)


def split_custom(value: str) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    r"""Split a comma-separated list of fields; `\,` is a comma in a body.

    Return the fields, and a complaint for each item that isn't a field.
    """
    found: list[tuple[str, str]] = []
    problems: list[str] = []
    for item in re.split(r"(?<!\\),", value):
        try:
            if item.strip():
                found.append(parse_field(item.replace("\\,", ",").strip()))
        except MessageError as error:
            problems.append(error.happened)
    return tuple(found), tuple(problems)


def split_subject_trick(subject: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    r"""Extract a Content-Type from a subject (`mail -s "$(echo -e 'S\nContent-…')"`).

    Of the MIME fields in it only Content-Type counts: pymail writes the others itself.
    All other lines are the subject, never another field.
    """
    first, *rest = re.split(r"\r\n|\r|\n", subject)
    lines, types = [first], []
    for line in rest:
        field = re.fullmatch(_MIME_FIELD, line)
        if field is None:
            lines.append(line)
        elif field[1].lower() == "content-type":
            types.append(("Content-Type", field[2].strip()))
    return " ".join(line for line in lines if line) if rest else first, tuple(types)
