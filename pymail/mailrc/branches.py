"""Which lines between `if` and `endif` are run.

Conditions nest; those inside of a branch that is not taken are not looked at. A
bad condition takes no branch at all (s-nail).
"""

from collections.abc import Callable

Decide = Callable[[], bool]

CONDITIONAL = frozenset({"if", "elif", "else", "endif"})


class BadConditionError(ValueError):
    """The condition has no meaning; no branch of it is followed."""


class _Branch:
    """One `if` that waits for its `endif`."""

    __slots__ = ("active", "done", "line")

    def __init__(self, line: int, *, done: bool) -> None:
        self.line = line
        self.active = False
        self.done = done  # no further branch is taken


class Branches:
    """The open conditions of a text; `active` when the current line is run."""

    __slots__ = ("_open", "active")

    def __init__(self) -> None:
        self._open: list[_Branch] = []
        self.active = True

    def meet(self, command: str, line: int, decide: Decide) -> str:
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

    def unended(self) -> list[int]:
        """Give the lines of the conditions without an end."""
        return [branch.line for branch in self._open]

    def forget(self) -> None:
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
