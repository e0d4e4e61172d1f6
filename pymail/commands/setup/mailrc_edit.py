"""Edits of a mail.rc text: variables changed, accounts added, and nothing else.

A value that is set at top level is replaced where it stands; what is not there
comes in lines at the end. The result is run, and only given back when it says
what it should and everything else as before: no quoting, condition or account
has to be understood twice.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from pymail.mailrc.commands import find_command
from pymail.mailrc.evaluate import evaluate
from pymail.mailrc.lexer import OLD, SHELL, Dialect
from pymail.mailrc.state import RcHost, State, canonical
from pymail.settings.variables import BY_NAME

Changes = Mapping[str, str | None]

_FILE = "\0"  # no file that a text can `source` has this name
_MOST_EDITS = 100
_PLAIN = r"(?a)[\w@%+=:,./-]+"
_RUNS = r"'+|\\+|[^'\\]+"
_COMMAND = r"[ \t]*+([A-Za-z]++)[ \t]++"
_SERVER = ("smtp", "mta")  # in this order, as `settings.server` has it


def rewrite(
    text: str,
    changes: Changes,
    *,
    title: str,
    host: RcHost,
    below: Collection[str] = (),
) -> str | None:
    """Return the text with these variables set, or unset where the value is None.

    `below` are the names that lower layers set, which must not show through an
    unset one. `title` is a remark above new lines. None: the text is so that no
    change of ours would count, or only with others.
    """
    before = _run(text, host)
    if not _missing(changes, before, below):
        return text
    touched = {each for name in changes for each in synonyms(name)}
    edited = _edited(text, changes, host)
    after = _run(edited, host)
    for base, state, wanted in (
        (edited, after, _missing(changes, after, below)),
        (text, before, changes),
    ):
        lines = write_changes({_name_in_use(n, state): v for n, v in wanted.items()})
        new = _append_lines(base, lines, title) if lines else base
        result = _run(new, host)
        same = _effects(before, touched) == _effects(result, touched)
        if same and not _missing(changes, result, below):
            return new
    return None


def _name_in_use(name: str, state: State) -> str:
    """Return the synonym that is set already, if any."""
    return next((n for n in synonyms(name) if n in state.variables), name)


def write_changes(changes: Changes) -> list[str]:
    """Write changes as lines of their own, which every dialect reads alike."""
    lines = [
        f"set {quote(f'{name}={value}' if value else name)}"
        for name, value in changes.items()
        if value is not None
    ]
    unset = [n for name, v in changes.items() if v is None for n in synonyms(name)]
    return lines + ([f"unset {' '.join(unset)}"] if unset else [])


def quote(word: str) -> str:
    """Quote a word so that the old rules and those of a shell agree on it."""
    if re.fullmatch(_PLAIN, word):
        return word
    return "".join(map(_piece, re.findall(_RUNS, word)))


def _piece(run: str) -> str:
    if run.startswith("'"):
        return f'"{run}"'
    return run * 2 if run.startswith("\\") else f"'{run}'"


def synonyms(name: str) -> tuple[str, ...]:
    """Return all names under which a variable may be set, what counts first in front."""
    if name in _SERVER:
        return _SERVER
    return BY_NAME[name].names if name in BY_NAME else (canonical(name),)


def _run(text: str, host: RcHost) -> State:
    """Run a text that nobody has written yet."""
    state = State()
    evaluate(text, _FILE, state, host)
    return state


# ── what a text says ────────────────────────────────────────────────────────


def _effects(state: State, touched: set[str]) -> tuple[object, ...]:
    """All that a text leaves behind, but for some variables, and where it stands."""
    return (
        {n: v.text for n, v in state.variables.items() if n not in touched},
        state.unset - touched,
        state.aliases,
        *(
            {name: [line for _, line in block.lines] for name, block in blocks.items()}
            for blocks in (state.accounts, state.macros)
        ),
        state.command_aliases,
        state.types,
        state.output,
        state.error_output,
        [problem.what for problem in state.problems],
    )


def _missing(changes: Changes, state: State, below: Collection[str]) -> Changes:
    """Return the changes that a text does not make."""
    return {
        name: value
        for name, value in changes.items()
        if not _says(state, name, value, below)
    }


def _says(state: State, name: str, value: str | None, below: Collection[str]) -> bool:
    found = [n for n in synonyms(name) if n in state.variables]
    if value is not None:
        return bool(found) and state.variables[found[0]].text == value
    return not found and all(n in state.unset for n in synonyms(name) if n in below)


# ── where it stands ─────────────────────────────────────────────────────────


class _Word(NamedTuple):
    """A word of a line, without its quotes."""

    text: str
    start: int
    end: int


def _edited(text: str, changes: Changes, host: RcHost) -> str:
    """Replace what is set at top level; NUL octets would shift the places."""
    for _ in range(0 if "\0" in text else _MOST_EDITS):
        state = _run(text, host)
        edited = next(_edits(text, state, changes), None)
        if edited is None:
            break
        text = edited
    return text


def _edits(text: str, state: State, changes: Changes) -> Iterator[str]:
    """Yield the text with one more value changed."""
    dialect = SHELL if state.shell_like else OLD
    for name, new in changes.items():
        for each in synonyms(name):
            value = state.variables.get(each)
            if value is None or value.origin.file != _FILE or value.text == new:
                continue
            line, places = _line(text, value.origin.line)
            if edit := _edit_word(line, each, new, dialect):
                start, end, written = edit
                yield text[: places[start]] + written + text[places[end - 1] + 1 :]


def _edit_word(
    line: str, name: str, value: str | None, dialect: Dialect
) -> tuple[int, int, str] | None:
    """Return the part of a line that sets a variable, and what takes its place."""
    words = list(_words(line, dialect))
    mine = [w for w in words if canonical(w.text.partition("=")[0]) == name]
    if not mine:
        return None
    word = mine[-1]
    if value is not None:
        return word.start, word.end, quote(f"{name}={value}" if value else name)
    if len(words) > 1:
        return word.start, len(line) - len(line[word.end :].lstrip(" \t")), ""
    return 0, len(line), f"# no {name} any more"


def _words(line: str, dialect: Dialect) -> Iterator[_Word]:
    """Yield the words behind `set`; none of another command."""
    begins = re.match(_COMMAND, line)
    command = find_command(begins[1]) if begins else None
    if begins is None or command is None or command.effect != "set":
        return
    start, position, word = begins.end(), begins.end(), ""
    while piece := dialect.piece.match(line, position):
        kind = piece.lastgroup or ""
        if kind in {"blank", "end"} or (kind == "hash" and not word):
            if word:
                yield _Word(word, start, position)
            if kind != "blank":
                return
            start, word = piece.end(), ""
        else:
            word += dialect.unquote[kind](piece[0], str)
        position = piece.end()
    if word:
        yield _Word(word, start, position)


def _line(text: str, number: int) -> tuple[str, list[int]]:
    """Find the line that begins at this number, as `mailrc.lexer` joins lines.

    Returns it without its continuations, and where each character is in the text.
    """
    start = len(text) - len(text.removeprefix("\ufeff"))
    for _ in range(number - 1):
        start = text.index("\n", start) + 1
    whole, places = "", list[int]()
    while True:
        line = text[start:].partition("\n")[0]
        after = start + len(line) + 1
        line = line.rstrip("\r")
        blanks = len(line) - len(line.lstrip(" \t")) if places else 0
        goes_on = bool(re.search(r"(?<!\\)(\\\\)*\\\Z", line)) and after <= len(text)
        part = line[blanks : -1 if goes_on else None]
        whole += part
        places += range(start + blanks, start + blanks + len(part))
        if not goes_on:
            return whole, places
        start = after


# ── new lines ───────────────────────────────────────────────────────────────

Accounts = Mapping[str, Sequence[str]]


def is_account_name(name: str) -> bool:
    """Whether every dialect reads this as the name of an account."""
    return re.fullmatch(r"[\w.@+-]+", name) is not None


def add_accounts(
    text: str, accounts: Accounts, *, title: str, host: RcHost
) -> tuple[str, list[str], list[str]] | None:
    """Add accounts that are not there, each the lines inside its braces.

    Returns the new text, its new lines, and where accounts of these names are
    already. None: lines behind this text would not count.
    """
    before = _run(text, host)
    missing = {n: inside for n, inside in accounts.items() if n not in before.accounts}
    kept = [
        f"{before.accounts[name].origin.line}: account {name}"
        for name in accounts
        if name not in missing
    ]
    lines = write_accounts(missing)
    if not lines:
        return text, lines, kept
    new = _append_lines(text, lines, title)
    after = _run(new, host)
    for name, inside in missing.items():
        block = after.accounts.pop(name, None)
        if block is None or [line.strip() for _, line in block.lines] != list(inside):
            return None
    same = _effects(before, set()) == _effects(after, set())
    return (new, lines, kept) if same else None


def write_accounts(accounts: Accounts) -> list[str]:
    """Write accounts as lines of a file."""
    lines: list[str] = []
    for name, inside in accounts.items():
        lines += [f"account {name} {{", *(f"    {line}" for line in inside), "}"]
    return lines


def _append_lines(text: str, lines: list[str], title: str) -> str:
    """Add lines at the end, with the line ends that the text has, or has not."""
    end = "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"
    ended = not text or text.endswith("\n")
    above = text if ended else text + end
    above += end if above.strip() else ""  # ends a line that goes on, too
    return above + end.join((title, *lines)) + (end if ended else "")
