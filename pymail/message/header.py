"""Header field formatting: encoding and folding.

Every body is cleaned first, and again after its encoded words are decoded, so that the
only line ends are the folds made here, in front of blanks of the body.

RFC 5322 §2.2 and §3, RFC 2047, RFC 6532 for addresses that are not ASCII.
"""

import re
from collections.abc import Iterable

from pymail.address.addr_spec import ascii_address, wire_address
from pymail.address.address_list import Kind, Token, tokens, unescape
from pymail.address.mailbox import Mailbox
from pymail.errors import AddressError, MessageError
from pymail.message import encoded_words, mime_parameters
from pymail.message.charsets import choose_charset
from pymail.message.fields import check_name, clean, clean_tokens

LINE_CHARACTERS = 76  # RFC 2047 §2 for lines with words; RFC 5322 says 78
LINE_LIMIT = 998  # RFC 5322 §2.1.1
_LONG_WORD = 75
_FIRST_WORD = 45  # fits behind the longest names of address fields
_UNBROKEN_WORD = 900  # identifiers and URLs stay unencoded if they fit a line

_PIECE = r"[ \t]*[^ \t]+"
_PLAIN = r"[ \t]*[!-~]+"
_ATOMS = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LOCAL_PART = r"[^<>,:;]*@(?=[^@]*\Z)"
_DOMAIN = r"@([^\s@<>(),:;]+)"
_ADDRESS_FIELDS = frozenset(
    (
        *("from", "sender", "to", "cc", "bcc", "reply-to", "errors-to"),
        *("disposition-notification-to", "return-receipt-to"),
        *("mail-followup-to", "mail-reply-to", "resent-from", "resent-sender"),
        *("resent-to", "resent-cc", "resent-bcc"),
    )
)
_VERBATIM_FIELDS = frozenset(
    (
        *("date", "message-id", "in-reply-to", "references", "mime-version"),
        *("received", "return-path", "content-id"),
        *("content-language", "content-location"),
    )
)
_WITH_PARAMETERS = frozenset({"content-type", "content-disposition"})


class _Folder:
    """Writer of a field that folds before blanks."""

    def __init__(self, name: str) -> None:
        self.lines: list[str] = []
        self.line = name + ":"
        self.fresh = True

    @property
    def room(self) -> int:
        """Characters for one more word on this line."""
        return LINE_CHARACTERS - len(self.line) - 1

    def add(self, word: str, blank: str = " ") -> None:
        longest = LINE_LIMIT if self.fresh else LINE_CHARACTERS
        if len(self.line) + len(blank + word) > longest:
            self.lines.append(self.line)
            self.line = ""
        self.line += blank + word
        self.fresh = False

    def finish(self, trailing: str = "") -> bytes:
        """Raises MessageError: a word is too long for a line."""
        lines = [line.encode() for line in [*self.lines, self.line + trailing]]
        if max(map(len, lines)) > LINE_LIMIT:
            start = self.lines[0] if self.lines else self.line
            raise MessageError(f"header field too long: {start[:60]!r}")
        return b"\r\n".join([*lines, b""])


def make_field(name: str, body: str, charsets: tuple[str, ...] = ()) -> bytes:
    """Write a field from its text, in the syntax that its name requires.

    Raises:
        MessageError: the name is not valid, or a word is too long for a line.
    """
    kind = check_name(name).lower()
    if kind in _ADDRESS_FIELDS:
        return _make_unparsed_address_field(name, body, charsets)
    if kind in _VERBATIM_FIELDS and body.isascii():
        return _fold(name, clean_tokens(body).replace("><", "> <").split())
    if kind in _WITH_PARAMETERS and (
        field := mime_parameters.rewrite_field(name, clean(body))
    ):
        return field
    longest = _LONG_WORD if kind == "subject" else _UNBROKEN_WORD
    return _make_text_field(name, body, charsets, longest)


def _fold(name: str, tokens: Iterable[str]) -> bytes:
    folder = _Folder(name)
    for token in tokens:
        folder.add(token)
    return folder.finish()


def _make_text_field(
    name: str, body: str, charsets: tuple[str, ...], longest: int
) -> bytes:
    """Write text; encode it from the first to the last word that needs encoding.

    Encoded words in the text are decoded first, so that they are not encoded twice.
    """
    text = clean(encoded_words.decode(clean(body)))
    stripped = text.rstrip(" \t")
    trailing = text[len(stripped) :]
    pieces: list[str] = re.findall(_PIECE, stripped)
    if not pieces:
        return f"{name}:\r\n".encode()
    needy = [n for n, piece in enumerate(pieces) if _needs_words(piece, longest)]
    if len(trailing) > _LONG_WORD and needy[-1:] != [len(pieces) - 1]:
        needy.append(len(pieces) - 1)
    folder = _Folder(name)
    first, last = (needy[0], needy[-1]) if needy else (len(pieces), len(pieces))
    for n, piece in enumerate(pieces[:first]):
        _add_plain(folder, piece if n else " " + piece)
    if needy:
        run = "".join(pieces[first : last + 1])
        if last == len(pieces) - 1:
            run, trailing = run + trailing, ""
        _add_encoded(folder, run, charsets, keep_blanks=first == 0)
    for piece in pieces[last + 1 :]:
        _add_plain(folder, piece)
    return folder.finish(trailing)


def _needs_words(piece: str, longest: int) -> bool:
    return len(piece) > longest or "=?" in piece or not re.fullmatch(_PLAIN, piece)


