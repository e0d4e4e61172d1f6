"""Edits of a mail.rc text: changes of variables and new accounts, nothing else.

A value set at top level is replaced in place; new values are lines at the end. The
result is evaluated, and returned only if it has the changes and everything else is as
before. Therefore the edits need not understand quoting, conditions and accounts.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import takewhile

from pymail.mailrc.commands import evaluate, find_command
from pymail.mailrc.state import State, canonical
from pymail.settings.variables import BY_NAME

Changes = Mapping[str, str | None]

_FILE = "\0"  # no file that a text can `source` has this name
_MOST_EDITS = 100
_PLAIN = r"(?a)[\w@%+=:,./-]+"
_RUNS = r"'+|\\+|[^'\\]+"
_LINE = re.compile(r"(?>(?:[^\\\n]|\\\r?\n|\\.)*)")  # with those that continue it
# A character, a quoted part, or an unclosed quote with the rest of the text.
_PIECE = r"""\\[^\r\n]|"(?>(?:[^"\\]|\\.)*)"|'[^']*+'|["'].*+"""
_WORD, _SHELL_WORD = (
    re.compile(rf"(?s)(?:{_PIECE}|{plain})(?>(?:{_PIECE}|{plain}|\\\r?\n[ \t]*)*)|;")
    for plain in (r"""[^\s"'\\]""", r"""[^\s"'\\;]""")
)
_SERVER = ("smtp", "mta")  # in this order, as `settings.server` has it


def rewrite(
    text: str,
    changes: Changes,
    *,
    title: str,
    new_state: Callable[[], State] = State,
    below: Collection[str] = (),
) -> str | None:
    """Return the text with these variables set, or unset if their value is None.

    `below` are the names that lower layers set, which must not show through an unset
    variable. `title` is the comment above new lines. None if the changes would have no
    effect in this text, or other effects too.
    """
    before = _run(text, new_state)
    if not _missing(changes, before, below):
        return text
    touched = {each for name in changes for each in synonyms(name)}
    edited = _edited(text, changes, new_state)
    after = _run(edited, new_state)
    for base, state, wanted in (
        (edited, after, _missing(changes, after, below)),
        (text, before, changes),
    ):
        lines = write_changes({_name_in_use(n, state): v for n, v in wanted.items()})
        new = _append_lines(base, lines, title) if lines else base
        result = _run(new, new_state)
        same = _effects(before, touched) == _effects(result, touched)
        if same and not _missing(changes, result, below):
            return new
    return None


def _name_in_use(name: str, state: State) -> str:
    """Return the synonym that is set already, else the name itself."""
    return next((n for n in synonyms(name) if n in state.variables), name)


def write_changes(changes: Changes) -> list[str]:
    """Write changes as lines that every dialect reads alike."""
    lines = [
        f"set {quote(f'{name}={value}' if value else name)}"
        for name, value in changes.items()
        if value is not None
    ]
    unset = [n for name, v in changes.items() if v is None for n in synonyms(name)]
    return lines + ([f"unset {' '.join(unset)}"] if unset else [])


def quote(word: str) -> str:
    """Quote a word so that the old rules and the shell-like ones read it alike."""
    if re.fullmatch(_PLAIN, word):
        return word
    return "".join(map(_piece, re.findall(_RUNS, word)))


def _piece(run: str) -> str:
    if run.startswith("'"):
        return f'"{run}"'
    return run * 2 if run.startswith("\\") else f"'{run}'"


def synonyms(name: str) -> tuple[str, ...]:
    """Return all names of a variable, in order of precedence."""
    if name in _SERVER:
        return _SERVER
    return BY_NAME[name].names if name in BY_NAME else (canonical(name),)


def _run(text: str, new_state: Callable[[], State]) -> State:
    """Evaluate a text that is not on disk."""
    state = new_state()
    evaluate(text, _FILE, state)
    return state


# ── effects ─────────────────────────────────────────────────────────────────


def _effects(state: State, touched: set[str]) -> tuple[object, ...]:
    """Return all effects of a text except on `touched` variables, without places."""
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
    """Return the changes that a text does not have yet."""
    return {
        name: value
        for name, value in changes.items()
        if not _has(state, name, value, below)
    }


def _has(state: State, name: str, value: str | None, below: Collection[str]) -> bool:
    found = [n for n in synonyms(name) if n in state.variables]
    if value is not None:
        return bool(found) and state.variables[found[0]].text == value
    return not found and all(n in state.unset for n in synonyms(name) if n in below)


