"""Interpretation of settings text: lines, blocks and nested runs.

A wrong line is reported with its place and the next line is read: an error never
disables the rest of a file. Nothing is executed, and only files that `source` names are
read, by `State.read`. Limits on nesting, repetition and the growth of values make every
text come to an end.
"""

from collections.abc import Callable, Mapping

from pymail.mailrc.lexer import (
    APART,
    ARGUMENTS,
    BLOCKS,
    NONE,
    OLD,
    SHELL,
    Dialect,
    closes_block,
    command_name,
    expand_abbreviation,
    is_closed,
    opening,
    opens_block,
    raw_words,
    words,
)
from pymail.mailrc.state import (
    Block,
    Branches,
    Origin,
    Scope,
    State,
    canonical,
    quote_word,
    read_lines,
)

Effect = Callable[["Run", list[str]], None]
# By name, in the order in which abbreviations are looked up: the dialect of the
# arguments in the old style, and the effect; None if it has no effect on sending.
Commands = Mapping[str, tuple[Dialect, Effect | None]]

CONDITIONAL = frozenset({"if", "elif", "else", "endif"})
_SHELL_MODIFIERS = frozenset({"wysh", "local"})
_MODIFIERS = _SHELL_MODIFIERS | {"ignerr", "scope", "u"}

_DEEPEST_NESTING = 20
_MOST_NESTED_RUNS = 1_000  # a macro that calls another twice, and so on
_MOST_EXPANDED = 10_000_000  # characters; a line that doubles a variable, and so on

_SPECIAL_PARAMETERS = frozenset((*"#?!*@", ARGUMENTS))
_ALIASED = 2  # times that an alias which names itself is expanded, as in s-nail


