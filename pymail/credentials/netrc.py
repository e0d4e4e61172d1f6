r"""Parsing and editing of ~/.netrc, which curl, msmtp and s-nail read too.

The standard library's parser keeps one login per machine, but a mail server often has
several; and it rejects a whole file for one unknown word. This parser skips such a
word, and reports its line if no entry fits. As in s-nail, a file that other users can
read is not used. Format: netrc(5), with quoted values and `\` escapes.

An edit changes one entry and nothing else. A text with a new entry is parsed again
before it is returned: line ends mean nothing in a netrc, so that an unfinished entry
or quotation swallows the text behind it.
"""

import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pymail.credentials.secret_text import Found, Missing
from pymail.model import model
from pymail.secret import Secret
from pymail.settings.server_models import Login
from pymail.text import system_message

_SPACE_AND_REMARKS = r"(?:\s+|#[^\n]*)*"
_WORD = r'(?s)\s*("((?:[^"\\]|\\.)*)"|((?:[^\s\\]|\\.)+|\\))'
_MACRO = r"(?ms)^[ \t]*macdef\b.*?(?:\n[ \t]*\n|\Z)"
_ESCAPE = r"(?s)\\(.)"

# keywords with a value, from curl, Python and Emacs (authinfo)
_SAME = {"user": "login", "passwd": "password"}
_KEYWORDS = frozenset(
    {"machine", "login", "password", "account", "port", "protocol", "force", *_SAME}
)


@model()
class Entry:
    """One machine's login; `machine` is empty for `default`."""

    machine: str
    user: str
    password: Secret | None


def find(path: Path, login: Login, host: str) -> Found | Missing:
    """Find the password that the file at `path` has for `login` at `host`."""
    text = _read(path)
    if isinstance(text, Missing):
        return text
    answer = find_entry(text, login, host, path)
    line = odd_line(text)
    if isinstance(answer, Missing) and line:
        return Missing(f"{answer.reason} (line {line} has an unknown word)")
    return answer


def user_at(path: Path, host: str) -> str:
    """Return the login of the entry for `host`; empty if there is none or several."""
    text = _read(path)
    if isinstance(text, Missing):
        return ""
    users = {entry.user for entry in parse(text) if _serves(entry, host)}
    return users.pop() if len(users) == 1 else ""


def _read(path: Path) -> str | Missing:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            return Missing(f"{path}: not a regular file")
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            return Missing(f"{path}: other users can read it (chmod 600)")
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        return Missing(f"{path}: {system_message(error)}")
    except ValueError:  # NUL in the name
        return Missing(f"{str(path)!r}: not a file name")


def find_entry(text: str, login: Login, host: str, path: Path) -> Found | Missing:
    """Find the first password for `login` in the text of `path`."""
    for entry in parse(text):
        if entry.password is not None and _answers(entry, login.user, host):
            return Found(entry.password, str(path))
    return Missing(f"{path}: no machine {host} with login {login.user}")


def _answers(entry: Entry, user: str, host: str) -> bool:
    """Tell whether an entry serves `user` at `host`, by name or as a default."""
    return _serves(entry, host) and entry.user in ("", user)


def _serves(entry: Entry, host: str) -> bool:
    machine, host = entry.machine.lower(), host.lower()
    if machine.startswith("*."):  # s-nail(1), netrc-lookup
        return host.endswith(machine[1:])
    return machine in ("", host)


class Pair(NamedTuple):
    """A keyword with its value, and their offsets in the text."""

    keyword: str
    value: Secret  # it may be a password
    start: int
    value_start: int
    end: int


def parse(text: str) -> Iterator[Entry]:
    """Yield the entries of a netrc in order."""
    return (entry for entry, _ in parse_with_places(text))


def parse_with_places(text: str) -> Iterator[tuple[Entry, list[Pair]]]:
    """Yield the entries in order, each with its keywords and values."""
    pairs: list[Pair] = []
    for pair in _pairs(text):
        if pair.keyword in ("machine", "default"):
            if pairs:
                yield _entry(pairs), pairs
            pairs = [pair]
        elif pairs:  # words before the first machine belong to no entry
            pairs.append(pair)
    if pairs:
        yield _entry(pairs), pairs


def odd_line(text: str) -> int:
    """Return the number of the first line with an unknown word, or 0."""
    known = {*_KEYWORDS, "default"}
    odd = (pair.start for pair in _pairs(text) if pair.keyword not in known)
    return next((text.count("\n", 0, start) + 1 for start in odd), 0)


