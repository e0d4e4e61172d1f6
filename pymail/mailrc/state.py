"""State of the mail.rc language: variables, aliases, accounts, problems.

Every value keeps the line that set it. Variables are stored under their `canonical`
names; this part neither types nor knows them, `settings` does.
"""

from collections.abc import Callable, Mapping

from pymail.mailrc.lexer import logical_lines
from pymail.model import model

Decide = Callable[[], bool | None]

RECORDED_PROBLEMS = 20  # per file; a binary file has a problem on every line

_SHOWN_CHARACTERS = 40


def quote_word(text: str) -> str:
    """Quote a user's word for a message: shortened, without control characters."""
    short = text[:_SHOWN_CHARACTERS]
    return repr(short if short == text else short + "…")


@model()
class Origin:
    """A line of a file; line 0 if there are no lines, as on the command line."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@model()
class Value:
    """The value of a variable; a boolean variable has an empty text."""

    text: str
    origin: Origin


@model()
class Problem:
    """A mistake in a line; pymail reads the lines after it all the same."""

    origin: Origin
    what: str

    def __str__(self) -> str:
        return f"{self.origin}: {self.what}"


@model()
class Block:
    """The body of an account or a macro: its lines with their numbers."""

    origin: Origin
    lines: tuple[tuple[int, str], ...]


def canonical(name: str) -> str:
    """Return the name under which a variable is stored and looked up.

    The address in `smtp-auth-user-ME@Host` is not case-sensitive (heirloom).
    """
    return name.lower() if "@" in name and name[0].islower() else name


class Branches:
    """The open conditions of a text; `active` if the current line is to be run.

    Branches nest; a condition inside a branch that is not taken isn't evaluated. A bad
    condition takes no branch at all (s-nail).
    """

    def __init__(self) -> None:
        self._open: list[_Branch] = []
        self.active = True

    def follow(self, command: str, line: int, decide: Decide) -> str:
        """Follow `if`, `elif`, `else` or `endif`; returns the problem, or "".

        `decide` evaluates the condition: None means a bad condition. It is called only
        if the result matters.
        """
        if command == "if":
            self._open.append(_Branch(line, done=not self.active))
        elif not self._open:
            return f"{command!r} without 'if'"
        problem = self._turn(command, decide)
        self.active = not self._open or self._open[-1].active
        return problem

    def open_lines(self) -> list[int]:
        """Return the lines of the conditions that lack an `endif`."""
        return [branch.line for branch in self._open]

    def clear(self) -> None:
        """Close all conditions, for a `return`."""
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
        holds = command == "else" or decide()
        branch.active = bool(holds)
        branch.done = holds is not False
        return "bad condition, no branch is taken" if holds is None else ""


class _Branch:
    """An `if` that waits for its `endif`."""

    def __init__(self, line: int, *, done: bool) -> None:
        self.line = line
        self.active = False
        self.done = done  # no further branch is taken


class Scope:
    """Earlier values of variables, to restore them."""

    def __init__(self) -> None:
        self.takes_all = False  # `localopts on`
        self._before: dict[str, tuple[Value | None, bool]] = {}

    def remember(self, name: str, state: "State") -> None:
        """Note the value of a variable, the first time only."""
        before = state.variables.get(name), name in state.unset
        self._before.setdefault(name, before)

    def leave(self, state: "State") -> None:
        """Restore every value."""
        for name, (value, unset) in self._before.items():
            state.variables.pop(name, None)
            if value is not None:
                state.variables[name] = value
            (state.unset.add if unset else state.unset.discard)(name)


def _read_nothing(_path: str) -> tuple[str, str]:
    raise FileNotFoundError(2, "No such file or directory")


class State:
    """Everything that any number of settings texts have set, in order.

    `read` reads a file for `source`: it takes a path as the text has it (it resolves
    `~`, `+folder` and relative paths) and returns the name to show and the text; it
    raises OSError, ValueError or UnreadableInputError. `enter` serves `cd`: relative
    paths start at that directory from then on; it raises OSError or ValueError.
    `interactive`: stdin is a terminal.
    """

    def __init__(
        self,
        *,
        environment: Mapping[str, str] | None = None,
        read: Callable[[str], tuple[str, str]] = _read_nothing,
        enter: Callable[[str], None] = lambda _directory: None,
        interactive: bool = False,
    ) -> None:
        self.environment = environment or {}
        self.read = read
        self.enter = enter
        self.interactive = interactive
        self.variables: dict[str, Value] = {}
        self.frozen: dict[str, Value | None] = {}  # by -S, whatever files say
        self.unset: set[str] = set()  # by the files, and not set since
        # members of aliases, each with the line that adds it
        self.members: dict[str, list[tuple[str, Origin]]] = {}
        self.alternates: dict[str, None] = {}  # other addresses of the user
        self.accounts: dict[str, Block] = {}
        self.macros: dict[str, Block] = {}
        self.command_aliases: dict[str, str] = {}
        self.types: list[str] = []  # lines as in a mime.types file
        self.problems: list[Problem] = []
        self.problem_counts: dict[str, int] = {}  # per file, recorded or not
        self.output: list[str] = []  # printed by echo, with line ends
        self.error_output: list[str] = []  # printed by echoerr
        self.status = 0  # of the last message, in batch mode
        self.account = ""
        self.running_accounts: list[str] = []
        self.nested_runs = 0
        self.expanded_characters = 0
        self.scopes: list[Scope] = []  # of the macros that run
        self.local = False  # the command has the modifier
        self._account_scope: Scope | None = None

    @property
    def aliases(self) -> dict[str, tuple[str, ...]]:
        """The members of every alias, unquoted."""
        return {
            name: tuple(word for word, _ in added)
            for name, added in self.members.items()
        }

    @property
    def alias_places(self) -> dict[str, tuple[Origin, ...]]:
        """The line that each member in `aliases` comes from."""
        return {
            name: tuple(origin for _, origin in added)
            for name, added in self.members.items()
        }

    @property
    def shell_like(self) -> bool:
        """Whether v15-compat has a value: quoting follows the shell's rules."""
        compat = self.variables.get("v15-compat")
        return compat is not None and compat.text != ""

    def put(self, name: str, value: Value) -> None:
        """Set a variable."""
        name = canonical(name)
        self._remember(name)
        self.variables[name] = value
        self.unset.discard(name)

    def drop(self, name: str) -> None:
        """Unset a variable."""
        name = canonical(name)
        self._remember(name)
        self.variables.pop(name, None)
        self.unset.add(name)

    def thaw(self) -> None:
        """Let commands change the variables that -S has set, from now on."""
        for name, value in self.frozen.items():
            if value:
                self.put(name, value)
            else:
                self.drop(name)
        self.frozen = {}

    def leave_account(self) -> None:
        """Undo the settings of the current account, as s-nail does."""
        if self._account_scope:
            self._account_scope.leave(self)
        self._account_scope = Scope()
        self.account = ""

    def report(self, origin: Origin, what: str) -> None:
        """Record a problem: the first ones of each file; further ones are counted."""
        count = self.problem_counts.get(origin.file, 0) + 1
        self.problem_counts[origin.file] = count
        if count <= RECORDED_PROBLEMS:
            self.problems.append(Problem(origin, what))

    def _remember(self, name: str) -> None:
        if self.running_accounts and self._account_scope:
            self._account_scope.remember(name, self)
        for scope in self.scopes:
            if scope.takes_all or (self.local and scope is self.scopes[-1]):
                scope.remember(name, self)


def read_lines(text: str, file: str, state: State) -> list[tuple[int, str]]:
    """Split a file into lines; NUL octets and look-alikes are reported and replaced."""
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        state.report(Origin(file, line), "NUL octets: save the file as UTF-8")
        state.problem_counts[file] = RECORDED_PROBLEMS  # further ones are noise
        text = text.replace("\0", "")
    lines = logical_lines(text)
    if text.isascii():
        return lines
    return [
        (n, replace_lookalikes("line", line, Origin(file, n), state))
        for n, line in lines
    ]


def replace_lookalikes(kind: str, text: str, origin: Origin, state: State) -> str:
    """Replace look-alikes of characters that settings need, and report them."""
    if text.isascii():
        return text
    from pymail.lookalikes import CORRECTIONS  # most settings have none

    text, wrong = CORRECTIONS[kind](text)
    if wrong:
        state.report(origin, wrong)
    return text
