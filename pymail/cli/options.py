"""Table of the options of mailx; the manual, --help and completion follow it.

Short options are those of Heirloom mailx, s-nail, bsd-mailx and mailutils; each has a
long name. Where the families disagree, `arguments` decides by the argument.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any

from pymail.errors import UsageError
from pymail.model import model

HELP = frozenset({"-?", "--help", "--long-help", "--usage"})
_READ_BEFORE = ("--end-options", "--help", "--long-help", "--usage")
READING = "fueHLNpRT"  # options for reading mail, which pymail refuses
READING_LONG = {
    **dict.fromkeys(("--check-and-exit", "--exist"), "e"),
    "--file": "f",
    **dict.fromkeys(("--header-summary", "--headers"), "H"),
    **dict.fromkeys(("--print", "--read"), "p"),
    "--read-only": "R",
    "--search": "L",
}
_FOR_FILES = "attachment_"
_NOT_FIELDS = ("ignored", _FOR_FILES)  # of Invocation
RUN_WHEN = ("on-failure", "on-output", "always")  # words that may follow --run


class Kind(Enum):
    """Effect of an option on its field."""

    VALUE = "the last value"
    NUMBER = "the last value, an integer"
    LIST = "all values in order"
    FLAG = "true"
    SWITCH = "true by the first name, false by the second"
    COUNT = "the number of occurrences"


@model()
class Option:
    """An option: its names, the field of Invocation that it sets, and a line of help."""

    names: tuple[str, ...]
    field: str
    kind: Kind
    metavar: str
    meaning: str
    choices: tuple[str, ...] = ()
    hidden: bool = False

    @property
    def takes_value(self) -> bool:
        """Whether the option takes an argument."""
        return self.kind in (Kind.VALUE, Kind.NUMBER, Kind.LIST)

    @property
    def long(self) -> str:
        """The first long name."""
        return next(name for name in self.names if name.startswith("--"))


def _row(
    names: str, kind: Kind, meaning: str, metavar: str = "", **more: Any
) -> Option:
    words = names.split()
    options = tuple(word for word in words if word.startswith("-"))
    long = next(word for word in options if word.startswith("--"))
    field = long[2:].replace("-", "_") if words[-1] in options else words[-1]
    return Option(options, field, kind, metavar, meaning, **more)


def _value(names: str, metavar: str, meaning: str, **more: Any) -> Option:
    return _row(names, Kind.VALUE, meaning, metavar, **more)


def _list(names: str, metavar: str, meaning: str) -> Option:
    return _row(names, Kind.LIST, meaning, metavar)


def _flag(names: str, meaning: str, metavar: str = "", **more: Any) -> Option:
    return _row(names, Kind.FLAG, meaning, metavar, **more)


# Names, argument, and help text of one or two lines of 80 columns. A name without dashes
# is that of the field: `attachment_…` sets a field of AttachmentOptions for the files after
# it; `ignored` options have no effect, or `arguments` handles them.
# fmt: off
OPTION_GROUPS: dict[str, tuple[Option, ...]] = {
    "The message": (
        _value("-s --subject", "TEXT", "Subject"),
        _list("-a --attach attach_or_field", "FILE", "Attach a file; 'Name: value' adds a header field"),
        _value("-m --body-file", "FILE", "Read the text from a file (the suffix sets the type)"),
        _value("-q --quote-file", "FILE", "Begin the text with a file"),
        _flag("-E --skip-empty --discard-empty-messages", "Send nothing and succeed if the text is empty"),
        _flag("-t --template", "Standard input is a whole message with its header"),
        _list("-C --header --custom-header --append fields", "NAME:VALUE", "Add a header field"),
        _flag("--markdown", "The text is Markdown; send it as text and HTML"),
        _flag("--html", "The text is HTML, or plain output to show as HTML"),
        _value("-M --content-type", "TYPE", "Type of the text on standard input: text/html"),
        _list("--attach-fd descriptors", "N", "Attach the data of an open file descriptor"),
        _flag("--alternative", "Text and files are alternative forms of one content"),
        _flag("--skip-empty-attachments", "Don't attach empty files"),
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
        _value("--user --inbox-of login", "NAME", "Login name for default addresses"),
    ),
    "See what happens": (
        _row("-v --verbose", Kind.COUNT, "Show the conversation and the accepted recipients"),
        _flag("--debug", "Show the whole session: times, TLS, every line"),
        _flag("-d --dry-run", "Show envelope and message, and connect to no server"),
        _flag("--show-settings", "Show the settings and the origin of each"),
        _row("--progress --no-progress", Kind.SWITCH, "Show progress on a terminal (by default after a second; --no-progress: never)"),
        _flag("--json", "Print the result as one JSON object"),
        _flag("--demo", "Send a demo mail to a throw-away local server"),
    ),
    "Set up and check": (
        _flag("--setup", "Ask for an account, log in, write ~/.mailrc; --from FILE imports settings of msmtp", metavar="[ADDRESS]"),
        _flag("--check", "Take every step of a mail, but send nothing", metavar="[ADDRESS]..."),
        _flag("--as-cron", "With --check: repeat it in the environment of cron"),
        _flag("--login log_in", "Store a password or authorization code", metavar="[ADDRESS]"),
        _flag("--logout log_out", "Remove a stored password or code", metavar="[ADDRESS]"),
        _value("--store", "PLACE", "Where --setup and --login store it: keyring or file", choices=("keyring", "file")),
        _row("--password-fd", Kind.NUMBER, "Read the password from a descriptor (first line)", "N"),
        _value("--password-file", "FILE", "Read the password from a file (first line)"),
    ),
    "Settings": (
        _list("-A --account accounts_or_files", "NAME", "Use this account of the settings"),
        _list("-S --set assignments", "NAME[=VALUE]", "Set a variable for this mail, whatever files say"),
        _flag("-n --norc no_system_rc", "Don't read the system's settings file"),
        _value("-: --rc-files --resource-files", "[su/]", "Files to read: s system's, u user's, / none"),
        _list("-X --exec --startup-cmd commands", "COMMAND", "Run a settings command after the settings files"),
        _list("-Y --cmd late_commands", "COMMAND", "Run a settings command after those of -X"),
    ),
    "Run a command": (
        _value("--run", "[WHEN]", "Run the command after --, and mail its status and output: on-failure, on-output or always", choices=RUN_WHEN),
        _flag("--only-if-changed", "With --run: mail only if status or output changed"),
        _value("--at-most", "N/hour", "With --run: limit of mails an hour, minute or day"),
    ),
    "The outbox": (
        _flag("--queue", "List the queued mails"),
        _flag("--flush", "Send due mails, or the mails with these IDs", metavar="[ID]..."),
        _flag("--now at_once", "With --flush: all mails except possible duplicates"),
        _flag("--drop", "Delete mails from the outbox", metavar="ID..."),
        _flag("--resend", "Resend dead letters, remove those that were sent", metavar="[FILE]"),
    ),
    "Other": (
        _flag("-F --byname record_by_name", "Keep a copy in a file named after the recipient"),
        _flag("-i --ignore-interrupts --ignore", "Ignore interrupts"),
        _flag("-~ --escapes -I tilde_escapes", "Tilde escapes work in a pipe, too"),
        _flag("-# --batch-mode batch", "Standard input has commands, for one or more mails"),
        # options of other mailx for reading mail, or for defaults of pymail
        _flag("-B -D -U --disconnected --no-header-summary --nosum --mime --no-mime --quit ignored", "", hidden=True),
        _flag("--no-config --no-site-config --no-user-config --no-alternative --no-skip-empty-attachments ignored", "", hidden=True),
        _value("--debug-level --config-file ignored_value", "VALUE", "", hidden=True),
        _value("--explain", "REPLY", "Say what a server's reply, a code or the id of an advice means, and what to do"),
        _flag("--man manual", "Show the manual, or another page", metavar="[PAGE]"),
        _flag("-V --version", "Show the version"),
        _flag("--help ignored", "Show this text"),
    ),
}
# fmt: on

OPTIONS: Sequence[Option] = [
    each for options in OPTION_GROUPS.values() for each in options
]
BY_NAME = {name: option for option in OPTIONS for name in option.names}

# All long names: name → field if the option takes an argument, else None.
LONG_FIELDS: Mapping[str, str | None] = {
    **dict.fromkeys((*_READ_BEFORE, *READING_LONG)),
    **{
        name: option.field if option.takes_value else None
        for name, option in BY_NAME.items()
        if name.startswith("--")
    },
}

# Long options for attachments after them: name → field of AttachmentOptions.
ATTACHMENT_FIELDS: Mapping[str, str] = {
    "--content-type": "content_type",  # -M applies to the text only
    **{
        option.long: option.field.removeprefix(_FOR_FILES)
        for option in OPTIONS
        if option.field.startswith(_FOR_FILES)
    },
}


def read_fields(words: Iterable[str], program: str) -> dict[str, Any]:
    """Parse `--name` and `--name=value`; returns the fields of Invocation that they set.

    Raises:
        UsageError: there is no such option, or its value is invalid.
    """
    fields: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        option = BY_NAME.get(name)
        if option is None:
            raise UsageError(f"{name}: no such option", advice=_suggest(name, program))
        if misfit := _misfit(option, name, equals, value):
            raise UsageError(misfit, advice=f"{program} --help shows the options")
        if not option.field.startswith(_NOT_FIELDS):
            before = fields.get(option.field)
            fields[option.field] = _add(option, name, value, before)
    return fields


def _misfit(option: Option, name: str, equals: str, value: str) -> str:
    """Return why a value is invalid; a value that may be a password is not repeated."""
    if equals and not option.takes_value:
        return f"{name} takes no value"
    if option.choices and value not in option.choices:
        return f"{name} takes {' or '.join(option.choices)}, not {value!r}"
    if option.kind is Kind.NUMBER and not value.removeprefix("-").isdecimal():
        return f"{name} takes the number of a descriptor, not a password"
    return ""


def _add(option: Option, name: str, value: str, before: Any) -> Any:
    """Return the value of the field after one more option."""
    match option.kind:
        case Kind.VALUE:
            return value
        case Kind.NUMBER:
            return int(value)
        case Kind.LIST:
            return (*(before or ()), value)
        case Kind.COUNT:
            return (before or 0) + 1
        case _:
            return name == option.long or option.kind is Kind.FLAG


def _suggest(name: str, program: str) -> str:
    """Return advice that names the most similar option."""
    from difflib import get_close_matches

    near = get_close_matches(name, BY_NAME, n=1)
    if near and len(name) > len("-x"):
        return f"did you mean {near[0]}? {program} --help shows all options"
    return f"{program} --help shows the options"