def _add_plain(folder: _Folder, piece: str) -> None:
    word = piece.lstrip(" \t")
    folder.add(word, piece[: len(piece) - len(word)])


def _add_encoded(
    folder: _Folder, run: str, charsets: tuple[str, ...], *, keep_blanks: bool
) -> None:
    """Add encoded words behind a blank, which is the first of `run`, or a new one."""
    blank = " "
    if not keep_blanks:
        blank, run = run[0], run[1:]
    charset = choose_charset(run, charsets)
    shortest = len(f"=?{charset}?B?????????????????=")
    room = folder.room
    for word in encoded_words.encode(
        run, charset, room if room >= shortest else _LONG_WORD
    ):
        folder.add(word, blank)
        blank = " "


def make_address_field(
    name: str, mailboxes: Iterable[Mailbox], charsets: tuple[str, ...] = ()
) -> bytes:
    """Write a list of mailboxes, folded between them and inside long names."""
    folder = _Folder(name)
    boxes = [*mailboxes]
    for n, mailbox in enumerate(boxes):
        address = wire_address(clean_tokens(mailbox.address))
        phrase = clean(mailbox.name).strip(" \t")
        if phrase:
            for word in _format_phrase(phrase, charsets):
                folder.add(word)
            address = f"<{address}>"
        folder.add(address + ("," if n < len(boxes) - 1 else ""))
    return folder.finish()


def _format_phrase(name: str, charsets: tuple[str, ...]) -> list[str]:
    """Write a display name: atoms, a quoted string, or encoded words."""
    pieces = name.split(" ")
    if "=?" in name and all(encoded_words.is_encoded(p) or _is_atom(p) for p in pieces):
        return pieces
    if _needs_words(name.replace(" ", "x"), _UNBROKEN_WORD) or _is_too_long(name):
        return encoded_words.encode(name, choose_charset(name, charsets), _FIRST_WORD)
    if re.fullmatch(_ATOMS, name):
        return pieces
    return ['"' + re.sub(r'(["\\])', r"\\\1", name) + '"']


def _is_atom(piece: str) -> bool:
    return "=?" not in piece and bool(re.fullmatch(_ATOMS, piece))


def _is_too_long(name: str) -> bool:
    """Tell whether a name has a word, or as a quoted string is, too long to fold."""
    if re.fullmatch(_ATOMS, name):
        return max(map(len, name.split(" "))) > _LONG_WORD
    return len(name) > _LONG_WORD


def _make_unparsed_address_field(
    name: str, body: str, charsets: tuple[str, ...]
) -> bytes:
    """Write unparsed addresses: names and comments encoded, domains in ASCII."""
    pieces: list[str] = []
    run: list[Token] = []  # a name or an address: the next token decides
    for token in tokens(clean_tokens(body)):
        kind, text = token
        if kind not in (Kind.ANGLE, Kind.COMMENT, Kind.MARK):
            run.append(token)
            continue
        is_name = kind is Kind.ANGLE or text == ":"
        pieces += _format_run(run, charsets, is_name=is_name)
        run = []
        if kind is Kind.MARK and pieces and len(pieces[-1]) < _UNBROKEN_WORD:
            pieces[-1] += text
        elif kind is Kind.MARK:
            pieces.append(text)
        else:
            pieces += (
                _format_comment(text, charsets)
                if kind is Kind.COMMENT
                else _format_address(text)
            )
    return _fold(name, [*pieces, *_format_run(run, charsets, is_name=False)])


def _format_run(
    run: list[Token], charsets: tuple[str, ...], *, is_name: bool
) -> list[str]:
    """Write the words of an address or a name, encoded if necessary."""
    text = "".join(text for _, text in run).strip(" \t")
    if not is_name and "@" in text:
        return _format_address(text)
    if text.isascii() and not (encoded_words.is_torn(text) or _has_endless_word(text)):
        return text.split()
    plain = unescape("".join(map(_unquote, run))).strip(" \t")
    plain = clean_tokens(encoded_words.decode(plain))
    return encoded_words.encode(plain, choose_charset(plain, charsets), _FIRST_WORD)


def _unquote(token: Token) -> str:
    kind, text = token
    if kind is Kind.QUOTED:
        return text[1:-1]
    return text.removeprefix('"') if kind is Kind.UNCLOSED else text


def _has_endless_word(text: str) -> bool:
    return any(len(word) > _UNBROKEN_WORD for word in text.split())


def _format_comment(text: str, charsets: tuple[str, ...]) -> list[str]:
    if text.isascii() and not _has_endless_word(text):
        return text.split()
    inner = unescape(text[1:-1]).strip(" \t")
    first, *rest = encoded_words.encode(
        inner, choose_charset(inner, charsets), _FIRST_WORD
    )
    *rest, last = ["(" + first, *rest]
    return [*rest, last + ")"]


def _format_address(text: str) -> list[str]:
    """Write an address and its route, if it has one, with domains in ASCII.

    A local part that isn't ASCII needs SMTPUTF8 (RFC 6531) anyway; the address stays
    unchanged then.
    """
    local_part = re.search(_LOCAL_PART, text)
    if not text.isascii() and (local_part is None or local_part[0].isascii()):
        text = re.sub(_DOMAIN, _encode_domain, text)
    return text.split()


def _encode_domain(found: re.Match[str]) -> str:
    try:
        return ascii_address(found[0])
    except AddressError:  # not a domain: keep it as written
        return found[0]
