"""Encoded words: any text in a header of ASCII (RFC 2047).

A word has at most 75 characters and encodes whole characters. Decoded text may
contain line ends: callers clean the result of `decode`.
"""

import binascii
import re

from pymail.message.charsets import charset_name

WORD_CHARACTERS = 75  # RFC 2047 §2
# Delimited by blanks or the ends, without characters that must not stand in a word.
_WORD = (
    r"(?<![^ \t])=\?([!-)+->@-~]+)(?:\*[!-)+->@-~]*)?\?([BbQq])\?([!->@-~]*)\?="
    r"(?![^ \t])"
)
# Scripts put the broken lines of `base64` into one word: blanks in it are ignored.
_TORN = r"(=\?[!-)+->@-~]+\?[Bb]\?)([A-Za-z0-9+/=]*[ \t][A-Za-z0-9+/= \t]*)(?=\?=)"
_BLANKS = r"[ \t]+"
_Q_PLAIN = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/"
)
_Q = [chr(o) if o in _Q_PLAIN else "_" if o == 32 else f"={o:02X}" for o in range(256)]
_Q_SPELT = rb"=([0-9A-Fa-f]{2})"


def decode(text: str) -> str:
    """Decode the valid encoded words of `text`; the rest stays unchanged.

    Octets of neighbours in the same charset are joined before they are decoded, because
    some programs split a character between two words.
    """
    if "=?" not in text:
        return text
    text = re.sub(_TORN, lambda m: m[1] + re.sub(_BLANKS, "", m[2]), text)
    out: list[str] = []
    end = 0  # offset behind the last word
    octets, charset, start = b"", "", 0  # of the words not yet decoded
    for match in re.finditer(_WORD, text):
        octets_here = _decode_payload(match[2], match[3])
        name = "" if octets_here is None else charset_name(match[1])
        between = text[end : match.start()]
        joined = bool(charset) and not between.strip(" \t")
        if not (joined and name == charset):
            out.append(_decode_octets(octets, charset, text[start:end]))
            out.append("" if joined and name else between)
            octets, charset, start = b"", name, match.start()
        octets += octets_here or b""
        end = match.end()
    out.append(_decode_octets(octets, charset, text[start:end]))
    return "".join(out) + text[end:]


def _decode_payload(encoding: str, payload: str) -> bytes | None:
    if encoding in "Qq":
        spaced = payload.encode().replace(b"_", b" ")
        return re.sub(_Q_SPELT, lambda m: binascii.unhexlify(m[1]), spaced)
    try:
        return binascii.a2b_base64(payload.encode(), strict_mode=True)
    except binascii.Error:
        return None


def _decode_octets(octets: bytes, charset: str, as_written: str) -> str:
    try:
        return octets.decode(charset) if charset else as_written
    except UnicodeError:
        return as_written


def is_encoded(text: str) -> bool:
    """Tell whether `text` is one valid encoded word."""
    return bool(re.fullmatch(_WORD, text)) and decode(text) != text


def is_torn(text: str) -> bool:
    """Tell whether an encoded word in base64 contains blanks."""
    return "=?" in text and re.search(_TORN, text) is not None


def encode(text: str, charset: str, room: int = WORD_CHARACTERS) -> list[str]:
    """Encode `text` in words, in the shorter of B and Q; the first fits into `room`."""
    octets = text.encode(charset)
    q_length = sum(len(_Q[octet]) for octet in octets)
    letter = "Q" if q_length <= -(-len(octets) // 3) * 4 else "B"
    frame = len(f"=?{charset}?{letter}??=")
    found: list[str] = []
    start = 0
    while start < len(text):
        space = (WORD_CHARACTERS if found else room) - frame
        piece = _take_longest(text, start, charset, letter, space)
        payload = _encode_payload(piece.encode(charset), letter)
        found.append(f"=?{charset}?{letter}?{payload}?=")
        start += len(piece)
    return found


def _encode_payload(octets: bytes, letter: str) -> str:
    if letter == "Q":
        return "".join([_Q[octet] for octet in octets])
    return binascii.b2a_base64(octets, newline=False).decode()


def _take_longest(text: str, start: int, charset: str, letter: str, space: int) -> str:
    """Take as many characters as fit, at least one."""
    end = start + 1
    while end < len(text):
        longer = text[start : end + 1].encode(charset)
        if len(_encode_payload(longer, letter)) > space:
            break
        end += 1
    return text[start:end]
