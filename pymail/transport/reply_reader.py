"""Parser of SMTP replies from octets, without a socket.

Strict where lenient parsers failed: a code is three digits from 200 to 599, all lines
of a reply have the same code, and lines, replies and their number of lines are limited.
A line may end with LF alone, because some servers send that. RFC 5321 §4.2.
"""

import re
from binascii import a2b_base64
from collections.abc import Callable

from pymail.errors import ProtocolError
from pymail.reply import Reply, decode
from pymail.secret import MASK, Mask
from pymail.text import visible

LINE_OCTETS = 4096  # RFC 5321 §4.5.3.1.5 says 512; msmtp and Postfix take 1000 and 2048
REPLY_LINES = 1000  # an EHLO reply has some 20
REPLY_OCTETS = 100_000  # Postfix's and lettre's bound
SHOWN_OCTETS = 80  # of an invalid line

_LINE = rb"(?s)([2-5][0-9][0-9])(?:([ -])(.*))?"


class ReplyReader:
    """A buffer that takes octets and returns complete replies.

    `on_line` is called with every line. Secrets in `mask` are hidden from it and from
    replies; `raw` is the text of the last reply as received, for challenges.
    """

    def __init__(self, on_line: Callable[[bytes], None]) -> None:
        self.mask = Mask()
        self.raw = b""
        self._on_line = on_line
        self._octets = bytearray()
        self._code = 0
        self._texts: list[bytes] = []
        self._shown_texts: list[bytes] = []
        self._size_octets = 0

    @property
    def leftover(self) -> bytes:
        """The octets after the last complete reply."""
        return b"".join(self._texts) + bytes(self._octets)

    @property
    def unfinished(self) -> str:
        """The beginning of these octets, printable."""
        return self._excerpt(self.leftover)

    @property
    def waiting_octets(self) -> int:
        """The number of octets that no reply has consumed yet."""
        return len(self._octets)

    def feed(self, octets: bytes) -> None:
        """Add what was received."""
        self._octets += octets

    def next_reply(self) -> Reply | None:
        """Return the next complete reply, or None if more octets are needed.

        Raises:
            ProtocolError: a line is no reply line, or a limit is exceeded.
        """
        while (line := self._next_line()) is not None:
            if self._ends_reply(line):
                self.raw = b"\n".join(self._texts)
                reply = Reply.from_octets(self._code, self._shown_texts)
                self._code, self._size_octets = 0, 0
                self._texts, self._shown_texts = [], []
                return reply
        return None

    def _next_line(self) -> bytes | None:
        end = self._octets.find(b"\n", 0, LINE_OCTETS)
        if end < 0:
            if len(self._octets) >= LINE_OCTETS:
                raise ProtocolError(f"reply line longer than {LINE_OCTETS} octets")
            return None
        line = bytes(self._octets[:end]).removesuffix(b"\r")
        del self._octets[: end + 1]
        return line

    def _ends_reply(self, line: bytes) -> bool:
        found = re.fullmatch(_LINE, line)
        if not found:
            self._on_line(self._mask_secrets(line))
            raise ProtocolError(f'not an SMTP reply: "{self._excerpt(line)}"')
        shown = self._mask_secrets(found[3] or b"")
        self._on_line(line[:4] + shown)
        self._shown_texts.append(shown)
        self._texts.append(found[3] or b"")
        self._size_octets += len(line)
        code = int(found[1])
        if self._code not in {0, code}:
            raise ProtocolError(f"reply with two codes, {self._code} and {code}")
        if len(self._texts) > REPLY_LINES:
            raise ProtocolError(f"reply with more than {REPLY_LINES} lines")
        if self._size_octets > REPLY_OCTETS:
            raise ProtocolError(f"reply larger than {REPLY_OCTETS} octets")
        self._code = code
        return found[2] != b"-"

    def _excerpt(self, octets: bytes) -> str:
        return visible(decode(self._mask_secrets(octets)[:SHOWN_OCTETS]))

    def _mask_secrets(self, text: bytes) -> bytes:
        """Mask secrets, also inside the base64 of a challenge."""
        if self.mask and self.mask.covers(_decode_base64(text)):
            return MASK
        return self.mask.cover(text)


def _decode_base64(text: bytes) -> bytes:
    """Decode base64; empty if the text is not base64."""
    try:
        return a2b_base64(text.strip())
    except ValueError:
        return b""