class Run:
    """One pass over the lines of a file, an account or a macro."""

    def __init__(
        self,
        state: State,
        file: str,
        rows: list[tuple[int, str]],
        commands: Commands,
    ) -> None:
        self.commands = commands
        self.state = state
        self.file = file
        self.rows = rows
        self.sources: tuple[str, ...] = ()
        self.arguments: tuple[str, ...] | None = None  # of a macro, None in a file
        self.depth = 0
        self.aliased: list[str] = []  # the command aliases being expanded
        self.index = 0
        self.number = 0
        self.written = ""  # the line, with its quotes
        self.line_has_quotes = False  # an empty word, or blanks, may be intended
        self.branches = Branches()

    def run(self, *, continues: bool = False) -> None:
        """Run every line; a text that continues may close its conditions later."""
        while self.index < len(self.rows):
            self.number, text = self.rows[self.index]
            self.written = text
            self.line_has_quotes = '"' in text or "'" in text
            self.index += 1
            self.line(text)
        for line in () if continues else self.branches.open_lines():
            self.number = line
            self.report("'if' has no 'endif'")

    def line(self, text: str) -> None:
        """Run the commands of one line."""
        position = 0
        while position < len(text):
            position = self._command(text, position)

    @property
    def origin(self) -> Origin:
        """The current line."""
        return Origin(self.file, self.number)

    def report(self, what: str) -> None:
        """Record a problem of the current line."""
        self.state.report(self.origin, what)

    def leave(self) -> None:
        """Skip the other lines of a block; a file has nothing to return to."""
        if self.arguments is not None:
            self.index = len(self.rows)
            self.branches.clear()

    def value(self, name: str) -> str | None:
        """Look up the value of `$name`; None if it is not set."""
        if name in _SPECIAL_PARAMETERS or name.isdecimal():
            return self._argument(name)
        if name == "account":
            return self.state.account or None
        name = canonical(name)
        frozen = self.state.frozen
        variable = (frozen if name in frozen else self.state.variables).get(name)
        if variable is not None:
            return variable.text
        hidden = name in self.state.unset or name in frozen
        return None if hidden else self.state.environment.get(name)

    def expand(self, name: str) -> str:
        """Look up `$name` for the lexer."""
        value = self.value(name) or ""
        self.state.expanded_characters += len(value)
        if self.state.expanded_characters <= _MOST_EXPANDED:
            return value
        self.report(f"${quote_word(name)} is empty: values grow without end")
        return ""

    def _argument(self, name: str) -> str | None:
        if self.arguments is None:
            return str(self.state.status) if name in "?!" else None
        if name.isdecimal():
            return dict(enumerate(self.arguments, 1)).get(int(name[:4]))
        status = str(self.state.status)
        counted = {"#": str(len(self.arguments)), "?": status, "!": status}
        if name == ARGUMENTS:
            return APART.join(self.arguments) if self.arguments else NONE
        return counted.get(name, " ".join(self.arguments))

    def _command(self, text: str, position: int) -> int:
        """Run one command of a line; returns the position of the next one."""
        shell_like = self.state.shell_like
        escaped, name, position = command_name(text, position)
        self.state.local = False
        while name in _MODIFIERS:
            shell_like = shell_like or name in _SHELL_MODIFIERS
            self.state.local = self.state.local or name == "local"
            escaped, name, position = command_name(text, position)
        if name.startswith("#") or (not name and position >= len(text)):
            return len(text)
        alias = self.state.command_aliases.get(name)
        again = self.aliased.count(name) < _ALIASED
        if alias and again and not escaped and self.branches.active:
            self.aliased.append(name)
            self.inline(f"{alias} {text[position:]}")
            self.aliased.pop()
            return len(text)
        command = expand_abbreviation(name, self.commands)
        if not command:
            self._unknown(name or text[position:])
            return len(text)
        return self._execute(command, text, position, shell_like=shell_like)

    def _unknown(self, name: str) -> None:
        if not self.branches.active:
            return
        variable, equals, _ = name.partition("=")  # the value may be a secret
        hint = ": write 'set' before it" if equals else ""
        self.report(f"unknown command {quote_word(variable)}{hint}")

    def _execute(
        self, command: str, text: str, position: int, *, shell_like: bool
    ) -> int:
        dialect, effect = self.commands[command]
        dialect = SHELL if shell_like else dialect
        if command in CONDITIONAL:
            return self._conditional(command, text, position, dialect)
        if not self.branches.active or (effect is None and command not in BLOCKS):
            return self._pass_over(command, text, position, dialect)
        if command in BLOCKS and (opens := opening(text, position)):
            self._define(command, opens["name"].strip("\"'"), opens["rest"])
            return len(text)
        found, end, fault = words(text, position, dialect, self.expand)
        if fault:
            self.report(fault)
            if dialect.strict:
                return len(text)
        if effect is None:
            self._use(command, found)
        else:
            effect(self, found)
        return end

    def _pass_over(
        self, command: str, text: str, position: int, dialect: Dialect
    ) -> int:
        if self.branches.active and text.startswith("=", position):
            self._unknown(f"{command}=")
            return len(text)
        if ";" not in text:
            return len(text)
        return raw_words(text, position, dialect)[1]

    def _conditional(
        self, command: str, text: str, position: int, dialect: Dialect
    ) -> int:
        raw, end, _ = raw_words(text, position, dialect)
        shell_like = dialect is not OLD

        def decide() -> bool | None:
            from pymail.mailrc.conditions import Facts, holds  # most files have none

            return holds(raw, Facts(self.value, self.state.interactive, shell_like))

        problem = self.branches.follow(command, self.number, decide)
        if problem:
            self.report(problem)
        return end

    # ── accounts and macros ─────────────────────────────────────────────────

    def _define(self, kind: str, name: str, rest: str) -> None:
        origin = self.origin
        rest = "" if rest.startswith("#") else rest.rstrip(" \t")
        if is_closed(rest):
            lines = [(self.number, rest[:-1])]
        else:
            lines = [(self.number, rest)] if rest else []
            lines += self._body(f"{kind} {quote_word(name)} is never closed")
        table = self.state.accounts if kind == "account" else self.state.macros
        table[name] = Block(origin, tuple(lines))

    def _body(self, never_closed: str) -> list[tuple[int, str]]:
        start = self.index
        while self.index < len(self.rows):
            text = self.rows[self.index][1]
            if closes_block(text):
                self.index += 1
                return self.rows[start : self.index - 1]
            if opens_block(text, self.commands):
                break
            self.index += 1
        self.report(never_closed)
        return self.rows[start : self.index]

    def _use(self, command: str, names: list[str]) -> None:
        if command == "define" or len(names) > 1:
            self.report(f"{command}: '{{' is missing after the name")
        elif names and not self.select(names[0]):
            self.report(f"account {quote_word(names[0])} is not defined")

    def select(self, name: str) -> bool:
        """Run an account; an account that another one selects adds to it."""
        state = self.state
        block = state.accounts.get(name)
        if block is None and name.lower() != "null":
            return False
        if not state.running_accounts:
            state.leave_account()
        if name in state.running_accounts:
            self.report(f"account {quote_word(name)} is not run: it selects itself")
        elif block is not None:
            self._run_account(name, block)
        return True

    def _run_account(self, name: str, block: Block) -> None:
        state = self.state
        state.running_accounts.append(name)
        state.account = name
        self.nested(f"account {quote_word(name)}", block)
        state.running_accounts.pop()
        state.account = (state.running_accounts or [name])[0]

    # ── nesting ─────────────────────────────────────────────────────────────

    def nested(self, what: str, block: Block, arguments: tuple[str, ...] = ()) -> None:
        """Run the lines of a block."""
        rows = list(block.lines)
        self._run_nested(what, block.origin.file, rows, self.sources, arguments)

    def call(self, what: str, block: Block, arguments: tuple[str, ...]) -> None:
        """Run a macro; its local values end with it."""
        scope = Scope()
        self.state.scopes.append(scope)
        self.nested(what, block, arguments)
        self.state.scopes.pop()
        scope.leave(self.state)

    def source(self, file: str, text: str) -> None:
        """Run another file."""
        if file in self.sources:
            self.report(f"{file} is already being read")
        else:
            rows = read_lines(text, file, self.state)
            self._run_nested(file, file, rows, (*self.sources, file))

    def _run_nested(
        self,
        what: str,
        file: str,
        rows: list[tuple[int, str]],
        sources: tuple[str, ...],
        arguments: tuple[str, ...] | None = None,
    ) -> None:
        if self._may_nest(what):
            run = Run(self.state, file, rows, self.commands)
            run.sources, run.arguments, run.depth = sources, arguments, self.depth + 1
            run.run()

    def inline(self, text: str) -> None:
        """Run the text that `eval` or a command alias has made."""
        if self._may_nest(quote_word(text)):
            self.depth += 1
            self.line(text)
            self.depth -= 1

    def _may_nest(self, what: str) -> bool:
        state = self.state
        state.nested_runs += 1
        if self.depth < _DEEPEST_NESTING and state.nested_runs <= _MOST_NESTED_RUNS:
            return True
        self.report(f"{what} is not run: it is nested too deeply, or never ends")
        return False
