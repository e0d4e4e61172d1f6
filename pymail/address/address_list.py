"""Tokenizing and splitting of address lists.

Entries are not interpreted here: each can be an address, a mailbox with a name, an
alias, a file or a command. Malformed text stays in one entry, so that the error
message shows it as written.

RFC 5322 §3.2.2, §3.2.4 and §3.4; blanks separate as in mailx.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from enum import Enum


class Kind(Enum):
    """Kind of a token in an address list."""

    QUOTED = "quoted"
    ANGLE = "angle"
    COMMENT = "comment"
    BLANK = "blank"
    MARK = "mark"  # , : ;
    WORD = "word"
    UNCLOSED = "unclosed"  # a quote, comment or "<" without its end


Token = tuple[Kind, str]

_PIECE = r"""(?sx)
      (?P<quoted>   " (?>(?: [^"\\] | \\. )*) " )
    | (?P<angle>    < (?>(?: [^<>"] | " (?>(?: [^"\\] | \\. )*) " )*) > )
    | (?P<unclosed> ["<] .* )
    | (?P<blank>    [ \t]+ )
    | (?P<mark>     [,:;] )
    | (?P<word>     @ \[ [^\[\]]*+ \] | \\. | [^"<(\\ \t,:;@]+ | . )
    """
_PARENTHESIS = r"(?s)\\.|[()]"
_QUOTED_PAIR = r"(?s)\\(.)"

_BLANKS = " \t"
_STRUCTURE = frozenset('"\\(<:;')  # without any of these every comma separates
_SEPARATING = frozenset(',;:"\\(')  # may separate entries with angle brackets
_LINE_ENDS = frozenset("\r\n")
_AROUND = _BLANKS + "\r\n"  # lines from Windows end in CR
_KEEPING_BLANKS = frozenset(',"\\(<;')


def tokens(text: str) -> Iterator[Token]:
    """Cut a text into the tokens of RFC 5322 that decide where it may be split."""
    position = 0
    while position < len(text):
        if text[position] == "(":
            token = _read_comment(text, position)
        else:
            found = re.compile(_PIECE).match(text, position)
            assert found is not None  # noqa: S101 - the last choice matches anything
            token = Kind(found.lastgroup), found[0]
        yield token
        position += len(token[1])


def split_list(text: str, *, at_blanks: bool = True) -> tuple[str, ...]:
    """Split a list in the syntax of a header (-c, -b, `To:`, from, alias members).

    Commas separate; blanks do if there is no comma, quote, comment or angle bracket,
    unless `at_blanks` is false; semicolons do, as in Outlook, if every entry is an
    address. Groups are flattened, empty entries skipped. A text that begins with `|` is
    one command. A text with a line end inside is not split, so that the caller refuses
    all of it.
    """
    text = text.strip(_AROUND)
    if text.startswith("|") or not _LINE_ENDS.isdisjoint(text):
        return (text,)
    if "<" in text and _SEPARATING.isdisjoint(text):
        return (text,)
    if not at_blanks:
        return tuple(_split_members(text, _find_separators))
    if _KEEPING_BLANKS.isdisjoint(text) and ":" not in text:
        return _split_at_blanks(text)
    members = _split_members(text, _find_separators)
    return tuple(word for member in members for word in _split_addresses(member))


def split_argument(text: str) -> tuple[str, ...]:
    """Split a command-line argument, which may hold several recipients.

    Blanks and commas separate, but `Bob Smith <bob@example.org>` is one recipient. A
    text that begins with `|`, `/` or `./` is one command or file.
    """
    text = text.strip(_AROUND)
    if text.startswith(("|", "/", "./")) or not _LINE_ENDS.isdisjoint(text):
        return (text,)
    if _STRUCTURE.isdisjoint(text):
        return _split_at_blanks(text.replace(",", " "))
    members = _split_members(text, lambda _pieces: ",")
    return tuple(word for member in members for word in _split_words(member))


def _read_comment(text: str, start: int) -> Token:
    depth = 0
    for found in re.compile(_PARENTHESIS).finditer(text, start):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if depth == 0:
            return Kind.COMMENT, text[start : found.end()]
    return Kind.UNCLOSED, text[start:]


def _split_members(text: str, separators: Callable[[list[Token]], str]) -> list[str]:
    """Split at separators outside quotes, comments and brackets; flatten groups."""
    if _STRUCTURE.isdisjoint(text):
        return [word for part in text.split(",") if (word := part.strip(_BLANKS))]
    entries: list[list[Token]] = [[]]
    pieces = list(tokens(text))
    marks = separators(pieces)
    for kind, piece in pieces:
        if kind is Kind.MARK and piece in marks:
            entries.append([])
        else:
            entries[-1].append((kind, piece))
    trimmed = (trim(entry) for entry in entries)
    return [
        member for entry in _flatten_groups(list(trimmed)) if (member := _join(entry))
    ]


def _find_separators(pieces: list[Token]) -> str:
    """Return the separators: commas, and semicolons if every entry is an address."""
    if (Kind.MARK, ";") not in pieces or (Kind.MARK, ":") in pieces:
        return ","
    marked = ("\0" if each == (Kind.MARK, ";") else each[1] for each in pieces)
    between = "".join(marked).split("\0")
    return ",;" if all("@" in text for text in between if text.strip(_BLANKS)) else ","


def _flatten_groups(entries: list[list[Token]]) -> Iterator[list[Token]]:
    """Remove the `name:` and `;` of closed groups (RFC 5322 §3.4).

    A member that is only a comment becomes empty.
    """
    entries = [*map(_close_group, entries)]
    ends = [i for i, entry in enumerate(entries) if entry[-1:] == [(Kind.MARK, ";")]]
    last_end = ends[-1] if ends else -1
    colon = (Kind.MARK, ":")
    in_group = False
    for i, entry in enumerate(entries):
        if not in_group and i <= last_end and colon in entry[1:]:
            entry = entry[entry.index(colon) + 1 :]  # noqa: PLW2901
            in_group = True
        is_member = in_group
        if in_group and entry[-1:] == [(Kind.MARK, ";")]:
            entry = entry[:-1]  # noqa: PLW2901
            in_group = False
        yield [] if is_member and _is_aside(entry) else entry


def _is_aside(entry: Iterable[Token]) -> bool:
    return all(kind in (Kind.BLANK, Kind.COMMENT) for kind, _ in entry)


def _close_group(entry: list[Token]) -> list[Token]:
    end = (Kind.MARK, ";")
    at = len(entry) - 1 - entry[::-1].index(end) if end in entry else len(entry)
    return entry[: at + 1] if _is_aside(entry[at + 1 :]) else entry


def trim(entry: list[Token]) -> list[Token]:
    """Remove a blank at either end."""
    start = 1 if entry and entry[0][0] is Kind.BLANK else 0
    end = len(entry) - (1 if entry and entry[-1][0] is Kind.BLANK else 0)
    return entry[start:end]


def unescape(text: str) -> str:
    """Remove the backslash of each quoted pair (RFC 5322 §3.2.1)."""
    return re.sub(_QUOTED_PAIR, r"\1", text)


def _join(entry: Iterable[Token]) -> str:
    return "".join(text for _, text in entry).strip(_BLANKS)


def _split_at_blanks(text: str) -> tuple[str, ...]:
    if "\t" in text or " " in text:  # blanks beside an @ separate nothing
        text = "@".join([part.strip(_BLANKS) for part in text.split("@")])
        return tuple(filter(None, text.replace("\t", " ").split(" ")))
    return (text,) if text else ()


def _split_words(member: str) -> tuple[str, ...]:
    return _split_at_blanks(member) if _KEEPING_BLANKS.isdisjoint(member) else (member,)


def _split_addresses(member: str) -> tuple[str, ...]:
    """Split a member at blanks if every word is an address."""
    words = _split_words(member)
    return words if all("@" in word for word in words) else (member,)
