"""Mailbox parsing and formatting (RFC 5322 §3.4).

Display names are read leniently: with dots, with parentheses, without quotes. An
address must have exactly one reading. Encoded words stay encoded here; `message`
decodes them.
"""

import re
from typing import NoReturn

from pymail.address.addr_spec import (
    check_address,
    is_address,
    is_plain,
    shown,
    split_address,
)
from pymail.address.address_list import Kind, Token, split_list, tokens, trim, unescape
from pymail.errors import AddressError
from pymail.model import model

_ASIDE = frozenset({Kind.BLANK, Kind.COMMENT})
_CONTROL = r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]"
_TO_ESCAPE = r'(["\\])'
_WORD = r'[^\x00-\x20\x7f()<>@,;:\\".\[\]]++'  # a negated class compiles faster
_USUAL = rf'(?:({_WORD}(?>(?: {_WORD})*))|"([^"\\]++)") <([^<>]++)>'
_NO_NAME = r'mailto:|[\\"<>()\x00-\x1f\x7f-\x9f\u2028\u2029]'
_OUTSIDE = r'\s<>()\[\],;:\\"'
_ANYWHERE = rf"(?<![^{_OUTSIDE}])([^{_OUTSIDE}@]++@[^{_OUTSIDE}@]++)"
_IN_ANGLES = rf"<[ \t]*+(?:mailto:)?([^{_OUTSIDE}]++)"
_ROUTE = (
    r'\A[ \t]*+(?>(?:@[^\s@,:<>"]++[ \t]*+(?:,[ \t]*+)?)+):'  # ignored: RFC 5321 §C
)
_SINGLE = frozenset({"?", "?s", "?single"})
_NEEDS_NO_QUOTES = rf"{_WORD}(?>(?: {_WORD})*)"


@model()
class Mailbox:
    """An address and its display name."""

    address: str
    name: str = ""

    @property
    def local_part(self) -> str:
        """The part before the @; all of a local name."""
        return split_address(self.address)[0]

    @property
    def domain(self) -> str:
        """The part after the @; empty for a local name."""
        return split_address(self.address)[1]


def parse_mailbox(text: str) -> Mailbox:
    """Parse a mailbox: `a@x`, `<a@x>`, `Name <a@x>`, `"N, X" <a@x>`, `a@x (Name)`.

    Raises:
        AddressError: it is not a mailbox, or has more than one reading.
    """
    if is_plain(text):
        return Mailbox(text)
    if re.search(_CONTROL, text):
        _refuse(text, "a control character")
    usual = re.fullmatch(_USUAL, text)
    if usual and is_plain(usual[3]):  # only a short cut
        return Mailbox(usual[3], usual[1] or usual[2])
    pieces = trim(list(tokens(text)))
    if any(kind is Kind.UNCLOSED for kind, _ in pieces):
        _refuse(text, f"the {pieces[-1][1][0]!r} isn't closed")
    if any(kind is Kind.ANGLE for kind, _ in pieces):
        return _parse_named(text, pieces)
    return _parse_bare(text, pieces)


def find_mailbox(text: str) -> Mailbox | None:
    """Find the mailbox that a malformed text most likely means; None for none.

    Only for authors, where a wrong reading does no harm. The last address in angle
    brackets counts, else the first address anywhere.
    """
    in_angles = [*re.finditer(_IN_ANGLES, text)]
    addresses = [each for each in in_angles if "@" in each[1]]
    found = addresses[-1:] or [*re.finditer(_ANYWHERE, text)] or in_angles
    if not found or not is_address(found[0][1]):
        return None
    name = re.sub(_NO_NAME, " ", text[: found[0].start()])
    name = "" if "@" in name else " ".join(name.split()).strip(" ,;:'")
    return Mailbox(found[0][1], name)


def parse_list(text: str) -> tuple[Mailbox, ...]:
    """Parse a list in the syntax of a header; see `split_list`.

    Raises:
        AddressError: an entry is not a mailbox.
    """
    return tuple(map(parse_mailbox, split_list(text)))


