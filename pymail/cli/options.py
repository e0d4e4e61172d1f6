"""The options of the mailx door, in groups; the manual and --help follow this table.

Short options are those of Heirloom mailx, s-nail, bsd-mailx and mailutils; each
has a long name. Where the families disagree, `cli.mailx` decides by the argument.
"""

from collections.abc import Sequence
from typing import Any

from pymail.cli.command import Argument, Choice, Command, Option, Parameter

EPILOG = """\
Examples:

\b
  echo "Disk is full" | pymail -s "Alert" ops@example.com
  pymail -s "Report" -a report.pdf -c boss@example.com team@example.com < text
  df -h | pymail -E -s "Disks of $(hostname)" ops@example.com
  pymail --run on-failure ops@example.com -- backup-all
  echo test | pymail --debug -s Test me@example.com
  pymail --show-settings

Settings come from /etc/mail.rc and ~/.mailrc; see pymail(1) and pymail.rc(5).
"""


def _option(group: str, *names: str, **more: Any) -> Option:
    return Option(list(names), group=group, **more)


def _list(group: str, *names: str, **more: Any) -> Option:
    return _option(group, *names, multiple=True, **more)


def _flag(group: str, *names: str, **more: Any) -> Option:
    return _option(group, *names, is_flag=True, **more)


_MESSAGE = "The message"
_TO = "Recipients and sender"
_RUN = "Run a command"
_LOOK = "See what happens"
_ACCOUNT = "Set up and check"
_OUTBOX = "The outbox"
_SETTINGS = "Settings"
_OTHER = "Other"

RUN_WHEN = ("on-failure", "on-output", "always")  # words that may follow --run

