"""Tilde escapes that show, change or save the text, also with other programs.

If a program fails, the text stays unchanged.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing

from pymail.address.mailbox import format_mailbox
from pymail.compose.composer import Composer, header, with_header
from pymail.errors import PymailError, UnreadableInputError
from pymail.message.byte_source import InMemory, Joined, Octets, cut_lines
from pymail.message.decoding import decode_source
from pymail.message.raw_message import parse_draft
from pymail.octets import BufferedInput, FileOctets
from pymail.programs import run_program, scratch_file

_SHOWN = dict.fromkeys((*range(9), *range(11, 32), 127), "?")


def show(composer: Composer, _argument: str) -> None:
    """Show header, text and attachments (`~p`)."""
    say, attachments = composer.console.print, composer.draft.attachments
    say(f"-------\nMessage contains:\n{mask_controls(envelope(composer))}\n")
    for text in decode_source(composer.text, composer.settings.message.named):
        say(mask_controls(text))
    if attachments:
        rows = [f"#{number}: {a.name}\n" for number, a in enumerate(attachments, 1)]
        say("-------\nAttachments:\n" + mask_controls("".join(rows)))
    composer.resume()


def envelope(composer: Composer) -> str:
    """Return the header as it will be sent, with the author from the settings."""
    named = () if composer.draft.from_ else composer.settings.from_
    author = ", ".join(map(format_mailbox, named))
    return (f"From: {author}\n" if author else "") + header(composer.draft)


def mask_controls(text: str) -> str:
    """Replace control characters, except tabs and line ends, by `?`."""
    return text.translate(_SHOWN)


def insert_file(composer: Composer, argument: str, before: bytes = b"") -> None:
    """Insert a file, with `before` in front of each line; show its size (`~r`, `~<`)."""
    name = unquoted(argument)
    if not name:
        composer.complain("no file to insert: write its name after the escape")
        return
    try:
        content = FileOctets.at(composer.path(name)).chunks()
        insert(composer, name, _indented(content, before) if before else content)
    except UnreadableInputError as error:
        composer.complain(error.happened)


def insert_indented(composer: Composer, argument: str) -> None:
    """Insert a file, a tab before each line (`~R`); an address sets Reply-To, as in BSD."""
    if "@" in argument and not os.path.lexists(composer.path(argument)):
        composer.set_field("Reply-To", argument)
    else:
        insert_file(composer, argument, b"\t")


def insert_dead_letter(composer: Composer, _argument: str) -> None:
    """Insert the dead letter file (`~d`)."""
    place = composer.settings.dead_letter
    if place is None:
        composer.complain("~d: no dead letter file, because nosave is set")
    else:
        insert_file(composer, str(place))


def insert(composer: Composer, name: str, blocks: Iterable[bytes]) -> None:
    """Add octets to the text, and show how many lines and octets they are."""
    lines = octets = 0
    for block in blocks:
        composer.text.write(block)
        lines, octets = lines + block.count(b"\n"), octets + len(block)
    composer.console.print(f'"{mask_controls(name)}" {lines}/{octets}\n')


def _indented(blocks: Iterable[bytes], before: bytes) -> Iterator[bytes]:
    for block in cut_lines(blocks):
        ended = block.endswith(b"\n")
        body = block[:-1] if ended else block
        yield before + body.replace(b"\n", b"\n" + before) + b"\n" * ended


def insert_variable(end: str, composer: Composer, name: str) -> None:
    r"""Insert the value of a variable and `end` (`~i`, `~I`); nothing if it is unset.

    `\n` and `\t` in the value are expanded.
    """
    if not name:
        composer.complain("no variable to insert: write its name after the escape")
        return
    value = composer.variable(name)
    if value:
        text = value.replace("\\n", "\n").replace("\\t", "\t") + end
        composer.text.write(text.encode("utf-8", "surrogateescape"))


def write(composer: Composer, argument: str) -> None:
    """Append the text to a file (`~w`)."""
    name, text = unquoted(argument), composer.text
    if not name:
        composer.complain("no file to append to: write its name after ~w")
        return
    lines = 0
    try:
        with composer.path(name).open("ab") as file:
            for block in text.chunks():
                file.write(block)
                lines += block.count(b"\n")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        composer.complain(f"{name}: {reason}")
        return
    composer.console.print(f'"{mask_controls(name)}" {lines}/{text.size_octets}\n')


def unquoted(name: str) -> str:
    """Remove the quotes around a whole file name."""
    quoted = len(name) > 1 and name[0] == name[-1] and name[0] in "\"'"
    return name[1:-1] if quoted else name


def quote_messages(composer: Composer, _argument: str) -> None:
    """Show that there are no messages to quote (`~m` and its family)."""
    composer.console.print("No appropriate messages\n")
    composer.resume()


_EDIT = '{} "$@"'  # EDITOR may contain arguments, which a shell splits


def edit(composer: Composer, _argument: str, *, visually: bool) -> None:
    """Edit the text with EDITOR or VISUAL (`~e`, `~v`)."""
    writing, environment = composer.settings.dialogue, composer.environment
    editor = writing.visual if visually else writing.editor
    source = _source(composer, headers=writing.edit_headers)
    try:
        with scratch_file(source.chunks(), environment) as path:
            words = ["/bin/sh", "-c", _EDIT.format(editor), editor, str(path)]
            if _succeeds(composer, editor, lambda: run_program(words, environment)):
                _take(composer, FileOctets.at(path), headers=writing.edit_headers)
    except OSError as error:
        composer.complain(f"{editor}: {_reason(error)}; the text is unchanged")
    except UnreadableInputError as error:
        composer.complain(f"{editor}: {error.happened}; the text is unchanged")
    composer.resume()


def pass_through(composer: Composer, argument: str, *, headers: bool) -> None:
    """Replace the text, or header and text, by a command's output (`~|`, `~||`)."""
    source = _source(composer, headers=headers)
    with closing(BufferedInput()) as output:
        if _run(composer, argument, source, output):
            if output.size_octets:
                _take(composer, output, headers=headers)
            else:
                composer.complain(f"{argument}: no output; the text is unchanged")
    composer.resume()


