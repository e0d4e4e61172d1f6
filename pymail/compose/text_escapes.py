"""Escapes that show, change or save the text, also by other programs; and settings.

A program that fails leaves the text as it was.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing

from pymail.address.mailbox import format_mailbox
from pymail.compose.composer import Composer
from pymail.errors import PymailError, UnreadableInputError
from pymail.message.byte_source import InMemory, Joined, Octets, cut_lines
from pymail.message.decoding import decode_source
from pymail.message.raw_message import parse_draft
from pymail.octets import BufferedInput, FileOctets

_SHOWN = dict.fromkeys((*range(9), *range(11, 32), 127), "?")


def show(composer: Composer, _argument: str) -> None:
    """Show header, text and attachments (`~p`)."""
    message, say = composer.message, composer.console.print
    say(f"-------\nMessage contains:\n{visible(envelope(composer))}\n")
    for text in decode_source(
        message.text, composer.settings.text_rules.input_charsets
    ):
        say(visible(text))
    if message.draft.attachments:
        names = [a.name for a in message.draft.attachments]
        rows = [f"#{number}: {name}\n" for number, name in enumerate(names, 1)]
        say("-------\nAttachments:\n" + visible("".join(rows)))
    composer.resume()


def envelope(composer: Composer) -> str:
    """Show the header as it will be, with the author that settings name."""
    message, identity = composer.message, composer.settings.identity
    named = () if message.draft.from_ else identity.from_
    author = ", ".join(map(format_mailbox, named))
    return (f"From: {author}\n" if author else "") + message.header()


def visible(text: str) -> str:
    """Replace what would control a terminal."""
    return text.translate(_SHOWN)


def insert_file(composer: Composer, argument: str) -> None:
    """Insert a file and say its name and size (`~r`, `~<`)."""
    _insert_file(composer, argument, b"")


def insert_indented(composer: Composer, argument: str) -> None:
    """Insert a file, a tab before each line; BSD's `~R` is Reply-To instead."""
    if "@" in argument and not os.path.lexists(composer.path(argument)):
        composer.message.set_field("Reply-To", argument)
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
        composer.message.text.write(block)
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


def insert_variable(end: str, composer: Composer, name: str) -> None:
    r"""Insert a variable and `end` (`~i`, `~I`); one that is unset is nothing.

    `\n` and `\t` in it are expanded.
    """
    if not name:
        composer.ports.complain("insert which variable? write its name")
        return
    value = composer.ports.variable(name)
    if value:
        text = value.replace("\\n", "\n").replace("\\t", "\t") + end
        composer.message.text.write(text.encode("utf-8", "surrogateescape"))


def write(composer: Composer, argument: str) -> None:
    """Append the text to a file (`~w`)."""
    name, text = unquoted(argument), composer.message.text
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


_EDIT = '{} "$@"'  # EDITOR may have arguments, as everybody runs it


def edit(composer: Composer, _argument: str) -> None:
    """Edit the text with EDITOR (`~e`)."""
    _run_editor(composer, composer.settings.writing.editor)


def edit_visually(composer: Composer, _argument: str) -> None:
    """Edit the text with VISUAL (`~v`)."""
    _run_editor(composer, composer.settings.writing.visual)


def _run_editor(composer: Composer, editor: str) -> None:
    environment = composer.environment
    headers = composer.settings.writing.edit_headers
    try:
        with environment.scratch_file(
            _source(composer, headers=headers).chunks()
        ) as path:
            words = ["/bin/sh", "-c", _EDIT.format(editor), editor, str(path)]
            if _succeeds(composer, editor, lambda: environment.run(words)):
                _take(composer, FileOctets.at(path), headers=headers)
    except OSError as error:
        composer.ports.complain(f"{editor}: {_reason(error)}; the text is as it was")
    except UnreadableInputError as error:
        composer.ports.complain(f"{editor}: {error.happened}; the text is as it was")
    composer.resume()


def pass_through(composer: Composer, argument: str) -> None:
    """Replace the text by what a command makes of it (`~|`)."""
    _pass_through(composer, argument, headers=False)


def pass_through_with_header(composer: Composer, argument: str) -> None:
    """Replace header and text by what a command makes of both (`~||`)."""
    _pass_through(composer, argument, headers=True)


def _pass_through(composer: Composer, command: str, *, headers: bool) -> None:
    source = _source(composer, headers=headers)
    with closing(BufferedInput()) as output:
        if _run(composer, command, source, output):
            if output.size_octets:
                _take(composer, output, headers=headers)
            else:
                composer.ports.complain(f"{command}: no output; the text is as it was")
    composer.resume()


def run_command(composer: Composer, argument: str) -> None:
    """Run a command (`~!`)."""
    if _run(composer, argument, None, None) and composer.console.is_terminal:
        composer.console.print("!\n")


def insert_output(composer: Composer, argument: str) -> None:
    """Insert what a command prints (`~<!`)."""
    with closing(BufferedInput()) as output:
        if _run(composer, argument, None, output) or output.size_octets:
            insert(composer, f"!{argument}", output.chunks())


def change_settings(composer: Composer, argument: str) -> None:
    """Run a settings command (`~:`, `~_`)."""
    if argument.startswith("!"):
        run_command(composer, argument[1:].strip())
        return
    try:
        composer.settings = composer.ports.command(argument)
    except PymailError as error:
        composer.ports.complain(str(error))
    composer.resume()


def _run(
    composer: Composer,
    command: str,
    text: Octets | None,
    output: BufferedInput | None,
) -> bool:
    """Run a command in the user's shell; False, with a line why, when it fails."""
    if not command:
        composer.ports.complain("run which command? write it after the escape")
        return False
    words = [composer.settings.writing.shell, "-c", command]
    environment = composer.environment

    def run() -> int:
        blocks = None if text is None else text.chunks()
        return environment.run(words, text=blocks, output=output)

    return _succeeds(composer, command, run)


def _succeeds(composer: Composer, name: str, run: Callable[[], int]) -> bool:
    try:
        status = run()
    except OSError as error:
        composer.ports.complain(f"{name}: {_reason(error)}")
        return False
    if status:
        composer.ports.complain(f"{name}: failed with exit status {status}")
    return not status


def _source(composer: Composer, *, headers: bool) -> Octets:
    message = composer.message
    if not headers:
        return message.text
    head = f"{message.header()}\n".encode("utf-8", "surrogateescape")
    return Joined((InMemory(head), message.text))


def _take(composer: Composer, source: Octets, *, headers: bool) -> None:
    """Take over what a program made of the text, and of the header perhaps."""
    message = composer.message
    try:
        if headers:
            found = parse_draft(source)
            draft = message.with_header(
                [(each.name, each.text) for each in found.fields]
            )
            message.text.replace(_held(found.body))
            message.draft = draft
        else:
            message.text.replace(source.chunks())
    except PymailError as error:
        composer.ports.complain(f"{error}; the text is as it was")


def _held(source: Octets) -> Iterator[bytes]:
    yield from source.chunks()


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
