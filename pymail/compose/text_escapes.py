"""Escapes that show the text or put something into it."""

import os
from collections.abc import Iterable, Iterator

from pymail.compose.composer import Composer
from pymail.compose.escapes import summary
from pymail.compose.sheet import joined
from pymail.errors import UnreadableInputError
from pymail.message.byte_source import cut_lines
from pymail.message.decoding import decode_source
from pymail.octets import FileOctets

_SHOWN = dict.fromkeys((*range(9), *range(11, 32), 127), "?")


def show(composer: Composer, _argument: str) -> None:
    """Show header, text and attachments (`~p`)."""
    sheet, say = composer.sheet, composer.console.print
    say(f"-------\nMessage contains:\n{visible(envelope(composer))}\n")
    for text in decode_source(sheet.text, composer.settings.composing.named):
        say(visible(text))
    if sheet.draft.attachments:
        names = [a.name for a in sheet.draft.attachments]
        rows = [f"#{number}: {name}\n" for number, name in enumerate(names, 1)]
        say("-------\nAttachments:\n" + visible("".join(rows)))
    composer.resume()


def envelope(composer: Composer) -> str:
    """Show the header as it will be, with the author that settings name."""
    sheet, identity = composer.sheet, composer.settings.identity
    author = "" if sheet.draft.from_ else joined(identity.from_)
    return (f"From: {author}\n" if author else "") + sheet.header()


def visible(text: str) -> str:
    """Replace what would control a terminal."""
    return text.translate(_SHOWN)


def show_escapes(composer: Composer, _argument: str) -> None:
    """Show the table (`~?`)."""
    composer.console.print(summary(composer.settings.writing.escape))


def insert_file(composer: Composer, argument: str) -> None:
    """Insert a file and say its name and size (`~r`, `~<`)."""
    _insert_file(composer, argument, b"")


def insert_indented(composer: Composer, argument: str) -> None:
    """Insert a file, a tab before each line; BSD's `~R` is Reply-To instead."""
    if "@" in argument and not os.path.lexists(composer.path(argument)):
        composer.sheet.set_field("Reply-To", argument)
    else:
        _insert_file(composer, argument, b"\t")


def insert_dead_letter(composer: Composer, _argument: str) -> None:
    """Insert the dead letter file (`~d`)."""
    place = composer.settings.keeping.dead_letter
    if place is None:
        composer.ports.complain("~d: nosave is set, there is no dead letter file")
    else:
        _insert_file(composer, str(place), b"")


def _insert_file(composer: Composer, name: str, before: bytes) -> None:
    name = unquoted(name)
    if not name:
        composer.ports.complain("insert which file? write its name after the escape")
        return
    try:
        content = FileOctets.at(composer.path(name)).chunks()
        insert(composer, name, _indented(content, before))
    except UnreadableInputError as error:
        composer.ports.complain(error.happened)


def insert(composer: Composer, name: str, blocks: Iterable[bytes]) -> None:
    """Add octets to the text, and say how many lines and octets they were."""
    lines = octets = 0
    for block in blocks:
        composer.sheet.text.write(block)
        lines, octets = lines + block.count(b"\n"), octets + len(block)
    composer.console.print(f'"{visible(name)}" {lines}/{octets}\n')


def _indented(blocks: Iterable[bytes], before: bytes) -> Iterator[bytes]:
    if not before:
        yield from blocks
        return
    for block in cut_lines(blocks):
        ended = block.endswith(b"\n")
        body = block[:-1] if ended else block
        yield before + body.replace(b"\n", b"\n" + before) + b"\n" * ended


def insert_sign(composer: Composer, _argument: str) -> None:
    """Insert the variable `sign` (`~a`)."""
    insert_variable(composer, "sign")


def insert_big_sign(composer: Composer, _argument: str) -> None:
    """Insert the variable `Sign` (`~A`)."""
    insert_variable(composer, "Sign")


def insert_variable(composer: Composer, argument: str) -> None:
    """Insert the value of a variable and a line end (`~i`)."""
    _insert_variable(composer, argument, "\n")


def insert_bare_variable(composer: Composer, argument: str) -> None:
    """Insert the value of a variable (`~I`)."""
    _insert_variable(composer, argument, "")


def _insert_variable(composer: Composer, name: str, end: str) -> None:
    r"""Insert a value, `\n` and `\t` in it expanded; one that is unset is nothing."""
    if not name:
        composer.ports.complain("insert which variable? write its name")
        return
    value = composer.ports.variable(name)
    if value:
        text = value.replace("\\n", "\n").replace("\\t", "\t") + end
        composer.sheet.text.write(text.encode("utf-8", "surrogateescape"))


def write(composer: Composer, argument: str) -> None:
    """Append the text to a file (`~w`)."""
    name, text = unquoted(argument), composer.sheet.text
    if not name:
        composer.ports.complain("write to which file? write its name after ~w")
        return
    lines = 0
    try:
        with composer.path(name).open("ab") as file:
            for block in text.chunks():
                file.write(block)
                lines += block.count(b"\n")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        composer.ports.complain(f"{name}: {reason}")
        return
    composer.console.print(f'"{visible(name)}" {lines}/{text.size_octets}\n')


def unquoted(name: str) -> str:
    """Take quotes off around a whole file name."""
    quoted = len(name) > 1 and name[0] == name[-1] and name[0] in "\"'"
    return name[1:-1] if quoted else name


def quote_messages(composer: Composer, _argument: str) -> None:
    """Say that there are no messages to quote (`~m` and its family)."""
    composer.console.print("No appropriate messages\n")
    composer.resume()
