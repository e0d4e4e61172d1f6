"""Text of --help, in the language of the locale: no settings are read for it."""

from collections.abc import Callable, Iterable, Iterator

from pymail.cli.options import OPTION_GROUPS, Option
from pymail.terminal.output import fold

HELP_COLUMNS = 80
LEAST_COLUMNS = 30
NAMES_COLUMNS = 24  # longer names have their meaning on the next line
NARROW_COLUMNS = 60  # on narrower screens every meaning is on the next line
NARROW_INDENT = 6

USAGE = "Usage: {} [OPTION]... [ADDRESS]..."
PURPOSE = "Send a mail: the text comes on standard input, settings from mail.rc."
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
Say = Callable[[str], str]  # an English sentence, in the user's language


def help_text(name: str, columns: int = HELP_COLUMNS, say: Say = str) -> str:
    """Return the help text of a command of this name, for a screen of so many columns.

    Options come in groups, the most frequent first; the examples are not folded, ready
    to copy.
    """
    width = max(min(columns, HELP_COLUMNS) - 1, LEAST_COLUMNS)
    usage = fold(say(USAGE.format(name)), width, NARROW_INDENT)
    lines = [*usage, "", *fold(f"  {say(PURPOSE)}", width, 2), ""]
    for title, options in OPTION_GROUPS.items():
        lines += [say(f"{title}:"), *_entries(options, width, say), ""]
    return "\n".join((*lines, *map(say, EPILOG.splitlines())))


def _entries(options: Iterable[Option], width: int, say: Say) -> Iterator[str]:
    """Yield the lines of options, all in the same two columns."""
    for option in options:
        if not option.hidden:
            yield from _entry(option, width, say(option.meaning))


def _entry(option: Option, width: int, meaning: str) -> Iterator[str]:
    """Yield the lines of an option: names and meaning side by side if there is room.

    It shows the short and the first long name; the manual has the synonyms.
    """
    shown = option.names[: 1 if option.names[0] == option.long else 2]
    names = f"  {', '.join(shown)} {option.metavar}".rstrip()
    narrow = width < NARROW_COLUMNS
    column = NARROW_INDENT if narrow else NAMES_COLUMNS + 4
    first, *more = fold(" " * column + meaning, width, column)
    if narrow or len(names) > NAMES_COLUMNS + 2:
        yield names
        yield first
    else:
        yield names + first[len(names) :]
    yield from more
