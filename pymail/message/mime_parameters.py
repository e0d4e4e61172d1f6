"""Content types and the parameters of MIME fields.

RFC 2045 §5.1 (syntax), RFC 2231 (other than ASCII, long values), RFC 2183
§2.3 (`filename`). Every parameter is an own folded line, so none gets long.
"""

import re

from pymail.message import encoded_words
from pymail.model import model

_CHAR = r"[!#$%&'*+.^_`{|}~0-9A-Za-z-]"
_ATOM = rf"{_CHAR}+"  # a token of RFC 2045 §5.1
_LABEL = rf"{_CHAR}{{1,127}}+"  # RFC 6838 §4.2
_TYPE = rf"(?a)\s*({_LABEL}/{_LABEL})(?!{_CHAR})"
_PARAMETER = rf'(?a)(?<!{_CHAR})({_ATOM})\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;"]+)'
_ATTRIBUTE_CHAR = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&+-.^_`{|}~"
)
_PIECE = r'(?s)(?:[^;"]|"(?>(?:[^"\\]|\\.)*)"?)+'
_NAME_AND_VALUE = rf"(?s)({_CHAR}+)\s*=\s*(.*)"
_OCTET = r"%([0-9A-Fa-f]{2})"
_SPELT = r"(?s)%[0-9A-Fa-f]{2}|."
_LONGEST_PIECE = 900  # a line of 998 octets holds it
_FOLDED_AT = 77  # characters, with the semicolon
_VALUE_CHARACTERS = 57  # with name and quotes the line stays below 78


@model()
class ContentType:
    """A type such as text/plain, lower case, and its parameters but charset."""

    name: str
    charset: str = ""
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def is_text(self) -> bool:
        """Whether it is text/*."""
        return self.name.startswith("text/")


def parse_content_type(text: str, default: str = "text/plain") -> ContentType:
    """Parse what a user wrote for a Content-Type.

    People leave out semicolons; what is no type at all becomes `default`, for
    a message is not held back by a label.
    """
    match = re.match(_TYPE, text) if text else None
    if not match:
        return ContentType(default)
    found = {
        name.lower(): re.sub(r"\\(.)", r"\1", value[1:-1]) if value[0] == '"' else value
        for name, value in re.compile(_PARAMETER).findall(text, match.end())
    }
    for name in ("boundary", "charset"):
        _join_pieces(found, name)
    charset = found.pop("charset", "")
    return ContentType(match[1].lower(), charset, tuple(found.items()))


def _join_pieces(found: dict[str, str], name: str) -> None:
    """Put a parameter of ASCII together that is in pieces (RFC 2231 §3 and §4)."""
    keys = sorted(key for key in found if key.startswith(f"{name}*"))
    if name in found or not keys:
        return
    pieces = {key: found.pop(key) for key in keys}
    found[name] = "".join(
        re.sub(_OCTET, lambda o: chr(int(o[1], 16)), piece.rpartition("'")[2])
        if key.endswith("*")
        else piece
        for key, piece in pieces.items()
    )


def content_type_field(kind: ContentType, name: str = "") -> bytes:
    """Write the Content-Type field; `name` is repeated there for old readers."""
    pieces = [kind.name]
    if kind.charset:
        pieces += make_token_parameter("charset", kind.charset)
    for key, value in kind.parameters:
        pieces += make_token_parameter(key, value)
    if name:
        pieces += make_legacy_parameter("name", name)
    return join_parameters("Content-Type", pieces)


def rewrite_field(field: str, body: str) -> bytes | None:
    """Write a field that has parameters as it may travel; None if it has something else.

    What is sound stays as it is; other values go by RFC 2231, or, when the same
    value is there by RFC 2231 already, as encoded words.
    """
    first, *others = [piece.strip() for piece in re.findall(_PIECE, body)] or [""]
    others = [piece for piece in others if piece]
    starred = {piece.partition("*")[0].lower() for piece in others if "*" in piece}
    pieces = [first]
    for piece in others:
        parts = re.fullmatch(_NAME_AND_VALUE, piece)
        if _is_sound(piece):
            pieces.append(piece)
        elif parts:
            pieces += _rewrite_parameter(
                parts[1], parts[2], twice=parts[1].lower() in starred
            )
        else:
            return _rewrite_type(field, body)
    return (
        join_parameters(field, pieces)
        if _is_sound(first)
        else _rewrite_type(field, body)
    )


def _is_sound(piece: str) -> bool:
    return piece.isascii() and piece.isprintable() and len(piece) <= _LONGEST_PIECE


def _rewrite_type(field: str, body: str) -> bytes | None:
    """Write a type whose semicolons are missing, say."""
    known = field.lower() == "content-type" and re.match(_TYPE, body)
    return content_type_field(parse_content_type(body)) if known else None


def _rewrite_parameter(name: str, value: str, *, twice: bool) -> list[str]:
    if name.endswith("*"):  # but not all of it is spelt out, or it is long
        spelt = re.findall(_SPELT, value)
        pieces = _cut_pieces([c if c.isascii() else _percent_encode(c) for c in spelt])
        if len(pieces) == 1 or name.count("*") > 1:
            return [f"{name}={''.join(pieces)}"]
        return [f"{name}{n}*={piece}" for n, piece in enumerate(pieces)]
    if value[:1] == '"':
        value = re.sub(r"(?s)\\(.)", r"\1", value[1:].removesuffix('"'))
    return make_legacy_parameter(name, value) if twice else make_parameter(name, value)


def join_parameters(field: str, pieces: list[str]) -> bytes:
    """Write a field with parameters, a new line where one would get long."""
    text, column = f"{field}: {pieces[0]}", len(field) + 2 + len(pieces[0])
    for piece in pieces[1:]:
        fits = "\n" not in piece and column + 3 + len(piece) < _FOLDED_AT
        text += ("; " if fits else ";\r\n ") + piece
        column = column + 2 + len(piece) if fits else len(piece) + 1
    return f"{text}\r\n".encode()


def make_parameter(name: str, value: str) -> list[str]:
    """Write a parameter as RFC 2231 has it: one piece, or several when long."""
    if value.isascii() and value.isprintable():
        pieces = _cut_pieces([_quote(char) for char in value])
        if len(pieces) == 1:
            return [f'{name}="{pieces[0]}"']
        return [f'{name}*{n}="{piece}"' for n, piece in enumerate(pieces)]
    pieces = _cut_pieces([_percent_encode(char) for char in value])
    pieces[0] = "utf-8''" + pieces[0]
    if len(pieces) == 1:
        return [f"{name}*={pieces[0]}"]
    return [f"{name}*{n}*={piece}" for n, piece in enumerate(pieces)]


def make_legacy_parameter(name: str, value: str) -> list[str]:
    """Write a parameter with encoded words in quotes.

    RFC 2047 §5 does not allow that; it is for readers older than RFC 2231, who
    look at `name` of Content-Type only.
    """
    if value.isascii() and value.isprintable() and len(value) <= _VALUE_CHARACTERS:
        return [f'{name}="{"".join(map(_quote, value))}"']
    room = encoded_words.WORD_CHARACTERS - len(f'{name}="')
    return [
        f'{name}="' + "\r\n ".join(encoded_words.encode(value, "utf-8", room)) + '"'
    ]


def make_token_parameter(name: str, value: str) -> list[str]:
    """Write a parameter without quotes where its value allows."""
    is_short = len(value) <= (70 if name == "boundary" else _VALUE_CHARACTERS)
    is_piece = "*" in name and _is_sound(value)  # of RFC 2231 already
    if re.fullmatch(_ATOM, value, re.ASCII) and (is_short or is_piece):
        return [f"{name}={value}"]
    # old readers need a boundary whole
    if is_piece or (name == "boundary" and is_short and _is_sound(value)):
        return [f'{name}="{"".join(map(_quote, value))}"']
    return make_parameter(name, value)


def _quote(char: str) -> str:
    return "\\" + char if char in '"\\' else char


def _percent_encode(char: str) -> str:
    if char in _ATTRIBUTE_CHAR:
        return char
    return "".join([f"%{octet:02X}" for octet in char.encode()])


def _cut_pieces(spelt: list[str]) -> list[str]:
    """Join spelt characters to pieces, none torn apart."""
    pieces = [""]
    for one in spelt:
        if len(pieces[-1]) + len(one) > _VALUE_CHARACTERS:
            pieces.append("")
        pieces[-1] += one
    return pieces
