"""What the commands of s-nail that compute a text give: vexpr, csop and codecs.

`vput COMMAND NAME ...` puts the text into a variable. Numbers are signed with 64
bits; a result that is none is -1 for numbers and empty for texts, and no error.
s-nail(1), Commands.
"""

import operator
import re
import warnings
from collections.abc import Callable, Mapping
from urllib.parse import quote, unquote

from pymail.rc.conditions import number
from pymail.rc.dialects import SHELL, c_string
from pymail.rc.lexer import words

Compute = Callable[[list[str]], str]

_SIGNED_64 = 1 << 63
_LONGEST_SHIFT = 63
_MOST_REPLACED = 10_000_000  # characters, if every other two were all of the text


def _divided(left: int, right: int) -> int:
    """Divide as C does: towards zero."""
    result = abs(left) // abs(right)
    return result if (left < 0) == (right < 0) else -result


_ONE: Mapping[str, Callable[[int], int]] = {
    "=": int,
    "~": operator.invert,
    "+": operator.pos,
    "-": operator.neg,
}
_TWO: Mapping[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
    "%": lambda left, right: left - right * _divided(left, right),
    "|": operator.or_,
    "&": operator.and_,
    "^": operator.xor,
    "<<": lambda left, right: left << min(right, _LONGEST_SHIFT),
    ">>": lambda left, right: left >> min(right, _LONGEST_SHIFT),
}


def _vexpr(arguments: list[str]) -> str:
    sign = arguments[0].partition("?")[0] if arguments else ""
    if sign == "regex":
        return _regex(arguments)
    try:
        return str(_calculated(sign, [number(text) for text in arguments[1:]]))
    except (ArithmeticError, LookupError, ValueError):
        return "-1"


def _calculated(sign: str, numbers: list[int]) -> int:
    result = _TWO[sign](*numbers) if len(numbers) == 2 else _ONE[sign](numbers[0])
    if not -_SIGNED_64 <= result < _SIGNED_64:
        raise OverflowError
    return result


def _regex(arguments: list[str]) -> str:
    """Give the offset of a match, or with a third argument what replaces it."""
    match arguments:
        case [name, text, expression, *replacement]:
            flags = re.IGNORECASE if "?" in name else 0
        case _:
            return ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python finds strange in "[["
            found = re.search(expression, text, flags)
    except (re.error, OverflowError, RecursionError):
        return ""
    if found is None:
        return ""
    if not replacement:
        return str(found.start())
    if len(text) * len(replacement[0]) > _MOST_REPLACED:
        return ""
    groups = {
        str(n): group or "" for n, group in enumerate([found[0], *found.groups()])
    }
    return c_string(replacement[0], lambda name: groups.get(name, ""))


def _csop(arguments: list[str]) -> str:
    match arguments:
        case ["length", text]:
            return str(len(text))
        case ["find", text, part]:
            return str(text.find(part))
        case ["find?" | "find?case", text, part]:
            return str(text.lower().find(part.lower()))
        case ["substring", text, start, *length]:
            return _substring(text, start, *length[:1])
        case [name, text] if name in _TRIMS:
            return _TRIMS[name](text)
        case _:
            return ""


_TRIMS: Mapping[str, Callable[[str], str]] = {
    "trim": str.strip,
    "trim-front": str.lstrip,
    "trim-end": str.rstrip,
}


def _substring(text: str, start: str, length: str = "") -> str:
    try:
        first = number(start)
        first = max(0, first + len(text)) if first < 0 else first
        end = len(text) if not length else number(length)
    except ValueError:
        return ""
    if length:
        end = first + end if end >= 0 else len(text) + end
    return text[first:end]


def _urlcodec(arguments: list[str]) -> str:
    operation, text = (arguments or [""])[0], " ".join(arguments[1:])
    if "encode".startswith(operation) or "pathencode".startswith(operation):
        return quote(text, safe="", errors="surrogateescape")
    return unquote(text, errors="surrogateescape")


def _shcodec(arguments: list[str]) -> str:
    operation, text = (arguments or [""])[0], " ".join(arguments[1:])
    if "encode".startswith(operation.removeprefix("+")):
        return "'" + text.replace("'", "'\\''") + "'"
    return " ".join(words(text, 0, SHELL, lambda _: "")[0])


COMPUTED: Mapping[str, Compute] = {
    "vexpr": _vexpr,
    "csop": _csop,
    "urlcodec": _urlcodec,
    "shcodec": _shcodec,
}
