"""What a command has written: the first and the last part, however much it was."""

from pymail.model import model

KEPT_OCTETS = 512 * 1024  # of each part: what a person may look at, and a phone loads

_LONGEST_CHARACTER = 4  # octets in UTF-8


@model()
class Parts:
    """Two parts of an output, and how much lies between them.

    They are cut between lines, or at least between characters of UTF-8.
    """

    first: bytes
    last: bytes = b""
    left_out_octets: int = 0


class Output:
    """Takes octets for ever in the same memory."""

    def __init__(self, kept_octets: int = KEPT_OCTETS) -> None:
        self._kept = kept_octets
        self._first = bytearray()
        self._last = bytearray()
        self.size_octets = 0

    def write(self, octets: bytes) -> None:
        """Add what came next."""
        self.size_octets += len(octets)
        room = self._kept - len(self._first)
        self._first += octets[:room]
        self._last += octets[room:]
        if len(self._last) > 2 * self._kept:
            del self._last[: -self._kept]

    def parts(self) -> Parts:
        """Return what is kept so far."""
        last = bytes(self._last[-self._kept :])
        if len(self._first) + len(last) == self.size_octets:
            return Parts(bytes(self._first) + last)
        first, last = _whole_lines(bytes(self._first)), _from_line(last)
        left_out = self.size_octets - len(first) - len(last)
        return Parts(first, last, left_out)


def _whole_lines(octets: bytes) -> bytes:
    """Take off a line that is cut; a text of one line loses half a character."""
    end = octets.rfind(b"\n") + 1
    if end:
        return octets[:end]
    for back in range(1, _LONGEST_CHARACTER):
        if octets[-back] >= 0xC0:  # where the last character begins
            whole = _is_whole(octets[-back:])
            return octets if whole else octets[:-back]
    return octets


def _is_whole(character: bytes) -> bool:
    try:
        character.decode()
    except UnicodeDecodeError:
        return False
    return True


def _from_line(octets: bytes) -> bytes:
    """Begin with a line; a text of one line begins with a character."""
    start = octets.find(b"\n") + 1
    if start:
        return octets[start:]
    for start in range(_LONGEST_CHARACTER):
        if not 0x80 <= octets[start] < 0xC0:  # it goes on with a character
            return octets[start:]
    return octets
