"""The protocol of `~^`: scripts list and change header and attachments (s-nail).

A command is answered by a line that begins with a code: 210 and the result, 211
and 212 with lines up to an empty one, 5xx where nothing was changed. Names of
commands can be shortened. s-nail(1), ~^ and digmsg.
"""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pymail.address.lists import split_list
from pymail.address.mailbox import (
    format_mailbox,
    one_mailbox,
    parse_list,
    parse_mailbox,
)
from pymail.compose.composer import Composer
from pymail.compose.sheet import LISTS, OURS, Sheet, canonical
from pymail.errors import AddressError, MessageError, UnreadableInputError
from pymail.message.draft import Attachment
from pymail.message.fields import check_name
from pymail.rc.dialects import SHELL
from pymail.rc.lexer import words
from pymail.record import record, replace

Answer = Callable[..., str]

_AUTHORS = frozenset({"From", "Reply-To", "Sender"})
_MAILBOXES = frozenset({*LISTS, *_AUTHORS})
_SINGLE = frozenset({"?s", "?single", "?"})
_KEYS = {"filename": "name", "content-type": "content_type"}
_CONTROL = r"[\x00-\x1f\x7f]"


class _RefusedError(ValueError):
    """The code and what it is about."""


def talk(composer: Composer, argument: str) -> None:
    """Answer one command (`~^`)."""
    try:
        found, _, fault = words(
            argument, 0, SHELL, lambda name: composer.ports.variable(name) or ""
        )
        said = "500" if fault else _answer(composer, found)
    except _RefusedError as refused:
        said = str(refused)
    except MessageError as error:
        said = f"505 {error.happened}"
    composer.console.print(f"{said}\n")


def _answer(composer: Composer, found: Sequence[str]) -> str:
    name, subcommand, *arguments = (*found, "", "")[: max(len(found), 2)]
    table = _COMMANDS.get(_whole(name.lower(), _COMMANDS), {})
    command = table.get(_whole(subcommand.lower() or "list", table))
    if command is None or len(arguments) not in command.arguments:
        raise _RefusedError("500")
    return command.answer(composer, *arguments)


def _whole(name: str, table: Mapping[str, object]) -> str:
    begins = (each for each in table if name and each.startswith(name))
    return name if name in table else next(begins, "")


def _at(position: str, count: int, what: str) -> int:
    """Read a position, counted from one."""
    if not (position.isascii() and position.isdecimal()):
        raise _RefusedError(f"505 invalid position: {shlex.quote(position)}")
    if not 0 < int(position[:9]) <= count:
        raise _RefusedError(f"501 {what}".rstrip())
    return int(position) - 1


def _lines(head: str, lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in (head, *lines))


# ── header ──────────────────────────────────────────────────────────────────


def _bodies(sheet: Sheet, field: str) -> list[str]:
    """Return what a field says, one instance or mailbox each."""
    draft = sheet.draft
    match field:
        case "To" | "Cc" | "Bcc":
            return [*sheet.entries(field)]
        case "Subject":
            return [draft.subject] if draft.subject else []
        case "From" | "Reply-To":
            found = draft.from_ if field == "From" else draft.reply_to
            return [format_mailbox(each) for each in found]
        case "Sender":
            return [format_mailbox(draft.sender)] if draft.sender else []
        case _:
            return [body for n, body in draft.fields if n.lower() == field.lower()]


def _put(sheet: Sheet, field: str, bodies: Sequence[str]) -> None:
    """Let a field say this and no more.

    Raises:
        AddressError: a body must be mailboxes and is not.
    """
    draft = sheet.draft
    authors = bodies and field in _AUTHORS
    mailboxes = parse_list(", ".join(bodies)) if authors else ()
    match field:
        case "To" | "Cc" | "Bcc":
            setattr(sheet, field.lower(), tuple(bodies))
        case "Subject":
            sheet.draft = replace(draft, subject=bodies[0] if bodies else None)
        case "From":
            sheet.draft = replace(draft, from_=mailboxes)
        case "Reply-To":
            sheet.draft = replace(draft, reply_to=mailboxes)
        case "Sender":
            sheet.draft = replace(draft, sender=next(iter(mailboxes), None))
        case _:
            others = [row for row in draft.fields if row[0].lower() != field.lower()]
            new = [(field, body) for body in bodies]
            sheet.draft = replace(draft, fields=(*others, *new))


def _there(composer: Composer, name: str) -> tuple[str, list[str]]:
    field = canonical(name)
    bodies = _bodies(composer.sheet, field)
    if not bodies:
        raise _RefusedError(f"501 {field}")
    return field, bodies


def _header_list(composer: Composer, name: str = "") -> str:
    if name:
        return f"210 {_there(composer, name)[0]}"
    sheet = composer.sheet
    known = ("Subject", "From", "Sender", *LISTS, "Reply-To")
    names = (
        *(n for n in known if _bodies(sheet, n)),
        *(n for n, _ in sheet.draft.fields),
    )
    return " ".join(("210", *dict.fromkeys(names)))


def _header_show(composer: Composer, name: str) -> str:
    field, bodies = _there(composer, name)
    if field in _MAILBOXES:
        lines = [f"{_address(body)} {shlex.quote(body)}" for body in bodies]
        return _lines(f"211 {field}", lines)
    return _lines(f"212 {field}", [shlex.quote(body) for body in bodies])


