"""Conditions of `if` and `elif`.

    list:  unary { (&& | ||) unary }      equal rank, from the left
    unary: [ ! ... ] ( "[" list "]" | test )
    test:  WORD | -N NAME | -Z NAME | -n WORD | -z WORD | WORD OPERATOR WORD

A lone WORD is a truth value, a number, or `$NAME` (true if set); of any other word the
first letter decides (heirloom): s for sending, r for receiving, t for a terminal.
"""

import operator
import re
from collections.abc import Callable

from pymail.mailrc.lexer import OLD, SHELL, words
from pymail.model import model

_DEEPEST_GROUP = 50
_TRUTH = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0", ""), False),
}
_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=%": operator.contains,
    "=@": operator.contains,  # older s-nail
    "!%": lambda left, right: right not in left,
    "!@": lambda left, right: right not in left,
    "=~": lambda left, right: _search(left, right),  # noqa: PLW0108 - defined below
    "!~": lambda left, right: not _search(left, right),
}
_NUMERIC: dict[str, Callable[[int, int], bool]] = {
    "-eq": operator.eq,
    "-ne": operator.ne,
    "-lt": operator.lt,
    "-le": operator.le,
    "-gt": operator.gt,
    "-ge": operator.ge,
}
_UNARY: dict[str, Callable[[str, "Facts"], bool]] = {
    "-N": lambda raw, facts: facts.value(facts.text(raw)) is not None,
    "-Z": lambda raw, facts: facts.value(facts.text(raw)) is None,
    "-n": lambda raw, facts: facts.text(raw) != "",
    "-z": lambda raw, facts: facts.text(raw) == "",
}
_JOINING = {"&&", "||", "]"}
_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": " \\t",
    "digit": "0-9",
    "lower": "a-z",
    "space": "\\s",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}
_BASED = r"([+-]?)(\d+)#([0-9A-Za-z]+)"
_VARIABLE = r"(?s)\$(?:\{([^}]*+)\}|(.+))"


class _BadConditionError(ValueError):
    """The condition has no meaning."""


@model()
class Facts:
    """Facts for a condition: `value` returns None for an unset variable."""

    value: Callable[[str], str | None]
    interactive: bool
    shell_like: bool

    def text(self, raw: str) -> str:
        """Unquote and expand one operand."""
        if self.shell_like:
            return " ".join(words(raw, 0, SHELL, lambda n: self.value(n) or "")[0])
        plain = "".join(words(raw, 0, OLD, str)[0])
        variable = re.fullmatch(_VARIABLE, plain)
        return self.value(variable[1] or variable[2]) or "" if variable else plain


def holds(raw: list[str], facts: Facts) -> bool | None:
    """Evaluate a condition, None if it has no meaning; `raw` has words with quotes."""
    try:
        result, position = _list(raw, 0, facts, 0)
    except _BadConditionError:
        return None
    return result if position == len(raw) else None


def _list(raw: list[str], position: int, facts: Facts, depth: int) -> tuple[bool, int]:
    result, position = _unary(raw, position, facts, depth)
    while position < len(raw) and raw[position] in {"&&", "||"}:
        joint = raw[position]
        right, position = _unary(raw, position + 1, facts, depth)
        result = result and right if joint == "&&" else result or right
    return result, position


def _unary(raw: list[str], position: int, facts: Facts, depth: int) -> tuple[bool, int]:
    wanted = True
    while raw[position : position + 1] == ["!"]:
        wanted, position = not wanted, position + 1
    if raw[position : position + 1] != ["["]:
        end = position
        while end < len(raw) and raw[end] not in _JOINING:
            end += 1
        return _test(raw[position:end], facts) is wanted, end
    if depth == _DEEPEST_GROUP:
        raise _BadConditionError
    result, position = _list(raw, position + 1, facts, depth + 1)
    if raw[position : position + 1] != ["]"]:
        raise _BadConditionError
    return result is wanted, position + 1


def _test(raw: list[str], facts: Facts) -> bool:
    match raw:
        case [word]:
            return _constant(word, facts)
        case [test, word] if test in _UNARY:
            return _UNARY[test](word, facts)
        case [left, sign, right]:
            return _compare(facts.text(left), sign, facts.text(right))
        case _:
            raise _BadConditionError


def _constant(raw: str, facts: Facts) -> bool:
    variable = re.fullmatch(_VARIABLE, raw.strip("\"'"))
    if variable and not facts.shell_like:
        return facts.value(variable[1] or variable[2]) is not None
    word = facts.text(raw).lower()
    if word in _TRUTH:
        return _TRUTH[word]
    if re.match(r"[+-]?[0-9]", word):
        return _number(word) != 0
    by_first_letter = {"s": True, "r": False, "t": facts.interactive}
    if word[0] not in by_first_letter:
        raise _BadConditionError
    return by_first_letter[word[0]]


def _compare(left: str, sign: str, right: str) -> bool:
    sign, ignoring_case, _ = sign.partition("?")
    if sign in _NUMERIC:
        return _NUMERIC[sign](_number(left), _number(right))
    if sign not in _COMPARISONS:
        raise _BadConditionError
    if ignoring_case:
        left, right = left.lower(), right.lower()
    return _COMPARISONS[sign](left, right)


def _number(text: str) -> int:
    """Read a number as s-nail does: 0x, 0b, 0 before octal, BASE#, empty is 0."""
    text = text.strip()
    digits = text.lstrip("+-")
    octal = len(digits) > 1 and digits.isdecimal() and digits.startswith("0")
    try:
        if based := re.fullmatch(_BASED, text):
            return int(based[1] + based[3], int(based[2]))
        return int(text or "0", 8 if octal else 0)
    except ValueError as error:
        raise _BadConditionError from error


def _search(text: str, expression: str) -> bool:
    """Search for a POSIX extended regular expression."""
    import warnings

    for name, characters in _CLASSES.items():
        expression = expression.replace(f"[:{name}:]", characters)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns of "[["
            return re.search(expression, text) is not None
    except (re.error, OverflowError, RecursionError) as error:
        raise _BadConditionError from error
