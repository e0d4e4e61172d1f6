"""Options of mailx as click reads them; the only importer of click.

The manual and --help follow this table. Short options are those of Heirloom mailx,
s-nail, bsd-mailx and mailutils; each has a long name. Where the families disagree,
`arguments` decides by the argument.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pymail.errors import UsageError
from pymail.late import late

with late("inspect", "uuid"):  # for decorators, help texts and UUIDs
    import click

HELP_COLUMNS = 80
LEAST_COLUMNS = 30
NAMES_COLUMNS = 24  # the longest names that have their meaning beside them
NARROW_COLUMNS = 60  # below this there is no room beside the names
NARROW_INDENT = 6

EPILOG = """\
Examples:
  df -h | pymail -E -s "Disks of $(hostname)" ops@example.com
  pymail -s Report -a report.pdf -c boss@example.com team@example.com < text
  pymail --run ops@example.com -- backup-all   # in a crontab: mails a failure
  pymail --setup me@example.com                # asks, tries, writes ~/.mailrc
  pymail --check ops@example.com               # every step, sends nothing
  echo test | pymail --debug -s Test me@example.com

Settings come from /etc/mail.rc, then ~/.mailrc, then the command line.
Exit status: 0 sent to everyone; 64 to 78 say why not, 75 is worth another try.
Manual: man pymail, man pymail.rc; where man finds neither: pymail --man [PAGE]
"""

HELP = frozenset({"-?", "--help", "--long-help", "--usage"})
_WITHOUT_CLICK = ("--end-options", "--help", "--long-help", "--usage")
READING = "fueHLNpRT"  # options for reading mail, which pymail does not do
READING_LONG = {
    **dict.fromkeys(("--check-and-exit", "--exist"), "e"),
    "--file": "f",
    **dict.fromkeys(("--header-summary", "--headers"), "H"),
    **dict.fromkeys(("--print", "--read"), "p"),
    "--read-only": "R",
    "--search": "L",
}
_FOR_FILES = "attachment_"
RUN_WHEN = ("on-failure", "on-output", "always")  # words that may follow --run


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


def _value(names: str, metavar: str, meaning: str, **more: Any) -> Option:
    return Option(names.split(), metavar=metavar, help=meaning, **more)


def _list(names: str, metavar: str, meaning: str) -> Option:
    return _value(names, metavar, meaning, multiple=True)


def _flag(names: str, meaning: str, metavar: str = "", **more: Any) -> Option:
    return _value(names, metavar, meaning, is_flag=True, **more)


# Names, the argument, and help for one line of 80 columns, two at most. A name without
# dashes is that of the field; `attachment_` ones are fields of AttachmentOptions for the
# files behind them, `ignored` ones have no effect, or `arguments` reads them.
# fmt: off
OPTION_GROUPS: dict[str, tuple[Option, ...]] = {
    "The message": (
        _value("-s --subject", "TEXT", "Subject"),
        _list("-a --attach attach_or_field", "FILE", "Attach a file; 'Name: value' adds a header field"),
        _value("-m --body-file", "FILE", "The text is this file, of the type its name tells"),
        _value("-q --quote-file", "FILE", "Begin the text with a file"),
        _flag("-E --skip-empty --discard-empty-messages", "Send nothing, with success, when the text is empty"),
        _flag("-t --template", "Standard input is a whole message with its header"),
        _list("-C --header --custom-header --append fields", "NAME:VALUE", "Add a header field"),
        _flag("--markdown", "The text is Markdown; it is sent as HTML, too"),
        _flag("--html", "The text is HTML, or what a program wrote"),
        _value("-M --content-type", "TYPE", "Type of the text on standard input: text/html"),
        _list("--attach-fd descriptors", "N", "Attach what an open file descriptor gives"),
        _flag("--alternative", "Text and files are one content in several forms"),
        _flag("--skip-empty-attachments", "Leave empty files out"),
        _value("--encoding attachment_encoding", "NAME", "Transfer encoding of the files after it"),
        _value("--content-name attachment_name", "NAME", "Name of the next file, in its content type"),
        _value("--content-filename attachment_filename", "NAME", "Name of the next file"),
    ),
    "Recipients and sender": (
        _list("-c --cc", "LIST", "Carbon copy"),
        _list("-b --bcc", "LIST", "Blind copy: in the envelope, not in the header"),
        _value("-r --from --from-address --return-address sender", "MAILBOX", "Sender: From and envelope"),
        _list("--to", "LIST", "One more recipient"),
        _list("--target targets", "'FIELD: LIST'", "More recipients in to, cc or bcc; or fcc: a file"),
        _value("--user --inbox-of login", "NAME", "Login name that default addresses are made of"),
    ),
    "See what happens": (
        _value("-v --verbose", "", "Show the conversation, and who was accepted", count=True),
        _flag("--debug", "Show the whole session: times, TLS, every line"),
        _flag("-d --dry-run", "Show envelope and message; connect to no server"),
        _flag("--show-settings", "Show the settings, and where each comes from"),
        _flag("--progress/--no-progress", "Show on a terminal how far a mail is: by itself after a second, with --no-progress never", default=None),
        _flag("--json", "Print the result as one JSON object"),
        _flag("--demo", "Send a demo mail to a throw-away server here"),
    ),
    "Set up and check": (
        _flag("--setup", "Ask what is needed, try it, write ~/.mailrc; with --from FILE take it from a file of msmtp", metavar="[ADDRESS]"),
        _flag("--check", "Try every step to the server, send nothing", metavar="[ADDRESS]..."),
        _flag("--as-cron", "With --check: once more, as cron would run it"),
        _flag("--login log_in", "Store a password or authorization code", metavar="[ADDRESS]"),
        _flag("--logout log_out", "Remove it again", metavar="[ADDRESS]"),
        _value("--store", "PLACE", "Where these store it: keyring or file", type=click.Choice(["keyring", "file"])),
        _value("--password-fd", "N", "The password is the first line of a descriptor", type=int),
        _value("--password-file", "FILE", "The password is the first line of a file"),
    ),
    "Settings": (
        _list("-A --account accounts_or_files", "NAME", "Use this account of the settings"),
        _list("-S --set assignments", "NAME[=VALUE]", "Set a variable for this mail; beats every file"),
        _flag("-n --norc no_system_rc", "Skip the system's file"),
        _value("-: --rc-files --resource-files", "[su/]", "Files to read: s system's, u user's, / none"),
        _list("-X --exec --startup-cmd commands", "COMMAND", "Run a settings command after the files"),
        _list("-Y --cmd late_commands", "COMMAND", "The same, after those of -X"),
    ),
    "Run a command": (
        _value("--run", "[WHEN]", "Run the command behind --, and mail its status and output: on-failure, on-output or always", type=click.Choice(RUN_WHEN)),
        _flag("--only-if-changed", "With --run: not when all is as the last time"),
        _value("--at-most", "N/hour", "With --run: no more mails in an hour, minute, day"),
    ),
    "The outbox": (
        _flag("--queue", "List the mails that wait"),
        _flag("--flush", "Send what is due, or these mails in any case", metavar="[ID]..."),
        _flag("--now at_once", "With --flush: all but what may have arrived"),
        _flag("--drop", "Take mails out of the outbox", metavar="ID..."),
        _flag("--resend", "Send the dead letters again, and take out what was sent", metavar="[FILE]"),
    ),
    "Other": (
        _flag("-F --byname record_by_name", "Keep a copy in a file named after a recipient"),
        _flag("-i --ignore-interrupts --ignore", "Ignore interrupts"),
        _flag("-~ --escapes -I tilde_escapes", "Lines that begin with ~ are escapes in a pipe, too"),
        _flag("-# --batch-mode batch", "Standard input is commands, one mail after another"),
        # what others have for reading mail, or what is so here anyway
        _flag("-B -D -U --disconnected --no-header-summary --nosum --mime --no-mime --quit ignored", "", hidden=True),
        _flag("--no-config --no-site-config --no-user-config --no-alternative --no-skip-empty-attachments ignored", "", hidden=True),
        _value("--debug-level --config-file ignored_value", "VALUE", "", hidden=True),
        _flag("--man manual", "Show the manual, or another page of it", metavar="[PAGE]"),
        _flag("-V --version", "Show the version"),
        _flag("--help ignored", "Show this text"),
    ),
}
# fmt: on

OPTIONS: Sequence[Option] = [
    each for options in OPTION_GROUPS.values() for each in options
]
_RECIPIENTS = click.Argument(["recipients"], nargs=-1, metavar="[ADDRESS]...")

COMMAND = Command(
    "pymail",
    params=[*OPTIONS, _RECIPIENTS],
    groups=OPTION_GROUPS,
    help="Send a mail: the text comes on standard input, settings from mail.rc.",
    epilog=EPILOG,
    options_metavar="[OPTION]...",
    add_help_option=False,
)


def short_options() -> dict[str, tuple[str, bool]]:
    """Return the letters, each with a long name and whether it takes an argument."""
    names: dict[str, tuple[str, bool]] = {}
    for option in OPTIONS:
        long = next(name for name in option.opts if name.startswith("--"))
        letters = [name[1] for name in option.opts if not name.startswith("--")]
        names |= dict.fromkeys(letters, (long, _takes_value(option)))
    return names


def long_options() -> dict[str, str | None]:
    """Return the long options; those that take an argument with its field."""
    names: dict[str, str | None] = dict.fromkeys((*_WITHOUT_CLICK, *READING_LONG))
    for option in OPTIONS:
        purpose = option.name if _takes_value(option) else None
        long = (name for name in option.opts if name.startswith("--"))
        names |= dict.fromkeys(long, purpose)
    return names


def attachment_options() -> dict[str, str]:
    """Return the long options for files behind them, with fields of AttachmentOptions."""
    fields = {
        o.opts[0]: o.name for o in OPTIONS if o.name and o.name.startswith(_FOR_FILES)
    }
    found = {option: name.removeprefix(_FOR_FILES) for option, name in fields.items()}
    return {"--content-type": "content_type", **found}  # -M is that of the text alone


def metavar(name: str) -> str:
    """Return what stands for the argument of a long option in texts."""
    option = next(each for each in OPTIONS if name in each.opts)
    return option.metavar or ""


def _takes_value(option: Option) -> bool:
    return not option.is_flag and not option.count


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


def help_text(name: str, columns: int = HELP_COLUMNS) -> str:
    """Write the help of the command when it is called by this name."""
    width = max(min(columns, HELP_COLUMNS) - 1, LEAST_COLUMNS)
    with click.Context(COMMAND, info_name=name, terminal_width=width) as context:
        return COMMAND.get_help(context)


def parse_options(words: Sequence[str], name: str) -> dict[str, Any]:
    """Read words in order; returns the value of every option and the recipients.

    Raises:
        UsageError: they make no sense.
    """
    try:
        with COMMAND.make_context(name, list(words)) as context:
            return dict(context.params)
    except click.NoSuchOption as error:
        raise UsageError(
            f"{error.option_name}: no such option",
            advice=_suggest(name, error.possibilities or ()),
        ) from error
    except click.ClickException as error:
        raise UsageError(_describe(error), advice=_suggest(name)) from error


def _describe(error: click.ClickException) -> str:
    """Say what is wrong, and repeat nothing that may be a password by mistake."""
    param = error.param if isinstance(error, click.BadParameter) else None
    if param is not None and param.name == "password_fd":
        return f"{param.opts[0]} takes the number of a descriptor, not a password"
    return error.format_message().rstrip(".").replace("\n", " ")


def _suggest(name: str, possibilities: Sequence[str] = ()) -> str:
    """Name the option that was probably meant."""
    if possibilities:
        return f"did you mean {possibilities[0]}? {name} --help shows all options"
    return f"{name} --help shows the options"
