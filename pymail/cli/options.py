"""The options of the mailx door, in groups; the manual and --help follow this table.

Short options are those of Heirloom mailx, s-nail, bsd-mailx and mailutils; each
has a long name. Where the families disagree, `cli.mailx` decides by the argument.
"""

from collections.abc import Sequence
from typing import Any

from pymail.cli.click_command import Argument, Choice, Command, Option, Parameter

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
Manuals: man pymail, man 5 pymail.rc
"""


def _option(group: str, *names: str, **more: Any) -> Option:
    return Option(list(names), group=group, **more)


def _list(group: str, *names: str, **more: Any) -> Option:
    return _option(group, *names, multiple=True, **more)


def _flag(group: str, *names: str, **more: Any) -> Option:
    return _option(group, *names, is_flag=True, **more)


_MESSAGE = "The message"
_TO = "Recipients and sender"
_LOOK = "See what happens"
_ACCOUNT = "Set up and check"
_SETTINGS = "Settings"
_RUN = "Run a command"
_OUTBOX = "The outbox"
_OTHER = "Other"

RUN_WHEN = ("on-failure", "on-output", "always")  # words that may follow --run

# Helps are for one line of 80 columns, two at most: the manual has the rest.
OPTIONS: Sequence[Parameter] = (
    _option(_MESSAGE, "-s", "--subject", metavar="TEXT", help="Subject"),
    _list(
        _MESSAGE,
        "-a",
        "--attach",
        "attach_or_field",
        metavar="FILE",
        help="Attach a file; 'Name: value' adds a header field",
    ),
    _option(
        _MESSAGE,
        "-m",
        "--body-file",
        metavar="FILE",
        help="The text is this file, of the type its name tells",
    ),
    _option(
        _MESSAGE,
        "-q",
        "--quote-file",
        metavar="FILE",
        help="Begin the text with a file",
    ),
    _flag(
        _MESSAGE,
        "-E",
        "--skip-empty",
        "--discard-empty-messages",
        "skip_empty",
        help="Send nothing, with success, when the text is empty",
    ),
    _flag(
        _MESSAGE,
        "-t",
        "--template",
        help="Standard input is a whole message with its header",
    ),
    _list(
        _MESSAGE,
        "-C",
        "--header",
        "--custom-header",
        "--append",
        "fields",
        metavar="NAME:VALUE",
        help="Add a header field",
    ),
    _flag(
        _MESSAGE,
        "--markdown",
        help="The text is Markdown; it is sent as HTML, too",
    ),
    _flag(
        _MESSAGE,
        "--html",
        help="The text is HTML, or what a program wrote",
    ),
    _option(
        _MESSAGE,
        "-M",
        "--content-type",
        metavar="TYPE",
        help="Type of the text on standard input: text/html",
    ),
    _list(
        _MESSAGE,
        "--attach-fd",
        "descriptors",
        metavar="N",
        help="Attach what an open file descriptor gives",
    ),
    _flag(
        _MESSAGE,
        "--alternative",
        help="Text and files are one content in several forms",
    ),
    _flag(_MESSAGE, "--skip-empty-attachments", help="Leave empty files out"),
    _option(
        _MESSAGE,
        "--encoding",
        "no_encoding",
        metavar="NAME",
        help="Transfer encoding of the files after it",
    ),
    _option(
        _MESSAGE,
        "--content-name",
        "no_name",
        metavar="NAME",
        help="Name of the next file, in its content type",
    ),
    _option(
        _MESSAGE,
        "--content-filename",
        "no_filename",
        metavar="NAME",
        help="Name of the next file",
    ),
    _list(_TO, "-c", "--cc", metavar="LIST", help="Carbon copy"),
    _list(_TO, "-b", "--bcc", metavar="LIST", help="Blind copy; nobody sees it"),
    _option(
        _TO,
        "-r",
        "--from",
        "--from-address",
        "--return-address",
        "sender",
        metavar="MAILBOX",
        help="Sender: From and envelope",
    ),
    _list(_TO, "--to", metavar="LIST", help="One more recipient"),
    _list(
        _TO,
        "--target",
        "targets",
        metavar="'FIELD: LIST'",
        help="More recipients in to, cc or bcc; or fcc: a file",
    ),
    _option(
        _TO,
        "--user",
        "--inbox-of",
        "login",
        metavar="NAME",
        help="Login name that default addresses are made of",
    ),
    _option(
        _LOOK,
        "-v",
        "--verbose",
        count=True,
        help="Show the conversation, and who was accepted",
    ),
    _flag(
        _LOOK,
        "--debug",
        help="Show the whole session: times, TLS, every line",
    ),
    _flag(
        _LOOK,
        "-d",
        "--dry-run",
        help="Show envelope and message; contact nobody",
    ),
    _flag(
        _LOOK,
        "--show-settings",
        help="Show the settings, and where each comes from",
    ),
    _option(
        _LOOK,
        "--progress/--no-progress",
        is_flag=True,
        default=None,
        help="Show on a terminal how far a mail is: by itself after a second, "
        "with --no-progress never",
    ),
    _flag(
        _LOOK,
        "--json",
        help="Print the result as one JSON object",
    ),
    _flag(_LOOK, "--demo", help="Send a demo mail to a throw-away server here"),
    _flag(
        _ACCOUNT,
        "--setup",
        metavar="[ADDRESS]",
        help="Ask what is needed, try it, write ~/.mailrc; with --from FILE take "
        "it from a file of msmtp",
    ),
    _flag(
        _ACCOUNT,
        "--check",
        metavar="[ADDRESS]...",
        help="Try every step to the server, send nothing",
    ),
    _flag(_ACCOUNT, "--as-cron", help="With --check: once more, as cron would run it"),
    _flag(
        _ACCOUNT,
        "--login",
        "log_in",
        metavar="[ADDRESS]",
        help="Store a password or authorization code",
    ),
    _flag(
        _ACCOUNT,
        "--logout",
        "log_out",
        metavar="[ADDRESS]",
        help="Remove it again",
    ),
    _option(
        _ACCOUNT,
        "--store",
        type=Choice(["keyring", "file"]),
        metavar="PLACE",
        help="Where these store it: keyring or file",
    ),
    _option(
        _ACCOUNT,
        "--password-fd",
        type=int,
        metavar="N",
        help="The password is the first line of a descriptor",
    ),
    _option(
        _ACCOUNT,
        "--password-file",
        metavar="FILE",
        help="The password is the first line of a file",
    ),
    _option(
        _SETTINGS,
        "-A",
        "--account",
        "accounts_or_files",
        multiple=True,
        metavar="NAME",
        help="Use this account of the settings",
    ),
    _list(
        _SETTINGS,
        "-S",
        "--set",
        "assignments",
        metavar="NAME[=VALUE]",
        help="Set a variable for this mail; beats every file",
    ),
    _flag(_SETTINGS, "-n", "--norc", "no_system_rc", help="Skip the system's file"),
    _option(
        _SETTINGS,
        "-:",
        "--rc-files",
        "--resource-files",
        "rc_files",
        metavar="[su/]",
        help="Files to read: s system's, u user's, / none",
    ),
    _list(
        _SETTINGS,
        "-X",
        "--exec",
        "--startup-cmd",
        "commands",
        metavar="COMMAND",
        help="Run a settings command after the files",
    ),
    _list(
        _SETTINGS,
        "-Y",
        "--cmd",
        "late_commands",
        metavar="COMMAND",
        help="The same, after those of -X",
    ),
    _option(
        _RUN,
        "--run",
        metavar="[WHEN]",
        type=Choice(RUN_WHEN),
        help="Run the command behind --, and mail what came of it: "
        "on-failure, on-output or always",
    ),
    _flag(
        _RUN,
        "--only-if-changed",
        help="With --run: not when all is as the last time",
    ),
    _option(
        _RUN,
        "--at-most",
        metavar="N/hour",
        help="With --run: no more mails in an hour, minute, day",
    ),
    _flag(_OUTBOX, "--queue", help="List the mails that wait"),
    _flag(
        _OUTBOX,
        "--flush",
        metavar="[ID]...",
        help="Send what is due, or these mails in any case",
    ),
    _flag(
        _OUTBOX,
        "--now",
        "at_once",
        help="With --flush: all but what may have arrived",
    ),
    _flag(_OUTBOX, "--drop", metavar="ID...", help="Take mails out of the outbox"),
    _flag(
        _OUTBOX,
        "--resend",
        metavar="[FILE]",
        help="Send the dead letters again, and take out what was sent",
    ),
    _flag(
        _OTHER,
        "-F",
        "--byname",
        "record_by_name",
        help="Keep a copy in a file named after a recipient",
    ),
    _flag(_OTHER, "-i", "--ignore-interrupts", "--ignore", help="Ignore interrupts"),
    _flag(
        _OTHER,
        "-~",
        "--escapes",
        "-I",
        "tilde_escapes",
        help="Lines that begin with ~ are escapes in a pipe, too",
    ),
    _flag(
        _OTHER,
        "-#",
        "--batch-mode",
        "batch",
        help="Standard input is commands, one mail after another",
    ),
    # what others have for reading mail, or what is so here anyway
    _flag(
        _OTHER,
        *("-B", "-D", "-U", "--disconnected", "--no-header-summary", "--nosum"),
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
    _flag(_OTHER, "-V", "--version", "version", help="Show the version"),
    _flag(_OTHER, "--help", "no_help", help="Show this text"),
    Argument(["recipients"], nargs=-1, metavar="[ADDRESS]..."),
)

COMMAND = Command(
    "pymail",
    params=list(OPTIONS),
    help="Send a mail: the text comes on standard input, settings from mail.rc.",
    epilog=EPILOG,
    options_metavar="[OPTION]...",
    add_help_option=False,
)
