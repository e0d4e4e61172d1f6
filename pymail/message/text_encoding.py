"""Choice of charset and transfer encoding for text.

Octets stay as they are and get the label that is true of them (see `decoding`).
They are converted where the variables ask for it: `sendcharsets`, `ttycharset`,
`charset-8bit`; not when the charset is a mere guess or cannot hold the text. What
no label is true of becomes UTF-8: UTF-16, several charsets, UTF-8 with gaps.

RFC 2045 §2.7–2.8 and §6, RFC 2046 §4.1.
"""

import codecs
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property

from pymail.message import decoding, transfer_encoding
from pymail.message.byte_source import Facts, Joined, Octets, flatten
from pymail.message.charsets import charset_name
from pymail.message.draft import TextRules
from pymail.message.transfer_encoding import TextFacts, scan
from pymail.model import model, replace

ENCODINGS = ("8bit", "quoted-printable", "base64")  # that can be asked for
_UNENCODED = ("7bit", "8bit")
_LONGEST_LINE = 998  # RFC 5322 §2.1.1
_ALWAYS = ("us-ascii", "utf-8")  # true, whatever is joined to it


@model(slots=False)
class EncodedSource:
    """A source under a transfer encoding; it is encoded as it is read.

    `exact` keeps the line ends of the source in base64, where they are CRLF otherwise.
    Sizes follow from those of the text, except for quoted-printable, where the text is
    encoded once to be counted.
    """

    source: Octets
    text: TextFacts
    encoding: str
    exact: bool = False

    def chunks(self) -> Iterator[bytes]:
        """Yield the encoded octets, CRLF line ends only."""
        octets = self.source.chunks()
        if self.encoding == "base64" and not self.exact:
            octets = transfer_encoding.canonicalize(octets)
        return transfer_encoding.ENCODERS[self.encoding](octets)

    @cached_property
    def facts(self) -> Facts:
        """Size and needs of the encoded octets."""
        is_plain = self.encoding in _UNENCODED
        longest = self.text.longest_line if is_plain else transfer_encoding.LINE_OCTETS
        return Facts(
            size_octets=self._size(),
            eight_bit=self.encoding == "8bit",
            longest_line=longest,
        )

    def _size(self) -> int:
        text = self.text
        if self.encoding in _UNENCODED:
            last_end = 0 if text.ends_in_newline else len(b"\r\n")
            return text.size + text.bare_lf + last_end
        if self.encoding == "base64":
            line_ends = 0 if self.exact else text.bare_lf
            return transfer_encoding.base64_size(text.size + line_ends)
        return sum(map(len, self.chunks()))

    def seven_bit(self) -> "EncodedSource":
        """Return the same text encoded to ASCII."""
        if self.encoding != "8bit":
            return self
        return EncodedSource(
            self.source, self.text, shorter_encoding(self.text), exact=self.exact
        )


def choose_encoding(facts: TextFacts, rules: TextRules) -> str:
    """Choose the transfer encoding that survives the path.

    Text that needs none goes as it is. A final newline that is missing, lines
    that begin with `From ` and controls make a text need one; with `8bit` asked
    for, `From ` does not, as in mailx.
    """
    if facts.nul:
        return "base64"
    asked = rules.encoding.lower()
    needs = (
        facts.controls
        or not facts.intact_as_lines
        or not facts.ends_in_newline
        or facts.longest_line >= rules.longest_unencoded_line
        or (facts.from_line and asked != "8bit")
    )
    if facts.size == 0 or (facts.ascii and not needs):
        return "7bit"
    if asked == "8bit" and not needs:
        return "8bit"
    return asked if asked in ("quoted-printable", "base64") else shorter_encoding(facts)


def shorter_encoding(facts: TextFacts) -> str:
    """Compare the sizes of both; soft line breaks are 3 octets in about 76."""
    printable = (facts.size + 2 * facts.spelt_out) * 79 // 76
    printable_is_shorter = printable <= transfer_encoding.base64_size(facts.size)
    return "quoted-printable" if printable_is_shorter else "base64"


def encode_text(
    source: Octets, rules: TextRules, *, declared: str = ""
) -> tuple[str, EncodedSource]:
    """Settle charset and encoding of a body; returns the charset to write.

    `declared` is the charset of a content type the user gave. It is kept when
    it is true of the octets. Text in a charset that is a mere guess, and what is
    no text, arrives octet for octet.
    """
    named = (declared, *rules.input_charsets)
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
    """Name the charset, after pieces in different ones have become UTF-8."""
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
    """Settle the charset of a file's text, octet for octet.

    Only LF as line end comes back as it went; anything with a CR goes in base64.
    """
    facts = scan(source, (declared, *rules.input_charsets))
    has_cr = facts.lone_cr or facts.crlf
    encoding = "base64" if has_cr else choose_encoding(facts, rules)
    charset = label_charset(source, facts, declared, rules.input_charsets)
    if charset == "us-ascii" and not charset_name(declared):
        charset = charset_name(rules.charset_7bit) or charset
    return charset, EncodedSource(source, facts, encoding, exact=True)


def label_charset(
    source: Octets, facts: TextFacts, declared: str, named: Sequence[str] = ()
) -> str:
    """Name the charset of octets that cannot change: the declared one if it can be true.

    Where none is true, it is the one that is true but for the fewest.
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
    asked = rules.sendcharsets or rules.ttycharset
    if not asked and rules.charset_8bit.lower() == "utf-8":
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
    """Text in another charset, converted as it is read; `named` as in `decoding`."""

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
        """How many there are."""
        return sum(map(len, self.chunks()))


def transcode(source: Octets, origin: str, target: str) -> Octets | None:
    """Convert a text; None when one of the charsets is unknown or cannot hold it."""
    known = charset_name(origin), charset_name(target)
    if not all(known):
        return None
    text = Transcoded(source, *known)
    return text if _succeeds(text.chunks()) else None


@model(slots=False)
class RewrittenLines:
    """Octets in other lines, that decode to the same."""

    source: Octets
    write: Callable[[Iterable[bytes]], Iterator[bytes]]
    encoding: str

    def chunks(self) -> Iterator[bytes]:
        """Yield the octets, CRLF line ends only."""
        return self.write(self.source.chunks())

    @cached_property
    def facts(self) -> Facts:
        """Size and needs of the lines."""
        size = sum(map(len, self.chunks()))
        return Facts(size_octets=size, longest_line=_LONGEST_LINE)

    def seven_bit(self) -> "RewrittenLines":
        """Return the same: it is ASCII."""
        return self
