"""Edits of a mail.rc text: variables changed, accounts added, and nothing else.

A value that is set at top level is replaced where it stands; what is not there
comes in lines at the end. The result is run, and only given back when it says
what it should and everything else as before: no quoting, condition or account
has to be understood twice.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from pymail.mailrc.commands import evaluate, find_command
from pymail.mailrc.lexer import OLD, SHELL, Dialect
from pymail.mailrc.state import RcHost, State, canonical
from pymail.model import model
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
    edited = _edited(text, changes, host)
    after = _run(edited, host)
    missing = _missing(changes, after, below)
    for base, lines in (
        (edited, write_changes(_use_synonyms(missing, after))),
        (text, write_changes(_use_synonyms(changes, before))),
    ):
        new = _append_lines(base, lines, title) if lines else base
        if _is_right(before, _run(new, host), changes, below):
            return new
    return None


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


def _is_right(
    before: State, after: State, changes: Changes, below: Collection[str]
) -> bool:
    touched = {each for name in changes for each in synonyms(name)}
    same = _effects(before, touched) == _effects(after, touched)
    return same and not _missing(changes, after, below)


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


def _use_synonyms(changes: Changes, state: State) -> Changes:
    """Return changes under the synonyms that are in use."""
    return {
        next((n for n in synonyms(name) if n in state.variables), name): value
        for name, value in changes.items()
    }


def _says(state: State, name: str, value: str | None, below: Collection[str]) -> bool:
    found = [n for n in synonyms(name) if n in state.variables]
    if value is not None:
        return bool(found) and state.variables[found[0]].text == value
    return not found and all(n in state.unset for n in synonyms(name) if n in below)


# ── where it stands ─────────────────────────────────────────────────────────


class _Line(NamedTuple):
    """A line without its continuations, and where each character is in the text."""

    text: str
    places: list[int]


class _Word(NamedTuple):
    """A word of a line, without its quotes."""

    text: str
    start: int
    end: int


def _edited(text: str, changes: Changes, host: RcHost) -> str:
    """Replace what is set at top level; NUL octets would shift the places."""
    for _ in range(0 if "\0" in text else _MOST_EDITS):
        state = _run(text, host)
        edit = next(_edits(text, state, changes), None)
        if edit is None:
            break
        text = edit
    return text


def _edits(text: str, state: State, changes: Changes) -> Iterator[str]:
    """Yield the text with one more value changed."""
    for name, new in changes.items():
        for each in synonyms(name):
            value = state.variables.get(each)
            if value is None or value.origin.file != _FILE or value.text == new:
                continue
            line = _line(text, value.origin.line)
            dialect = SHELL if state.shell_like else OLD
            yield from _edit_word(text, line, each, new, dialect)


def _edit_word(
    text: str, line: _Line, name: str, value: str | None, dialect: Dialect
) -> Iterator[str]:
    words = list(_words(line.text, dialect))
    mine = [w for w in words if canonical(w.text.partition("=")[0]) == name]
    if not mine:
        return
    word = mine[-1]
    if value is not None:
        new = quote(f"{name}={value}" if value else name)
        yield _replace(text, line, word.start, word.end, new)
    elif len(words) > 1:
        blanks = len(line.text) - len(line.text[word.end :].lstrip(" \t"))
        yield _replace(text, line, word.start, blanks, "")
    else:
        yield _replace(text, line, 0, len(line.text), f"# no {name} any more")


def _replace(text: str, line: _Line, start: int, end: int, new: str) -> str:
    return text[: line.places[start]] + new + text[line.places[end - 1] + 1 :]


def _words(line: str, dialect: Dialect) -> Iterator[_Word]:
    """Yield the words behind `set`; none of another command."""
    begins = re.match(_COMMAND, line)
    if begins is None or find_command(begins[1]) != "set":
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


def _line(text: str, number: int) -> _Line:
    """Find the line that begins at this number, as `mailrc.lexer` joins lines."""
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
            return _Line(whole, places)
        start = after


# ── new lines ───────────────────────────────────────────────────────────────


def _append_lines(text: str, lines: list[str], title: str) -> str:
    """Add lines at the end, with the line ends that the text has, or has not."""
    end = "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"
    ended = not text or text.endswith("\n")
    above = text if ended else text + end
    above += end if above.strip() else ""  # ends a line that goes on, too
    return above + end.join((title, *lines)) + (end if ended else "")


_NAME = r"[\w.@+-]+"

Accounts = Mapping[str, Sequence[str]]


@model(kw_only=True)
class AddedAccounts:
    """The new text with its new lines, and the names that had a meaning already."""

    text: str
    lines: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


def is_account_name(name: str) -> bool:
    """Whether every dialect reads this as the name of an account."""
    return re.fullmatch(_NAME, name) is not None


def add_accounts(
    text: str, accounts: Accounts, *, title: str, host: RcHost
) -> AddedAccounts | None:
    """Add what is not there; None: lines behind this text would not count.

    Each account is the lines inside its braces.
    """
    before = _run(text, host)
    new_accounts = {n: ls for n, ls in accounts.items() if n not in before.accounts}
    kept = tuple(
        f"{before.accounts[n].origin.line}: account {n}"
        for n in accounts
        if n in before.accounts
    )
    lines = write_accounts(new_accounts)
    if not lines:
        return AddedAccounts(text=text, kept=kept)
    new = _append_lines(text, lines, title)
    after = _run(new, host)
    added = all(_take_account(after, name, ls) for name, ls in new_accounts.items())
    if added and _effects(before, set()) == _effects(after, set()):
        return AddedAccounts(text=new, lines=tuple(lines), kept=kept)
    return None


def write_accounts(accounts: Accounts) -> list[str]:
    """Write accounts as lines of a file."""
    lines: list[str] = []
    for name, inside in accounts.items():
        lines += [f"account {name} {{", *(f"    {line}" for line in inside), "}"]
    return lines


def _take_account(after: State, name: str, lines: Sequence[str]) -> bool:
    """Take an account out again; tells whether it was there, line by line."""
    block = after.accounts.pop(name, None)
    return block is not None and [s.strip() for _, s in block.lines] == list(lines)
