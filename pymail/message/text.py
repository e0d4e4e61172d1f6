"""Text: its charset, and the transfer encoding that brings it over intact.

Octets stay as they are and get the label that is true of them. They are
converted only where the variables ask for it: `sendcharsets`, `ttycharset`,
`charset-8bit`; never when the charset is a mere guess or cannot hold the text.

RFC 2045 §2.7–2.8 and §6, RFC 2046 §4.1.
"""

import codecs
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from pymail.message import transfer
from pymail.message.blocks import even
from pymail.message.charsets import usable
from pymail.message.draft import TextRules
from pymail.message.scan import Facts, scan
from pymail.message.source import Octets
from pymail.record import record

ENCODINGS = ("8bit", "quoted-printable", "base64")  # that can be asked for
_UNENCODED = ("7bit", "8bit")
_GUESS = "iso-8859-1"  # what `scan` says when nothing else is true


@record(slots=False)
class Encoded:
    """A source under a transfer encoding; it is encoded as it is read.

    `fixed` marks a type that no encoding is allowed for (RFC 2045 §6.4); `exact`
    keeps the line ends of the source in base64, where they are CRLF otherwise.
    Sizes follow from the facts, except for quoted-printable, where the text is
    encoded once to be counted.
    """

    source: Octets
    facts: Facts
    encoding: str
    fixed: bool = False
    exact: bool = False

    def chunks(self) -> Iterator[bytes]:
        """Yield the encoded octets, CRLF line ends only."""
        octets = self.source.chunks()
        if self.encoding == "base64" and not self.exact:
            octets = transfer.canonical(octets)
        return transfer.ENCODERS[self.encoding](octets)

    @cached_property
    def size_octets(self) -> int:
        """How many they are."""
        if self.encoding in _UNENCODED:
            last_end = 0 if self.facts.ends_in_newline else len(b"\r\n")
            return self.facts.size + self.facts.bare_lf + last_end
        if self.encoding == "base64":
            line_ends = 0 if self.exact else self.facts.bare_lf
            return transfer.base64_size(self.facts.size + line_ends)
        return sum(map(len, self.chunks()))

    @property
    def eight_bit(self) -> bool:
        """Whether an octet over 127 is among them."""
        return self.encoding == "8bit"

    @property
    def longest_line(self) -> int:
        """Octets of the longest line at most."""
        if self.encoding in _UNENCODED:
            return self.facts.longest_line
        return transfer.LINE_OCTETS

    def seven_bit(self) -> "Encoded":
        """Return the same text encoded to ASCII."""
        if self.fixed or not self.eight_bit:
            return self
        smaller = shorter(self.facts)
        return Encoded(self.source, self.facts, smaller, exact=self.exact)


def choose_encoding(facts: Facts, rules: TextRules) -> str:
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
    return asked if asked in ("quoted-printable", "base64") else shorter(facts)


def shorter(facts: Facts) -> str:
    """Compare the sizes of both; soft line breaks are 3 octets in about 76."""
    printable = (facts.size + 2 * facts.spelt_out) * 79 // 76
    printable_is_shorter = printable <= transfer.base64_size(facts.size)
    return "quoted-printable" if printable_is_shorter else "base64"


def prepare(
    source: Octets, rules: TextRules, *, declared: str = ""
) -> tuple[str, Encoded]:
    """Settle charset and encoding of a body; returns the charset to write.

    `declared` is the charset of a content type the user gave. It is kept when
    it is true of the octets. Text in a charset that is a mere guess, and what is
    no text, arrives octet for octet.
    """
    facts = scan(source)
    charset = _true_of(source, facts, declared)
    guessed = not charset and _is_mere_guess(facts, rules)
    if not charset:
        charset, source = _converted(source, facts, rules)
        guessed = guessed and charset == _GUESS
        if isinstance(source, Transcoded):
            facts = scan(source)
    encoding = choose_encoding(facts, rules)
    if guessed and encoding != rules.encoding.lower():
        encoding = "base64"
    exact = guessed or not facts.intact_as_lines
    return charset, Encoded(source, facts, encoding, exact=exact)


def _is_mere_guess(facts: Facts, rules: TextRules) -> bool:
    """Say whether only the lack of another reading speaks for the charset."""
    named = (*rules.sendcharsets, rules.ttycharset)
    return facts.charset == _GUESS and _GUESS not in map(usable, named)


