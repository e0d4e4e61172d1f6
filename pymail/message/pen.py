"""The pen of a terminal: which colours and effects hold for what is written now.

ECMA-48 §8.3.117 (SGR); 38 and 48 as xterm has them, also with colons.
"""

from collections.abc import Iterator

_FOREGROUND = frozenset((*range(30, 39), *range(90, 98)))
_BACKGROUND = frozenset((*range(40, 49), *range(100, 108)))
_EFFECTS = frozenset((*range(1, 10), 21, 53))
_OFF = {
    22: (1, 2),
    23: (3,),
    24: (4, 21),
    25: (5, 6),
    27: (7,),
    28: (8,),
    29: (9,),
    55: (53,),
    39: (38,),
    49: (48,),
}
_DIGITS = 9
_MORE = {5: 1, 2: 3}  # numbers behind 38;5 and 38;2


class Pen:
    """Changes with every sequence; as large as there are effects, however many come."""

    def __init__(self) -> None:
        self._holds: dict[int, str] = {}  # effect, or 38 and 48 for the colours

    def take(self, parameters: str) -> None:
        """Take what is between `ESC [` and `m`."""
        for what, code in _codes(parameters):
            if what in _FOREGROUND:
                self._holds[38] = code
            elif what in _BACKGROUND:
                self._holds[48] = code
            elif what in _EFFECTS:
                self._holds[what] = code
            elif what == 0:
                self._holds.clear()
            for off in _OFF.get(what, ()):
                self._holds.pop(off, None)

    def __str__(self) -> str:
        """Write the sequence that makes a new pen like this one."""
        return f"\x1b[{';'.join(self._holds.values())}m" if self._holds else ""


def _codes(parameters: str) -> Iterator[tuple[int, str]]:
    """Yield what each code is about, and how to write it with semicolons."""
    numbers = iter(parameters.split(";"))
    for number in numbers:
        first, colon, rest = number.partition(":")
        if colon:
            yield from _with_colons(_number(first), rest.split(":"))
            continue
        what = _number(first)
        if what not in (38, 48):
            yield what, str(what)
            continue
        kind = next(numbers, "")
        more = [next(numbers, "") for _ in range(_MORE.get(_number(kind), 0))]
        if more:
            yield what, ";".join([str(what), kind, *map(_written, more)])


def _with_colons(what: int, rest: list[str]) -> Iterator[tuple[int, str]]:
    if what not in (38, 48):  # a kind of underline, say, or none with 4:0
        yield (what, str(what)) if rest[0] != "0" else (24, "24")
        return
    more = _MORE.get(_number(rest[0]), 0)
    if more and len(rest) > more:
        yield what, ";".join([str(what), rest[0], *map(_written, rest[-more:])])


def _number(digits: str) -> int:
    """Read a number; of one that is too large nobody knows what it does."""
    return int(digits or 0) if len(digits) <= _DIGITS else -1


def _written(digits: str) -> str:
    """Write a part of a colour, which is up to 255."""
    return str(min(max(_number(digits), 0), 255))
