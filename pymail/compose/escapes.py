"""The table of tilde escapes.

A line that begins with the escape character is a command; two of them are the
character itself. `~?` and the manual show this table. Sources: mailx(1) of Heirloom,
s-nail(1), mail(1) of BSD.
"""

from collections.abc import Callable
from functools import partial

from pymail.compose import header_escapes as header
from pymail.compose import protocol
from pymail.compose import text_escapes as text
from pymail.compose.composer import Composer
from pymail.errors import GivenUp
from pymail.model import model

Action = Callable[[Composer, str], None]


@model()
class Escape:
    """One row: names that do the same, separated by blanks; argument; meaning; action."""

    shown_names: str
    argument: str
    meaning: str
    action: Action

    @property
    def names(self) -> list[str]:
        """The names."""
        return self.shown_names.split()


def _end(composer: Composer, _argument: str) -> None:
    composer.ended = True


def _quit(_composer: Composer, _argument: str) -> None:
    raise GivenUp("not sent, as you asked (~q)", keep=True)


def _discard(_composer: Composer, _argument: str) -> None:
    raise GivenUp("not sent and not kept, as you asked (~x)", keep=False)


def _show_escapes(composer: Composer, _argument: str) -> None:
    composer.console.print(summary(composer.settings.dialogue.escape))


# fmt: off
ESCAPES = (
    Escape(".", "", "end the text and send it", _end),
    Escape("q", "", "send nothing; keep the text as a dead letter", _quit),
    Escape("x", "", "send nothing, keep nothing", _discard),
    Escape("p", "", "show recipients, subject and text", text.show),
    Escape("s", "SUBJECT", "set the subject", header.set_subject),
    Escape("t", "LIST", "add recipients", partial(header.add_recipients, "To")),
    Escape("c", "LIST", "add recipients of a copy", partial(header.add_recipients, "Cc")),
    Escape("b", "LIST", "add recipients of a blind copy", partial(header.add_recipients, "Bcc")),
    Escape("h", "", "edit To, Cc, Bcc and Subject", partial(header.edit_fields, header.RECIPIENTS)),
    Escape("H", "", "edit From, Reply-To, Sender and Organization", partial(header.edit_fields, header.SENDERS)),
    Escape("@", "[FILE ...]", "attach files; without one edit the list", header.attach),
    Escape("^", "COMMAND", "list or change header and attachments, for scripts", protocol.talk),
    Escape("r <", "FILE", "insert a file", text.insert_file),
    Escape("R", "FILE", "insert a file, indented; or an ADDRESS as Reply-To", text.insert_indented),
    Escape("<! r!", "COMMAND", "insert what a command prints", text.insert_output),
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


@model()
class Call:
    """An escape in a line: its name, and what follows without blanks around it."""

    name: str
    argument: str


def parse(line: str, character: str) -> Call | str:
    r"""Read a line: the escape it calls, or the text that it is.

    `character` is one character, or empty when no escapes are wanted. The name of
    an escape that is not in the table is what stands after the character; it is
    empty when nothing does.
    """
    if not character or not line.startswith(character):
        return line
    rest = line[1:]
    if rest.startswith(character):
        return rest
    name, argument = rest[:1].strip(), rest[1:].strip()
    for longer in ("!", "|"):
        if name + longer in ACTIONS and argument.startswith(longer):
            return Call(name + longer, argument[1:].strip())
    return Call(name, argument)


def summary(character: str) -> str:
    """Show every escape with its meaning, a line each."""
    rows = [
        (", ".join(f"{character}{name}" for name in row.names), row) for row in ESCAPES
    ]
    shown = [(f"{names} {row.argument}".rstrip(), row.meaning) for names, row in rows]
    shown.append((f"{character}{character}TEXT", f"the text {character}TEXT"))
    width = max(len(left) for left, _ in shown if len(left) < 24)
    return "".join(f"{left:<{width}}  {meaning}\n" for left, meaning in shown)
