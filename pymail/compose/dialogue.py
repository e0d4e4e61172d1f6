"""The dialogue with the writer: questions, text with escapes, more questions.

The text is spooled line by line, so that none of it is lost, however the dialogue
ends.
"""

from pymail.compose.composer import Composer, body
from pymail.compose.escapes import ACTIONS, edit_attachments, parse
from pymail.compose.text_escapes import envelope, mask_controls
from pymail.errors import GivenUp, Interrupted

MOST_ENDS = 25  # this end of input counts in spite of ignoreeof (every mailx)


def compose(composer: Composer, *, questions: bool) -> None:
    """Ask the questions that the settings select, and read the text up to its end.

    On a pipe, or without `questions`, there are no questions.

    Raises:
        Interrupted: two interrupts in a row, another signal, or `~q` and `~x`.
    """
    questions = questions and composer.console.is_terminal
    if questions:
        _ask_before(composer)
    if questions and composer.settings.dialogue.edit_along:
        ACTIONS[composer.settings.dialogue.edit_along](composer, "")
    while True:
        _read(composer)
        if not questions:
            return
        _ask_after(composer)
        if not composer.settings.dialogue.ask_send or _confirmed(composer):
            return
        composer.resume()


def _ask_before(composer: Composer) -> None:
    draft, settings = composer.draft, composer.settings.dialogue
    if not draft.to:
        composer.set_field("To", composer.console.ask("To: "))
    if draft.subject is None and settings.ask_subject:
        subject = composer.console.ask("Subject: ")
        if subject:
            composer.set_field("Subject", subject)
    if not settings.ask_at_end:
        _ask_copies(composer)


def _ask_after(composer: Composer) -> None:
    settings = composer.settings.dialogue
    if settings.ask_at_end:
        _ask_copies(composer)
    if settings.ask_attach:
        edit_attachments(composer)


def _ask_copies(composer: Composer) -> None:
    settings = composer.settings.dialogue
    for field, wanted in (("Cc", settings.ask_cc), ("Bcc", settings.ask_bcc)):
        if wanted:
            before = body(composer.draft, field)
            composer.set_field(field, composer.console.ask(f"{field}: ", before))


def _confirmed(composer: Composer) -> bool:
    """Ask whether to send; an empty answer returns to the text."""
    composer.console.print(
        f"-------\nEnvelope contains:\n{mask_controls(envelope(composer))}"
    )
    while True:
        line = composer.console.line("Send this message [yes/no, empty: recompose]? ")
        answer = line.decode("utf-8", "replace").strip().lower()
        if not line or answer in ("n", "no"):
            raise GivenUp("not sent: you answered no", keep=True)
        if answer in ("y", "yes", ""):
            return bool(answer)


def _read(composer: Composer) -> None:
    """Read lines up to the end of the text."""
    composer.ended = False
    begins, ends = True, 0
    while not composer.ended:
        line = composer.console.line()
        if not line:
            ends += 1
            composer.ended = not _ignores_end(composer, ends)
        elif begins:
            _take_unless_interrupted(composer, line)
        else:
            composer.text.write(line)
        ends = 0 if line else ends
        begins = line.endswith(b"\n") or not line


def _ignores_end(composer: Composer, ends: int) -> bool:
    if not composer.console.is_terminal:
        return False
    if composer.settings.dialogue.ignore_eof and ends < MOST_ENDS:
        composer.console.print('Use "." to terminate letter\n')
        return True
    composer.console.print("EOT\n")
    return False


def _take_unless_interrupted(composer: Composer, line: bytes) -> None:
    """Process a line; an interrupt during an escape ends only the escape."""
    try:
        _take(composer, line)
    except GivenUp:
        raise
    except Interrupted as interrupted:
        composer.console.forgive(interrupted)


def _take(composer: Composer, line: bytes) -> None:
    """Process a line: the end of the text, an escape, or text."""
    escape = composer.settings.dialogue.escape
    if line.rstrip(b"\r\n") == b"." and _dot_ends(composer):
        composer.ended = True
        return
    if not escape or not line.startswith(escape.encode("utf-8", "surrogateescape")):
        composer.text.write(line)
        return
    found = parse(line.decode("utf-8", "surrogateescape"), escape)
    if isinstance(found, str):
        composer.text.write(found.encode("utf-8", "surrogateescape"))
        return
    name, argument = found
    if action := ACTIONS.get(name):
        action(composer, argument)
    else:
        shown = mask_controls(f"{escape}{name}")
        composer.complain(f"{shown}: unknown tilde escape; {escape}? lists them all")


def _dot_ends(composer: Composer) -> bool:
    settings = composer.settings.dialogue
    if composer.console.is_terminal:
        return settings.dot or settings.ignore_eof
    return settings.dot_in_pipe
