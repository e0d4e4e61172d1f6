"""The table of tilde escapes, and the escapes that change the header and attachments.

A line that begins with the escape character is a command; two escape characters stand
for one in the text. `~?` and the manual show this table. The escapes for the text are
in `text_escapes`, `~^` is in `protocol`. Sources: mailx(1) of Heirloom, s-nail(1),
mail(1) of BSD.
"""

import re
from collections.abc import Callable, Iterable
from functools import partial

from pymail.address.address_list import split_list
from pymail.compose import protocol
from pymail.compose import text_escapes as text
from pymail.compose.composer import Composer, bodies, body, with_bodies
from pymail.errors import AddressError, GivenUp, UnreadableInputError
from pymail.model import model, replace

Action = Callable[[Composer, str], None]

_NAME = re.compile(r"""(?:"[^"]*"|'[^']*'|\\.|[^ \t,"'\\])+""").finditer
_QUOTED = re.compile(r""""([^"]*)"|'([^']*)'|\\(.)""")
_RECIPIENTS = ("To", "Cc", "Bcc", "Subject")
_SENDERS = ("From", "Reply-To", "Sender", "Organization")


def _end(composer: Composer, _argument: str) -> None:
    composer.ended = True


def _quit(_composer: Composer, _argument: str) -> None:
    raise GivenUp("not sent: you quit with ~q", keep=True)


def _discard(_composer: Composer, _argument: str) -> None:
    raise GivenUp("not sent and not kept: you quit with ~x", keep=False)


def _show_escapes(composer: Composer, _argument: str) -> None:
    composer.console.print(summary(composer.settings.dialogue.escape))


# ── header ──────────────────────────────────────────────────────────────────


def _set_subject(composer: Composer, argument: str) -> None:
    composer.set_field("Subject", argument)


def _add_recipients(field: str, composer: Composer, argument: str) -> None:
    if argument:
        listed = (*bodies(composer.draft, field), *split_list(argument))
        composer.draft = with_bodies(composer.draft, field, listed)
    else:
        composer.complain(f"{field}: no address to add: write it after the escape")


def _edit_fields(fields: Iterable[str], composer: Composer, _argument: str) -> None:
    """Edit fields at the terminal; complain about a body that isn't valid."""
    if not composer.console.is_terminal:
        composer.complain("fields can be edited only at a terminal; use ~t ~c ~b ~s")
        return
    for field in fields:
        before = body(composer.draft, field)
        answer = composer.console.ask(f"{field}: ", before)
        if answer != before:
            try:
                composer.set_field(field, answer)
            except AddressError as error:
                composer.complain(f"{field}: {error.happened}")
    composer.resume()


# ── attachments ─────────────────────────────────────────────────────────────


def _attach_files(composer: Composer, argument: str) -> None:
    """Attach the named files; without a name edit the list."""
    if not argument:
        edit_attachments(composer)
    for name in file_names(argument):
        _attach(composer, name)


def edit_attachments(composer: Composer) -> None:
    """Ask for each attachment, then for more until an answer is empty.

    A dash in place of a name removes the attachment. On a pipe the names of more files
    follow, up to an empty line (s-nail's way).
    """
    for place, attachment in enumerate(composer.draft.attachments, 1):
        if not composer.console.is_terminal:
            break
        answer = composer.console.ask(f"#{place} filename: ", attachment.name)
        if answer != attachment.name:
            others = composer.draft.attachments
            rest = tuple(a for a in others if a is not attachment)
            composer.draft = replace(composer.draft, attachments=rest)
            _attach(composer, "" if answer == "-" else answer)
    _ask_for_more_attachments(composer)


def _ask_for_more_attachments(composer: Composer) -> None:
    while True:
        place = len(composer.draft.attachments) + 1
        terminal = composer.console.is_terminal
        names = composer.console.ask(f"#{place} filename: " if terminal else "")
        if not names:
            return
        for name in file_names(names):
            _attach(composer, name)


def _attach(composer: Composer, name: str) -> None:
    if not name:
        return
    draft = composer.draft
    try:
        added = composer.attach(name)
    except UnreadableInputError as error:
        composer.complain(f"not attached: {error.happened}")
        return
    composer.draft = replace(draft, attachments=(*draft.attachments, added))


