"""Content types and the parameters of MIME fields.

RFC 2045 §5.1 (syntax), RFC 2231 (non-ASCII and long values), RFC 2183 §2.3
(`filename`). Fields are folded between parameters, so that lines stay short.
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
_VALUE_CHARACTERS = 57  # with its name and quotes a line stays below 78


@model()
class ContentType:
    """A type such as text/plain, in lower case, and its parameters except charset."""

    name: str
    charset: str = ""
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def is_text(self) -> bool:
        """Whether it is text/*."""
        return self.name.startswith("text/")


def parse_content_type(text: str, default: str = "text/plain") -> ContentType:
    """Parse the Content-Type that a user or program wrote.

    Semicolons may be missing. Text that is no type becomes `default`: a wrong label
    must not stop a message.
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
    """Join the pieces of an ASCII parameter (RFC 2231 §3 and §4)."""
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
    """Write the Content-Type field; old mail programs read the file `name` from it."""
    pieces = [kind.name]
    if kind.charset:
        pieces += make_token_parameter("charset", kind.charset)
    for key, value in kind.parameters:
        pieces += make_token_parameter(key, value)
    if name:
        pieces += make_legacy_parameter("name", name)
    return join_parameters("Content-Type", pieces)


def rewrite_field(field: str, body: str) -> bytes | None:
    """Rewrite a field with parameters for the wire; None if it isn't made of parameters.

    Parameters of printable ASCII that fit a line stay unchanged. Other values are
    encoded by RFC 2231 or, if the field has the parameter in that form too, in encoded
    words.
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
    """Write a Content-Type with another syntax error, such as missing semicolons."""
    known = field.lower() == "content-type" and re.match(_TYPE, body)
    return content_type_field(parse_content_type(body)) if known else None


def _rewrite_parameter(name: str, value: str, *, twice: bool) -> list[str]:
    if name.endswith("*"):  # by RFC 2231, but with raw octets in it, or too long
        spelt = re.findall(_SPELT, value)
        pieces = _cut_pieces([c if c.isascii() else _percent_encode(c) for c in spelt])
        if len(pieces) == 1 or name.count("*") > 1:
            return [f"{name}={''.join(pieces)}"]
        return [f"{name}{n}*={piece}" for n, piece in enumerate(pieces)]
    if value[:1] == '"':
        value = re.sub(r"(?s)\\(.)", r"\1", value[1:].removesuffix('"'))
    return make_legacy_parameter(name, value) if twice else make_parameter(name, value)


def join_parameters(field: str, pieces: list[str]) -> bytes:
    """Write a field with parameters, folded where a line would get too long."""
    text, column = f"{field}: {pieces[0]}", len(field) + 2 + len(pieces[0])
    for piece in pieces[1:]:
        fits = "\n" not in piece and column + 3 + len(piece) < _FOLDED_AT
        text += ("; " if fits else ";\r\n ") + piece
        column = column + 2 + len(piece) if fits else len(piece) + 1
    return f"{text}\r\n".encode()


def make_parameter(name: str, value: str) -> list[str]:
    """Write a parameter by RFC 2231: in one piece, or in several if it is long."""
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

    RFC 2047 §5 forbids that; it is for mail programs older than RFC 2231, which read
    only `name` of Content-Type.
    """
    if value.isascii() and value.isprintable() and len(value) <= _VALUE_CHARACTERS:
        return [f'{name}="{"".join(map(_quote, value))}"']
    room = encoded_words.WORD_CHARACTERS - len(f'{name}="')
    return [
        f'{name}="' + "\r\n ".join(encoded_words.encode(value, "utf-8", room)) + '"'
    ]


def make_token_parameter(name: str, value: str) -> list[str]:
    """Write a parameter without quotes if its value allows it."""
    is_short = len(value) <= (70 if name == "boundary" else _VALUE_CHARACTERS)
    is_piece = "*" in name and _is_sound(value)  # is written by RFC 2231 already
    if re.fullmatch(_ATOM, value, re.ASCII) and (is_short or is_piece):
        return [f"{name}={value}"]
    # old mail programs need a boundary in one piece
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
    """Join encoded characters to pieces; none is split between two pieces."""
    pieces = [""]
    for character in spelt:
        if len(pieces[-1]) + len(character) > _VALUE_CHARACTERS:
            pieces.append("")
        pieces[-1] += character
    return pieces
