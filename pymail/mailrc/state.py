"""State of the mail.rc language: variables, aliases, accounts, problems.

Every value keeps the line that set it. Names of variables are stored as
`canonical` has them; nothing here is typed or known, that is `settings`.
"""

from collections.abc import Callable, Mapping

from pymail.mailrc.lexer import logical_lines
from pymail.model import model

RECORDED_PROBLEMS = 20  # of one file; a binary file has one on every line

_SHOWN_CHARACTERS = 40


def quote_word(text: str) -> str:
    """Quote a word of the user's for a message: short, no control characters."""
    short = text[:_SHOWN_CHARACTERS]
    return repr(short if short == text else short + "…")


@model()
class Origin:
    """A line of a file; line 0 when there are no lines, as on the command line."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@model()
class Value:
    """The value of a variable; the text of a boolean one is empty."""

    text: str
    origin: Origin


@model()
class Problem:
    """A mistake in a line; the lines behind it were read."""

    origin: Origin
    what: str

    def __str__(self) -> str:
        return f"{self.origin}: {self.what}"


@model()
class Block:
    """The body of an account or a macro: its lines with their numbers."""

    origin: Origin
    lines: tuple[tuple[int, str], ...]


@model(kw_only=True)
class RcHost:
    """The environment of a settings file.

    `read` takes a path as the file has it (`~`, `+folder` and relative ones are
    its business) and returns the name to show and the text; it raises OSError,
    ValueError or UnreadableInputError. `enter` makes a directory the one where
    relative paths of settings begin; it raises OSError or ValueError.
    `interactive`: stdin is a terminal.
    """

    read: Callable[[str], tuple[str, str]]
    environment: Mapping[str, str]
    enter: Callable[[str], None] = lambda _directory: None
    interactive: bool = False


def canonical(name: str) -> str:
    """Give the name under which a variable is stored and looked up.

    The address in `smtp-auth-user-ME@Host` has no case, as heirloom has it.
    """
    return name.lower() if "@" in name and name[0].islower() else name


class Scope:
    """Former values of variables, to be restored."""

    def __init__(self) -> None:
        self.takes_all = False  # `localopts on`
        self._before: dict[str, tuple[Value | None, bool]] = {}

    def remember(self, name: str, state: "State") -> None:
        """Note what a variable is, unless that was done."""
        before = state.variables.get(name), name in state.unset
        self._before.setdefault(name, before)

    def leave(self, state: "State") -> None:
        """Put everything back."""
        for name, (value, unset) in self._before.items():
            state.variables.pop(name, None)
            if value is not None:
                state.variables[name] = value
            (state.unset.add if unset else state.unset.discard)(name)


class State:
    """All that was set, in order, by any number of texts."""

    def __init__(self) -> None:
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
        self.output: list[str] = []  # what echo printed, with its line ends
        self.error_output: list[str] = []  # what echoerr printed
        self.status = 0  # of the last letter, in batch mode
        self.account = ""
        self.running_accounts: list[str] = []
        self.nested_runs = 0
        self.expanded_characters = 0
        self.scopes: list[Scope] = []  # of the macros that run
        self.local = False  # the command has the modifier
        self._account_scope: Scope | None = None

    @property
    def aliases(self) -> dict[str, tuple[str, ...]]:
        """The members of every alias, as written after quoting."""
        return {
            name: tuple(word for word, _ in added)
            for name, added in self.members.items()
        }

    @property
    def alias_places(self) -> dict[str, tuple[Origin, ...]]:
        """The lines that the members in `aliases` come from, one each."""
        return {
            name: tuple(origin for _, origin in added)
            for name, added in self.members.items()
        }

    @property
    def shell_like(self) -> bool:
        """Whether v15-compat has a value: quoting is that of a shell."""
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
        """Let what -S set be what commands change from now on."""
        for name, value in self.frozen.items():
            if value:
                self.put(name, value)
            else:
                self.drop(name)
        self.frozen = {}

    def leave_account(self) -> None:
        """Take back what the account in force has set, as s-nail does."""
        if self._account_scope:
            self._account_scope.leave(self)
        self._account_scope = Scope()
        self.account = ""

    def report(self, origin: Origin, what: str) -> None:
        """Record a problem; of one file the first ones, the others are counted."""
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
    """Split a file into lines, without octets that no line of text has."""
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        state.report(Origin(file, line), "NUL octets: save the file as UTF-8")
        state.problem_counts[file] = RECORDED_PROBLEMS  # what follows from it is noise
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