def _address(entry: str) -> str:
    """Return the address in an entry; # when it is a name to look up."""
    try:
        found = parse_mailbox(entry)
    except AddressError:
        return "#"
    return found.address if found.domain else "#"


def _header_insert(composer: Composer, name: str, body: str) -> str:
    name, mark, modifier = name.rstrip(":").partition("?")
    field, sheet = canonical(name), composer.sheet
    if field.lower() in OURS or re.search(_CONTROL, body):
        raise _RefusedError(f"505 {field}")
    check_name(field)
    before = _bodies(sheet, field)
    if field == "Sender" and before:
        raise _RefusedError("506 Sender")
    if field == "Subject":
        before, body = [], " ".join((*before, body))
    new = [body]
    if field in LISTS:
        single = f"{mark}{modifier}" in _SINGLE
        new = [one_mailbox(body)] if single else [*split_list(body)]
        for entry in filter(lambda each: "@" in each, new):
            parse_mailbox(entry)
    _put(sheet, field, [*before, *new])
    return f"210 {field} {len(before) + 1}"


def _header_remove(composer: Composer, name: str) -> str:
    field, _ = _there(composer, name)
    _put(composer.sheet, field, [])
    return f"210 {field}"


def _header_remove_at(composer: Composer, name: str, position: str) -> str:
    field, bodies = _there(composer, name)
    del bodies[_at(position, len(bodies), field)]
    _put(composer.sheet, field, bodies)
    return f"210 {field}"


# ── attachments ─────────────────────────────────────────────────────────────


def _place(composer: Composer, name: str) -> int:
    """Find an attachment by its name, or by the path that it was read from."""
    path = composer.path(name)
    places = [
        place
        for place, each in enumerate(composer.sheet.draft.attachments)
        if getattr(each.content, "path", None) == path
        or ("/" not in name and each.name == name)
    ]
    if len(places) != 1:
        raise _RefusedError("506" if places else "501")
    return places[0]


def _position(composer: Composer, position: str) -> int:
    return _at(position, len(composer.sheet.draft.attachments), "")


def _replace(composer: Composer, place: int, *new: Attachment) -> str:
    sheet = composer.sheet
    files = list(sheet.draft.attachments)
    files[place : place + 1] = new
    sheet.draft = replace(sheet.draft, attachments=tuple(files))
    return f"210 {place + 1}"


def _file_list(composer: Composer) -> str:
    names = [shlex.quote(each.name) for each in composer.sheet.draft.attachments]
    if not names:
        raise _RefusedError("501")
    return _lines("212", names)


def _file_insert(composer: Composer, name: str) -> str:
    try:
        added = composer.ports.attach(name)
    except UnreadableInputError:
        raise _RefusedError(f"505 {shlex.quote(name)}") from None
    return _replace(composer, len(composer.sheet.draft.attachments), added)


def _file_attribute(composer: Composer, place: int, what: str) -> str:
    file = composer.sheet.draft.attachments[place]
    rows = [(key, getattr(file, name)) for key, name in _KEYS.items()]
    rows.append(("content-disposition", "attachment"))
    lines = [f"{key} {shlex.quote(value)}" for key, value in rows if value]
    return _lines(f"212 {what}", lines)


def _file_set(composer: Composer, place: int, key: str, value: str) -> str:
    name = _KEYS.get(key.lower())
    if name is None or re.search(_CONTROL, value):
        raise _RefusedError("505")
    file = composer.sheet.draft.attachments[place]
    source = getattr(file.content, "path", Path(file.name))
    if name == "name":
        return _replace(composer, place, replace(file, name=value or source.name))
    return _replace(composer, place, replace(file, content_type=value))


# ── the table ───────────────────────────────────────────────────────────────


@record()
class _Command:
    """How many arguments a command takes, and what answers it."""

    arguments: tuple[int, ...]
    answer: Answer


_COMMANDS: Mapping[str, Mapping[str, _Command]] = {
    "attachment": {
        "attribute": _Command((1,), lambda c, w: _file_attribute(c, _place(c, w), w)),
        "attribute-at": _Command(
            (1,), lambda c, w: _file_attribute(c, _position(c, w), w)
        ),
        "attribute-set": _Command(
            (3,), lambda c, w, *more: _file_set(c, _place(c, w), *more)
        ),
        "attribute-set-at": _Command(
            (3,), lambda c, w, *more: _file_set(c, _position(c, w), *more)
        ),
        "insert": _Command((1,), _file_insert),
        "list": _Command((0,), _file_list),
        "remove": _Command((1,), lambda c, w: _replace(c, _place(c, w))),
        "remove-at": _Command((1,), lambda c, w: _replace(c, _position(c, w))),
    },
    "header": {
        "insert": _Command((2,), _header_insert),
        "list": _Command((0, 1), _header_list),
        "remove": _Command((1,), _header_remove),
        "remove-at": _Command((2,), _header_remove_at),
        "show": _Command((1,), _header_show),
    },
    "help": {"list": _Command((0,), lambda _: _lines("211", _summary()))},
    "version": {"list": _Command((0,), lambda _: "210 0 0 2")},
}


def _summary() -> list[str]:
    return [f"{name} {' '.join(table)}" for name, table in _COMMANDS.items()]
