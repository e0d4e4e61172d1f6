"""The escapes of a text that is being written, and how a line names one.

A line that begins with the escape character is a command; two of them are the
character itself. `~?` and the manual show this table, `actions` has a function
for every name in it. Sources: mailx(1) of Heirloom, s-nail(1), mail(1) of BSD.
"""

from pymail.model import model


@model()
class Escape:
    """One row: the names that do the same, what follows them, what they do."""

    names: tuple[str, ...]
    argument: str
    meaning: str


ESCAPES = (
    Escape((".",), "", "end the text and send it"),
    Escape(("q",), "", "send nothing; keep the text as a dead letter"),
    Escape(("x",), "", "send nothing, keep nothing"),
    Escape(("p",), "", "show recipients, subject and text"),
    Escape(("s",), "SUBJECT", "set the subject"),
    Escape(("t",), "LIST", "add recipients"),
    Escape(("c",), "LIST", "add recipients of a copy"),
    Escape(("b",), "LIST", "add recipients of a blind copy"),
    Escape(("h",), "", "edit To, Cc, Bcc and Subject"),
    Escape(("H",), "", "edit From, Reply-To, Sender and Organization"),
    Escape(("@",), "[FILE ...]", "attach files; without one edit the list"),
    Escape(("^",), "COMMAND", "list or change header and attachments, for scripts"),
    Escape(("r", "<"), "FILE", "insert a file"),
    Escape(("R",), "FILE", "insert a file, indented; or an ADDRESS as Reply-To"),
    Escape(("<!", "r!"), "COMMAND", "insert what a command prints"),
    Escape(("d",), "", "insert the dead letter file"),
    Escape(("a",), "", "insert the variable sign"),
    Escape(("A",), "", "insert the variable Sign"),
    Escape(("i",), "NAME", "insert the value of a variable"),
    Escape(("I",), "NAME", "the same without a line end"),
    Escape(("e",), "", "edit the text with EDITOR"),
    Escape(("v",), "", "edit the text with VISUAL"),
    Escape(("|",), "COMMAND", "pass the text through a command"),
    Escape(("||",), "COMMAND", "the same with the header"),
    Escape(("w",), "FILE", "append the text to a file"),
    Escape(("!",), "COMMAND", "run a command"),
    Escape((":", "_"), "COMMAND", "run a settings command for this mail"),
    Escape(("m", "M", "f", "F", "u", "U", "Q"), "", "quote messages: there are none"),
    Escape(("?",), "", "show this list"),
)

NAMES = frozenset(name for escape in ESCAPES for name in escape.names)


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
        if name + longer in NAMES and argument.startswith(longer):
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
