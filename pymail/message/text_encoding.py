"""Choice of charset for text.

Octets stay unchanged and are labelled with their charset (see `decoding`). They are
converted if the variables `sendcharsets`, `ttycharset` and `charset-8bit` request it,
unless their charset is only a guess or the new one can't encode the text. Text that no
label fits becomes UTF-8: UTF-16, several charsets, UTF-8 with invalid octets.

RFC 2046 §4.1.
"""

import codecs
from collections.abc import Iterator, Sequence
from functools import cached_property

from pymail.message import decoding
from pymail.message.byte_source import Joined, Octets, flatten
from pymail.message.charsets import charset_name
from pymail.message.draft import TextRules
from pymail.message.transfer_encoding import (
    EncodedSource,
    TextFacts,
    choose_encoding,
    scan,
)
from pymail.model import model, replace

_ALWAYS = ("us-ascii", "utf-8")  # certain, whatever text is joined to it


def encode_text(
    source: Octets, rules: TextRules, *, declared: str = ""
) -> tuple[str, EncodedSource]:
    """Choose charset and encoding of a body; return the charset to write, and the body.

    `declared` is the charset in the user's Content-Type; it is kept if the octets are
    valid in it. Text whose charset is only a guess, and binary data, arrive octet for
    octet.
    """
    named = (declared, *rules.named)
    facts = scan(source, named)
    charset, text, guessed = charset_name(declared), source, False
    if not charset or not (facts.ascii or facts.charset == charset):
        charset, text = _unify_charset(source, facts, named)
        believed = map(charset_name, (*named, *rules.sendcharsets))
        guessed = charset in decoding.LATIN and decoding.LATIN.isdisjoint(believed)
        if not (guessed or facts.binary):
            charset, text = _convert(text, charset, rules, named)
    if text is not source:
        facts = scan(text)
    encoding = choose_encoding(facts, rules)
    if guessed and encoding != rules.encoding.lower():
        encoding = "base64"
    exact = guessed or not facts.intact_as_lines
    return charset, EncodedSource(text, facts, encoding, exact=exact)


def _unify_charset(
    source: Octets, facts: TextFacts, named: Sequence[str]
) -> tuple[str, Octets]:
    """Return charset and text; pieces in different charsets are converted to UTF-8."""
    charset = facts.charset
    if isinstance(source, Joined) and (facts.binary or facts.charset not in _ALWAYS):
        found = {
            decoding.detect_charset(each.chunks(), named) for each in flatten(source)
        }
        found -= {"us-ascii"}
        wide = not decoding.WIDE.isdisjoint(found)
        if wide or (len(found) > 1 and not facts.binary):
            return "utf-8", _convert_to_utf_8(source, named)
        charset = found.pop() if len(found) == 1 else charset
    return charset or ("iso-8859-1" if facts.binary else ""), source


def _convert_to_utf_8(source: Octets, named: Sequence[str]) -> Octets:
    if isinstance(source, Joined):
        parts = tuple(_convert_to_utf_8(part, named) for part in source.parts)
        return replace(source, parts=parts)
    charset = decoding.detect_charset(source.chunks(), named)
    return source if charset in _ALWAYS else Transcoded(source, charset, named=named)


def encode_unchanged(
    source: Octets, rules: TextRules, *, declared: str = ""
) -> tuple[str, EncodedSource]:
    """Choose charset and encoding of a text file that must arrive octet for octet.

    Only LF survives as a line end; text with a CR is encoded in base64.
    """
    facts = scan(source, (declared, *rules.named))
    encoding = "base64" if facts.has_cr else choose_encoding(facts, rules)
    charset = label_charset(source, facts, declared, rules.named)
    if charset == "us-ascii" and not charset_name(declared):
        charset = charset_name(rules.charset_7bit) or charset
    return charset, EncodedSource(source, facts, encoding, exact=True)


def label_charset(
    source: Octets, facts: TextFacts, declared: str, named: Sequence[str]
) -> str:
    """Return the charset of octets that can't be converted; the declared one if valid.

    If the octets are valid in no charset, it is the one that fits most of them.
    """
    charset = charset_name(declared)
    if charset and (facts.ascii or facts.charset == charset):
        return charset
    if charset and not facts.binary and transcode(source, charset, "utf-8"):
        return charset
    return facts.charset or decoding.nearest_charset(source, (declared, *named))


def _convert(
    source: Octets, origin: str, rules: TextRules, named: Sequence[str]
) -> tuple[str, Octets]:
    if origin == "us-ascii":
        return charset_name(rules.charset_7bit) or origin, source
    targets = _list_targets(rules)
    if origin == decoding.MIXED or origin in decoding.WIDE:
        targets = (*targets, "utf-8")
    for name in targets:
        target = charset_name(name)
        if target == origin:
            break
        if target:
            text = Transcoded(source, origin, target, named)
            if target == "utf-8" or _succeeds(text.chunks()):
                return target, text
    return origin, source


def _list_targets(rules: TextRules) -> tuple[str, ...]:
    requested = rules.sendcharsets or rules.ttycharset
    if not requested and rules.charset_8bit.lower() == "utf-8":
        return ()
    return (*rules.sendcharsets, rules.charset_8bit)


def _succeeds(chunks: Iterator[bytes]) -> bool:
    try:
        for _ in chunks:
            pass
    except UnicodeError:
        return False
    return True


@model(slots=False)
class Transcoded:
    """Text that is converted to another charset as it is read; `named`: `decoding`."""

    source: Octets
    origin: str
    target: str = "utf-8"
    named: Sequence[str] = ()

    def chunks(self) -> Iterator[bytes]:
        """Yield the octets in the target charset."""
        encoder = codecs.getincrementalencoder(self.target)()
        for text in decoding.decode_blocks(
            self.source.chunks(), self.origin, self.named
        ):
            yield encoder.encode(text)
        yield encoder.encode("", final=True)

    @cached_property
    def size_octets(self) -> int:
        """The number of octets after the conversion."""
        return sum(map(len, self.chunks()))


def transcode(source: Octets, origin: str, target: str) -> Octets | None:
    """Convert a text; None if a charset is unknown or can't encode it."""
    known = charset_name(origin), charset_name(target)
    if not all(known):
        return None
    text = Transcoded(source, *known)
    return text if _succeeds(text.chunks()) else None