def prepare_as_is(
    source: Octets, rules: TextRules, *, declared: str = ""
) -> tuple[str, Encoded]:
    """Settle the charset of a file's text, octet for octet.

    Only LF as line end comes back as it went; anything with a CR goes in base64.
    """
    facts = scan(source)
    charset = _true_of(source, facts, declared, trusted=True)
    if not (charset or facts.ascii):
        charset = _true_of(source, facts, rules.ttycharset, trusted=True)
    has_cr = facts.lone_cr or facts.crlf
    encoding = "base64" if has_cr else choose_encoding(facts, rules)
    charset = charset or _label(facts, rules)
    return charset, Encoded(source, facts, encoding, exact=True)


def _label(facts: Facts, rules: TextRules) -> str:
    if facts.ascii:
        return usable(rules.charset_7bit) or "us-ascii"
    return facts.charset


def label(source: Octets, facts: Facts, declared: str) -> str:
    """Return the declared charset if it can be true of the octets, else what is."""
    return _true_of(source, facts, declared, trusted=True) or facts.charset


def _true_of(
    source: Octets, facts: Facts, declared: str, *, trusted: bool = False
) -> str:
    """Return the declared charset if the octets are in it, else nothing.

    Single-octet charsets decode anything, so valid UTF-8 is taken for UTF-8.
    """
    charset = usable(declared)
    if not charset or facts.ascii or facts.charset == charset:
        return charset
    if facts.nul or (facts.charset == "utf-8" and not trusted):
        return ""
    return charset if _succeeds(decoded(source, charset)) else ""


def _converted(source: Octets, facts: Facts, rules: TextRules) -> tuple[str, Octets]:
    if facts.ascii or facts.nul:
        return _label(facts, rules), source
    origin = _true_of(source, facts, rules.ttycharset, trusted=True)
    certain = bool(origin) or facts.charset != _GUESS
    origin = origin or facts.charset
    for name in _targets(rules) if certain else ():
        target = usable(name)
        if target == origin:
            return origin, source
        if target:
            text = Transcoded(source, origin, target)
            if _succeeds(text.chunks()):
                return target, text
    return origin, source


def _targets(rules: TextRules) -> tuple[str, ...]:
    asked = rules.sendcharsets or rules.ttycharset
    if not asked and rules.charset_8bit.lower() == "utf-8":
        return ()
    return (*rules.sendcharsets, rules.charset_8bit)


def _succeeds(chunks: Iterator[bytes] | Iterator[str]) -> bool:
    try:
        for _ in chunks:
            pass
    except UnicodeError:
        return False
    return True


def decoded(source: Octets, charset: str) -> Iterator[str]:
    """Yield the text block by block."""
    decoder = codecs.getincrementaldecoder(charset)()
    for chunk in even(source.chunks()):
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


@record(slots=False)
class Transcoded:
    """Text in another charset, converted as it is read."""

    source: Octets
    origin: str
    target: str

    def chunks(self) -> Iterator[bytes]:
        """Yield the octets in the target charset."""
        encoder = codecs.getincrementalencoder(self.target)()
        for text in decoded(self.source, self.origin):
            yield encoder.encode(text)
        yield encoder.encode("", final=True)

    @cached_property
    def size_octets(self) -> int:
        """How many there are."""
        return sum(map(len, self.chunks()))


def in_charset(source: Octets, origin: str, target: str) -> Octets | None:
    """Convert a text; None when one of the charsets is unknown or cannot hold it."""
    known = usable(origin), usable(target)
    if not all(known):
        return None
    text = Transcoded(source, *known)
    return text if _succeeds(text.chunks()) else None


@record(slots=False)
class Rewritten:
    """Octets in other lines, that decode to the same."""

    source: Octets
    write: Callable[[Iterable[bytes]], Iterator[bytes]]
    encoding: str
    eight_bit = False
    longest_line = 998  # at most

    def chunks(self) -> Iterator[bytes]:
        """Yield the octets, CRLF line ends only."""
        return self.write(self.source.chunks())

    @cached_property
    def size_octets(self) -> int:
        """How many there are."""
        return sum(map(len, self.chunks()))

    def seven_bit(self) -> "Rewritten":
        """Return the same: it is ASCII."""
        return self