def file_names(text: str) -> list[str]:
    """Split at blanks and commas, except inside quotes and behind backslashes."""
    return [
        _QUOTED.sub(lambda q: q[1] or q[2] or q[3] or "", found[0])
        for found in _NAME(text)
    ]


# ── the table ───────────────────────────────────────────────────────────────


@model()
class Escape:
    """One row: names of the same action, separated by blanks; argument; meaning."""

    shown_names: str
    argument: str
    meaning: str
    action: Action

    @property
    def names(self) -> list[str]:
        """The names."""
        return self.shown_names.split()


# fmt: off
ESCAPES = (
    Escape(".", "", "end the text and send it", _end),
    Escape("q", "", "send nothing; keep the text as a dead letter", _quit),
    Escape("x", "", "send nothing, keep nothing", _discard),
    Escape("p", "", "show recipients, subject and text", text.show),
    Escape("s", "SUBJECT", "set the subject", _set_subject),
    Escape("t", "LIST", "add recipients", partial(_add_recipients, "To")),
    Escape("c", "LIST", "add recipients of a copy", partial(_add_recipients, "Cc")),
    Escape("b", "LIST", "add recipients of a blind copy", partial(_add_recipients, "Bcc")),
    Escape("h", "", "edit To, Cc, Bcc and Subject", partial(_edit_fields, _RECIPIENTS)),
    Escape("H", "", "edit From, Reply-To, Sender and Organization", partial(_edit_fields, _SENDERS)),
    Escape("@", "[FILE ...]", "attach files; without a FILE edit the list", _attach_files),
    Escape("^", "COMMAND", "list or change header and attachments, for scripts", protocol.talk),
    Escape("r <", "FILE", "insert a file", text.insert_file),
    Escape("R", "FILE", "insert a file, indented; or an ADDRESS as Reply-To", text.insert_indented),
    Escape("<! r!", "COMMAND", "insert the output of a command", text.insert_output),
    Escape("d", "", "insert the dead letter file", text.insert_dead_letter),
    Escape("a", "", "insert the variable sign", lambda c, _: text.insert_variable("\n", c, "sign")),
    Escape("A", "", "insert the variable Sign", lambda c, _: text.insert_variable("\n", c, "Sign")),
    Escape("i", "NAME", "insert the value of a variable", partial(text.insert_variable, "\n")),
    Escape("I", "NAME", "the same without a line end", partial(text.insert_variable, "")),
    Escape("e", "", "edit the text with EDITOR", partial(text.edit, visually=False)),
    Escape("v", "", "edit the text with VISUAL", partial(text.edit, visually=True)),
    Escape("|", "COMMAND", "pass the text through a command", partial(text.pass_through, headers=False)),
    Escape("||", "COMMAND", "the same with the header", partial(text.pass_through, headers=True)),
    Escape("w", "FILE", "append the text to a file", text.write),
    Escape("!", "COMMAND", "run a command", text.run_command),
    Escape(": _", "COMMAND", "run a settings command for this mail", text.change_settings),
    Escape("m M f F u U Q", "", "quote messages: there are none", text.quote_messages),
    Escape("?", "", "show this list", _show_escapes),
)
# fmt: on

ACTIONS = {name: escape.action for escape in ESCAPES for name in escape.names}


def parse(line: str, character: str) -> tuple[str, str] | str:
    r"""Parse a line: return name and argument of the escape that it calls, or its text.

    `character` is one character, or empty when there are no escapes. The name of an
    escape that is not in the table is the letter after the character, or empty.
    """
    if not character or not line.startswith(character):
        return line
    rest = line[1:]
    if rest.startswith(character):
        return rest
    name, argument = rest[:1].strip(), rest[1:].strip()
    for longer in ("!", "|"):
        if name + longer in ACTIONS and argument.startswith(longer):
            return name + longer, argument[1:].strip()
    return name, argument


def summary(character: str) -> str:
    """Return a line for every escape with its meaning."""
    rows = [
        (", ".join(f"{character}{name}" for name in row.names), row) for row in ESCAPES
    ]
    shown = [(f"{names} {row.argument}".rstrip(), row.meaning) for names, row in rows]
    shown.append((f"{character}{character}TEXT", f"the text {character}TEXT"))
    width = max(len(left) for left, _ in shown if len(left) < 24)
    return "".join(f"{left:<{width}}  {meaning}\n" for left, meaning in shown)