def _pairs(text: str) -> Iterator[Pair]:
    text = re.sub(_MACRO, lambda macro: re.sub(r"[^\n]", " ", macro[0]), text)
    position = 0
    while True:
        # a comment can only stand before a keyword; `password #x` is a password
        start = re.compile(_SPACE_AND_REMARKS).match(text, position).end()  # type: ignore[union-attr] # matches empty
        keyword, _, position = _word(text, start)
        if not keyword:
            return
        value, value_start = "", position
        if keyword in _KEYWORDS:
            value, value_start, position = _word(text, position)
        yield Pair(keyword, Secret(value), start, value_start, position)


def _word(text: str, position: int) -> tuple[str, int, int]:
    found = re.compile(_WORD).match(text, position)
    if not found:
        return "", len(text), len(text)
    word = re.sub(_ESCAPE, r"\1", found[2] or found[3] or "")
    return word, found.start(1), found.end()


def _entry(pairs: list[Pair]) -> Entry:
    words = {_SAME.get(pair.keyword, pair.keyword): pair.value for pair in pairs}
    machine, user = (words.get(each, Secret("")) for each in ("machine", "login"))
    return Entry(machine.reveal(), user.reveal(), words.get("password"))


_BARE = r"(?a)[\w.@+-]+"
_TO_ESCAPE = r'(["\\])'


def with_entry(text: str, user: str, host: str, secret: Secret) -> str:
    """Return the text with `secret` for `user` at `host`.

    A new entry is appended, or inserted before an entry that would win over it.

    Raises:
        ValueError: the text does not have the format of a netrc.
    """
    new = _with_entry(text, user, host, secret)
    first = next((e for e, _ in _answering(new, user, host)), None)
    if _others(new, user, host) != _others(text, user, host) or not (
        first and first.password == secret
    ):
        raise ValueError("not in the format of netrc(5), no entry can be added")
    return new


def _with_entry(text: str, user: str, host: str, secret: Secret) -> str:
    value = quote(secret.reveal())
    line = f"machine {quote(host)} login {quote(user)} password {value}\n"
    for entry, pairs in _answering(text, user, host):
        if not _is_named(entry, user, host):
            return text[: pairs[0].start] + line + text[pairs[0].start :]
        old = [pair for pair in pairs if pair.keyword == "password"][-1]
        before = text[: old.value_start]
        return before + " " * (not before[-1].isspace()) + value + text[old.end :]
    return text + "\n" * (text[-1:] not in ("", "\n")) + line


def without_entry(text: str, user: str, host: str) -> str:
    """Return the text without the entries that name `user` and `host`."""
    spans = [
        span
        for entry, pairs in parse_with_places(text)
        if _is_named(entry, user, host)
        for span in _spans(text, pairs)
    ]
    for start, end in reversed(spans):
        text = text[:start] + text[end:]
    return text


def quote(word: str) -> str:
    """Quote a word where a parser needs it."""
    if re.fullmatch(_BARE, word):
        return word
    return '"' + re.sub(_TO_ESCAPE, r"\\\1", word) + '"'


def _is_named(entry: Entry, user: str, host: str) -> bool:
    return entry.machine.lower() == host.lower() and entry.user == user


def _answering(text: str, user: str, host: str) -> Iterator[tuple[Entry, list[Pair]]]:
    for entry, pairs in parse_with_places(text):
        if entry.password is not None and _answers(entry, user, host):
            yield entry, pairs


def _others(text: str, user: str, host: str) -> list[Entry]:
    return [e for e, _ in parse_with_places(text) if not _is_named(e, user, host)]


def _spans(text: str, pairs: list[Pair]) -> list[tuple[int, int]]:
    """Return the spans of an entry without comments, as whole lines where possible."""
    spans = [(pairs[0].start, pairs[0].end)]
    for pair in pairs[1:]:
        start, end = spans[-1]
        if text[end : pair.start].isspace():
            spans[-1] = start, pair.end
        else:
            spans.append((pair.start, pair.end))
    return [_whole_lines(text, *span) for span in spans]


def _whole_lines(text: str, start: int, end: int) -> tuple[int, int]:
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", end) + 1 or len(text)
    around = text[line_start:start] + text[end:line_end]
    return (line_start, line_end) if not around.strip() else (start, end)
