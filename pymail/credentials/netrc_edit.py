"""Change one entry in the text of a netrc, and nothing else.

Remarks, macros, blank lines and the other entries stay as they are written.
A text with a new entry is read again before it is given back: a netrc has no
lines, so that an unfinished entry or quotation swallows what follows it.
"""

import re
from collections.abc import Iterator

from pymail.credentials.netrc_file import Entry, Pair, answers, parse_with_places
from pymail.secret import Secret

_BARE = r"(?a)[\w.@+-]+"
_TO_ESCAPE = r'(["\\])'


def with_entry(text: str, user: str, host: str, secret: Secret) -> str:
    """Let the text have `secret` for `user` at `host`.

    A new entry comes last, or before the one that would answer instead of it.

    Raises:
        ValueError: the text is not in the form of a netrc.
    """
    new = _with_entry(text, user, host, secret)
    first = next((e for e, _ in _answering(new, user, host)), None)
    if _others(new, user, host) != _others(text, user, host) or not (
        first and first.password == secret
    ):
        raise ValueError("not in the form of netrc(5), nothing can be added")
    return new


def _with_entry(text: str, user: str, host: str, secret: Secret) -> str:
    value = quoted(secret.reveal())
    line = f"machine {quoted(host)} login {quoted(user)} password {value}\n"
    for entry, pairs in _answering(text, user, host):
        if not _is_of(entry, user, host):
            return text[: pairs[0].start] + line + text[pairs[0].start :]
        old = [pair for pair in pairs if pair.keyword == "password"][-1]
        before = text[: old.value_start]
        return before + " " * (not before[-1].isspace()) + value + text[old.end :]
    return text + "\n" * (text[-1:] not in ("", "\n")) + line


def without_entry(text: str, user: str, host: str) -> str:
    """Take what is for `user` at `host`, by name, out of the text."""
    spans = [
        span
        for entry, pairs in parse_with_places(text)
        if _is_of(entry, user, host)
        for span in _spans(text, pairs)
    ]
    for start, end in reversed(spans):
        text = text[:start] + text[end:]
    return text


def quoted(word: str) -> str:
    """Write a word so that it is read back as it is."""
    if re.fullmatch(_BARE, word):
        return word
    return '"' + re.sub(_TO_ESCAPE, r"\\\1", word) + '"'


def _is_of(entry: Entry, user: str, host: str) -> bool:
    return entry.machine.lower() == host.lower() and entry.user == user


def _answering(text: str, user: str, host: str) -> Iterator[tuple[Entry, list[Pair]]]:
    for entry, pairs in parse_with_places(text):
        if entry.password is not None and answers(entry, user, host):
            yield entry, pairs


def _others(text: str, user: str, host: str) -> list[Entry]:
    return [e for e, _ in parse_with_places(text) if not _is_of(e, user, host)]


def _spans(text: str, pairs: list[Pair]) -> list[tuple[int, int]]:
    """Where an entry is, without the remarks in it; whole lines if it has them."""
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
