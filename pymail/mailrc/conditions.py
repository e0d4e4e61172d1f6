"""Conditions of `if` and `elif`, and the branches that they choose.

Branches nest; conditions inside of one that is not taken are not looked at. A bad
condition takes no branch at all (s-nail).

    list:  unary { (&& | ||) unary }      equal rank, from the left
    unary: [ ! ... ] ( "[" list "]" | test )
    test:  WORD | -N NAME | -Z NAME | -n WORD | -z WORD | WORD OPERATOR WORD

A lone WORD is a truth value, a number, `$NAME` (set at all), or what heirloom
goes by, the first letter: s for sending, r for receiving, t for a terminal.
"""

import operator
import re
from collections.abc import Callable

from pymail.mailrc.lexer import OLD, SHELL, words
from pymail.model import model

Decide = Callable[[], bool]

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


class BadConditionError(ValueError):
    """The condition has no meaning; no branch of it is followed."""


class _Branch:
    """One `if` that waits for its `endif`."""

    def __init__(self, line: int, *, done: bool) -> None:
        self.line = line
        self.active = False
        self.done = done  # no further branch is taken


class Branches:
    """The open conditions of a text; `active` when the current line is run."""

    def __init__(self) -> None:
        self._open: list[_Branch] = []
        self.active = True

    def follow(self, command: str, line: int, decide: Decide) -> str:
        """Follow a command of `CONDITIONAL`; the result is what is wrong, or empty.

        `decide` tells whether the condition holds; it is called when that matters
        and may raise BadConditionError.
        """
        if command == "if":
            self._open.append(_Branch(line, done=not self.active))
        elif not self._open:
            return f"{command!r} without 'if'"
        problem = self._turn(command, decide)
        self.active = not self._open or self._open[-1].active
        return problem

    def open_lines(self) -> list[int]:
        """Return the lines of conditions without an end."""
        return [branch.line for branch in self._open]

    def clear(self) -> None:
        """End all conditions, as leaving the text does."""
        self._open = []
        self.active = True

    def _turn(self, command: str, decide: Decide) -> str:
        branch = self._open[-1]
        if command == "endif":
            self._open.pop()
            return ""
        branch.active = False
        if branch.done:
            return ""
        try:
            branch.active = command == "else" or decide()
        except BadConditionError:
            branch.done = True
            return "bad condition, no branch is taken"
        branch.done = branch.active
        return ""


@model()
class Facts:
    """Facts for a condition: `value` returns None for a variable that is not set."""

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


def holds(raw: list[str], facts: Facts) -> bool:
    """Decide a condition; `raw` is its words with their quotes.

    Raises:
        BadConditionError: it is none.
    """
    result, position = _list(raw, 0, facts, 0)
    if position < len(raw):
        raise BadConditionError
    return result


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
        raise BadConditionError
    result, position = _list(raw, position + 1, facts, depth + 1)
    if raw[position : position + 1] != ["]"]:
        raise BadConditionError
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
            raise BadConditionError


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
        raise BadConditionError
    return by_first_letter[word[0]]


def _compare(left: str, sign: str, right: str) -> bool:
    sign, ignoring_case, _ = sign.partition("?")
    if sign in _NUMERIC:
        return _NUMERIC[sign](_number(left), _number(right))
    if sign not in _COMPARISONS:
        raise BadConditionError
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
        raise BadConditionError from error


def _search(text: str, expression: str) -> bool:
    """Search an extended regular expression of POSIX."""
    import warnings

    for name, characters in _CLASSES.items():
        expression = expression.replace(f"[:{name}:]", characters)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python finds strange in "[["
            return re.search(expression, text) is not None
    except (re.error, OverflowError, RecursionError) as error:
        raise BadConditionError from error
