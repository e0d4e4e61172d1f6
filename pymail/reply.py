"""Replies of servers: code, enhanced code and text (RFC 5321 §4.2, RFC 3463)."""

import re
from collections.abc import Iterable
from typing import Self

from pymail.model import model
from pymail.text import shorten, visible

EnhancedCode = tuple[int, int, int]

SHOWN_CHARACTERS = 400  # on a terminal or in a log

_ENHANCED = r"([245])\.([0-9]{1,3})\.([0-9]{1,3})(?:\s+|$)"

GREETING, HELLO, LOGIN, MAIL, RCPT = "greeting", "EHLO", "AUTH", "MAIL", "RCPT"
STARTTLS = "STARTTLS"
CONTENT = "DATA"  # also the reply to the final dot
_SAME_STEP = {"HELO": HELLO, "LHLO": HELLO}


@model()
class Reply:
    """A complete reply; `lines` are its texts, decoded, without the codes.

    `answers` is the command that the reply answers: "greeting" before any command, empty
    if unknown. `logged_in` and `in_tls` describe the session at that moment, `server` is
    the name in the server's greeting. Equality ignores these four.
    """

    code: int
    lines: tuple[str, ...] = ()
    enhanced: EnhancedCode | None = None
    answers: str = ""
    logged_in: bool = False
    in_tls: bool = False
    server: str = ""

    @classmethod
    def from_octets(cls, code: int, texts: Iterable[bytes]) -> Self:
        """Make a reply from the octets after the code on each line.

        Servers may repeat the enhanced code on every line (RFC 2034 §4): it is removed
        from each. A code of another class than `code` is ignored.
        """
        lines = [decode(text) for text in texts]
        enhanced = None
        for number, line in enumerate(lines):
            found = re.match(_ENHANCED, line)
            if found and int(found[1]) == code // 100:
                lines[number] = line[found.end() :]
                enhanced = enhanced or (int(found[1]), int(found[2]), int(found[3]))
        return cls(code, tuple(lines), enhanced)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reply) and self._content == other._content

    def __hash__(self) -> int:
        return hash(self._content)

    @property
    def _content(self) -> tuple[int, tuple[str, ...], EnhancedCode | None]:
        return self.code, self.lines, self.enhanced

    @property
    def step(self) -> str:
        """The verb of the command that it answers; empty if unknown."""
        verb = self.answers.partition(" ")[0]
        return _SAME_STEP.get(verb, verb)

    @property
    def positive(self) -> bool:
        """Whether it is 2yz: the command succeeded."""
        return 200 <= self.code <= 299

    @property
    def transient(self) -> bool:
        """Whether it is 4yz: the same command may succeed later (RFC 5321 §4.2.1)."""
        return 400 <= self.code <= 499

    @property
    def permanent(self) -> bool:
        """Whether it is 5yz: the same command will fail again."""
        return 500 <= self.code <= 599

    @property
    def text(self) -> str:
        """The text in one line, as the server wrote it."""
        return " ".join(line.strip() for line in self.lines if line.strip())

    def __str__(self) -> str:
        """Return code, enhanced code and text in one printable line, cut to a limit."""
        codes = str(self.code)
        if self.enhanced:
            codes += " " + ".".join(map(str, self.enhanced))
        return shorten(visible(f"{codes} {self.text}".rstrip()), SHOWN_CHARACTERS)


def decode(octets: bytes) -> str:
    """Decode octets of a server: UTF-8, else GB18030, else ASCII with escapes.

    Chinese providers give the reason of a refusal in GB18030.
    """
    for charset in ("utf-8", "gb18030"):
        try:
            return octets.decode(charset)
        except UnicodeDecodeError:
            continue
    return octets.decode("ascii", "backslashreplace")