OPTIONS: Sequence[Parameter] = (
    _option(_MESSAGE, "-s", "--subject", metavar="TEXT", help="Subject."),
    _list(
        _MESSAGE,
        "-a",
        "--attach",
        "attach_or_field",
        metavar="FILE",
        help="Attach a file; or add a header field, when no such file exists and "
        "the word has the form 'Name: value'.",
    ),
    _list(
        _MESSAGE,
        "-C",
        "--header",
        "--custom-header",
        "--append",
        "fields",
        metavar="'NAME: VALUE'",
        help="Add a header field.",
    ),
    _list(
        _MESSAGE,
        "--attach-fd",
        "descriptors",
        metavar="N",
        help="Attach what can be read from an open file descriptor.",
    ),
    _option(
        _MESSAGE,
        "--encoding",
        "no_encoding",
        metavar="NAME",
        help="Transfer encoding of the files that are attached after it.",
    ),
    _option(
        _MESSAGE,
        "--content-name",
        "no_name",
        metavar="NAME",
        help="Name of the next file, in its content type.",
    ),
    _option(
        _MESSAGE,
        "--content-filename",
        "no_filename",
        metavar="NAME",
        help="Name of the next file.",
    ),
    _flag(
        _MESSAGE,
        "--alternative",
        help="Text and files are the same content in several forms.",
    ),
    _flag(_MESSAGE, "--skip-empty-attachments", help="Leave empty files out."),
    _flag(
        _MESSAGE,
        "--html",
        help="The text is HTML, or has colours of a terminal; images go along.",
    ),
    _flag(
        _MESSAGE,
        "--markdown",
        help="The text is Markdown: send it as it is, and as HTML.",
    ),
    _option(
        _MESSAGE,
        "-q",
        "--quote-file",
        metavar="FILE",
        help="Begin the text with a file.",
    ),
    _option(
        _MESSAGE,
        "-M",
        "--content-type",
        metavar="TYPE",
        help="The text on standard input has this type, such as text/html; "
        "--content-type is for files attached after it, too.",
    ),
    _option(
        _MESSAGE,
        "-m",
        "--body-file",
        metavar="FILE",
        help="The text is this file, of the type that its name tells.",
    ),
    _flag(
        _MESSAGE,
        "-E",
        "--discard-empty-messages",
        "--skip-empty",
        "skip_empty",
        help="Send nothing, successfully, when the text is empty.",
    ),
    _flag(
        _MESSAGE,
        "-t",
        "--template",
        help="Standard input is a whole message: take recipients and subject "
        "from its header.",
    ),
    _list(_TO, "-c", "--cc", metavar="LIST", help="Carbon copy."),
    _list(_TO, "-b", "--bcc", metavar="LIST", help="Blind copy; nobody sees it."),
    _list(_TO, "--to", metavar="LIST", help="One more recipient."),
    _list(
        _TO,
        "--target",
        "targets",
        metavar="'FIELD: LIST'",
        help="More recipients in the field to, cc or bcc; fcc: a file.",
    ),
    _option(
        _TO,
        "--user",
        "--inbox-of",
        "login",
        metavar="NAME",
        help="The login name that default addresses are made of.",
    ),
    _option(
        _TO,
        "-r",
        "--from",
        "--from-address",
        "--return-address",
        "sender",
        metavar="MAILBOX",
        help="Sender: From and envelope.",
    ),
    _option(
        _RUN,
        "--run",
        metavar="[WHEN]",
        type=Choice(RUN_WHEN),
        help="Run the command behind --, and mail what came of it: on-failure, "
        "on-output or always.",
    ),
    _flag(
        _RUN,
        "--only-if-changed",
        help="With --run: only when output or status is not that of the last run.",
    ),
    _option(
        _RUN,
        "--at-most",
        metavar="N/hour",
        help="With --run: no more mails in a minute, hour or day; the next one "
        "counts what was held back.",
    ),
    _flag(
        _LOOK,
        "--debug",
        help="Show the whole session on standard error: times, TLS, every line; "
        "never secrets.",
    ),
    _option(
        _LOOK,
        "-v",
        "--verbose",
        count=True,
        help="Show the conversation, and who was accepted.",
    ),
    _flag(
        _LOOK,
        "-d",
        "--dry-run",
        help="Show envelope and message; contact nobody.",
    ),
    _flag(
        _LOOK,
        "--show-settings",
        help="Show the settings in force and where each comes from.",
    ),
    _flag(
        _LOOK,
        "--json",
        help="Say what came of it, of --check, --queue, --flush, --drop or "
        "--show-settings as one JSON object on standard output.",
    ),
    _option(
        _LOOK,
        "--progress/--no-progress",
        is_flag=True,
        default=None,
        help="Show how far a mail is; by itself on a terminal after a second.",
    ),
    _flag(_LOOK, "--demo", help="Show a mail go to a private server on this machine."),
    _flag(
        _ACCOUNT,
        "--setup",
        help="Ask for what is needed to send, try it, write ~/.mailrc: [ADDRESS]; "
        "--from FILE: take it from a file of msmtp or ssmtp.",
    ),
    _flag(
        _ACCOUNT,
        "--check",
        help="Try every step to the server, send nothing: [ADDRESS]...",
    ),
    _flag(_ACCOUNT, "--as-cron", help="With --check: once more, as cron would run it."),
    _flag(
        _ACCOUNT,
        "--login",
        "log_in",
        help="Store a password or authorization code: [ADDRESS].",
    ),
    _flag(_ACCOUNT, "--logout", "log_out", help="Remove it again: [ADDRESS]."),
    _option(
        _ACCOUNT,
        "--store",
        type=Choice(["keyring", "file"]),
        metavar="PLACE",
        help="Where --login and --setup store it, and --logout removes it: keyring "
        "or file.",
    ),
    _option(
        _ACCOUNT,
        "--password-fd",
        type=int,
        metavar="N",
        help="The password is the first line of an open file descriptor.",
    ),
    _option(
        _ACCOUNT,
        "--password-file",
        metavar="FILE",
        help="The password is the first line of a file.",
    ),
    _flag(_OUTBOX, "--queue", help="List the mails that wait in the outbox."),
    _flag(
        _OUTBOX,
        "--flush",
        help="Send what is due, or these mails whatever is known of them: [ID]...",
    ),
    _flag(
        _OUTBOX,
        "--now",
        "at_once",
        help="With --flush: all but those that may have arrived.",
    ),
    _flag(_OUTBOX, "--drop", help="Take mails out of the outbox: ID..."),
    _option(
        _SETTINGS,
        "-A",
        "--account",
        "accounts_or_files",
        multiple=True,
        metavar="NAME",
        help="Use this account of the settings; or attach the file, when there "
        "is no such account.",
    ),
    _list(
        _SETTINGS,
        "-S",
        "--set",
        "assignments",
        metavar="NAME[=VALUE]",
        help="Set a variable for this mail; beats every file.",
    ),
    _list(
        _SETTINGS,
        "-X",
        "--exec",
        "--startup-cmd",
        "commands",
        metavar="COMMAND",
        help="Run a settings command after the files (-E COMMAND does, too).",
    ),
    _list(
        _SETTINGS,
        "-Y",
        "--cmd",
        "late_commands",
        metavar="COMMAND",
        help="The same, after those of -X.",
    ),
    _flag(_SETTINGS, "-n", "--norc", "no_system_rc", help="Skip the system's file."),
    _option(
        _SETTINGS,
        "-:",
        "--rc-files",
        "--resource-files",
        "rc_files",
        metavar="[su/]",
        help="Which files to read, in which order: s system's, u user's, / none.",
    ),
    _flag(
        _OTHER,
        "-F",
        "--byname",
        "record_by_name",
        help="Keep a copy in a file named after the first recipient.",
    ),
    _flag(_OTHER, "-i", "--ignore-interrupts", "--ignore", help="Ignore interrupts."),
    _flag(
        _OTHER,
        "-~",
        "-I",
        "--escapes",
        "tilde_escapes",
        help="Lines that begin with a tilde are escapes in a pipe, too.",
    ),
    _flag(
        _OTHER,
        "-#",
        "--batch-mode",
        "batch",
        help="Standard input is commands: mail ADDRESS, its text, ~., and so on.",
    ),
    # what others have for reading mail, or what is so here anyway
    _flag(
        _OTHER,
        *("-B", "-D", "--disconnected", "--no-header-summary", "--nosum"),
        *("--mime", "--no-mime", "--quit", "--no-config", "--no-site-config"),
        *("--no-user-config", "--no-alternative", "--no-skip-empty-attachments"),
        "no_effect",
        hidden=True,
    ),
    _option(
        _OTHER,
        *("--debug-level", "--config-file", "no_value"),
        metavar="VALUE",
        hidden=True,
    ),
    _flag(_OTHER, "-V", "--version", "version", help="Show the version."),
    _flag(_OTHER, "--help", "no_help", help="Show this text."),
    Argument(["recipients"], nargs=-1, metavar="[ADDRESS]..."),
)

COMMAND = Command(
    "pymail",
    params=list(OPTIONS),
    help="Send a mail: the text comes on standard input, settings from mail.rc.",
    epilog=EPILOG,
    options_metavar="[OPTION]...",
    add_help_option=False,
    context_settings={"max_content_width": 80},
)