def split_field(modifier: str, body: str) -> tuple[str, ...]:
    """Split the body of a recipient field; in `To?single` and `To?` it is one entry."""
    return (quote_name(body),) if modifier in _SINGLE else split_list(body)


def quote_name(text: str) -> str:
    """Quote the name in `Exa, Mple <a@x>`, so that its comma doesn't separate."""
    name, bracket, address = text.strip().rpartition("<")
    name = name.strip()
    if not bracket or not name or name.startswith('"'):
        return text.strip()
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}'


def format_mailbox(mailbox: Mailbox) -> str:
    """Write a mailbox as RFC 5322 has it, in Unicode; `parse_mailbox` reads it back.

    Raises:
        AddressError: the name contains a control character.
    """
    name = mailbox.name
    if not name:
        return mailbox.address
    if re.search(_CONTROL, name):
        _refuse(name, "a control character")
    if not re.fullmatch(_NEEDS_NO_QUOTES, name):
        name = '"' + re.sub(_TO_ESCAPE, r"\\\1", name) + '"'
    return f"{name} <{mailbox.address}>"


def _parse_named(text: str, pieces: list[Token]) -> Mailbox:
    """Parse a mailbox with angle brackets."""
    at = [kind for kind, _ in pieces].index(Kind.ANGLE)
    before, after = pieces[:at], pieces[at + 1 :]
    if any(kind not in _ASIDE for kind, _ in after):
        _refuse(text, "text after the '>'")
    if _is_ambiguous(before):
        _refuse(text, "a name that could be more than one recipient; quote it")
    inside = re.sub(_ROUTE, "", pieces[at][1][1:-1])
    address = _join_spec([*tokens(inside)])
    if not address:
        _refuse(text, "no address")
    return Mailbox(check_address(address), _join_name(before) or _join_comments(after))


def _parse_bare(text: str, pieces: list[Token]) -> Mailbox:
    """Parse a mailbox without angle brackets; comments around it are its name."""
    start, end = _find_inner(pieces)
    if start == end:
        _refuse(text, "no address")
    address = check_address(_join_spec(pieces[start:end]))
    return Mailbox(address, _join_comments(pieces[:start] + pieces[end:]))


def _find_inner(pieces: list[Token]) -> tuple[int, int]:
    """Return where the tokens other than blanks and comments begin and end."""
    places = [i for i, (kind, _) in enumerate(pieces) if kind not in _ASIDE]
    return (places[0], places[-1] + 1) if places else (0, 0)


def _join_spec(pieces: list[Token]) -> str:
    """Join an addr-spec, without blanks and comments at its ends and beside the @."""
    sides: list[list[Token]] = [[]]
    for piece in pieces:
        if piece == (Kind.WORD, "@"):
            sides.append([])
        else:
            sides[-1].append(piece)
    return "@".join(
        "".join(t for _, t in side[slice(*_find_inner(side))]) for side in sides
    )


def _is_ambiguous(before: list[Token]) -> bool:
    """Tell whether a name looks like a list: `a@x b@x <c@x>`, `Doe, John <j@x>`."""
    if any(token in {(Kind.MARK, ","), (Kind.MARK, ";")} for token in before):
        return True
    if any(kind is Kind.WORD and ">" in text for kind, text in before):
        return True
    if any(kind is Kind.QUOTED for kind, _ in before):
        return False
    words = "".join(text for _, text in before).split()
    return len(words) > 1 and all("@" in word for word in words)


def _join_name(before: list[Token]) -> str:
    """Join the words of a name; comments among them stay part of it."""
    before = trim(before)
    if all(kind in _ASIDE for kind, _ in before):
        return _join_comments(before)
    return "".join(map(_unquote, before))


def _unquote(token: Token) -> str:
    kind, text = token
    if kind is Kind.BLANK:
        return " "
    return unescape(text[1:-1]) if kind is Kind.QUOTED else text


def _join_comments(pieces: list[Token]) -> str:
    """Return the text of the comments."""
    texts = (unescape(text[1:-1]) for kind, text in pieces if kind is Kind.COMMENT)
    return " ".join(texts).strip(" \t")


def _refuse(text: str, complaint: str) -> NoReturn:
    raise AddressError(f"{shown(text)}: {complaint}")