def run_command(composer: Composer, argument: str) -> None:
    """Run a command (`~!`)."""
    if _run(composer, argument, None, None) and composer.console.is_terminal:
        composer.console.print("!\n")


def insert_output(composer: Composer, argument: str) -> None:
    """Insert the output of a command (`~<!`)."""
    with closing(BufferedInput()) as output:
        if _run(composer, argument, None, output) or output.size_octets:
            insert(composer, f"!{argument}", output.chunks())


def change_settings(composer: Composer, argument: str) -> None:
    """Run a settings command (`~:`, `~_`)."""
    if argument.startswith("!"):
        run_command(composer, argument[1:].strip())
        return
    try:
        composer.settings = composer.command(argument)
    except PymailError as error:
        composer.complain(str(error))
    composer.resume()


def _run(
    composer: Composer,
    command: str,
    text: Octets | None,
    output: BufferedInput | None,
) -> bool:
    """Run a command in the user's shell; if it fails, complain and return False."""
    if not command:
        composer.complain("no command to run: write it after the escape")
        return False
    words = [composer.settings.dialogue.shell, "-c", command]
    environment = composer.environment

    def run() -> int:
        blocks = None if text is None else text.chunks()
        return run_program(words, environment, text=blocks, output=output)

    return _succeeds(composer, command, run)


def _succeeds(composer: Composer, name: str, run: Callable[[], int]) -> bool:
    try:
        status = run()
    except OSError as error:
        composer.complain(f"{name}: {_reason(error)}")
        return False
    if status:
        composer.complain(f"{name}: failed with exit status {status}")
    return not status


def _source(composer: Composer, *, headers: bool) -> Octets:
    if not headers:
        return composer.text
    head = f"{header(composer.draft)}\n".encode("utf-8", "surrogateescape")
    return Joined((InMemory(head), composer.text))


def _take(composer: Composer, source: Octets, *, headers: bool) -> None:
    """Take over the text, with `headers` also the header, that a program wrote."""
    draft, body = composer.draft, source
    try:
        if headers:
            found = parse_draft(source)
            fields = [(each.name, each.text) for each in found.fields]
            draft, body = with_header(draft, fields), found.body
        composer.text.replace(body.chunks())
    except PymailError as error:
        composer.complain(f"{error}; the text is unchanged")
    else:
        composer.draft = draft


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
