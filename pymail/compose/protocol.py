"""Protocol of `~^`, by which scripts list and change header and attachments (s-nail).

Each answer begins with a code: 210 and the result, 211 and 212 with more lines up to
an empty line, 5xx if nothing was changed. Command names can be abbreviated. Source:
s-nail(1), `~^` and digmsg.
"""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pymail.address.mailbox import parse_mailbox, split_field
from pymail.compose.composer import (
    LISTS,
    MIME_FIELDS,
    Composer,
    bodies,
    canonical,
    with_bodies,
)
from pymail.errors import AddressError, MessageError, UnreadableInputError
from pymail.mailrc.lexer import SHELL, expand_abbreviation, words
from pymail.message.draft import Attachment
from pymail.message.fields import check_name
from pymail.model import replace

Answer = Callable[..., str]

_MAILBOXES = frozenset({*LISTS, "From", "Reply-To", "Sender"})
_KEYS = {"filename": "name", "content-type": "content_type"}
_CONTROL = r"[\x00-\x1f\x7f]"


class _RefusedError(ValueError):
    """An answer with a code 5xx."""


def talk(composer: Composer, argument: str) -> None:
    """Answer one command (`~^`)."""
    try:
        found, _, fault = words(
            argument, 0, SHELL, lambda name: composer.variable(name) or ""
        )
        answer = "500" if fault else _answer(composer, found)
    except _RefusedError as refused:
        answer = str(refused)
    except MessageError as error:
        answer = f"505 {error.happened}"
    composer.console.print(f"{answer}\n")


def _answer(composer: Composer, found: Sequence[str]) -> str:
    name, subcommand, *arguments = found if found[1:] else (*found, "list", "")[:2]
    table = _COMMANDS.get(expand_abbreviation(name.lower(), _COMMANDS), {})
    counts, answer = table.get(
        expand_abbreviation(subcommand.lower(), table), ((), str)
    )
    if len(arguments) not in counts:
        raise _RefusedError("500")
    return answer(composer, *arguments)


def _at(position: str, count: int, name: str) -> int:
    """Return the index for a position, which counts from 1."""
    if not (position.isascii() and position.isdecimal()):
        raise _RefusedError(f"505 invalid position: {shlex.quote(position)}")
    if not 0 < int(position[:9]) <= count:
        raise _RefusedError(f"501 {name}".rstrip())
    return int(position) - 1


def _lines(head: str, lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in (head, *lines))


# ── header ──────────────────────────────────────────────────────────────────


def _existing_field(composer: Composer, name: str) -> tuple[str, list[str]]:
    field = canonical(name)
    texts = bodies(composer.draft, field)
    if not texts:
        raise _RefusedError(f"501 {field}")
    return field, texts


def _header_list(composer: Composer, name: str = "") -> str:
    if name:
        return f"210 {_existing_field(composer, name)[0]}"
    draft = composer.draft
    known = ("Subject", "From", "Sender", *LISTS, "Fcc", "Reply-To")
    there = [field for field in known if bodies(draft, field)]
    names = dict.fromkeys((*there, *(n for n, _ in draft.fields)))
    return " ".join(("210", *names))


def _header_show(composer: Composer, name: str) -> str:
    field, texts = _existing_field(composer, name)
    if field in _MAILBOXES:
        lines = [f"{_address(body)} {shlex.quote(body)}" for body in texts]
        return _lines(f"211 {field}", lines)
    return _lines(f"212 {field}", [shlex.quote(body) for body in texts])


def _address(entry: str) -> str:
    """Return the address in an entry; `#` for a name without a domain."""
    try:
        found = parse_mailbox(entry)
    except AddressError:
        return "#"
    return found.address if found.domain else "#"


def _header_insert(composer: Composer, name: str, body: str) -> str:
    name, mark, modifier = name.rstrip(":").partition("?")
    field = canonical(name)
    if field.lower() in MIME_FIELDS or re.search(_CONTROL, body):
        raise _RefusedError(f"505 {field}")
    check_name(field)
    before = bodies(composer.draft, field)
    if field == "Sender" and before:
        raise _RefusedError("506 Sender")
    if field == "Subject":
        before, body = [], " ".join((*before, body))
    new = [body]
    if field in LISTS:
        new = [*split_field(mark + modifier, body)]
        for entry in filter(lambda each: "@" in each, new):
            parse_mailbox(entry)
    composer.draft = with_bodies(composer.draft, field, [*before, *new])
    return f"210 {field} {len(before) + 1}"


