"""A command line as click reads it; the only importer of click.

What it imports for decorators, help texts and UUIDs waits until it is needed.
"""

from collections.abc import Sequence
from typing import Any

from pymail.errors import UsageError
from pymail.late import late

with late("inspect", "uuid"):
    import click

Argument = click.Argument
Choice = click.Choice
Parameter = click.Parameter


class Option(click.Option):
    """An option that knows the group it is listed in."""

    def __init__(self, names: Sequence[str], *, group: str, **more: Any) -> None:
        as_written = more.pop("help", "")  # click would load `inspect` to clean it
        super().__init__(names, **more)
        self.group = group
        self.help = as_written

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

    def format_options(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """Write the options group by group."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            row = parameter.get_help_record(ctx)
            if row is not None and isinstance(parameter, Option):
                groups.setdefault(parameter.group, []).append(row)
        for title, rows in groups.items():
            with formatter.section(title):
                formatter.write_dl(rows)


def help_text(command: Command, name: str) -> str:
    """Write the help of a command that is called by this name."""
    with click.Context(command, info_name=name) as context:
        return command.get_help(context)


def values(command: Command, words: Sequence[str], name: str) -> dict[str, Any]:
    """Read words; returns the value of every parameter.

    Raises:
        UsageError: they make no sense.
    """
    try:
        with command.make_context(name, list(words)) as context:
            return dict(context.params)
    except click.ClickException as error:
        raise UsageError(
            error.format_message().rstrip(".").replace("\n", " "),
            advice=f"{name} --help shows the options",
        ) from error
