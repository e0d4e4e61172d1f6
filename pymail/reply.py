"""Replies of servers: code, enhanced code and text (RFC 5321 §4.2, RFC 3463)."""

import re
from collections.abc import Iterable
from typing import Self

from pymail.model import model
from pymail.text import visible

EnhancedCode = tuple[int, int, int]

SHOWN_CHARACTERS = 400  # one line on a terminal or in a log, not a page

_ENHANCED = r"([245])\.([0-9]{1,3})\.([0-9]{1,3})(?:\s+|$)"

GREETING, HELLO, LOGIN, MAIL, RCPT = "greeting", "EHLO", "AUTH", "MAIL", "RCPT"
STARTTLS = "STARTTLS"
CONTENT = "DATA"  # and the octets that follow it
_SAME_STEP = {"HELO": HELLO, "LHLO": HELLO}


@model()
class Reply:
    """A complete reply; `lines` are its texts, decoded, without the codes.

    `answers` is the command that it is the answer to, "greeting" for none, and empty
    where that is unknown; `logged_in` and `in_tls` tell of the session by then, `server`
    is the name with which it greeted. None of these makes it another reply.
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
        """Make a reply from the octets that follow the code on each line.

        The enhanced code is repeated on every line by some servers (RFC 2034
        §4); it is taken off each, and counts only in the class of `code`.
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
        """The verb that it answers; empty where that is unknown."""
        verb = self.answers.partition(" ")[0]
        return _SAME_STEP.get(verb, verb)

    @property
    def positive(self) -> bool:
        """2yz: the command succeeded."""
        return 200 <= self.code <= 299

    @property
    def transient(self) -> bool:
        """4yz: the same command may succeed later (RFC 5321 §4.2.1)."""
        return 400 <= self.code <= 499

    @property
    def permanent(self) -> bool:
        """5yz: the same command will fail again."""
        return 500 <= self.code <= 599

    @property
    def text(self) -> str:
        """The text in one line, as the server wrote it."""
        return " ".join(line.strip() for line in self.lines if line.strip())

    def __str__(self) -> str:
        """Code, enhanced code and text in one printable line of bounded length."""
        codes = str(self.code)
        if self.enhanced:
            codes += " " + ".".join(map(str, self.enhanced))
        line = visible(f"{codes} {self.text}".rstrip())
        if len(line) > SHOWN_CHARACTERS:
            return line[: SHOWN_CHARACTERS - 1] + "…"
        return line


def decode(octets: bytes) -> str:
    """Decode what a server sent: UTF-8, else GB18030, else with escapes.

    Chinese providers answer in GB18030, and say there what the code does not.
    """
    for charset in ("utf-8", "gb18030"):
        try:
            return octets.decode(charset)
        except UnicodeDecodeError:
            continue
    return octets.decode("ascii", "backslashreplace")