def _header_remove(composer: Composer, name: str) -> str:
    field, _ = _existing_field(composer, name)
    composer.draft = with_bodies(composer.draft, field, [])
    return f"210 {field}"


def _header_remove_at(composer: Composer, name: str, position: str) -> str:
    field, texts = _existing_field(composer, name)
    del texts[_at(position, len(texts), field)]
    composer.draft = with_bodies(composer.draft, field, texts)
    return f"210 {field}"


# ── attachments ─────────────────────────────────────────────────────────────


def _place(composer: Composer, name: str) -> int:
    """Find an attachment by its name or by the path of its file."""
    path = composer.path(name)
    places = [
        place
        for place, each in enumerate(composer.draft.attachments)
        if getattr(each.content, "path", None) == path
        or ("/" not in name and each.name == name)
    ]
    if len(places) != 1:
        raise _RefusedError("506" if places else "501")
    return places[0]


def _position(composer: Composer, position: str) -> int:
    return _at(position, len(composer.draft.attachments), "")


def _replace(composer: Composer, place: int, *new: Attachment) -> str:
    files = list(composer.draft.attachments)
    files[place : place + 1] = new
    composer.draft = replace(composer.draft, attachments=tuple(files))
    return f"210 {place + 1}"


def _file_list(composer: Composer) -> str:
    names = [shlex.quote(each.name) for each in composer.draft.attachments]
    if not names:
        raise _RefusedError("501")
    return _lines("212", names)


def _file_insert(composer: Composer, name: str) -> str:
    try:
        added = composer.attach(name)
    except UnreadableInputError:
        raise _RefusedError(f"505 {shlex.quote(name)}") from None
    return _replace(composer, len(composer.draft.attachments), added)


def _file_remove(composer: Composer, place: int, _argument: str) -> str:
    return _replace(composer, place)


def _file_attribute(composer: Composer, place: int, argument: str) -> str:
    file = composer.draft.attachments[place]
    rows = [(key, getattr(file, name)) for key, name in _KEYS.items()]
    rows.append(("content-disposition", "attachment"))
    lines = [f"{key} {shlex.quote(value)}" for key, value in rows if value]
    return _lines(f"212 {argument}", lines)


def _file_set(
    composer: Composer, place: int, _argument: str, key: str, value: str
) -> str:
    name = _KEYS.get(key.lower())
    if name is None or re.search(_CONTROL, value):
        raise _RefusedError("505")
    file = composer.draft.attachments[place]
    if name == "name" and not value:
        value = getattr(file.content, "path", Path(file.name)).name
    changed: dict[str, Any] = {name: value}
    return _replace(composer, place, replace(file, **changed))


def _on_attachment(find: Callable[[Composer, str], int], answer: Answer) -> Answer:
    """Make a command that finds its attachment by its first argument."""
    return lambda c, name, *more: answer(c, find(c, name), name, *more)


# ── the table ───────────────────────────────────────────────────────────────

# The numbers of arguments that a command takes, and the function that answers it.
_Command = tuple[tuple[int, ...], Answer]

_COMMANDS: Mapping[str, Mapping[str, _Command]] = {
    "attachment": {
        "attribute": ((1,), _on_attachment(_place, _file_attribute)),
        "attribute-at": ((1,), _on_attachment(_position, _file_attribute)),
        "attribute-set": ((3,), _on_attachment(_place, _file_set)),
        "attribute-set-at": ((3,), _on_attachment(_position, _file_set)),
        "insert": ((1,), _file_insert),
        "list": ((0,), _file_list),
        "remove": ((1,), _on_attachment(_place, _file_remove)),
        "remove-at": ((1,), _on_attachment(_position, _file_remove)),
    },
    "header": {
        "insert": ((2,), _header_insert),
        "list": ((0, 1), _header_list),
        "remove": ((1,), _header_remove),
        "remove-at": ((2,), _header_remove_at),
        "show": ((1,), _header_show),
    },
    "help": {"list": ((0,), lambda _: _lines("211", _summary()))},
    "version": {"list": ((0,), lambda _: "210 0 0 2")},
}


def _summary() -> list[str]:
    return [f"{name} {' '.join(table)}" for name, table in _COMMANDS.items()]