# ── edits in place ──────────────────────────────────────────────────────────


def _edited(text: str, changes: Changes, new_state: Callable[[], State]) -> str:
    """Replace the values that `set` assigns at top level, as far as they are found."""
    for _ in range(_MOST_EDITS):
        edits = _edits(text, _run(text, new_state), changes)
        edited = next((edit for edit in edits if edit != text), None)
        if edited is None:
            break
        text = edited
    return text


def _edits(text: str, state: State, changes: Changes) -> Iterator[str]:
    """Yield texts with one value changed each."""
    for name, new in changes.items():
        for each in synonyms(name):
            value = state.variables.get(each)
            if value is None or value.origin.file != _FILE or value.text == new:
                continue
            words = _words(text, value.origin.line, shell_like=state.shell_like)
            names = [canonical(_unquoted(word).partition("=")[0]) for word in words]
            if each in names:
                last = len(names) - 1 - names[::-1].index(each)
                yield _replace(words[last], each, new, alone=len(words) == 1)


def _replace(word: re.Match[str], name: str, value: str | None, *, alone: bool) -> str:
    """Return the text with another assignment in place of a word, or without it."""
    text, start, end, new = word.string, word.start(), word.end(), ""
    if value is not None:
        new = quote(f"{name}={value}" if value else name)
    elif alone:
        start, end, new = word.pos, word.endpos, f"# {name} was removed"
    else:
        end += len(text[end:]) - len(text[end:].lstrip(" \t"))
    return text[:start] + new + text[end:]


def _words(text: str, number: int, *, shell_like: bool) -> list[re.Match[str]]:
    """Find the words after `set` in a line; empty for other commands.

    Each match has the start of the line as `pos` and its end as `endpos`.
    """
    start = len(text) - len(text.removeprefix("\ufeff"))
    for _ in range(number - 1):
        start = text.index("\n", start) + 1
    line = _LINE.match(text, start)
    pattern, ends = (_SHELL_WORD, "#;") if shell_like else (_WORD, "#")
    end = start + len(line[0].rstrip("\r")) if line else start
    name, *words = pattern.finditer(text, start, end)
    if find_command(name[0]) != "set":
        return []
    return list(takewhile(lambda word: word[0][0] not in ends, words))


def _unquoted(word: re.Match[str]) -> str:
    return re.sub(r"""\\\r?\n[ \t]*|[\\"']""", "", word[0])


# ── new lines ───────────────────────────────────────────────────────────────

Accounts = Mapping[str, Sequence[str]]


def is_account_name(name: str) -> bool:
    """Whether every dialect accepts this name for an account."""
    return re.fullmatch(r"[\w.@+-]+", name) is not None


def add_accounts(
    text: str,
    accounts: Accounts,
    *,
    title: str,
    new_state: Callable[[], State] = State,
) -> tuple[str, list[str], list[str]] | None:
    """Append the accounts whose names are free, each given as the lines in its braces.

    Returns the new text, its new lines, and the places of accounts that exist already.
    None if lines behind this text would have no effect.
    """
    before = _run(text, new_state)
    missing = {n: inside for n, inside in accounts.items() if n not in before.accounts}
    existing = [
        f"{before.accounts[name].origin.line}: account {name}"
        for name in accounts
        if name not in missing
    ]
    lines = write_accounts(missing)
    if not lines:
        return text, lines, existing
    new = _append_lines(text, lines, title)
    after = _run(new, new_state)
    for name, inside in missing.items():
        block = after.accounts.pop(name, None)
        if block is None or [line.strip() for _, line in block.lines] != list(inside):
            return None
    same = _effects(before, set()) == _effects(after, set())
    return (new, lines, existing) if same else None


def write_accounts(accounts: Accounts) -> list[str]:
    """Write accounts as lines of a file."""
    lines: list[str] = []
    for name, inside in accounts.items():
        lines += [f"account {name} {{", *(f"    {line}" for line in inside), "}"]
    return lines


def _append_lines(text: str, lines: list[str], title: str) -> str:
    """Append lines, with the line ends of the text; the last line end stays as it was."""
    end = "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"
    ended = not text or text.endswith("\n")
    above = text if ended else text + end
    above += end if above.strip() else ""  # also ends a continued line
    return above + end.join((title, *lines)) + (end if ended else "")
