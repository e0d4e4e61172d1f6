"""A command line as click reads it; the only importer of click.

What it imports for decorators, help texts and UUIDs waits until it is needed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pymail.errors import UsageError
from pymail.late import late

with late("inspect", "uuid"):
    import click

HELP_COLUMNS = 80
LEAST_COLUMNS = 30
NAMES_COLUMNS = 24  # the longest names that have their meaning beside them
NARROW_COLUMNS = 60  # below this there is no room beside the names
NARROW_INDENT = 6

Argument = click.Argument
Choice = click.Choice
Parameter = click.Parameter


class Option(click.Option):
    """An option with a help text of one or two lines."""

    def __init__(self, names: Sequence[str], *, help: str, **more: Any) -> None:  # noqa: A002 - click's name
        super().__init__(names, **more)
        self.help = help  # click would load `inspect` to clean it

    def get_help_record(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
    ) -> tuple[str, str] | None:
        """Show the short and the first long name; the manual has the synonyms."""
        if self.hidden:
            return None
        names = ", ".join(self.opts[:2] if self.opts[0][1] != "-" else self.opts[:1])
        return f"{names} {self.metavar or ''}".rstrip(), self.help or ""


class Command(click.Command):
    """A command whose help is grouped, the most needed first."""

    def __init__(
        self, name: str, *, groups: Mapping[str, Sequence[Option]], **more: Any
    ) -> None:
        super().__init__(name, **more)
        self._groups = groups

    def format_options(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """Write the options group by group, all in the same two columns."""
        for title, options in self._groups.items():
            formatter.write_paragraph()
            formatter.write(f"{title}:\n")
            for names, meaning in filter(
                None, (o.get_help_record(ctx) for o in options)
            ):
                formatter.write(_entry(names, meaning, formatter.width))

    def format_epilog(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """Write examples as they are, to be copied."""
        formatter.write_paragraph()
        formatter.write(self.epilog or "")


def _entry(names: str, meaning: str, width: int) -> str:
    """Put names and meaning side by side, below each other where that is too narrow."""
    import textwrap

    narrow = width < NARROW_COLUMNS or len(names) > NAMES_COLUMNS
    column = NARROW_INDENT if width < NARROW_COLUMNS else NAMES_COLUMNS + 4
    gap = "\n" + " " * column if narrow else " " * (column - 2 - len(names))
    lines = textwrap.wrap(meaning, width - column, break_on_hyphens=False)
    between = "\n" + " " * column
    return f"  {names}{gap}{between.join(lines)}\n"


def split_words(line: str) -> list[str]:
    """Split a line as a shell does; quotes may be open at its end."""
    from click.shell_completion import split_arg_string

    return split_arg_string(line)


def help_text(command: Command, name: str, columns: int = HELP_COLUMNS) -> str:
    """Write the help of a command that is called by this name."""
    width = max(min(columns, HELP_COLUMNS) - 1, LEAST_COLUMNS)
    with click.Context(command, info_name=name, terminal_width=width) as context:
        return command.get_help(context)


def values(command: Command, words: Sequence[str], name: str) -> dict[str, Any]:
    """Read words; returns the value of every parameter.

    Raises:
        UsageError: they make no sense.
    """
    try:
        with command.make_context(name, list(words)) as context:
            return dict(context.params)
    except click.NoSuchOption as error:
        raise UsageError(
            f"{error.option_name}: no such option",
            advice=_meant(name, error.possibilities or ()),
        ) from error
    except click.ClickException as error:
        raise UsageError(_in_words(error), advice=_meant(name)) from error


def _in_words(error: click.ClickException) -> str:
    """Say what is wrong, and repeat nothing that may be a password by mistake."""
    param = error.param if isinstance(error, click.BadParameter) else None
    if param is not None and param.name == "password_fd":
        return f"{param.opts[0]} takes the number of a descriptor, not a password"
    return error.format_message().rstrip(".").replace("\n", " ")


def _meant(name: str, possibilities: Sequence[str] = ()) -> str:
    """Name the option that was meant, as far as anybody can tell."""
    if possibilities:
        return f"did you mean {possibilities[0]}? {name} --help shows all options"
    return f"{name} --help shows the options"
