"""Escapes that run other programs: editors, filters, commands; and settings.

What fails leaves the text as it was.
"""

from collections.abc import Callable, Iterator
from contextlib import closing

from pymail.compose.composer import Composer
from pymail.compose.text_escapes import insert
from pymail.errors import PymailError, UnreadableInputError
from pymail.message.byte_source import InMemory, Joined, Octets
from pymail.message.raw_message import parse_draft
from pymail.octets import BufferedInput, FileOctets

_EDIT = '{} "$@"'  # EDITOR may have arguments, as everybody runs it


def edit(composer: Composer, _argument: str) -> None:
    """Edit the text with EDITOR (`~e`)."""
    _edit(composer, composer.settings.writing.editor)


def edit_visually(composer: Composer, _argument: str) -> None:
    """Edit the text with VISUAL (`~v`)."""
    _edit(composer, composer.settings.writing.visual)


def _edit(composer: Composer, editor: str) -> None:
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
    sheet = composer.sheet
    if not headers:
        return sheet.text
    head = f"{sheet.header()}\n".encode("utf-8", "surrogateescape")
    return Joined((InMemory(head), sheet.text))


def _take(composer: Composer, source: Octets, *, headers: bool) -> None:
    """Take over what a program made of the text, and of the header perhaps."""
    sheet = composer.sheet
    try:
        if headers:
            found = parse_draft(source)
            other = sheet.with_header([(each.name, each.text) for each in found.fields])
            sheet.text.replace(_held(found.body))
            sheet.take(other)
        else:
            sheet.text.replace(source.chunks())
    except PymailError as error:
        composer.ports.complain(f"{error}; the text is as it was")


def _held(source: Octets) -> Iterator[bytes]:
    yield from source.chunks()


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
