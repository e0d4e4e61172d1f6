"""Text of --help, laid out by click."""

import click

from pymail.cli.options import OPTION_GROUPS, Option

HELP_COLUMNS = 80
LEAST_COLUMNS = 30
NAMES_COLUMNS = 24  # longer names have their meaning on the next line
NARROW_COLUMNS = 60  # on narrower screens every meaning is on the next line
NARROW_INDENT = 6

EPILOG = """\
Examples:
  df -h | pymail -E -s "Disks of $(hostname)" ops@example.com
  pymail -s Report -a report.pdf -c boss@example.com team@example.com < text
  pymail --run ops@example.com -- backup-all   # in a crontab: mails failures
  pymail --setup me@example.com                # asks, tries, writes ~/.mailrc
  pymail --check ops@example.com               # every step, sends nothing
  echo test | pymail --debug -s Test me@example.com

Settings come from /etc/mail.rc, then ~/.mailrc, then the command line.
Exit status: 0 sent to everyone; 64 to 78 say why not, 75: try again later.
Manual: man pymail, man pymail.rc; where man finds neither: pymail --man [PAGE]
"""


class _Command(click.Command):
    """Command for --help: options in groups, the most frequent first."""

    def format_options(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the options group by group, all in the same two columns."""
        for title, options in OPTION_GROUPS.items():
            formatter.write_paragraph()
            formatter.write(f"{title}:\n")
            for option in options:
                if not option.hidden:
                    formatter.write(_entry(option, formatter.width))

    def format_epilog(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the examples unwrapped, ready to copy."""
        formatter.write_paragraph()
        formatter.write(EPILOG)


def help_text(name: str, columns: int = HELP_COLUMNS) -> str:
    """Return the help text of a command of this name, for a screen of so many columns."""
    command = _Command(
        name,
        help="Send a mail: the text comes on standard input, settings from mail.rc.",
        options_metavar="[OPTION]... [ADDRESS]...",
        add_help_option=False,
    )
    width = max(min(columns, HELP_COLUMNS) - 1, LEAST_COLUMNS)
    with click.Context(command, info_name=name, terminal_width=width) as context:
        return command.get_help(context)


def _entry(option: Option, width: int) -> str:
    """Format an option: names and meaning side by side if there is room.

    It shows the short and the first long name; the manual has the synonyms.
    """
    import textwrap

    shown = option.names[: 1 if option.names[0] == option.long else 2]
    names = f"{', '.join(shown)} {option.metavar}".rstrip()
    narrow = width < NARROW_COLUMNS or len(names) > NAMES_COLUMNS
    column = NARROW_INDENT if width < NARROW_COLUMNS else NAMES_COLUMNS + 4
    gap = "\n" + " " * column if narrow else " " * (column - 2 - len(names))
    lines = textwrap.wrap(option.meaning, width - column, break_on_hyphens=False)
    between = "\n" + " " * column
    return f"  {names}{gap}{between.join(lines)}\n"
