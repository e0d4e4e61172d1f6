"""Command lines as values: of mailx, and of sendmail."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pymail.address.dsn import DsnRequest
from pymail.errors import UsageError
from pymail.model import field, model

if TYPE_CHECKING:
    from pymail.commands.attachment_options import AttachmentOptions
    from pymail.settings.loader import LoadRequest

# The tasks that each of these options goes with.
BELONGS_TO: Mapping[str, tuple[str, ...]] = {
    "--as-cron": ("--check",),
    "--store": ("--login", "--logout", "--setup"),
    "--only-if-changed": ("--run",),
    "--at-most": ("--run",),
    "--now": ("--flush",),
}


@model(kw_only=True)
class Invocation:
    """Command line of mailx; nothing is looked up yet.

    `sender` is None without -r: an empty one means the address of from.
    `attach_or_field` and `accounts_or_files` are decided by what exists;
    `attachment_options` tell how to attach some of them, and some `descriptors`.
    Behind `--` stand more recipients (`after_dashes`), an `envelope_sender` and a
    `full_name` as sendmail has them, and `program_words` for a local program.
    `remarks` say what was not taken as it was written. `run` says when to mail what
    came of `command`; that is None without `--`.
    """

    recipients: tuple[str, ...] = ()
    after_dashes: tuple[str, ...] = ()
    envelope_sender: str | None = None
    full_name: str = ""
    program_words: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    login: str | None = None
    sender: str | None = None
    subject: str | None = None
    attach_or_field: tuple[str, ...] = ()
    descriptors: tuple[str, ...] = ()
    attachment_options: Mapping[str, "AttachmentOptions"] = field(default_factory=dict)
    alternative: bool = False
    html: bool = False
    markdown: bool = False
    skip_empty_attachments: bool = False
    fields: tuple[str, ...] = ()
    quote_file: str | None = None
    content_type: str | None = None
    body_file: str | None = None
    skip_empty: bool = False
    template: bool = False
    accounts_or_files: tuple[str, ...] = ()
    assignments: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    late_commands: tuple[str, ...] = ()
    no_system_rc: bool = False
    rc_files: str | None = None
    debug: bool = False
    verbose: int = 0
    dry_run: bool = False
    show_settings: bool = False
    json: bool = False
    progress: bool | None = None
    demo: bool = False
    setup: bool = False
    check: bool = False
    as_cron: bool = False
    log_in: bool = False
    log_out: bool = False
    store: str | None = None
    queue: bool = False
    flush: bool = False
    at_once: bool = False
    drop: bool = False
    resend: bool = False
    password_fd: int | None = None
    password_file: str | None = None
    record_by_name: bool = False
    ignore_interrupts: bool = False
    tilde_escapes: bool = False
    batch: bool = False
    run: str | None = None
    command: tuple[str, ...] | None = None
    only_if_changed: bool = False
    at_most: str | None = None
    version: bool = False
    manual: bool = False
    explain: str | None = None
    remarks: tuple[str, ...] = ()

    @property
    def takes_commands(self) -> bool:
        """Whether standard input, behind those of -Y, is commands and messages."""
        return self.batch and not (self.recipients or self.template)

    @property
    def text_form(self) -> str:
        """The option that says what the text is: --html, --markdown, or neither.

        Raises:
            UsageError: both do.
        """
        if self.html and self.markdown:
            raise UsageError("--html and --markdown: the text is one of them")
        return "--html" if self.html else "--markdown" if self.markdown else ""

    @property
    def load_request(self) -> "LoadRequest":
        """What the options say about the settings.

        A password that --setup, --login or --logout is about is none of them.
        """
        from pymail.settings.loader import ALL_FILES, LoadRequest

        stores = self.setup or self.log_in or self.log_out
        late = () if self.takes_commands else self.late_commands
        own_files = "u" if self.no_system_rc else ALL_FILES
        return LoadRequest(
            rc_files=own_files if self.rc_files is None else self.rc_files,
            accounts=self.accounts_or_files,
            assignments=self.assignments,
            commands=(*self.commands, *late),
            sender=self.sender,
            program_words=self.program_words,
            password_fd=None if stores else self.password_fd,
            password_file=None if stores else self.password_file,
            interactive=self.tilde_escapes or self.batch,
            verbose=bool(self.verbose),
        )

    @property
    def tasks(self) -> tuple[str, ...]:
        """What is to be done instead of sending, by the names of the options."""
        named = {
            "--setup": self.setup,
            "--check": self.check,
            "--login": self.log_in,
            "--logout": self.log_out,
            "--queue": self.queue,
            "--flush": self.flush,
            "--drop": self.drop,
            "--resend": self.resend,
        }
        return tuple(name for name, asked in named.items() if asked)

    @property
    def only_for_tasks(self) -> tuple[str, ...]:
        """The options that say nothing about a message."""
        named = {
            "--as-cron": self.as_cron,
            "--store": self.store is not None,
            "--only-if-changed": self.only_if_changed,
            "--at-most": self.at_most is not None,
            "--now": self.at_once,
        }
        return tuple(name for name, given in named.items() if given)

    def check_tasks(self) -> None:
        """Refuse two tasks at once, and an option without what it belongs to.

        Raises:
            UsageError: there is one.
        """
        if len(self.tasks) > 1:
            raise UsageError(f"{' and '.join(self.tasks)}: one at a time")
        if self.dry_run and self.tasks:
            raise UsageError(f"{self.tasks[0]} cannot be a dry run (-d)")
        for option in self.only_for_tasks:
            if not set(BELONGS_TO[option]) & set(self.tasks):
                raise UsageError(
                    f"{option} goes with {' or '.join(BELONGS_TO[option])}"
                )


@model(frozen=False)
class SendmailInvocation:
    """Command line of sendmail.

    `mode` is the letter behind -b, "q" for -q. `remarks` are values that make no
    sense and do no harm, `others` words behind `--` of mailx that no recipient can be.
    `refused` says why nothing of it is done.
    """

    recipients: list[str] = field(default_factory=list)
    sender: str | None = None
    full_name: str = ""
    from_header: bool = False
    mode: str = ""
    verbose: bool = False
    dsn: DsnRequest = DsnRequest()
    remarks: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    refused: str = ""


def replace_lookalikes(kind: str, word: str, remarks: list[str]) -> str:
    """Replace what only looks like a hyphen, a quote or a blank in a word."""
    if word.isascii():
        return word
    from pymail.lookalikes import CORRECTIONS  # most words have none

    meant, wrong = CORRECTIONS[kind](word)
    if wrong:
        remarks.append(f"{word[:60]!r}: {wrong}")
    return meant
